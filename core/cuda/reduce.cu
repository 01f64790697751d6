/* reduce.cu: sums, extremes and their like over any set of dimensions, the place of an extreme, running sums.
 *
 * The terms of an output are shared by a group of threads, and by several blocks where outputs are few; what these make
 * is put together in order, so results do not depend on the card or on what runs first. */
#include "kernel.cuh"

namespace
{

constexpr int BATCH = 8;     /* terms of a partial sum in float */
constexpr int ENOUGH = 1024; /* blocks that keep a card busy */
constexpr int LEAST = 16;    /* terms of a thread, below which sharing them among more blocks gains nothing */
constexpr int COLUMNS = 32;  /* outputs side by side */
constexpr int DOWN = static_cast<int>(HL_BLOCK) / COLUMNS;

/* lane: what a few terms are taken together in, wide: what all are. */
template <typename T> struct sums_of {
   using lane = uint64_t;
   using wide = int64_t;
};
template <> struct sums_of<float> {
   using lane = float;
   using wide = double;
};
template <> struct sums_of<double> {
   using lane = double;
   using wide = double;
};
template <> struct sums_of<hl_bf16> {
   using lane = float;
   using wide = double;
};
template <typename T> using lane_of = typename sums_of<T>::lane;
template <typename T> using wide_of = typename sums_of<T>::wide;

template <typename W> __device__ __forceinline__ W wrapped_sum(W a, W b)
{
   return a + b;
}
__device__ __forceinline__ int64_t wrapped_sum(int64_t a, int64_t b)
{
   return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
template <typename W> __device__ __forceinline__ W wrapped_product(W a, W b)
{
   return a * b;
}
__device__ __forceinline__ int64_t wrapped_product(int64_t a, int64_t b)
{
   return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

/* A reduction of T: begin() changes nothing, step(t, x) takes n values of x into t, merge puts two results together. */
template <typename T> struct add_up {
   using W = wide_of<T>;
   int op; /* HL_SUM, HL_SUMSQ, HL_SUMABS */
   __device__ __forceinline__ W begin() const
   {
      return 0;
   }
   __device__ __forceinline__ lane_of<T> term(hl_acc<T> x) const
   {
      using L = lane_of<T>;
      const L v = static_cast<L>(x);
      if (op == HL_SUMSQ) return v * v;
      if (op == HL_SUMABS) return x < 0 ? L(0) - v : v;
      return v;
   }
   template <int N> __device__ __forceinline__ W step(W total, const hl_acc<T> (&x)[N]) const
   {
      lane_of<T> sum = term(x[0]);
#pragma unroll
      for (int i = 1; i < N; i++) sum += term(x[i]);
      return wrapped_sum(total, static_cast<W>(sum));
   }
   __device__ __forceinline__ W merge(W a, W b) const
   {
      return wrapped_sum(a, b);
   }
};

template <typename T> struct choose {
   using W = wide_of<T>;
   int op;
   W start; /* the smallest number for HL_RMAX ... */
   __device__ __forceinline__ W begin() const
   {
      return start;
   }
   __device__ __forceinline__ W merge(W a, W b) const
   {
      switch (op) {
      case HL_PROD:
         return wrapped_product(a, b);
      case HL_RMAX:
         return b > a || b != b ? b : a;
      case HL_RMIN:
         return b < a || b != b ? b : a;
      case HL_ANY:
         return b != 0 ? W(1) : a;
      default:
         return b != 0 ? a : W(0);
      }
   }
   template <int N> __device__ __forceinline__ W step(W total, const hl_acc<T> (&x)[N]) const
   {
#pragma unroll
      for (int i = 0; i < N; i++) total = merge(total, static_cast<W>(x[i]));
      return total;
   }
};

/* What the kernels are told. kept: walks the outputs in x and y; reduced: the terms of one, in x. */
template <typename T, typename I> struct plan {
   const T *x;
   void *y;
   int dtype; /* of y */
   double divisor;
   hl_walk<2, I> kept;
   hl_walk<1, I> reduced;
   I block; /* terms of one split; splits run along the grid's y */
   int splits;
   int group;           /* threads of an output: 1 .. 32 or HL_BLOCK */
   wide_of<T> *partial; /* [output][split], where there are several */
};

template <typename W> __device__ void store(void *y, int dtype, int64_t at, W total, double divisor)
{
   if constexpr (hl_is_floating<W>::value) {
      const double v = total / divisor;
      if (dtype == HL_F32)
         static_cast<float *>(y)[at] = static_cast<float>(v);
      else if (dtype == HL_F64)
         static_cast<double *>(y)[at] = v;
      else if (dtype == HL_BF16)
         hl_store(static_cast<hl_bf16 *>(y)[at], v);
      else
         static_cast<uint8_t *>(y)[at] = v != 0; /* any, all */
   } else {
      const int64_t whole = divisor > 1. ? total / static_cast<int64_t>(divisor) : total;
      switch (dtype) {
      case HL_F32:
         static_cast<float *>(y)[at] = static_cast<float>(static_cast<double>(total) / divisor);
         break;
      case HL_F64:
         static_cast<double *>(y)[at] = static_cast<double>(total) / divisor;
         break;
      case HL_BF16:
         hl_store(static_cast<hl_bf16 *>(y)[at], static_cast<double>(total) / divisor);
         break;
      case HL_U8:
         static_cast<uint8_t *>(y)[at] = static_cast<uint8_t>(whole);
         break;
      case HL_I8:
         static_cast<int8_t *>(y)[at] = static_cast<int8_t>(whole);
         break;
      case HL_I16:
         static_cast<int16_t *>(y)[at] = static_cast<int16_t>(whole);
         break;
      case HL_I32:
         static_cast<int32_t *>(y)[at] = static_cast<int32_t>(whole);
         break;
      default:
         static_cast<int64_t *>(y)[at] = whole;
      }
   }
}

template <typename T, typename I>
__device__ __forceinline__ void finish(const plan<T, I> &p, I output, int64_t at, wide_of<T> total)
{
   if (p.splits > 1)
      p.partial[static_cast<int64_t>(output) * p.splits + blockIdx.y] = total;
   else
      store(p.y, p.dtype, at, total, p.divisor);
}

/* Terms first, first + by, ... of one output. V > 1: the walk counts packs of V neighbours. */
template <int V, typename T, typename I, typename F>
__device__ __forceinline__ wide_of<T> fold(const plan<T, I> &p, const F &f, const T *x, I first, I last, I by)
{
   constexpr int N = V > BATCH ? 1 : BATCH / V;
   wide_of<T> total = f.begin();
   I i = first;
   for (; i < last && last - i > (N - 1) * by; i += N * by) {
      hl_acc<T> v[N * V];
      hl_pack<T, V> packs[N];
#pragma unroll
      for (int k = 0; k < N; k++) {
         int64_t at[1];
         p.reduced.find(i + k * by, at);
         packs[k] = *reinterpret_cast<const hl_pack<T, V> *>(x + at[0] * V);
      }
#pragma unroll
      for (int k = 0; k < N; k++)
#pragma unroll
         for (int j = 0; j < V; j++) v[k * V + j] = hl_load(packs[k].at[j]);
      total = f.template step<N * V>(total, v);
   }
   for (; i < last; i += by) {
      int64_t at[1];
      p.reduced.find(i, at);
      const hl_pack<T, V> pack = *reinterpret_cast<const hl_pack<T, V> *>(x + at[0] * V);
      hl_acc<T> v[V];
#pragma unroll
      for (int j = 0; j < V; j++) v[j] = hl_load(pack.at[j]);
      total = f.template step<V>(total, v);
   }
   return total;
}

/* Neighbouring threads take neighbouring terms. */
template <int V, typename T, typename I, typename F> __global__ void reduce_rows(plan<T, I> p, F f)
{
   const I group = static_cast<I>(p.group), outputs = p.kept.total, each = HL_BLOCK / group;
   const I mine = threadIdx.x % group, first = static_cast<I>(blockIdx.y) * p.block;
   const I last = p.reduced.total - first < p.block ? p.reduced.total : first + p.block;
   for (I start = static_cast<I>(blockIdx.x) * each; start < outputs; start += static_cast<I>(gridDim.x) * each) {
      const I output = start + threadIdx.x / group;
      const bool there = output < outputs;
      int64_t at[2] = {0, 0};
      if (there) p.kept.find(output, at);
      wide_of<T> total = there ? fold<V>(p, f, p.x + at[0], first + mine, last, group) : f.begin();
      auto merge = [&](wide_of<T> a, wide_of<T> b) { return f.merge(a, b); };
      if (group > 32)
         total = hl_reduce_block(total, merge, f.begin());
      else
         for (int by = p.group / 2; by > 0; by /= 2) total = merge(total, __shfl_xor_sync(0xffffffffu, total, by));
      if (there && mine == 0) finish(p, output, at[1], total);
   }
}

/* Neighbouring threads take neighbouring outputs: COLUMNS of them, with DOWN threads each. */
template <typename T, typename I, typename F> __global__ void reduce_columns(plan<T, I> p, F f)
{
   HL_SHARED(totals, wide_of<T>[DOWN][COLUMNS]);
   const I outputs = p.kept.total, first = static_cast<I>(blockIdx.y) * p.block;
   const I last = p.reduced.total - first < p.block ? p.reduced.total : first + p.block;
   const I column = threadIdx.x % COLUMNS, down = threadIdx.x / COLUMNS;
   for (I start = static_cast<I>(blockIdx.x) * COLUMNS; start < outputs; start += static_cast<I>(gridDim.x) * COLUMNS) {
      const I output = start + column;
      const bool there = output < outputs;
      int64_t at[2] = {0, 0};
      if (there) p.kept.find(output, at);
      totals[down][column] = there ? fold<1>(p, f, p.x + at[0], first + down, last, static_cast<I>(DOWN)) : f.begin();
      __syncthreads();
      if (down == 0 && there) {
         wide_of<T> total = totals[0][column];
         for (int k = 1; k < DOWN; k++) total = f.merge(total, totals[k][column]);
         finish(p, output, at[1], total);
      }
      __syncthreads();
   }
}

/* A warp for each output puts its splits together. */
template <typename T, typename I, typename F> __global__ void reduce_splits(plan<T, I> p, F f)
{
   const I outputs = p.kept.total, each = HL_BLOCK / 32;
   for (I start = static_cast<I>(blockIdx.x) * each; start < outputs; start += static_cast<I>(gridDim.x) * each) {
      const I output = start + threadIdx.x / 32;
      const bool there = output < outputs;
      wide_of<T> total = f.begin();
      for (int k = static_cast<int>(threadIdx.x % 32); there && k < p.splits; k += 32)
         total = f.merge(total, p.partial[static_cast<int64_t>(output) * p.splits + k]);
      for (int by = 16; by > 0; by /= 2) total = f.merge(total, __shfl_xor_sync(0xffffffffu, total, by));
      if (there && threadIdx.x % 32 == 0) {
         int64_t at[2];
         p.kept.find(output, at);
         store(p.y, p.dtype, at[1], total, p.divisor);
      }
   }
}

/* Whether the terms can be read V at a time; the walk then counts packs. */
bool pack_terms(hl_iter *reduced, const hl_iter *kept, const void *x, int64_t item, int v)
{
   const int inner = reduced->ndim - 1;
   bool fits = reduced->stride[0][inner] == 1 && reduced->size[inner] % v == 0 &&
               hl_is_aligned(x, static_cast<size_t>(item * v));
   for (int d = 0; d < inner; d++) fits = fits && reduced->stride[0][d] % v == 0;
   for (int d = 0; d < kept->ndim; d++) fits = fits && (kept->size[d] == 1 || kept->stride[0][d] % v == 0);
   if (!fits) return false;
   reduced->size[inner] /= v;
   reduced->total /= v;
   for (int d = 0; d < inner; d++) reduced->stride[0][d] /= v;
   return true;
}

template <typename T, typename I, typename F>
int reduce(const char *fn, const hl_tensor *y, const hl_tensor *x, hl_iter kept, hl_iter reduced, double divisor,
           const F &f)
{
   constexpr int V = std::min(static_cast<int>(16 / sizeof(T)), BATCH);
   const int64_t across = kept.stride[0][kept.ndim - 1], line = reduced.size[reduced.ndim - 1];
   const int64_t down = reduced.stride[0][reduced.ndim - 1], inner = kept.size[kept.ndim - 1];
   bool columns = inner > 1 && (line == 1 || llabs(across) < llabs(down));
   if (columns && inner < 8 && line > inner) columns = false;
   const bool packed = !columns && reduced.total > 0 && pack_terms(&reduced, &kept, x->data, sizeof(T), V);
   const int64_t outputs = kept.total, terms = reduced.total;
   plan<T, I> p = {};
   p.x = static_cast<const T *>(x->data);
   p.y = y->data;
   p.dtype = y->dtype;
   p.divisor = divisor;
   p.kept = hl_walk_of<2, I>(&kept);
   p.reduced = hl_walk_of<1, I>(&reduced);
   p.group = 1;
   while (p.group < 32 && p.group < terms) p.group *= 2;
   if (terms >= HL_BLOCK * 4) p.group = HL_BLOCK;
   const int64_t each = columns ? COLUMNS : static_cast<int>(HL_BLOCK) / p.group; /* outputs of a block */
   const int64_t tiles = (outputs + each - 1) / each, share = LEAST * (columns ? DOWN : p.group);
   int64_t splits = std::min<int64_t>(ENOUGH / tiles, terms / share);
   splits = splits < 1 ? 1 : splits;
   const int64_t block = (terms + splits - 1) / splits;
   splits = block ? (terms + block - 1) / block : 1;
   p.block = static_cast<I>(block);
   p.splits = static_cast<int>(splits);
   hl_scratch partial;
   if (splits > 1) HL_TRY(partial.take(outputs * splits * static_cast<int64_t>(sizeof(wide_of<T>))));
   p.partial = partial.as<wide_of<T>>();
   const dim3 grid(hl_blocks(tiles, 1), static_cast<unsigned>(splits));
   if (columns) {
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (reduce_columns<T, I, F>), p, f);
   } else if (packed) {
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (reduce_rows<V, T, I, F>), p, f);
   } else {
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (reduce_rows<1, T, I, F>), p, f);
   }
   if (splits > 1) HL_LAUNCH(fn, hl_blocks((outputs + 7) / 8, 1), HL_BLOCK, 0, (reduce_splits<T, I, F>), p, f);
   return 0;
}

template <typename T, typename I>
int reduce_by(const char *fn, const hl_tensor *y, const hl_tensor *x, const hl_iter &kept, const hl_iter &reduced,
              int op)
{
   using W = wide_of<T>;
   const double divisor = op == HL_MEAN ? static_cast<double>(reduced.total) : 1.;
   if (op == HL_SUM || op == HL_MEAN || op == HL_SUMSQ || op == HL_SUMABS)
      return reduce<T, I>(fn, y, x, kept, reduced, divisor, add_up<T>{op});
   W start = op == HL_PROD || op == HL_ALL ? W(1) : W(0);
   if constexpr (hl_is_floating<W>::value) {
      if (op == HL_RMAX) start = -static_cast<W>(INFINITY);
      if (op == HL_RMIN) start = static_cast<W>(INFINITY);
   } else {
      if (op == HL_RMAX) start = INT64_MIN;
      if (op == HL_RMIN) start = INT64_MAX;
   }
   return reduce<T, I>(fn, y, x, kept, reduced, divisor, choose<T>{op, start});
}

/* ---- places of extremes, running sums: a line along one dimension at a time ---- */

/* Lines: operand 0 and 1 (and 2) are walked; down: strides along the line. */
template <int N> struct lines {
   hl_walk<N, int64_t> walk;
   int64_t count, down[N];
   int group; /* threads of a line: 1, 32 or HL_BLOCK */
};

/* index (lines), values (lines) or NULL; operands of the walk: index, x, values */
template <typename T> struct place_job {
   lines<3> l;
   int64_t *index;
   const T *x;
   T *values;
   bool largest;
};

template <typename T> __global__ void find_places(place_job<T> j)
{
   using A = hl_acc<T>;
   HL_SHARED(warps_value, A[HL_BLOCK / 32]);
   HL_SHARED(warps_at, int64_t[HL_BLOCK / 32]);
   const int group = j.l.group;
   const int64_t each = HL_BLOCK / group, total = j.l.walk.total, down = j.l.down[1];
   for (int64_t start = blockIdx.x * each; start < total; start += gridDim.x * each) {
      const int64_t line = start + static_cast<int>(threadIdx.x) / group;
      const bool there = line < total;
      int64_t at[3] = {0, 0, 0};
      if (there) j.l.walk.find(line, at);
      hl_found<A> best = {A(0), -1};
      for (int64_t i = static_cast<int>(threadIdx.x) % group; there && i < j.l.count; i += group) {
         const hl_found<A> here = {hl_load(j.x[at[1] + i * down]), i};
         if (here.beats(best, j.largest)) best = here;
      }
      if (group > 1) best = hl_reduce_found<32>(best, j.largest);
      if (group > 32) {
         if (threadIdx.x % 32 == 0) {
            warps_value[threadIdx.x / 32] = best.value;
            warps_at[threadIdx.x / 32] = best.at;
         }
         __syncthreads();
         for (int w = 0; w < HL_BLOCK / 32; w++) {
            const hl_found<A> other = {warps_value[w], warps_at[w]};
            if (other.beats(best, j.largest)) best = other;
         }
         __syncthreads();
      }
      if (there && static_cast<int>(threadIdx.x) % group == 0) {
         j.index[at[0]] = best.at + 1;
         if (j.values) j.values[at[2]] = j.x[at[1] + best.at * down];
      }
   }
}

/* operands of the walk: y, x */
template <typename T> struct running_job {
   lines<2> l;
   T *y;
   const T *x;
   bool product;
   __device__ __forceinline__ wide_of<T> merge(wide_of<T> a, wide_of<T> b) const
   {
      return product ? wrapped_product(a, b) : wrapped_sum(a, b);
   }
};

template <typename T> __global__ void run_along(running_job<T> j)
{
   for (HL_STEP(int64_t, line, j.l.walk.total)) {
      int64_t at[2];
      j.l.walk.find(line, at);
      wide_of<T> total = j.product;
      for (int64_t i = 0; i < j.l.count; i++) {
         total = j.merge(total, static_cast<wide_of<T>>(hl_load(j.x[at[1] + i * j.l.down[1]])));
         hl_store(j.y[at[0] + i * j.l.down[0]], total);
      }
   }
}

/* A block for each line, HL_BLOCK elements at a time. */
template <typename T> __global__ void run_blocks(running_job<T> j)
{
   using W = wide_of<T>;
   HL_SHARED(warps, W[HL_BLOCK / 32]);
   const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
   for (int64_t line = blockIdx.x; line < j.l.walk.total; line += gridDim.x) {
      int64_t at[2];
      j.l.walk.find(line, at);
      W before = j.product;
      for (int64_t first = 0; first < j.l.count; first += HL_BLOCK) {
         const int64_t i = first + static_cast<int>(threadIdx.x);
         W v = i < j.l.count ? static_cast<W>(hl_load(j.x[at[1] + i * j.l.down[1]])) : static_cast<W>(j.product);
         for (int by = 1; by < 32; by *= 2) {
            const W left = __shfl_up_sync(0xffffffffu, v, static_cast<unsigned>(by));
            if (lane >= by) v = j.merge(left, v);
         }
         if (lane == 31) warps[warp] = v;
         __syncthreads();
         W here = before;
         for (int w = 0; w < warp; w++) here = j.merge(here, warps[w]);
         if (i < j.l.count) hl_store(j.y[at[0] + i * j.l.down[0]], j.merge(here, v));
         for (int w = 0; w < HL_BLOCK / 32; w++) before = j.merge(before, warps[w]);
         __syncthreads();
      }
   }
}

template <int N> lines<N> lines_along(const hl_tensor *const *list, int dim, int64_t count)
{
   lines<N> l = {};
   hl_iter it;
   int64_t along[HL_OPERANDS];
   hl_iter_lines(&it, N, list, dim, along);
   l.walk = hl_walk_of<N, int64_t>(&it);
   for (int k = 0; k < N; k++) l.down[k] = along[k];
   l.count = count;
   /* A thread for each line where neighbouring lines lie closer than a line's elements, or lines are short. */
   const bool side_by_side = it.total > 1 && llabs(it.stride[1][it.ndim - 1]) < llabs(along[1]);
   l.group = count >= HL_BLOCK * 4 && it.total < ENOUGH            ? static_cast<int>(HL_BLOCK)
             : count < 8 || (side_by_side && it.total >= HL_BLOCK) ? 1
                                                                   : 32;
   return l;
}

} // namespace

HL_EXPORT int hl_reduce(hl_tensor *y, const hl_tensor *x, int op, uint32_t dims)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_reduce(y, x, op, dims));
   if (hl_numel(y) == 0) return 0;
   hl_tensor kept_x = *x, reduced_x = *x;
   for (int d = 0; d < x->ndim; d++) (dims >> d & 1 ? kept_x : reduced_x).size[d] = 1;
   const hl_tensor *kept_list[] = {&kept_x, y}, *reduced_list[] = {&reduced_x};
   hl_iter kept, reduced;
   hl_iter_init(&kept, false, 2, kept_list);
   hl_iter_init(&reduced, false, 1, reduced_list);
   const bool narrow = hl_fits_32(&kept) && hl_fits_32(&reduced);
   const char *fn = hl_reduce_name(op);
   HL_DISPATCH(x->dtype, T,
               return narrow ? reduce_by<T, uint32_t>(fn, y, x, kept, reduced, op)
                             : reduce_by<T, int64_t>(fn, y, x, kept, reduced, op))
   return 0;
}

HL_EXPORT int hl_reduce_index(hl_tensor *values, hl_tensor *index, const hl_tensor *x, int op, int dim)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_reduce_index(values, index, x, op, dim));
   if (hl_numel(index) == 0) return 0;
   const hl_tensor *list[] = {index, x, values ? values : index};
   const lines<3> l = lines_along<3>(list, dim, x->size[dim]);
   HL_DISPATCH(
       x->dtype, T,
       const place_job<T> j = {l, hl_data<int64_t>(index), hl_data<T>(x), values ? hl_data<T>(values) : nullptr,
                               op == HL_RMAX};
       HL_LAUNCH(hl_reduce_name(op), hl_blocks(l.walk.total, HL_BLOCK / l.group), HL_BLOCK, 0, find_places<T>, j))
   return 0;
}

HL_EXPORT int hl_cumulate(hl_tensor *y, const hl_tensor *x, int op, int dim)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cumulate(y, x, op, dim));
   if (hl_numel(y) == 0) return 0;
   const hl_tensor *list[] = {y, x};
   const lines<2> l = lines_along<2>(list, dim, x->size[dim]);
   const char *fn = op == HL_PROD ? "cumprod" : "cumsum";
   HL_DISPATCH(
       x->dtype, T, const running_job<T> j = {l, hl_data<T>(y), hl_data<T>(x), op == HL_PROD}; if (l.group == 1) {
          HL_LAUNCH(fn, hl_blocks(l.walk.total), HL_BLOCK, 0, run_along<T>, j);
       } else { HL_LAUNCH(fn, hl_blocks(l.walk.total, 1), HL_BLOCK, 0, run_blocks<T>, j); })
   return 0;
}
