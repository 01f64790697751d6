/* norm.cu: batch normalisation with the addition and the ReLU that follow it in residual networks.
 * Three steps: sums over parts of each channel, the parts' merger, and the pass that writes. */
#include "channels.cuh"

namespace
{

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

/* ---- launches ---- */

template <typename T>
int normalise(const char *fn, hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
              const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p)
{
   using A = hl_acc<T>;
   constexpr int V = 16 / sizeof(T);
   hl_layout l = hl_layout_of(x);
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
   if (hl_can_pack_channels<T>(l, V, {f.y, f.x, f.add}))
      HL_TRY((hl_walk_channels<V>(fn, l, f)));
   else
      HL_TRY((hl_walk_channels<1>(fn, l, f)));
   return out.give(y);
}

template <typename T>
int take_moments(const char *fn, hl_tensor *mean, hl_tensor *invstd, hl_tensor *running_mean, hl_tensor *running_var,
                 const hl_tensor *x, const hl_norm *p)
{
   using A = hl_acc<T>;
   constexpr int V = 16 / sizeof(T);
   hl_layout l = hl_layout_of(x);
   statistics<A> o = {hl_data<A>(mean), hl_data<A>(invstd), running_mean ? hl_data<A>(running_mean) : nullptr,
                      running_var ? hl_data<A>(running_var) : nullptr, *p};
   if (!o.p.training) {
      HL_LAUNCH(fn, hl_blocks(l.channels), HL_BLOCK, 0, (take_running<A>), o, l.channels);
      return 0;
   }
   hl_scratch parts;
   int count = 0;
   moments<T> f = {hl_data<T>(x)};
   if (hl_can_pack_channels<T>(l, V, {f.x}))
      HL_TRY((hl_sum_parts<V>(fn, &parts, &count, l, f, moment_merger())));
   else
      HL_TRY((hl_sum_parts<1>(fn, &parts, &count, l, f, moment_merger())));
   using R = typename moments<T>::result;
   HL_LAUNCH(fn, static_cast<unsigned>(hl_divide_up(l.channels, HL_BLOCK / 32)), HL_BLOCK, 0, (finish_moments<R, A>), o,
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
   hl_layout l = hl_layout_of(b.x);
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
      if (hl_can_pack_channels<T>(l, V, {f.x, f.dy, f.y, f.dadd}))
         HL_TRY((hl_sum_parts<V>(fn, &parts, &count, l, f, slope_merger())));
      else
         HL_TRY((hl_sum_parts<1>(fn, &parts, &count, l, f, slope_merger())));
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
   HL_LAUNCH(fn, static_cast<unsigned>(hl_divide_up(l.channels, HL_BLOCK / 32)), HL_BLOCK, 0, (finish_slopes<R, A>), o,
             parts.as<R>(), l.channels, count);
   if (b.dx) {
      /* dadd holds g already */
      gradient<T> g = {dx.write<T>(), f.dadd ? f.dadd : f.dy, f.x, f.dadd ? nullptr : f.y, f.mean, scale, offset, slope,
                       o.batch};
      if (hl_can_pack_channels<T>(l, V, {g.dx, g.dy, g.x, g.y}))
         HL_TRY((hl_walk_channels<V>(fn, l, g)));
      else
         HL_TRY((hl_walk_channels<1>(fn, l, g)));
   }
   HL_TRY(dx.give(b.dx));
   return dadd.give(b.dadd);
}

} // namespace

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
