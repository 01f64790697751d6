/* update.cu: optimiser steps, moving averages and norms of whole parameter lists. A launch takes the tensors of up to
 * GROUP list entries: their addresses travel as kernel arguments, and each block handles a chunk of one tensor. What
 * changes from step to step is in the functor, which may read it from device memory when the kernel runs: catch_up. */
#include "kernel.cuh"

namespace
{

enum {
   GROUP = 72,           /* tensors of a launch: their addresses fit the 4 KiB that arguments have */
   CHUNK = HL_BLOCK * 64 /* elements of a block */
};

/* n tensors of each list; tensor i has chunks first[i] .. first[i + 1] - 1. */
template <typename T, int LISTS> struct group {
   T *data[LISTS][GROUP];
   int64_t size[GROUP];
   int32_t first[GROUP + 1];
   int32_t n;
};

/* The tensor that a chunk is of. */
template <typename T, int LISTS> __device__ __forceinline__ int tensor_of(const group<T, LISTS> &g, int32_t chunk)
{
   int low = 0, high = g.n;
   while (high - low > 1) {
      int middle = (low + high) / 2;
      (g.first[middle] <= chunk ? low : high) = middle;
   }
   return low;
}

/* x[k]: where the chunk begins in list k; f changes the values of V elements at once. */
template <int V, typename T, typename F, size_t LISTS>
__device__ __forceinline__ void change(T *const (&x)[LISTS], int64_t n, const F &f)
{
   using A = hl_acc<T>;
   for (int64_t i = static_cast<int64_t>(threadIdx.x) * V; i < n; i += HL_BLOCK * V) {
      hl_pack<T, V> packs[LISTS];
#pragma unroll
      for (size_t k = 0; k < LISTS; k++) packs[k] = *reinterpret_cast<const hl_pack<T, V> *>(x[k] + i);
#pragma unroll
      for (int v = 0; v < V; v++) {
         A values[LISTS];
#pragma unroll
         for (size_t k = 0; k < LISTS; k++) values[k] = hl_load(packs[k].at[v]);
         f(values);
#pragma unroll
         for (size_t k = 0; k < LISTS; k++)
            if (F::WRITES >> k & 1) hl_store(packs[k].at[v], values[k]);
      }
#pragma unroll
      for (size_t k = 0; k < LISTS; k++)
         if (F::WRITES >> k & 1) *reinterpret_cast<hl_pack<T, V> *>(x[k] + i) = packs[k];
   }
}

template <typename T, typename F> __global__ void update(group<T, F::LISTS> g, F f)
{
   f.catch_up();
   constexpr int V = 16 / sizeof(T);
   const int chunk = static_cast<int>(blockIdx.x), tensor = tensor_of(g, chunk);
   const int64_t begin = static_cast<int64_t>(chunk - g.first[tensor]) * CHUNK;
   const int64_t n = g.size[tensor] - begin < CHUNK ? g.size[tensor] - begin : static_cast<int64_t>(CHUNK);
   T *x[F::LISTS];
   bool aligned = n % V == 0;
   for (int k = 0; k < F::LISTS; k++) {
      x[k] = g.data[k][tensor] + begin;
      aligned = aligned && reinterpret_cast<uintptr_t>(x[k]) % 16 == 0;
   }
   if (aligned)
      change<V>(x, n, f);
   else
      change<1>(x, n, f);
}

/* sums[chunk] = the sum of the chunk's squares */
template <typename T> __global__ void sum_squares(group<T, 1> g, double *sums)
{
   constexpr int V = 16 / sizeof(T);
   const int chunk = static_cast<int>(blockIdx.x), tensor = tensor_of(g, chunk);
   const int64_t begin = static_cast<int64_t>(chunk - g.first[tensor]) * CHUNK;
   const int64_t n = g.size[tensor] - begin < CHUNK ? g.size[tensor] - begin : static_cast<int64_t>(CHUNK);
   const T *x = g.data[0][tensor] + begin;
   const bool aligned = reinterpret_cast<uintptr_t>(x) % 16 == 0;
   const int64_t packed = aligned ? n / V * V : 0;
   double sum = 0;
   for (int64_t i = static_cast<int64_t>(threadIdx.x) * V; i < packed; i += HL_BLOCK * V) {
      const hl_pack<T, V> p = *reinterpret_cast<const hl_pack<T, V> *>(x + i);
#pragma unroll
      for (int v = 0; v < V; v++) sum += static_cast<double>(hl_load(p.at[v])) * static_cast<double>(hl_load(p.at[v]));
   }
   for (int64_t i = packed + threadIdx.x; i < n; i += HL_BLOCK)
      sum += static_cast<double>(hl_load(x[i])) * static_cast<double>(hl_load(x[i]));
   sum = hl_reduce_block(sum, hl_sum(), 0.);
   if (threadIdx.x == 0) sums[chunk] = sum;
}

/* One block. */
__global__ void root_of_sum(double *norm, const double *sums, int64_t n)
{
   double sum = 0;
   for (int64_t i = threadIdx.x; i < n; i += blockDim.x) sum += sums[i];
   sum = hl_reduce_block(sum, hl_sum(), 0.);
   if (threadIdx.x == 0) *norm = sqrt(sum);
}

bool same_order(const hl_tensor *a, const hl_tensor *b)
{
   return hl_is_contiguous(a) ? hl_is_contiguous(b) : hl_is_channels_last(b);
}

/* Calls run(group, number of its chunks) for the tensors of the lists that are of type T, in few groups. */
template <typename T, int LISTS, typename R>
int each_group(const char *fn, int n, hl_tensor *const *const (&list)[LISTS], int dtype, R run)
{
   group<T, LISTS> g;
   int64_t chunks = 0;
   g.n = 0;
   for (int i = 0; i < n; i++) {
      const int64_t size = hl_numel(list[0][i]), more = (size + CHUNK - 1) / CHUNK;
      if (list[0][i]->dtype != dtype || size == 0) continue;
      HL_CHECK(more <= INT32_MAX, "%s: tensor %d (%s) is too large", fn, i + 1, hl_show(list[0][i]));
      if (g.n == GROUP || chunks + more > INT32_MAX) {
         HL_TRY(run(g, static_cast<unsigned>(chunks)));
         g.n = 0;
         chunks = 0;
      }
      for (int k = 0; k < LISTS; k++) {
         HL_CHECK(same_order(list[0][i], list[k][i]),
                  "%s: tensor %d (%s) has other strides in list %d than in the first", fn, i + 1, hl_show(list[0][i]),
                  k + 1);
         g.data[k][g.n] = hl_data<T>(list[k][i]);
      }
      g.size[g.n] = size;
      g.first[g.n] = static_cast<int32_t>(chunks);
      chunks += more;
      g.first[++g.n] = static_cast<int32_t>(chunks);
   }
   return g.n ? run(g, static_cast<unsigned>(chunks)) : 0;
}

template <typename T, template <typename> class F, typename O, int LISTS>
int update_type(const char *fn, int n, hl_tensor *const *const (&list)[LISTS], int dtype, const O &options)
{
   const F<hl_acc<T>> f(options);
   static_assert(F<hl_acc<T>>::LISTS == LISTS, "the functor is for that many lists");
   return each_group<T, LISTS>(fn, n, list, dtype, [&](const group<T, LISTS> &g, unsigned chunks) {
      HL_LAUNCH(fn, chunks, HL_BLOCK, 0, (update<T, F<hl_acc<T>>>), g, f);
      return 0;
   });
}

/* F's steps for every tensor of the lists, which may be of several types. */
template <template <typename> class F, typename O, int LISTS>
int update_all(const char *fn, int n, hl_tensor *const *const (&list)[LISTS], const O &options)
{
   HL_TRY((update_type<float, F>(fn, n, list, HL_F32, options)));
   HL_TRY((update_type<double, F>(fn, n, list, HL_F64, options)));
   return update_type<hl_bf16, F>(fn, n, list, HL_BF16, options);
}

/* w, g, v */
template <typename A> struct sgd_step {
   enum { LISTS = 3, WRITES = 1 | 4 };
   A lr, momentum, damp, decay;
   bool nesterov, first;
   const double *now;
   explicit sgd_step(const hl_sgd_options &o)
       : lr(static_cast<A>(o.lr)), momentum(static_cast<A>(o.momentum)), damp(static_cast<A>(1. - o.dampening)),
         decay(static_cast<A>(o.weight_decay)), nesterov(o.nesterov != 0), first(o.first != 0), now(o.now)
   {
   }
   __device__ __forceinline__ void catch_up()
   {
      if (now) lr = static_cast<A>(*now);
   }
   __device__ __forceinline__ void operator()(A *x) const
   {
      const A d = x[1] + decay * x[0];
      x[2] = first ? d : momentum * x[2] + damp * d;
      x[0] -= lr * (nesterov ? d + momentum * x[2] : x[2]);
   }
};

/* w, g: without momentum nothing is remembered. */
template <typename A> struct plain_step {
   enum { LISTS = 2, WRITES = 1 };
   A lr, decay;
   const double *now;
   explicit plain_step(const hl_sgd_options &o)
       : lr(static_cast<A>(o.lr)), decay(static_cast<A>(o.weight_decay)), now(o.now)
   {
   }
   __device__ __forceinline__ void catch_up()
   {
      if (now) lr = static_cast<A>(*now);
   }
   __device__ __forceinline__ void operator()(A *x) const
   {
      x[0] -= lr * (x[1] + decay * x[0]);
   }
};

/* w, g, m, v. step, root: lr / (1 - beta1^t) and 1 / sqrt(1 - beta2^t) take the bias towards the zeros that they start
 * from out of the moments. */
template <typename A> struct adam_step {
   enum { LISTS = 4, WRITES = 1 | 4 | 8 };
   A step, root, eps, decay, beta1, beta2, gain1, gain2;
   double exact1, exact2; /* beta1, beta2 */
   const double *now;
   explicit adam_step(const hl_adam_options &o)
       : eps(static_cast<A>(o.eps)), decay(static_cast<A>(o.weight_decay)), beta1(static_cast<A>(o.beta1)),
         beta2(static_cast<A>(o.beta2)), gain1(static_cast<A>(1. - o.beta1)), gain2(static_cast<A>(1. - o.beta2)),
         exact1(o.beta1), exact2(o.beta2), now(o.now)
   {
      correct(o.lr, static_cast<double>(o.step));
   }
   __host__ __device__ __forceinline__ void correct(double lr, double t)
   {
      step = static_cast<A>(lr / (1. - pow(exact1, t)));
      root = static_cast<A>(1. / sqrt(1. - pow(exact2, t)));
   }
   __device__ __forceinline__ void catch_up()
   {
      if (now) correct(now[0], now[1]);
   }
   __device__ __forceinline__ void operator()(A *x) const
   {
      const A d = x[1] + decay * x[0];
      x[2] = beta1 * x[2] + gain1 * d;
      x[3] = beta2 * x[3] + gain2 * d * d;
      x[0] -= step * x[2] / (sqrt(x[3]) * root + eps);
   }
};

struct ema_options {
   double a;
   const double *now;
};

/* t, s */
template <typename A> struct average {
   enum { LISTS = 2, WRITES = 1 };
   A a, rest;
   const double *now;
   explicit average(const ema_options &o) : a(static_cast<A>(o.a)), rest(static_cast<A>(1. - o.a)), now(o.now)
   {
   }
   __device__ __forceinline__ void catch_up()
   {
      if (!now) return;
      a = static_cast<A>(*now);
      rest = static_cast<A>(1. - *now);
   }
   __device__ __forceinline__ void operator()(A *x) const
   {
      x[0] = a * x[0] + rest * x[1];
   }
};

template <typename A> struct scaling {
   enum { LISTS = 1, WRITES = 1 };
   A a;
   explicit scaling(double factor) : a(static_cast<A>(factor))
   {
   }
   __device__ __forceinline__ void catch_up()
   {
   }
   __device__ __forceinline__ void operator()(A *x) const
   {
      x[0] *= a;
   }
};

} // namespace

HL_EXPORT int hl_sgd(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *v, const hl_sgd_options *o)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_sgd(n, w, g, v, o));
   if (v) return update_all<sgd_step>("sgd", n, {w, g, v}, *o);
   return update_all<plain_step>("sgd", n, {w, g}, *o);
}

HL_EXPORT int hl_adam(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *m, hl_tensor *const *v,
                      const hl_adam_options *o)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adam(n, w, g, m, v, o));
   return update_all<adam_step>("adam", n, {w, g, m, v}, *o);
}

HL_EXPORT int hl_ema(int n, hl_tensor *const *t, hl_tensor *const *s, double a, const double *now)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_ema(n, t, s));
   return update_all<average>("ema", n, {t, s}, ema_options{a, now});
}

HL_EXPORT int hl_scale_list(int n, hl_tensor *const *g, double a)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_scale_list(n, g));
   return update_all<scaling>("scale_list", n, {g}, a);
}

namespace
{

/* The chunks' sums of the tensors of type T go to sums + *done on. */
template <typename T> int squares_of_type(int n, hl_tensor *const *g, int dtype, double *sums, int64_t *done)
{
   return each_group<T, 1>("global_norm", n, {g}, dtype, [&](const group<T, 1> &part, unsigned chunks) {
      HL_LAUNCH("global_norm", chunks, HL_BLOCK, 0, (sum_squares<T>), part, sums + *done);
      *done += chunks;
      return 0;
   });
}

} // namespace

HL_EXPORT int hl_global_norm(hl_tensor *norm, int n, hl_tensor *const *g)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_global_norm(norm, n, g));
   int64_t chunks = 0, done = 0;
   for (int i = 0; i < n; i++) chunks += (hl_numel(g[i]) + CHUNK - 1) / CHUNK;
   hl_scratch sums;
   HL_TRY(sums.take(chunks * static_cast<int64_t>(sizeof(double))));
   HL_TRY(squares_of_type<float>(n, g, HL_F32, sums.as<double>(), &done));
   HL_TRY(squares_of_type<double>(n, g, HL_F64, sums.as<double>(), &done));
   HL_TRY(squares_of_type<hl_bf16>(n, g, HL_BF16, sums.as<double>(), &done));
   HL_LAUNCH("global_norm", 1, HL_BLOCK, 0, root_of_sum, hl_data<double>(norm), sums.as<const double>(), done);
   return 0;
}
