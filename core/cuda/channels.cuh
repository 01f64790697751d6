/* channels.cuh: passes over tensors (N,C,...) that sum over each channel or treat its values alike. How channels are
 * cut into parts follows from the sizes alone, so results do not depend on the card. */
#ifndef HL_CHANNELS_CUH
#define HL_CHANNELS_CUH

#include "kernel.cuh"

enum { HL_MOST_PARTS = 1024, HL_WIDEST_ROW = 32 };

/* x seen as planes: channel c of image n is the `plane` values from (n * channels + c) * plane on; or, with the
 * channels innermost, as n rows of channels. */
struct hl_layout {
   int64_t n, channels, plane;
   bool last;
   int64_t values() const /* of a channel */
   {
      return n * plane;
   }
};

static inline hl_layout hl_layout_of(const hl_tensor *x)
{
   hl_layout l = {x->size[0], x->size[1], 1, false};
   for (int d = 2; d < x->ndim; d++) l.plane *= x->size[d];
   l.last = l.plane == 1 || !hl_is_contiguous(x);
   if (l.last) {
      l.n *= l.plane;
      l.plane = 1;
   }
   return l;
}

/* The block's results, for `width` neighbours each, merged over its rows into those of its first row: room[row * width
 * + lane]. All threads call. */
template <typename R, typename M> __device__ void hl_merge_rows(R *room, int width, M merge)
{
   int rows = static_cast<int>(blockDim.x) / width, t = static_cast<int>(threadIdx.x);
   __syncthreads();
   for (int half = rows / 2; half > 0; half /= 2) {
      if (t < half * width) room[t] = merge(room[t], room[t + half * width]);
      __syncthreads();
   }
}

/* parts (channels, gridDim.y): one block for each part of a channel: a part is every gridDim.y-th of its pieces, of
 * `piece` neighbours in a plane. */
template <int V, typename F, typename M>
__global__ void hl_sum_planes(typename F::result *parts, hl_layout l, int64_t piece, F f, M merge)
{
   HL_SHARED(room, typename F::result[HL_BLOCK]);
   int64_t c = blockIdx.x, pieces = (l.plane + piece - 1) / piece;
   typename F::state s[V];
#pragma unroll
   for (int k = 0; k < V; k++) s[k] = f.begin(c);
   for (int64_t u = blockIdx.y; u < l.n * pieces; u += gridDim.y) {
      int64_t n = u / pieces, from = (u - n * pieces) * piece, to = from + piece < l.plane ? from + piece : l.plane;
      int64_t plane = (n * l.channels + c) * l.plane;
      for (int64_t i = from + static_cast<int64_t>(threadIdx.x) * V; i < to; i += static_cast<int64_t>(blockDim.x) * V)
         f.template add<V>(s, plane + i);
   }
   typename F::result r = f.end(s[0]);
#pragma unroll
   for (int k = 1; k < V; k++) r = merge(r, f.end(s[k]));
   room[threadIdx.x] = r;
   hl_merge_rows(&room[0], 1, merge);
   if (threadIdx.x == 0) parts[c * gridDim.y + blockIdx.y] = room[0];
}

/* The same with the channels innermost: a block takes width * V channels of every gridDim.y-th group of rows. */
template <int V, typename F, typename M>
__global__ void hl_sum_rows(typename F::result *parts, hl_layout l, int width, F f, M merge)
{
   HL_SHARED(room, typename F::result[V][HL_BLOCK]);
   int lane = static_cast<int>(threadIdx.x) % width, row = static_cast<int>(threadIdx.x) / width;
   int rows = static_cast<int>(blockDim.x) / width;
   int64_t c = (static_cast<int64_t>(blockIdx.x) * width + lane) * V;
   bool inside = c < l.channels;
   typename F::state s[V];
#pragma unroll
   for (int k = 0; k < V; k++) s[k] = f.begin(inside ? c + k : 0);
   for (int64_t i = static_cast<int64_t>(blockIdx.y) * rows + row; i < l.n && inside;
        i += static_cast<int64_t>(gridDim.y) * rows)
      f.template add<V>(s, i * l.channels + c);
#pragma unroll
   for (int k = 0; k < V; k++) {
      room[k][threadIdx.x] = f.end(s[k]);
      hl_merge_rows(room[k], width, merge);
      if (row == 0 && inside) parts[(c + k) * gridDim.y + blockIdx.y] = room[k][lane];
   }
}

template <int V, typename F> __global__ void hl_walk_planes(hl_layout l, F f)
{
   int64_t plane = blockIdx.x;
   typename F::param p[1] = {f.load(plane % l.channels)};
   for (int64_t i = (static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * V; i < l.plane;
        i += static_cast<int64_t>(gridDim.y) * blockDim.x * V)
      f.template apply<V, 1>(p, plane * l.plane + i);
}

template <int V, typename F> __global__ void hl_walk_rows(hl_layout l, int width, F f)
{
   int lane = static_cast<int>(threadIdx.x) % width, rows = static_cast<int>(blockDim.x) / width;
   int64_t c = (static_cast<int64_t>(blockIdx.x) * width + lane) * V;
   if (c >= l.channels) return;
   typename F::param p[V];
#pragma unroll
   for (int k = 0; k < V; k++) p[k] = f.load(c + k);
   for (int64_t i = static_cast<int64_t>(blockIdx.y) * rows + static_cast<int>(threadIdx.x) / width; i < l.n;
        i += static_cast<int64_t>(gridDim.y) * rows)
      f.template apply<V, V>(p, i * l.channels + c);
}

static inline int64_t hl_divide_up(int64_t a, int64_t b)
{
   return (a + b - 1) / b;
}

/* Threads side by side over `packs` packs of channels: a power of 2. */
static inline int hl_row_width(int64_t packs)
{
   int width = 1;
   while (width < HL_WIDEST_ROW && width < packs) width *= 2;
   return width;
}

/* Threads for a plane of `packs` packs. */
static inline unsigned hl_plane_threads(int64_t packs)
{
   int64_t threads = hl_divide_up(packs, 32) * 32;
   return static_cast<unsigned>(std::min<int64_t>(threads, HL_BLOCK));
}

template <int V, typename F> int hl_walk_channels(const char *fn, hl_layout l, F f)
{
   if (l.last) {
      int64_t packs = l.channels / V;
      int width = hl_row_width(packs), rows = HL_BLOCK / width;
      int64_t across = hl_divide_up(packs, width), down = hl_divide_up(l.n, rows * 8);
      dim3 grid(static_cast<unsigned>(across), static_cast<unsigned>(down < 65535 ? down : 65535));
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (hl_walk_rows<V, F>), l, width, f);
   } else {
      int64_t packs = l.plane / V;
      unsigned threads = hl_plane_threads(packs);
      int64_t down = hl_divide_up(packs, threads * 4);
      dim3 grid(static_cast<unsigned>(l.n * l.channels), static_cast<unsigned>(down < 65535 ? down : 65535));
      HL_LAUNCH(fn, grid, threads, 0, (hl_walk_planes<V, F>), l, f);
   }
   return 0;
}

template <int V, typename F, typename M>
int hl_sum_parts(const char *fn, hl_scratch *parts, int *count, hl_layout l, F f, M merge)
{
   using R = typename F::result;
   if (l.last) {
      int64_t packs = l.channels / V;
      int width = hl_row_width(packs), rows = HL_BLOCK / width;
      int64_t across = hl_divide_up(packs, width), most = hl_divide_up(HL_MOST_PARTS, across),
              few = hl_divide_up(l.n, rows * 8);
      *count = static_cast<int>(few < most ? few : most);
      HL_TRY(parts->take(l.channels * *count * static_cast<int64_t>(sizeof(R))));
      dim3 grid(static_cast<unsigned>(across), static_cast<unsigned>(*count));
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (hl_sum_rows<V, F, M>), parts->as<R>(), l, width, f, merge);
   } else {
      int64_t piece = HL_BLOCK * 4 * V, pieces = l.n * hl_divide_up(l.plane, piece);
      int64_t most = hl_divide_up(HL_MOST_PARTS, l.channels);
      *count = static_cast<int>(pieces < most ? pieces : most);
      HL_TRY(parts->take(l.channels * *count * static_cast<int64_t>(sizeof(R))));
      dim3 grid(static_cast<unsigned>(l.channels), static_cast<unsigned>(*count));
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (hl_sum_planes<V, F, M>), parts->as<R>(), l, piece, f, merge);
   }
   return 0;
}

/* Whether packs of V neighbours are of one kind and every pointer, where there is one, allows them. */
template <typename T> bool hl_can_pack_channels(hl_layout l, int V, std::initializer_list<const T *> pointers)
{
   if ((l.last ? l.channels : l.plane) % V != 0) return false;
   for (const T *p : pointers)
      if (!hl_is_aligned(p, 16)) return false;
   return true;
}

#endif
