/* bias.cu: one number for each channel, added to all of its values, and the gradient of that. */
#include "bias.cuh"
#include "channels.cuh"

namespace
{

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

struct total_merger {
   template <typename R> __device__ __forceinline__ R operator()(const R &a, const R &b) const
   {
      return {a.sum + b.sum};
   }
};

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
   hl_layout l = hl_layout_of(y);
   shifter<T> f = {hl_data<T>(y), {}};
   bool packs = hl_can_pack_channels<T>(l, V, {f.y});
   for (int at = 0; next_vectors(&f.by, &at, n, b) > 0;)
      if (packs)
         HL_TRY((hl_walk_channels<V>(fn, l, f)));
      else
         HL_TRY((hl_walk_channels<1>(fn, l, f)));
   return 0;
}

template <typename T> int sum_channels(const char *fn, int n, hl_tensor *const *db, const hl_tensor *dy)
{
   using A = hl_acc<T>;
   using R = typename totals<T>::result;
   constexpr int V = 16 / sizeof(T);
   hl_layout l = hl_layout_of(dy);
   totals<T> f = {hl_data<T>(dy)};
   hl_scratch parts;
   int count = 0, at = 0;
   vectors<A> to;
   if (next_vectors(&to, &at, n, db) == 0) return 0;
   if (hl_can_pack_channels<T>(l, V, {f.x}))
      HL_TRY((hl_sum_parts<V>(fn, &parts, &count, l, f, total_merger())));
   else
      HL_TRY((hl_sum_parts<1>(fn, &parts, &count, l, f, total_merger())));
   do
      HL_LAUNCH(fn, static_cast<unsigned>(hl_divide_up(l.channels, HL_BLOCK / 32)), HL_BLOCK, 0, (finish_totals<R, A>),
                to, parts.as<R>(), l.channels, count);
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
