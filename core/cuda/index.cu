/* index.cu: elements and slices chosen by position or by mask. Positions count from 1; one that is outside gives NaN or
 * 0 and takes nothing. Where a position comes up several times, its sources are sorted to stand together, so that one
 * thread takes them in order: the same result on every run. Masks are counted first, for which the host waits. */
#include "faults.cuh"

namespace
{

/* Positions 1..size. */
struct range {
   int64_t size;
   hl_watch watch;
   __device__ __forceinline__ bool has(int64_t p) const
   {
      if (p >= 1 && p <= size) return true;
      watch.tell(0, p);
      return false;
   }
};

range range_of(const char *fn, const hl_tensor *x, int dim)
{
   return {x->size[dim], hl_watch_positions(fn, x->size[dim], dim)};
}

struct look {
   const int64_t *index;
   range inside;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      inside.has(index[at[0]]);
   }
};

/* Positions that nothing is taken from. */
int look_at(const char *fn, const hl_tensor *index, const range &inside)
{
   const hl_tensor *list[] = {index};
   hl_iter it;
   hl_iter_init(&it, false, 1, list);
   HL_TRY(hl_walk_run<1>(fn, &it, look{hl_data<int64_t>(index), inside}));
   return hl_end_watch();
}

/* at: small, big at the line's start, the position */
template <typename T> struct take {
   T *small;
   const T *big;
   const int64_t *index;
   int64_t along;
   range inside;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const int64_t p = index[at[2]];
      if (inside.has(p))
         small[at[0]] = big[at[1] + (p - 1) * along];
      else
         hl_store(small[at[0]], hl_is_floating<T>::value ? static_cast<hl_acc<T>>(NAN) : hl_acc<T>(0));
   }
};

/* big's elements from small's. at: sorted and order, which share offsets; the lines of big and small; the place along
 * the line. The thread of the first of equal positions takes them all. */
template <typename T> struct give {
   T *big;
   const T *small;
   const int64_t *sorted, *order;
   int64_t count, along_index, along_big, along_small;
   bool add;
   range inside;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const int64_t *position = sorted + at[0], *source = order + at[0];
      const int64_t p = *position;
      int64_t i = at[3];
      if ((i > 0 && position[-along_index] == p) || !inside.has(p)) return;
      T *to = big + at[1] + (p - 1) * along_big;
      const T *from = small + at[2];
      if (add) {
         using W = hl_wrap<T>;
         W sum = static_cast<W>(hl_load(*to));
         for (; i < count && *position == p; i++, position += along_index, source += along_index)
            sum += static_cast<W>(hl_load(from[(*source - 1) * along_small]));
         hl_store(*to, sum);
      } else {
         for (; i < count && *position == p; i++, position += along_index, source += along_index)
            ;
         *to = from[(source[-along_index] - 1) * along_small];
      }
   }
};

/* t cut to the sizes of another, with stride s along dim. */
hl_tensor line_view(const hl_tensor *t, const hl_tensor *sizes, int dim, int64_t s)
{
   hl_tensor v = *t;
   for (int d = 0; d < t->ndim; d++) v.size[d] = sizes->size[d];
   v.stride[dim] = s;
   return v;
}

/* index (n) as a view of small's sizes: the same for every line. */
hl_tensor spread(const hl_tensor *index, const hl_tensor *small, int dim)
{
   hl_tensor v = *small;
   v.data = index->data;
   v.dtype = HL_I64;
   for (int d = 0; d < v.ndim; d++) v.stride[d] = d == dim ? index->stride[0] : 0;
   return v;
}

/* small = big at index, a view of small's sizes. */
int take_all(const char *fn, hl_tensor *small, const hl_tensor *big, const hl_tensor *index, int dim,
             const range &inside)
{
   const hl_tensor lines = line_view(big, small, dim, 0), *list[] = {small, &lines, index};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   HL_DISPATCH(
       big->dtype, T,
       HL_TRY(hl_walk_run<3>(
           fn, &it, take<T>{hl_data<T>(small), hl_data<T>(big), hl_data<int64_t>(index), big->stride[dim], inside})))
   return hl_end_watch();
}

/* The reverse. index: (n), or of small's sizes. */
int give_all(const char *fn, hl_tensor *big, const hl_tensor *small, const hl_tensor *index, int dim, bool slices,
             bool add, const range &inside)
{
   hl_scratch memory[2];
   hl_tensor sorted = hl_places_of(index), order = sorted;
   const int along = slices ? 0 : dim;
   for (hl_scratch &m : memory) HL_TRY(m.take(hl_numel(index) * static_cast<int64_t>(sizeof(int64_t))));
   sorted.data = memory[0].data;
   order.data = memory[1].data;
   HL_TRY(hl_sort(&sorted, &order, index, along, 0));
   const hl_tensor places = slices ? spread(&sorted, small, dim) : sorted;
   const hl_tensor big_lines = line_view(big, small, dim, 0), small_lines = line_view(small, small, dim, 0);
   hl_tensor place = *small;
   for (int d = 0; d < place.ndim; d++) place.stride[d] = d == dim;
   const hl_tensor *list[] = {&places, &big_lines, &small_lines, &place};
   hl_iter it;
   hl_iter_init(&it, true, 4, list);
   HL_DISPATCH(big->dtype, T,
               HL_TRY(hl_walk_run<4>(fn, &it,
                                     give<T>{hl_data<T>(big), hl_data<T>(small), memory[0].as<int64_t>(),
                                             memory[1].as<int64_t>(), small->size[dim], sorted.stride[along],
                                             big->stride[dim], small->stride[dim], add, inside})))
   return hl_end_watch();
}

/* ---- masks: hits are counted in chunks of the row-major order, then each chunk knows where its hits go ---- */

enum { ROUNDS = 16, CHUNK = HL_BLOCK * ROUNDS };

/* How many threads of the block before this one say yes; *all: how many do. */
__device__ __forceinline__ int before_me(bool yes, int *all)
{
   HL_SHARED(warps, int[HL_BLOCK / 32]);
   const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
   const unsigned votes = __ballot_sync(0xffffffffu, yes);
   if (lane == 0) warps[warp] = __popc(votes);
   __syncthreads();
   int before = __popc(votes & ((1u << lane) - 1)), sum = 0;
   for (int w = 0; w < HL_BLOCK / 32; w++) {
      if (w < warp) before += warps[w];
      sum += warps[w];
   }
   __syncthreads();
   *all = sum;
   return before;
}

template <typename T> struct not_zero {
   const T *x;
   __device__ __forceinline__ bool operator()(int64_t at) const
   {
      return hl_load(x[at]) != 0;
   }
};

/* counts[chunk]; chunks are dealt to blocks in turn */
template <typename F> __global__ void count_hits(hl_walk<1, int64_t> w, F hit, int64_t *counts)
{
   for (int64_t chunk = blockIdx.x; chunk * CHUNK < w.total; chunk += gridDim.x) {
      int found = 0;
      for (int k = 0; k < ROUNDS; k++) {
         const int64_t i = chunk * CHUNK + k * HL_BLOCK + static_cast<int>(threadIdx.x);
         int64_t at[1];
         if (i >= w.total) continue;
         w.find(i, at);
         found += hit(at[0]);
      }
      found = hl_reduce_block(found, hl_sum(), 0);
      if (threadIdx.x == 0) counts[chunk] = found;
   }
}

/* counts become the sums of those before; the total goes to counts[n]. One block. */
__global__ void sum_before(int64_t *counts, int64_t n)
{
   HL_SHARED(warps, int64_t[HL_BLOCK / 32]);
   const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
   int64_t total = 0;
   for (int64_t first = 0; first < n; first += HL_BLOCK) {
      const int64_t i = first + static_cast<int>(threadIdx.x), own = i < n ? counts[i] : 0;
      int64_t v = own;
      for (int by = 1; by < 32; by *= 2) {
         const int64_t left = __shfl_up_sync(0xffffffffu, v, static_cast<unsigned>(by));
         if (lane >= by) v += left;
      }
      if (lane == 31) warps[warp] = v;
      __syncthreads();
      int64_t before = total;
      for (int k = 0; k < HL_BLOCK / 32; k++) {
         if (k < warp) before += warps[k];
         total += warps[k];
      }
      if (i < n) counts[i] = before + v - own;
      __syncthreads();
   }
   if (threadIdx.x == 0) counts[n] = total;
}

/* For every hit: f(its number, its place in row-major order, at). */
template <int N, typename F, typename G>
__global__ void each_hit(const __grid_constant__ hl_walk<N, int64_t> w, F hit, const int64_t *before, G g)
{
   for (int64_t chunk = blockIdx.x; chunk * CHUNK < w.total; chunk += gridDim.x) {
      int64_t next = before[chunk];
      for (int k = 0; k < ROUNDS; k++) {
         const int64_t i = chunk * CHUNK + k * HL_BLOCK + static_cast<int>(threadIdx.x);
         int64_t at[N];
         int all = 0;
         if (i < w.total) w.find(i, at);
         const bool yes = i < w.total && hit(at[0]);
         const int number = before_me(yes, &all);
         if (yes) g(next + number, i, at);
         next += all;
      }
   }
}

/* Sums of hits before each chunk go to scratch, their number to *n, which is waited for. */
template <typename F> int count_all(const char *fn, const hl_iter *it, const F &hit, hl_scratch *before, int64_t *n)
{
   const int64_t chunks = (it->total + CHUNK - 1) / CHUNK;
   *n = 0;
   if (chunks == 0) return 0;
   HL_TRY(before->take((chunks + 1) * static_cast<int64_t>(sizeof(int64_t))));
   int64_t *counts = before->as<int64_t>();
   HL_LAUNCH(fn, hl_blocks(chunks, 1), HL_BLOCK, 0, (count_hits<F>), (hl_walk_of<1, int64_t>(it)), hit, counts);
   HL_LAUNCH(fn, 1, HL_BLOCK, 0, sum_before, counts, chunks);
   return hl_download(n, counts + chunks, sizeof *n);
}

template <typename T> struct select {
   T *y;
   const T *x;
   int64_t stride;
   __device__ __forceinline__ void operator()(int64_t number, int64_t, const int64_t *at) const
   {
      y[number * stride] = x[at[1]];
   }
};

template <typename T> struct deal {
   T *x;
   const T *y;
   int64_t stride;
   __device__ __forceinline__ void operator()(int64_t number, int64_t, const int64_t *at) const
   {
      x[at[1]] = y[number * stride];
   }
};

struct locate {
   int64_t *index;
   int64_t down, across, size[HL_MAX_DIM];
   int ndim;
   __device__ __forceinline__ void operator()(int64_t number, int64_t i, const int64_t *) const
   {
      for (int d = ndim - 1; d >= 0; d--) {
         index[number * down + d * across] = i % size[d] + 1;
         i /= size[d];
      }
   }
};

int masked(const char *fn, hl_tensor *to, const hl_tensor *from, const hl_tensor *x, const hl_tensor *y,
           const hl_tensor *mask, bool puts)
{
   const not_zero<uint8_t> hit = {hl_data<uint8_t>(mask)};
   const hl_tensor *list[] = {mask, x};
   hl_scratch before;
   hl_iter it;
   int64_t n;
   hl_iter_init(&it, true, 1, list);
   HL_TRY(count_all(fn, &it, hit, &before, &n));
   HL_CHECK(n == hl_numel(y), "%s: mask selects %lld elements, y has %lld", fn, static_cast<long long>(n),
            static_cast<long long>(hl_numel(y)));
   if (n == 0) return 0;
   hl_iter_init(&it, true, 2, list);
   const hl_walk<2, int64_t> w = hl_walk_of<2, int64_t>(&it);
   const unsigned blocks = hl_blocks((it.total + CHUNK - 1) / CHUNK, 1);
   HL_DISPATCH(
       x->dtype, T,
       if (puts) {
          HL_LAUNCH(fn, blocks, HL_BLOCK, 0, (each_hit<2, not_zero<uint8_t>, deal<T>>), w, hit,
                    before.as<const int64_t>(), (deal<T>{hl_data<T>(to), hl_data<T>(from), y->stride[0]}));
       } else {
          HL_LAUNCH(fn, blocks, HL_BLOCK, 0, (each_hit<2, not_zero<uint8_t>, select<T>>), w, hit,
                    before.as<const int64_t>(), (select<T>{hl_data<T>(to), hl_data<T>(from), y->stride[0]}));
       })
   return 0;
}

} // namespace

HL_EXPORT int hl_index_select(hl_tensor *y, const hl_tensor *x, const hl_tensor *index, int dim)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_index("index_select", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("index_select", "y", y));
   const range inside = range_of("index_select", x, dim);
   if (hl_numel(y) == 0) return look_at("index_select", index, inside);
   const hl_tensor positions = spread(index, y, dim);
   return take_all("index_select", y, x, &positions, dim, inside);
}

HL_EXPORT int hl_index_put(hl_tensor *x, const hl_tensor *y, const hl_tensor *index, int dim, int add)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_index("index_put", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("index_put", "x", x));
   const range inside = range_of("index_put", x, dim);
   if (hl_numel(y) == 0) return look_at("index_put", index, inside);
   return give_all("index_put", x, y, index, dim, true, add != 0, inside);
}

HL_EXPORT int hl_gather(hl_tensor *y, const hl_tensor *x, const hl_tensor *index, int dim)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_gather("gather", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("gather", "y", y));
   const range inside = range_of("gather", x, dim);
   if (hl_numel(y) == 0) return look_at("gather", index, inside);
   return take_all("gather", y, x, index, dim, inside);
}

HL_EXPORT int hl_scatter(hl_tensor *x, const hl_tensor *y, const hl_tensor *index, int dim, int add)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_gather("scatter", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("scatter", "x", x));
   const range inside = range_of("scatter", x, dim);
   if (hl_numel(y) == 0) return look_at("scatter", index, inside);
   return give_all("scatter", x, y, index, dim, false, add != 0, inside);
}

HL_EXPORT int hl_masked_select(hl_tensor *y, const hl_tensor *x, const hl_tensor *mask)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_masked("masked_select", x, y, mask));
   HL_TRY(hl_need_output("masked_select", "y", y));
   return masked("masked_select", y, x, x, y, mask, false);
}

HL_EXPORT int hl_masked_put(hl_tensor *x, const hl_tensor *y, const hl_tensor *mask)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_masked("masked_put", x, y, mask));
   HL_TRY(hl_need_output("masked_put", "x", x));
   return masked("masked_put", x, y, x, y, mask, true);
}

HL_EXPORT int hl_nonzero(hl_tensor *index, int64_t *n, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_view("nonzero", "x", x));
   HL_CHECK(n, "nonzero: no place for the number");
   const hl_tensor *list[] = {x};
   hl_scratch before;
   hl_iter it;
   hl_iter_init(&it, true, 1, list);
   HL_DISPATCH(x->dtype, T, HL_TRY(count_all("nonzero", &it, not_zero<T>{hl_data<T>(x)}, &before, n)))
   if (!index) return 0;
   HL_TRY(hl_check_nonzero(index, x, *n));
   if (*n == 0) return 0;
   locate g = {hl_data<int64_t>(index), index->stride[0], index->stride[1], {}, x->ndim};
   std::copy(x->size, x->size + x->ndim, g.size);
   const unsigned blocks = hl_blocks((it.total + CHUNK - 1) / CHUNK, 1);
   HL_DISPATCH(x->dtype, T,
               HL_LAUNCH("nonzero", blocks, HL_BLOCK, 0, (each_hit<1, not_zero<T>, locate>),
                         (hl_walk_of<1, int64_t>(&it)), not_zero<T>{hl_data<T>(x)}, before.as<const int64_t>(), g))
   return 0;
}
