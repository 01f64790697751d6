/* random.cu: Philox draws into tensors. Which words an element takes is fixed by philox.h, so every device draws the
 * same. What changes from step to step is in hl_rng, which the kernels are given whole. */
#include "kernel.cuh"

#include <string.h>

namespace
{

/* The counter that a draw starts from. */
__device__ __forceinline__ uint64_t start(const hl_rng &r)
{
   return r.offset + (r.now ? static_cast<uint64_t>(*r.now) : 0);
}

/* A kind of draw, for T: make(words, out) gives the values of the COUNT elements that one block of words makes. */

template <typename T> struct uniform {
   using A = hl_acc<T>;
   static constexpr int COUNT = sizeof(A) == 4 ? 4 : 2;
   A low, width, last;
   __device__ __forceinline__ void make(const uint32_t *w, A *out) const
   {
      for (int i = 0; i < COUNT; i++) {
         A unit;
         if constexpr (COUNT == 4)
            unit = hl_unit_float(w[i]);
         else
            unit = hl_unit_double(w[2 * i], w[2 * i + 1]);
         const A v = low + width * unit;
         out[i] = v < last ? v : last; /* rounding must not reach the open end */
      }
   }
};

/* Box and Muller: two uniform numbers make two normal ones. */
template <typename T> struct normal {
   using A = hl_acc<T>;
   static constexpr int COUNT = sizeof(A) == 4 ? 4 : 2;
   A mean, std;
   __device__ __forceinline__ void pair(A u, A v, A *out) const
   {
      const A radius = std * sqrt(A(-2) * log(A(1) - u)), angle = A(6.283185307179586) * v;
      out[0] = mean + radius * cos(angle);
      out[1] = mean + radius * sin(angle);
   }
   __device__ __forceinline__ void make(const uint32_t *w, A *out) const
   {
      if constexpr (COUNT == 4) {
         pair(hl_unit_float(w[0]), hl_unit_float(w[1]), out);
         pair(hl_unit_float(w[2]), hl_unit_float(w[3]), out + 2);
      } else {
         pair(hl_unit_double(w[0], w[1]), hl_unit_double(w[2], w[3]), out);
      }
   }
};

template <typename T> struct bernoulli {
   static constexpr int COUNT = 4;
   double p;
   __device__ __forceinline__ void make(const uint32_t *w, hl_acc<T> *out) const
   {
      for (int i = 0; i < COUNT; i++) out[i] = static_cast<hl_acc<T>>(static_cast<double>(hl_unit_float(w[i])) < p);
   }
};

template <typename T> struct whole {
   static constexpr int COUNT = 2;
   int64_t low;
   uint64_t count; /* 0 stands for 2^64 */
   __device__ __forceinline__ void make(const uint32_t *w, hl_acc<T> *out) const
   {
      for (int i = 0; i < COUNT; i++) {
         const uint64_t bits = static_cast<uint64_t>(w[2 * i + 1]) << 32 | w[2 * i];
         const uint64_t step = static_cast<uint64_t>((static_cast<unsigned __int128>(bits) * count) >> 64);
         out[i] = static_cast<hl_acc<T>>(static_cast<int64_t>(static_cast<uint64_t>(low) + (count ? step : bits)));
      }
   }
};

/* y in row-major order, whole packs where it is aligned. */
template <typename T, typename F> __global__ void draw_dense(T *y, int64_t n, bool aligned, hl_rng r, F f)
{
   constexpr int V = F::COUNT;
   const int64_t blocks = (n + V - 1) / V;
   const uint64_t counter = start(r);
   for (HL_STEP(int64_t, b, blocks)) {
      uint32_t words[4];
      hl_acc<T> out[V];
      hl_philox(r.seed, counter + static_cast<uint64_t>(b), words);
      f.make(words, out);
      if (aligned && (b + 1) * V <= n) {
         hl_pack<T, V> p;
#pragma unroll
         for (int v = 0; v < V; v++) hl_store(p.at[v], out[v]);
         reinterpret_cast<hl_pack<T, V> *>(y)[b] = p;
      } else {
#pragma unroll
         for (int v = 0; v < V; v++)
            if (b * V + v < n) hl_store(y[b * V + v], out[v]);
      }
   }
}

/* One element at a time; at: y, its place in row-major order. */
template <typename T, typename F> struct draw_one {
   T *y;
   hl_rng r;
   F f;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      uint32_t words[4];
      hl_acc<T> out[F::COUNT], v;
      hl_philox(r.seed, start(r) + static_cast<uint64_t>(at[1] / F::COUNT), words);
      f.make(words, out);
      v = out[0];
#pragma unroll
      for (int k = 1; k < F::COUNT; k++)
         if (at[1] % F::COUNT == k) v = out[k];
      hl_store(y[at[0]], v);
   }
};

template <typename T, typename F> int draw(const char *fn, hl_tensor *y, const hl_rng *r, const F &f)
{
   const int64_t n = hl_numel(y);
   if (n == 0) return 0;
   T *data = hl_data<T>(y);
   if (hl_is_contiguous(y)) {
      const bool aligned = hl_is_aligned(data, alignof(hl_pack<T, F::COUNT>));
      HL_LAUNCH(fn, hl_blocks(n / F::COUNT + 1), HL_BLOCK, 0, (draw_dense<T, F>), data, n, aligned, *r, f);
      return 0;
   }
   const hl_tensor places = hl_places_of(y), *list[] = {y, &places};
   hl_iter it;
   hl_iter_init(&it, false, 2, list);
   return hl_walk_run<2>(fn, &it, draw_one<T, F>{data, *r, f});
}

/* The largest T below x. */
template <typename T> double below(double x)
{
   if constexpr (sizeof(T) == 8) {
      return nextafter(x, -INFINITY);
   } else {
      float v = nextafterf(static_cast<float>(x), -INFINITY);
      if constexpr (sizeof(T) == 2) { /* whose bits are a float's upper half: cut towards minus infinity */
         uint32_t bits;
         memcpy(&bits, &v, sizeof bits);
         bits = (bits + (v < 0 ? 0xffffu : 0u)) & 0xffff0000u;
         memcpy(&v, &bits, sizeof bits);
      }
      return static_cast<double>(v);
   }
}

/* n elements, one word each */
template <typename T>
__global__ void drop_dense(T *y, const T *x, int64_t n, bool aligned, hl_rng r, float limit, hl_acc<T> gain)
{
   using A = hl_acc<T>;
   const int64_t blocks = (n + 3) / 4;
   const uint64_t counter = start(r);
   for (HL_STEP(int64_t, b, blocks)) {
      uint32_t words[4];
      hl_philox(r.seed, counter + static_cast<uint64_t>(b), words);
      if (aligned && (b + 1) * 4 <= n) {
         hl_pack<T, 4> p = reinterpret_cast<const hl_pack<T, 4> *>(x)[b];
#pragma unroll
         for (int v = 0; v < 4; v++)
            hl_store(p.at[v], hl_unit_float(words[v]) < limit ? A(0) : gain * hl_load(p.at[v]));
         reinterpret_cast<hl_pack<T, 4> *>(y)[b] = p;
      } else {
#pragma unroll
         for (int v = 0; v < 4; v++)
            if (b * 4 + v < n)
               hl_store(y[b * 4 + v], hl_unit_float(words[v]) < limit ? A(0) : gain * hl_load(x[b * 4 + v]));
      }
   }
}

/* at: y, x, the draw that the element goes by */
template <typename T> struct drop_one {
   T *y;
   const T *x;
   hl_rng r;
   float limit;
   hl_acc<T> gain;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      uint32_t words[4];
      hl_philox(r.seed, start(r) + static_cast<uint64_t>(at[2] / 4), words);
      const unsigned k = static_cast<unsigned>(at[2]) % 4;
      const uint32_t word = k < 2 ? (k ? words[1] : words[0]) : (k == 2 ? words[2] : words[3]);
      hl_store(y[at[0]], hl_unit_float(word) < limit ? hl_acc<T>(0) : gain * hl_load(x[at[1]]));
   }
};

} // namespace

HL_EXPORT int hl_uniform(hl_tensor *y, double low, double high, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_draw("uniform", y, r));
   HL_TRY(hl_need_dense_float("uniform", "output", y));
   HL_CHECK(low <= high && isfinite(low) && isfinite(high), "uniform: expects finite low <= high, got %g and %g", low,
            high);
   HL_DISPATCH_FLOAT(y->dtype, T, using A = hl_acc<T>; const double last = below<T>(high);
                     return draw<T>("uniform", y, r,
                                    uniform<T>{static_cast<A>(low), static_cast<A>(high - low),
                                               static_cast<A>(last < low ? low : last)}))
   return 0;
}

HL_EXPORT int hl_normal(hl_tensor *y, double mean, double std, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_draw("normal", y, r));
   HL_TRY(hl_need_dense_float("normal", "output", y));
   HL_CHECK(std >= 0, "normal: the standard deviation must be 0 or more, got %g", std);
   HL_DISPATCH_FLOAT(y->dtype, T, using A = hl_acc<T>;
                     return draw<T>("normal", y, r, normal<T>{static_cast<A>(mean), static_cast<A>(std)}))
   return 0;
}

HL_EXPORT int hl_bernoulli(hl_tensor *y, double p, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_draw("bernoulli", y, r));
   HL_TRY(hl_check_probability("bernoulli", p, true));
   HL_DISPATCH(y->dtype, T, return draw<T>("bernoulli", y, r, bernoulli<T>{p}))
   return 0;
}

HL_EXPORT int hl_random_int(hl_tensor *y, int64_t low, int64_t high, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_random_int(y, low, high, r));
   const uint64_t count = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
   HL_DISPATCH(y->dtype, T, return draw<T>("random", y, r, whole<T>{low, count}))
   return 0;
}

HL_EXPORT int hl_dropout(hl_tensor *y, const hl_tensor *x, double p, int channels, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_dropout(y, x, p, channels, r));
   const int64_t n = hl_numel(x);
   if (n == 0) return 0;
   const float limit = static_cast<float>(p);
   if (!channels && hl_is_contiguous(y) && hl_is_contiguous(x)) {
      HL_DISPATCH_FLOAT(x->dtype, T, using A = hl_acc<T>; using P = hl_pack<T, 4>;
                        const bool aligned = hl_is_aligned(y->data, alignof(P)) && hl_is_aligned(x->data, alignof(P));
                        HL_LAUNCH("dropout", hl_blocks(n / 4 + 1), HL_BLOCK, 0, drop_dense<T>, hl_data<T>(y),
                                  hl_data<T>(x), n, aligned, *r, limit, static_cast<A>(1 / (1 - p))))
      return 0;
   }
   const hl_tensor places = hl_places_of(x, channels != 0), *list[] = {y, x, &places};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   HL_DISPATCH_FLOAT(
       x->dtype, T, using A = hl_acc<T>; return hl_walk_run<3>(
           "dropout", &it, drop_one<T>{hl_data<T>(y), hl_data<T>(x), *r, limit, static_cast<A>(1 / (1 - p))}))
   return 0;
}
