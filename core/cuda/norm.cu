/* norm.cu: batch normalisation with the addition and the ReLU that follow it in residual networks.
 * Three steps: sums over parts of each channel, the parts' merger, and the pass that writes. How channels are cut into
 * parts follows from the sizes alone, so results do not depend on the card. */
#include "norm.cuh"

namespace
{

enum { MOST_BLOCKS = 1024, WIDEST = 32 };

/* x seen as planes: channel c of image n is the `plane` values from (n * channels + c) * plane on; or, with the
 * channels innermost, as n rows of channels. */
struct layout {
   int64_t n, channels, plane;
   bool last;
   int64_t values() const /* of a channel */
   {
      return n * plane;
   }
};

layout layout_of(const hl_tensor *x)
{
   layout l = {x->size[0], x->size[1], 1, false};
   for (int d = 2; d < x->ndim; d++) l.plane *= x->size[d];
   l.last = l.plane == 1 || !hl_is_contiguous(x);
   if (l.last) {
      l.n *= l.plane;
      l.plane = 1;
   }
   return l;
}

/* t laid out in memory as x: t itself, or a copy where only one of the two has its channels last. */
struct laid_as {
   hl_tensor copy;
   const hl_tensor *t = nullptr;
   hl_scratch memory;
   int look(const hl_tensor *from, const hl_tensor *x, bool read)
   {
      t = from;
      if (!from || hl_is_contiguous(from) == hl_is_contiguous(x) ||
          (hl_is_channels_last(from) && hl_is_channels_last(x)))
         return 0;
      copy = *x;
      HL_TRY(memory.take(hl_numel(x) * hl_dtype_size(x->dtype)));
      copy.data = memory.data;
      t = &copy;
      return read ? hl_copy(&copy, from) : 0;
   }
   template <typename T> const T *read() const
   {
      return t ? static_cast<const T *>(t->data) : nullptr;
   }
   template <typename T> T *write() const
   {
      return t ? static_cast<T *>(t->data) : nullptr;
   }
   int give(hl_tensor *to)
   {
      return to && t == &copy ? hl_copy(to, &copy) : 0;
   }
};

/* ---- sums ---- */

/* Of one channel's values: mean and sum of squared distances from it. A thread measures from the first value it meets,
 * so nothing cancels, and equal values have no variance. */
template <typename T> struct moments {
   using A = hl_acc<T>;
   struct state {
      A count, first, sum, squares;
   };
   struct result {
      A count, mean, m2;
   };
   const T *x;

   __device__ state begin(int64_t) const
   {
      return {};
   }
   template <int V> __device__ void add(state *s, int64_t at) const
   {
      hl_pack<T, V> v = *reinterpret_cast<const hl_pack<T, V> *>(x + at);
#pragma unroll
      for (int k = 0; k < V; k++) {
         A value = hl_load(v.at[k]);
         if (s[k].count == A(0)) s[k].first = value;
         A d = value - s[k].first;
         s[k].count += A(1);
         s[k].sum += d;
         s[k].squares += d * d;
      }
   }
   __device__ result end(const state &s) const
   {
      if (s.count == A(0)) return {A(0), A(0), A(0)};
      A m = s.sum / s.count, m2 = s.squares - s.sum * m;
      return {s.count, s.first + m, m2 < A(0) ? A(0) : m2};
   }
};

/* By the formula of Chan, Golub and LeVeque (1979). */
template <typename R> __device__ __forceinline__ R merge_moments(const R &a, const R &b)
{
   auto total = a.count + b.count;
   if (total == 0) return a;
   auto share = b.count / total, delta = b.mean - a.mean;
   return {total, a.mean + delta * share, a.m2 + b.m2 + delta * delta * a.count * share};
}

/* Sums of g and of g * (x - mean), g being dy through the ReLU; g goes to dadd where that is wanted. */
template <typename T> struct slopes {
   using A = hl_acc<T>;
   struct state {
      A mean, g, gx;
   };
   struct result {
      A g, gx;
   };
   const T *x, *dy, *y; /* y NULL: no ReLU */
   T *dadd;
   const A *mean;

   __device__ state begin(int64_t c) const
   {
      return {mean[c], A(0), A(0)};
   }
   template <int V> __device__ void add(state *s, int64_t at) const
   {
      using pack = hl_pack<T, V>;
      pack v = *reinterpret_cast<const pack *>(x + at), g = *reinterpret_cast<const pack *>(dy + at);
      if (y) {
         pack out = *reinterpret_cast<const pack *>(y + at);
#pragma unroll
         for (int k = 0; k < V; k++)
            if (hl_load(out.at[k]) <= A(0)) hl_store(g.at[k], A(0));
      }
      if (dadd) *reinterpret_cast<pack *>(dadd + at) = g;
#pragma unroll
      for (int k = 0; k < V; k++) {
         A slope = hl_load(g.at[k]);
         s[k].g += slope;
         s[k].gx += slope * (hl_load(v.at[k]) - s[k].mean);
      }
   }
   __device__ result end(const state &s) const
   {
      return {s.g, s.gx};
   }
};

/* Sums of x. */
template <typename T> struct totals {
   using A = hl_acc<T>;
   struct result {
      A sum;
   };
   using state = result;
   const T *x;

   __device__ state begin(int64_t) const
   {
      return {A(0)};
   }
   template <int V> __device__ void add(state *s, int64_t at) const
   {
      hl_pack<T, V> v = *reinterpret_cast<const hl_pack<T, V> *>(x + at);
#pragma unroll
      for (int k = 0; k < V; k++) s[k].sum += hl_load(v.at[k]);
   }
   __device__ result end(const state &s) const
   {
      return s;
   }
};

struct moment_merger {
   template <typename R> __device__ __forceinline__ R operator()(const R &a, const R &b) const
   {
      return merge_moments(a, b);
   }
};

struct slope_merger {
   template <typename R> __device__ __forceinline__ R operator()(const R &a, const R &b) const
   {
      return {a.g + b.g, a.gx + b.gx};
   }
};

struct total_merger {
   template <typename R> __device__ __forceinline__ R operator()(const R &a, const R &b) const
   {
      return {a.sum + b.sum};
   }
};

/* The block's results, for `width` neighbours each, merged over its rows into those of its first row: room[row * width
 * + lane]. All threads call. */
template <typename R, typename M> __device__ void merge_rows(R *room, int width, M merge)
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
__global__ void sum_planes(typename F::result *parts, layout l, int64_t piece, F f, M merge)
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
   merge_rows(&room[0], 1, merge);
   if (threadIdx.x == 0) parts[c * gridDim.y + blockIdx.y] = room[0];
}

/* The same with the channels innermost: a block takes width * V channels of every gridDim.y-th group of rows. */
template <int V, typename F, typename M>
__global__ void sum_rows(typename F::result *parts, layout l, int width, F f, M merge)
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
      merge_rows(room[k], width, merge);
      if (row == 0 && inside) parts[(c + k) * gridDim.y + blockIdx.y] = room[k][lane];
   }
}

/* ---- their merger: a warp for each channel, in double ---- */

struct wide_moments {
   double count, mean, m2;
};

__device__ __forceinline__ wide_moments exchange(const wide_moments &r, int by)
{
   return {__shfl_xor_sync(0xffffffffu, r.count, by), __shfl_xor_sync(0xffffffffu, r.mean, by),
           __shfl_xor_sync(0xffffffffu, r.m2, by)};
}

template <typename A> struct statistics {
   A *mean, *invstd, *running_mean, *running_var; /* the running ones may be NULL */
   hl_norm p;
};

template <typename R, typename A>
__global__ void finish_moments(statistics<A> o, const R *parts, int64_t channels, int count)
{
   int lane = static_cast<int>(threadIdx.x) % 32;
   int64_t c = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
   wide_moments m = {0, 0, 0};
   for (int i = lane; i < count && c < channels; i += 32) {
      R r = parts[c * count + i];
      m = merge_moments(
          m, wide_moments{static_cast<double>(r.count), static_cast<double>(r.mean), static_cast<double>(r.m2)});
   }
#pragma unroll
   for (int by = 16; by > 0; by /= 2) {
      wide_moments other = exchange(m, by);
      m = lane & by ? merge_moments(other, m) : merge_moments(m, other);
   }
   if (lane != 0 || c >= channels) return;
   double var = m.m2 / m.count, keep = 1 - o.p.momentum;
   o.mean[c] = static_cast<A>(m.mean);
   o.invstd[c] = static_cast<A>(1 / sqrt(var + o.p.eps));
   if (o.running_mean)
      o.running_mean[c] = static_cast<A>(keep * static_cast<double>(o.running_mean[c]) + o.p.momentum * m.mean);
   if (o.running_var)
      o.running_var[c] =
          static_cast<A>(keep * static_cast<double>(o.running_var[c]) + o.p.momentum * (m.m2 / (m.count - 1)));
}

/* mean, invstd as the running ones have them */
template <typename A> __global__ void take_running(statistics<A> o, int64_t channels)
{
   for (HL_STEP(int64_t, c, channels)) {
      o.mean[c] = o.running_mean[c];
      o.invstd[c] = static_cast<A>(1 / sqrt(static_cast<double>(o.running_var[c]) + o.p.eps));
   }
}

/* dx = scale * (g - offset - slope * (x - mean)): rows of (channels), scale, offset and slope. */
template <typename A> struct coefficients {
   A *scale, *offset, *slope, *dgamma, *dbeta;
   const A *invstd, *gamma; /* gamma, dgamma, dbeta may be NULL */
   double values;
   bool batch; /* the batch's own statistics were used */
};

template <typename R, typename A>
__global__ void finish_slopes(coefficients<A> o, const R *parts, int64_t channels, int count)
{
   int lane = static_cast<int>(threadIdx.x) % 32;
   int64_t c = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
   double g = 0, gx = 0;
   for (int i = lane; i < count && c < channels; i += 32) {
      R r = parts[c * count + i];
      g += static_cast<double>(r.g);
      gx += static_cast<double>(r.gx);
   }
   g = hl_reduce_warp(g, hl_sum());
   gx = hl_reduce_warp(gx, hl_sum());
   if (lane != 0 || c >= channels) return;
   double inv = static_cast<double>(o.invstd[c]);
   if (o.dgamma) o.dgamma[c] += static_cast<A>(gx * inv);
   if (o.dbeta) o.dbeta[c] += static_cast<A>(g);
   o.scale[c] = static_cast<A>(inv * (o.gamma ? static_cast<double>(o.gamma[c]) : 1));
   o.offset[c] = static_cast<A>(o.batch ? g / o.values : 0);
   o.slope[c] = static_cast<A>(o.batch ? gx * inv * inv / o.values : 0);
}

/* Vectors of one value a channel: as many as one launch takes. The rest is NULL. */
template <typename A> struct vectors {
   A *at[4];
};

template <typename R, typename A>
__global__ void finish_totals(vectors<A> to, const R *parts, int64_t channels, int count)
{
   int lane = static_cast<int>(threadIdx.x) % 32;
   int64_t c = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
   double sum = 0;
   for (int i = lane; i < count && c < channels; i += 32) sum += static_cast<double>(parts[c * count + i].sum);
   sum = hl_reduce_warp(sum, hl_sum());
   if (lane != 0 || c >= channels) return;
   for (A *v : to.at)
      if (v) v[c] += static_cast<A>(sum);
}

/* ---- the passes that write ---- */

template <typename T> struct normaliser {
   using A = hl_acc<T>;
   struct param {
      A mean, scale, shift;
   };
   T *y;
   const T *x, *add; /* may be NULL, as gamma and beta */
   const A *mean, *invstd, *gamma, *beta;
   bool relu;

   __device__ param load(int64_t c) const
   {
      return {mean[c], gamma ? invstd[c] * gamma[c] : invstd[c], beta ? beta[c] : A(0)};
   }
   /* P: 1 where the V neighbours are of one channel, else V */
   template <int V, int P> __device__ void apply(const param *p, int64_t at) const
   {
      using pack = hl_pack<T, V>;
      pack v = *reinterpret_cast<const pack *>(x + at), more = {};
      if (add) more = *reinterpret_cast<const pack *>(add + at);
#pragma unroll
      for (int k = 0; k < V; k++) {
         const param &q = p[k % P];
         A value = (hl_load(v.at[k]) - q.mean) * q.scale + q.shift;
         if (add) value += hl_load(more.at[k]);
         if (relu) value = value < A(0) ? A(0) : value;
         hl_store(v.at[k], value);
      }
      *reinterpret_cast<pack *>(y + at) = v;
   }
};

template <typename T> struct gradient {
   using A = hl_acc<T>;
   struct param {
      A mean, scale, offset, slope;
   };
   T *dx;
   const T *dy, *x, *y; /* y NULL: dy has been through the ReLU */
   const A *mean, *scale, *offset, *slope;
   bool batch;

   __device__ param load(int64_t c) const
   {
      return {mean[c], scale[c], offset[c], slope[c]};
   }
   template <int V, int P> __device__ void apply(const param *p, int64_t at) const
   {
      using pack = hl_pack<T, V>;
      pack g = *reinterpret_cast<const pack *>(dy + at), v = {}, out = {};
      if (batch) v = *reinterpret_cast<const pack *>(x + at);
      if (y) out = *reinterpret_cast<const pack *>(y + at);
#pragma unroll
      for (int k = 0; k < V; k++) {
         const param &q = p[k % P];
         A slope_k = y && hl_load(out.at[k]) <= A(0) ? A(0) : hl_load(g.at[k]);
         if (batch) slope_k = slope_k - q.offset - q.slope * (hl_load(v.at[k]) - q.mean);
         hl_store(g.at[k], q.scale * slope_k);
      }
      *reinterpret_cast<pack *>(dx + at) = g;
   }
};

template <typename T> struct shifter {
   using A = hl_acc<T>;
   struct param {
      A shift;
   };
   T *y;
   vectors<A> by;

   __device__ param load(int64_t c) const
   {
      A sum = 0;
      for (const A *v : by.at)
         if (v) sum += v[c];
      return {sum};
   }
   template <int V, int P> __device__ void apply(const param *p, int64_t at) const
   {
      hl_pack<T, V> v = *reinterpret_cast<const hl_pack<T, V> *>(y + at);
#pragma unroll
      for (int k = 0; k < V; k++) hl_store(v.at[k], hl_load(v.at[k]) + p[k % P].shift);
      *reinterpret_cast<hl_pack<T, V> *>(y + at) = v;
   }
};

template <int V, typename F> __global__ void walk_planes(layout l, F f)
{
   int64_t plane = blockIdx.x;
   typename F::param p[1] = {f.load(plane % l.channels)};
   for (int64_t i = (static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x) * V; i < l.plane;
        i += static_cast<int64_t>(gridDim.y) * blockDim.x * V)
      f.template apply<V, 1>(p, plane * l.plane + i);
}

template <int V, typename F> __global__ void walk_rows(layout l, int width, F f)
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

/* ---- launches ---- */

int64_t divide_up(int64_t a, int64_t b)
{
   return (a + b - 1) / b;
}

/* Threads side by side over `packs` packs of channels: a power of 2. */
int row_width(int64_t packs)
{
   int width = 1;
   while (width < WIDEST && width < packs) width *= 2;
   return width;
}

/* Threads for a plane of `packs` packs. */
unsigned plane_threads(int64_t packs)
{
   int64_t threads = divide_up(packs, 32) * 32;
   return static_cast<unsigned>(std::min<int64_t>(threads, HL_BLOCK));
}

template <int V, typename F> int walk_as(const char *fn, layout l, F f)
{
   if (l.last) {
      int64_t packs = l.channels / V;
      int width = row_width(packs), rows = HL_BLOCK / width;
      int64_t across = divide_up(packs, width), down = divide_up(l.n, rows * 8);
      dim3 grid(static_cast<unsigned>(across), static_cast<unsigned>(down < 65535 ? down : 65535));
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (walk_rows<V, F>), l, width, f);
   } else {
      int64_t packs = l.plane / V;
      unsigned threads = plane_threads(packs);
      int64_t down = divide_up(packs, threads * 4);
      dim3 grid(static_cast<unsigned>(l.n * l.channels), static_cast<unsigned>(down < 65535 ? down : 65535));
      HL_LAUNCH(fn, grid, threads, 0, (walk_planes<V, F>), l, f);
   }
   return 0;
}

template <int V, typename F, typename M>
int sum_as(const char *fn, hl_scratch *parts, int *count, layout l, F f, M merge)
{
   using R = typename F::result;
   if (l.last) {
      int64_t packs = l.channels / V;
      int width = row_width(packs), rows = HL_BLOCK / width;
      int64_t across = divide_up(packs, width), most = divide_up(MOST_BLOCKS, across), few = divide_up(l.n, rows * 8);
      *count = static_cast<int>(few < most ? few : most);
      HL_TRY(parts->take(l.channels * *count * static_cast<int64_t>(sizeof(R))));
      dim3 grid(static_cast<unsigned>(across), static_cast<unsigned>(*count));
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (sum_rows<V, F, M>), parts->as<R>(), l, width, f, merge);
   } else {
      int64_t piece = HL_BLOCK * 4 * V, pieces = l.n * divide_up(l.plane, piece);
      int64_t most = divide_up(MOST_BLOCKS, l.channels);
      *count = static_cast<int>(pieces < most ? pieces : most);
      HL_TRY(parts->take(l.channels * *count * static_cast<int64_t>(sizeof(R))));
      dim3 grid(static_cast<unsigned>(l.channels), static_cast<unsigned>(*count));
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (sum_planes<V, F, M>), parts->as<R>(), l, piece, f, merge);
   }
   return 0;
}

/* Whether packs of V neighbours are of one kind and every pointer, where there is one, allows them. */
template <typename T> bool can_pack(layout l, int V, std::initializer_list<const T *> pointers)
{
   if ((l.last ? l.channels : l.plane) % V != 0) return false;
   for (const T *p : pointers)
      if (!hl_is_aligned(p, 16)) return false;
   return true;
}

template <typename T>
int normalise(const char *fn, hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
              const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p)
{
   using A = hl_acc<T>;
   constexpr int V = 16 / sizeof(T);
   layout l = layout_of(x);
   laid_as out, more;
   HL_TRY(out.look(y, x, false));
   HL_TRY(more.look(add, x, true));
   normaliser<T> f = {out.write<T>(),
                      hl_data<T>(x),
                      more.read<T>(),
                      hl_data<A>(mean),
                      hl_data<A>(invstd),
                      gamma ? hl_data<A>(gamma) : nullptr,
                      beta ? hl_data<A>(beta) : nullptr,
                      p->relu != 0};
   if (can_pack<T>(l, V, {f.y, f.x, f.add}))
      HL_TRY((walk_as<V>(fn, l, f)));
   else
      HL_TRY((walk_as<1>(fn, l, f)));
   return out.give(y);
}

template <typename T>
int take_moments(const char *fn, hl_tensor *mean, hl_tensor *invstd, hl_tensor *running_mean, hl_tensor *running_var,
                 const hl_tensor *x, const hl_norm *p)
{
   using A = hl_acc<T>;
   constexpr int V = 16 / sizeof(T);
   layout l = layout_of(x);
   statistics<A> o = {hl_data<A>(mean), hl_data<A>(invstd), running_mean ? hl_data<A>(running_mean) : nullptr,
                      running_var ? hl_data<A>(running_var) : nullptr, *p};
   if (!o.p.training) {
      HL_LAUNCH(fn, hl_blocks(l.channels), HL_BLOCK, 0, (take_running<A>), o, l.channels);
      return 0;
   }
   hl_scratch parts;
   int count = 0;
   moments<T> f = {hl_data<T>(x)};
   if (can_pack<T>(l, V, {f.x}))
      HL_TRY((sum_as<V>(fn, &parts, &count, l, f, moment_merger())));
   else
      HL_TRY((sum_as<1>(fn, &parts, &count, l, f, moment_merger())));
   using R = typename moments<T>::result;
   HL_LAUNCH(fn, static_cast<unsigned>(divide_up(l.channels, HL_BLOCK / 32)), HL_BLOCK, 0, (finish_moments<R, A>), o,
             parts.as<R>(), l.channels, count);
   return 0;
}

struct backward {
   hl_tensor *dx, *dgamma, *dbeta, *dadd;
   const hl_tensor *dy, *x, *y, *mean, *invstd, *gamma;
};

template <typename T> int batch_norm_back(const char *fn, const backward &b, const hl_norm *p)
{
   using A = hl_acc<T>;
   using R = typename slopes<T>::result;
   constexpr int V = 16 / sizeof(T);
   layout l = layout_of(b.x);
   laid_as dx, dadd, dy, y;
   hl_scratch parts, rows;
   HL_TRY(dx.look(b.dx, b.x, false));
   HL_TRY(dadd.look(b.dadd, b.x, false));
   HL_TRY(dy.look(b.dy, b.x, true));
   HL_TRY(y.look(p->relu ? b.y : nullptr, b.x, true));
   HL_TRY(rows.take(3 * l.channels * static_cast<int64_t>(sizeof(A))));
   A *scale = rows.as<A>(), *offset = scale + l.channels, *slope = offset + l.channels;
   slopes<T> f = {hl_data<T>(b.x), dy.read<T>(), y.read<T>(), dadd.write<T>(), hl_data<A>(b.mean)};
   int count = 0;
   if ((b.dx && p->training) || b.dgamma || b.dbeta || b.dadd) {
      if (can_pack<T>(l, V, {f.x, f.dy, f.y, f.dadd}))
         HL_TRY((sum_as<V>(fn, &parts, &count, l, f, slope_merger())));
      else
         HL_TRY((sum_as<1>(fn, &parts, &count, l, f, slope_merger())));
   }
   coefficients<A> o = {scale,
                        offset,
                        slope,
                        b.dgamma ? hl_data<A>(b.dgamma) : nullptr,
                        b.dbeta ? hl_data<A>(b.dbeta) : nullptr,
                        hl_data<A>(b.invstd),
                        b.gamma ? hl_data<A>(b.gamma) : nullptr,
                        static_cast<double>(l.values()),
                        p->training != 0};
   HL_LAUNCH(fn, static_cast<unsigned>(divide_up(l.channels, HL_BLOCK / 32)), HL_BLOCK, 0, (finish_slopes<R, A>), o,
             parts.as<R>(), l.channels, count);
   if (b.dx) {
      /* dadd holds g already */
      gradient<T> g = {dx.write<T>(), f.dadd ? f.dadd : f.dy, f.x, f.dadd ? nullptr : f.y, f.mean, scale, offset, slope,
                       o.batch};
      if (can_pack<T>(l, V, {g.dx, g.dy, g.x, g.y}))
         HL_TRY((walk_as<V>(fn, l, g)));
      else
         HL_TRY((walk_as<1>(fn, l, g)));
   }
   HL_TRY(dx.give(b.dx));
   return dadd.give(b.dadd);
}

/* The next vectors of a list; how many, 0 at its end. */
template <typename A> int next_vectors(vectors<A> *v, int *at, int n, hl_tensor *const *list)
{
   int found = 0;
   *v = {};
   for (; *at < n && found < 4; ++*at)
      if (list[*at]) v->at[found++] = hl_data<A>(list[*at]);
   return found;
}

template <typename T> int add_channels(const char *fn, hl_tensor *y, int n, hl_tensor *const *b)
{
   constexpr int V = 16 / sizeof(T);
   layout l = layout_of(y);
   shifter<T> f = {hl_data<T>(y), {}};
   bool packs = can_pack<T>(l, V, {f.y});
   for (int at = 0; next_vectors(&f.by, &at, n, b) > 0;)
      if (packs)
         HL_TRY((walk_as<V>(fn, l, f)));
      else
         HL_TRY((walk_as<1>(fn, l, f)));
   return 0;
}

template <typename T> int sum_channels(const char *fn, int n, hl_tensor *const *db, const hl_tensor *dy)
{
   using A = hl_acc<T>;
   using R = typename totals<T>::result;
   constexpr int V = 16 / sizeof(T);
   layout l = layout_of(dy);
   totals<T> f = {hl_data<T>(dy)};
   hl_scratch parts;
   int count = 0, at = 0;
   vectors<A> to;
   if (next_vectors(&to, &at, n, db) == 0) return 0;
   if (can_pack<T>(l, V, {f.x}))
      HL_TRY((sum_as<V>(fn, &parts, &count, l, f, total_merger())));
   else
      HL_TRY((sum_as<1>(fn, &parts, &count, l, f, total_merger())));
   do
      HL_LAUNCH(fn, static_cast<unsigned>(divide_up(l.channels, HL_BLOCK / 32)), HL_BLOCK, 0, (finish_totals<R, A>), to,
                parts.as<R>(), l.channels, count);
   while (next_vectors(&to, &at, n, db) > 0);
   return 0;
}

} // namespace

int hl_add_channels(const char *fn, hl_tensor *y, int n, hl_tensor *const *b)
{
   if (hl_numel(y) == 0) return 0;
   HL_DISPATCH_FLOAT(y->dtype, T, return add_channels<T>(fn, y, n, b))
   return 0;
}

int hl_sum_channels(const char *fn, int n, hl_tensor *const *db, const hl_tensor *dy)
{
   if (hl_numel(dy) == 0) return 0;
   HL_DISPATCH_FLOAT(dy->dtype, T, return sum_channels<T>(fn, n, db, dy))
   return 0;
}

HL_EXPORT int hl_batch_norm(hl_tensor *y, hl_tensor *mean, hl_tensor *invstd, hl_tensor *running_mean,
                            hl_tensor *running_var, const hl_tensor *x, const hl_tensor *gamma, const hl_tensor *beta,
                            const hl_tensor *add, const hl_norm *p)
{
   const char *fn = "batch_norm";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_batch_norm(y, mean, invstd, running_mean, running_var, x, gamma, beta, add, p));
   if (x->size[1] == 0) return 0;
   HL_DISPATCH_FLOAT(x->dtype, T, HL_TRY(take_moments<T>(fn, mean, invstd, running_mean, running_var, x, p));
                     if (hl_numel(x) > 0) return normalise<T>(fn, y, mean, invstd, x, gamma, beta, add, p))
   return 0;
}

HL_EXPORT int hl_batch_norm_again(hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
                                  const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_batch_norm_again(y, mean, invstd, x, gamma, beta, add, p));
   if (hl_numel(x) == 0) return 0;
   HL_DISPATCH_FLOAT(x->dtype, T, return normalise<T>("batch_norm_again", y, mean, invstd, x, gamma, beta, add, p))
   return 0;
}

HL_EXPORT int hl_batch_norm_back(hl_tensor *dx, hl_tensor *dgamma, hl_tensor *dbeta, hl_tensor *dadd,
                                 const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y, const hl_tensor *mean,
                                 const hl_tensor *invstd, const hl_tensor *gamma, const hl_norm *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_batch_norm_back(dx, dgamma, dbeta, dadd, dy, x, y, mean, invstd, gamma, p));
   if (hl_numel(x) == 0) return 0;
   const backward b = {dx, dgamma, dbeta, dadd, dy, x, y, mean, invstd, gamma};
   HL_DISPATCH_FLOAT(x->dtype, T, return batch_norm_back<T>("batch_norm_back", b, p))
   return 0;
}
