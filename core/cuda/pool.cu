/* pool.cu: maximum and average over windows. Forward a thread makes one output, or with the channels innermost a pack
 * of them; backward it gathers one input's share, in a fixed order. */
#include "faults.cuh"

namespace
{

/* Windows along one dimension: regular ones, or adaptive where kernel is 0. */
struct windows {
   int in, out, kernel, stride, pad;
   bool count_pad;

   __device__ __forceinline__ int64_t from(int64_t i) const
   {
      return kernel ? i * stride - pad : i * in / out;
   }
   __device__ __forceinline__ int64_t to(int64_t i) const
   {
      if (!kernel) return ((i + 1) * in + out - 1) / out;
      int64_t end = i * stride - pad + kernel;
      return end < in + pad ? end : in + pad;
   }
   __device__ __forceinline__ int start(int64_t i) const
   {
      int64_t v = from(i);
      return v > 0 ? static_cast<int>(v) : 0;
   }
   __device__ __forceinline__ int end(int64_t i) const
   {
      int64_t v = to(i);
      return v < in ? static_cast<int>(v) : in;
   }
   /* What window i counts in an average's divisor. */
   __device__ __forceinline__ int64_t divisor(int64_t i) const
   {
      return count_pad ? to(i) - from(i) : end(i) - start(i);
   }
   /* The first window that may hold position i, and one past the last. */
   __device__ __forceinline__ int first(int64_t i) const
   {
      if (!kernel) return static_cast<int>(i * out / in);
      int64_t v = i + pad - kernel + 1;
      return v <= 0 ? 0 : static_cast<int>((v + stride - 1) / stride);
   }
   __device__ __forceinline__ int past(int64_t i) const
   {
      int64_t v = kernel ? (i + pad) / stride + 1 : ((i + 1) * out + in - 1) / in;
      return v < out ? static_cast<int>(v) : out;
   }
};

struct window_pair {
   windows h, w;
};

window_pair windows_of(const hl_tensor *small, const hl_tensor *big, const hl_pool *p)
{
   int H = static_cast<int>(big->size[2]), W = static_cast<int>(big->size[3]);
   int P = static_cast<int>(small->size[2]), Q = static_cast<int>(small->size[3]);
   if (!p) return {{H, P, 0, 1, 0, false}, {W, Q, 0, 1, 0, false}};
   bool count_pad = p->count_pad != 0;
   return {{H, P, p->kernel_h, p->stride_h, p->pad_h, count_pad},
           {W, Q, p->kernel_w, p->stride_w, p->pad_w, count_pad}};
}

/* The first largest value of each window; NaN wins, the last one where there are several. */
template <int V, typename T>
__global__ void max_forward(hl_image my, hl_image mi, hl_image mx, T *y, int32_t *index, const T *x, window_pair s,
                            int64_t packs)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, c, p, q;
      my.find(i * V, &n, &c, &p, &q);
      int top = s.h.start(p), bottom = s.h.end(p), left = s.w.start(q), right = s.w.end(q);
      A best[V];
      int32_t at[V];
#pragma unroll
      for (int k = 0; k < V; k++) {
         best[k] = -static_cast<A>(INFINITY);
         at[k] = static_cast<int32_t>(top * s.w.in + left);
      }
      for (int h = top; h < bottom; h++)
         for (int w = left; w < right; w++) {
            hl_pack<T, V> in = *reinterpret_cast<const hl_pack<T, V> *>(x + mx.at(n, c, h, w));
#pragma unroll
            for (int k = 0; k < V; k++) {
               A v = hl_load(in.at[k]);
               if (v > best[k] || v != v) {
                  best[k] = v;
                  at[k] = h * s.w.in + w;
               }
            }
         }
      hl_pack<T, V> out;
#pragma unroll
      for (int k = 0; k < V; k++) {
         hl_store(out.at[k], best[k]);
         index[mi.at(n, c + k, p, q)] = at[k];
      }
      *reinterpret_cast<hl_pack<T, V> *>(y + my.at(n, c, p, q)) = out;
   }
}

template <int V, typename T>
__global__ void avg_forward(hl_image my, hl_image mx, T *y, const T *x, window_pair s, int64_t packs)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, c, p, q;
      my.find(i * V, &n, &c, &p, &q);
      A sum[V] = {};
      for (int h = s.h.start(p); h < s.h.end(p); h++)
         for (int w = s.w.start(q); w < s.w.end(q); w++) {
            hl_pack<T, V> in = *reinterpret_cast<const hl_pack<T, V> *>(x + mx.at(n, c, h, w));
#pragma unroll
            for (int k = 0; k < V; k++) sum[k] += hl_load(in.at[k]);
         }
      A divisor = static_cast<A>(s.h.divisor(p) * s.w.divisor(q));
      hl_pack<T, V> out;
#pragma unroll
      for (int k = 0; k < V; k++) hl_store(out.at[k], sum[k] / divisor);
      *reinterpret_cast<hl_pack<T, V> *>(y + my.at(n, c, p, q)) = out;
   }
}

/* Large windows: a block of 32 x 8 threads for each output, or with the channels innermost for 32 channels of one. */
template <typename T> __global__ void avg_large(hl_image my, hl_image mx, T *y, const T *x, window_pair s)
{
   using A = hl_acc<T>;
   HL_SHARED(room, A[8][32]);
   int lane = static_cast<int>(threadIdx.x) % 32, row = static_cast<int>(threadIdx.x) / 32;
   int q = static_cast<int>(blockIdx.x) % my.w, p = static_cast<int>(blockIdx.x) / my.w;
   int64_t groups = mx.last ? (my.c + 31) / 32 : my.c;
   for (int64_t g = blockIdx.y; g < groups * my.n; g += gridDim.y) {
      int n = static_cast<int>(g / groups), c = static_cast<int>(g % groups);
      int top = s.h.start(p), left = s.w.start(q), width = s.w.end(q) - left, count = (s.h.end(p) - top) * width;
      A sum = A(0);
      if (mx.last) {
         c = c * 32 + lane;
         for (int i = row; i < count && c < my.c; i += 8)
            sum += hl_load(x[mx.at(n, c, top + i / width, left + i % width)]);
      } else {
         for (int i = static_cast<int>(threadIdx.x); i < count; i += 256)
            sum += hl_load(x[mx.at(n, c, top + i / width, left + i % width)]);
         sum = hl_reduce_warp(sum, hl_sum());
      }
      room[row][lane] = sum;
      __syncthreads();
      if (row == 0 && c < my.c && (mx.last || lane == 0)) {
         A total = A(0);
         for (int r = 0; r < 8; r++) total += room[r][lane];
         hl_store(y[my.at(n, c, p, q)], total / static_cast<A>(s.h.divisor(p) * s.w.divisor(q)));
      }
      __syncthreads();
   }
}

template <int V, typename T>
__global__ void avg_back(hl_image mx, hl_image my, T *dx, const T *dy, window_pair s, int64_t packs)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, c, h, w;
      mx.find(i * V, &n, &c, &h, &w);
      A sum[V] = {};
      for (int p = s.h.first(h); p < s.h.past(h); p++)
         for (int q = s.w.first(w); q < s.w.past(w); q++) {
            hl_pack<T, V> g = *reinterpret_cast<const hl_pack<T, V> *>(dy + my.at(n, c, p, q));
            A share = A(1) / static_cast<A>(s.h.divisor(p) * s.w.divisor(q));
#pragma unroll
            for (int k = 0; k < V; k++) sum[k] += hl_load(g.at[k]) * share;
         }
      hl_pack<T, V> out;
#pragma unroll
      for (int k = 0; k < V; k++) hl_store(out.at[k], sum[k]);
      *reinterpret_cast<hl_pack<T, V> *>(dx + mx.at(n, c, h, w)) = out;
   }
}

/* The windows are not known here, only whose maximum was where: each input keeps a chain of the outputs that name it.
 * head (as dx, in memory order) begins at -1. */
__global__ void chain_outputs(int32_t *head, int32_t *next, hl_image mi, hl_image mx, const int32_t *index,
                              hl_watch watch)
{
   const int64_t plane = static_cast<int64_t>(mx.h) * mx.w;
   for (HL_STEP(int64_t, i, mi.n * mi.sn)) {
      int n, c, p, q;
      mi.find(i, &n, &c, &p, &q);
      int32_t at = index[i];
      if (at < 0 || at >= plane) {
         watch.tell(0, at);
         continue;
      }
      next[i] = atomicExch(&head[mx.at(n, c, at / mx.w, at % mx.w)], p * mi.w + q);
   }
}

/* The chain's order is chance; so the outputs are added smallest first. */
template <typename T>
__global__ void max_back(hl_image mx, hl_image my, hl_image mi, T *dx, const T *dy, const int32_t *head,
                         const int32_t *next)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, i, mx.n * mx.sn)) {
      int32_t begin = head[i];
      A sum = A(0);
      if (begin >= 0) {
         int n, c, h, w;
         mx.find(i, &n, &c, &h, &w);
         for (int32_t last = -1;;) {
            int32_t least = INT32_MAX;
            for (int32_t o = begin; o >= 0; o = next[mi.at(n, c, o / mi.w, o % mi.w)])
               if (o > last && o < least) least = o;
            if (least == INT32_MAX) break;
            sum += hl_load(dy[my.at(n, c, least / my.w, least % my.w)]);
            last = least;
         }
      }
      hl_store(dx[i], sum);
   }
}

int max_pool(const char *fn, hl_tensor *y, hl_tensor *index, const hl_tensor *x, const hl_pool *p)
{
   if (hl_numel(y) == 0) return 0;
   hl_image my = hl_image_of(y), mx = hl_image_of(x), mi = hl_image_of(index);
   window_pair s = windows_of(y, x, p);
   HL_DISPATCH_FLOAT(
       x->dtype, T, constexpr int V = 16 / sizeof(T); T *to = hl_data<T>(y); const T *from = hl_data<T>(x);
       int64_t n = hl_numel(y); if (hl_can_pack(V, my, mx, to, from)) {
          HL_LAUNCH(fn, hl_blocks(n / V), HL_BLOCK, 0, (max_forward<V, T>), my, mi, mx, to, hl_data<int32_t>(index),
                    from, s, n / V);
       } else {
          HL_LAUNCH(fn, hl_blocks(n), HL_BLOCK, 0, (max_forward<1, T>), my, mi, mx, to, hl_data<int32_t>(index), from,
                    s, n);
       })
   return 0;
}

enum { LARGE = 64 }; /* values of a window, from where on a block works on it */

int avg_pool(const char *fn, hl_tensor *y, const hl_tensor *x, const hl_pool *p)
{
   if (hl_numel(y) == 0) return 0;
   hl_image my = hl_image_of(y), mx = hl_image_of(x);
   window_pair s = windows_of(y, x, p);
   int64_t h = p ? p->kernel_h : mx.h / my.h, w = p ? p->kernel_w : mx.w / my.w;
   int64_t outputs = static_cast<int64_t>(my.h) * my.w,
           groups = static_cast<int64_t>(mx.last ? (my.c + 31) / 32 : my.c);
   bool large = h * w >= LARGE && outputs <= INT32_MAX;
   dim3 grid(static_cast<unsigned>(large ? outputs : 1),
             static_cast<unsigned>(std::min<int64_t>(groups * my.n, 65535)));
   HL_DISPATCH_FLOAT(
       x->dtype, T, constexpr int V = 16 / sizeof(T); T *to = hl_data<T>(y); const T *from = hl_data<T>(x);
       int64_t n = hl_numel(y); if (large) {
          HL_LAUNCH(fn, grid, 256, 0, (avg_large<T>), my, mx, to, from, s);
       } else if (hl_can_pack(V, my, mx, to, from)) {
          HL_LAUNCH(fn, hl_blocks(n / V), HL_BLOCK, 0, (avg_forward<V, T>), my, mx, to, from, s, n / V);
       } else { HL_LAUNCH(fn, hl_blocks(n), HL_BLOCK, 0, (avg_forward<1, T>), my, mx, to, from, s, n); })
   return 0;
}

int avg_pool_back(const char *fn, hl_tensor *dx, const hl_tensor *dy, const hl_pool *p)
{
   if (hl_numel(dx) == 0) return 0;
   hl_image mx = hl_image_of(dx), my = hl_image_of(dy);
   window_pair s = windows_of(dy, dx, p);
   HL_DISPATCH_FLOAT(
       dx->dtype, T, constexpr int V = 16 / sizeof(T); T *to = hl_data<T>(dx); const T *from = hl_data<T>(dy);
       int64_t n = hl_numel(dx); if (hl_can_pack(V, mx, my, to, from)) {
          HL_LAUNCH(fn, hl_blocks(n / V), HL_BLOCK, 0, (avg_back<V, T>), mx, my, to, from, s, n / V);
       } else { HL_LAUNCH(fn, hl_blocks(n), HL_BLOCK, 0, (avg_back<1, T>), mx, my, to, from, s, n); })
   return 0;
}

} // namespace

HL_EXPORT int hl_max_pool(hl_tensor *y, hl_tensor *index, const hl_tensor *x, const hl_pool *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pool("max_pool", "y", y, "x", x, p));
   HL_TRY(hl_check_pool_index("max_pool", index, y, x));
   return max_pool("max_pool", y, index, x, p);
}

HL_EXPORT int hl_adaptive_max_pool(hl_tensor *y, hl_tensor *index, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool("adaptive_max_pool", "y", y, "x", x));
   HL_TRY(hl_check_pool_index("adaptive_max_pool", index, y, x));
   return max_pool("adaptive_max_pool", y, index, x, nullptr);
}

HL_EXPORT int hl_max_pool_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *index)
{
   const char *fn = "max_pool_back";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool(fn, "dy", dy, "dx", dx));
   HL_TRY(hl_check_pool_index(fn, index, dy, dx));
   HL_CHECK(dy->size[2] <= INT32_MAX / dy->size[3], "%s: planes of dy (%s) are too large for an int32 index", fn,
            hl_show(dy));
   if (hl_numel(dx) == 0) return 0;
   hl_image mx = hl_image_of(dx), my = hl_image_of(dy), mi = hl_image_of(index);
   hl_scratch chains;
   HL_TRY(chains.take((hl_numel(dx) + hl_numel(dy)) * static_cast<int64_t>(sizeof(int32_t))));
   hl_tensor head = *dx;
   head.data = chains.data;
   head.dtype = HL_I32;
   HL_TRY(hl_fill(&head, -1));
   int32_t *heads = chains.as<int32_t>(), *next = heads + hl_numel(dx);
   const hl_watch watch = hl_watch_maxima(fn, dx);
   HL_LAUNCH(fn, hl_blocks(hl_numel(dy)), HL_BLOCK, 0, chain_outputs, heads, next, mi, mx, hl_data<int32_t>(index),
             watch);
   HL_DISPATCH_FLOAT(dx->dtype, T,
                     HL_LAUNCH(fn, hl_blocks(hl_numel(dx)), HL_BLOCK, 0, (max_back<T>), mx, my, mi, hl_data<T>(dx),
                               hl_data<T>(dy), heads, next))
   return hl_end_watch();
}

HL_EXPORT int hl_avg_pool(hl_tensor *y, const hl_tensor *x, const hl_pool *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pool("avg_pool", "y", y, "x", x, p));
   return avg_pool("avg_pool", y, x, p);
}

HL_EXPORT int hl_avg_pool_back(hl_tensor *dx, const hl_tensor *dy, const hl_pool *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pool("avg_pool_back", "dy", dy, "dx", dx, p));
   return avg_pool_back("avg_pool_back", dx, dy, p);
}

HL_EXPORT int hl_adaptive_avg_pool(hl_tensor *y, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool("adaptive_avg_pool", "y", y, "x", x));
   return avg_pool("adaptive_avg_pool", y, x, nullptr);
}

HL_EXPORT int hl_adaptive_avg_pool_back(hl_tensor *dx, const hl_tensor *dy)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool("adaptive_avg_pool_back", "dy", dy, "dx", dx));
   return avg_pool_back("adaptive_avg_pool_back", dx, dy, nullptr);
}
