/* sort.cu: stable sorting of lines. Elements become unsigned keys whose order is theirs, NaN above all, so that one
 * sort of keys serves every type and both directions. Tiles are sorted in shared memory; then neighbouring runs are
 * merged, where each key finds its place by a search in the other run. */
#include "kernel.cuh"

#include <string.h>

namespace
{

enum { TILE = 1024 }; /* keys that a block sorts */

template <size_t BYTES> struct pattern_of;
template <> struct pattern_of<1> {
   using type = uint8_t;
};
template <> struct pattern_of<2> {
   using type = uint16_t;
};
template <> struct pattern_of<4> {
   using type = uint32_t;
};
template <> struct pattern_of<8> {
   using type = uint64_t;
};
template <typename T> using pattern = typename pattern_of<sizeof(T)>::type;

/* Negative floats order backwards, so all their bits turn; others rise above them. -0 equals 0. */
template <typename T> __device__ __forceinline__ pattern<T> key_of(T x)
{
   using P = pattern<T>;
   constexpr P top = static_cast<P>(P(1) << (8 * sizeof(T) - 1)), all = static_cast<P>(~P(0));
   P raw;
   memcpy(&raw, &x, sizeof raw);
   if constexpr (hl_is_floating<T>::value) {
      const hl_acc<T> v = hl_load(x);
      if (v != v) return all;
      if (v == 0) raw = 0;
      return static_cast<P>(raw ^ (raw & top ? all : top));
   } else {
      return static_cast<T>(-1) < T(0) ? static_cast<P>(raw ^ top) : raw;
   }
}

/* Lines of count elements, sorted in runs of keys [line][count] with the positions they come from. */
struct shape {
   hl_walk<1, int64_t> walk; /* of the lines of x */
   int64_t count, down;      /* elements of a line, their stride */
   int64_t lines;
};

/* A block sorts a tile of `width` keys, a power of 2, by bitonic exchanges; equal keys go by position. */
template <typename T>
__global__ void sort_tiles(shape s, const T *x, pattern<T> *keys, uint32_t *order, int width, bool descending)
{
   using P = pattern<T>;
   HL_SHARED(key, P[TILE]);
   HL_SHARED(from, int[TILE]);
   const int64_t tiles = (s.count + width - 1) / width;
   const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
   for (int64_t tile = blockIdx.x; tile < tiles * s.lines; tile += gridDim.x) {
      const int64_t line = tile / tiles, first = tile % tiles * width;
      int64_t at[1];
      s.walk.find(line, at);
      for (int i = thread; i < width; i += threads) {
         const bool there = first + i < s.count;
         const P k = there ? key_of(x[at[0] + (first + i) * s.down]) : P(0);
         /* What lies beyond the line's end goes last. */
         key[i] = !there ? static_cast<P>(~P(0)) : descending ? static_cast<P>(~k) : k;
         from[i] = i;
      }
      __syncthreads();
      for (int size = 2; size <= width; size *= 2) {
         for (int by = size / 2; by > 0; by /= 2) {
            for (int i = thread; i < width / 2; i += threads) {
               const int a = i / by * by * 2 + i % by, b = a + by;
               const bool up = (a & size) == 0;
               const bool swapped = key[a] > key[b] || (key[a] == key[b] && from[a] > from[b]);
               if (swapped == up) {
                  const P k = key[a];
                  const int f = from[a];
                  key[a] = key[b];
                  from[a] = from[b];
                  key[b] = k;
                  from[b] = f;
               }
            }
            __syncthreads();
         }
      }
      for (int i = thread; i < width; i += threads) {
         if (first + i < s.count) {
            keys[line * s.count + first + i] = key[i];
            order[line * s.count + first + i] = static_cast<uint32_t>(first + from[i]);
         }
      }
      __syncthreads();
   }
}

/* How many of the n sorted keys come before k: those below it, and with_equal also those that equal it. */
template <typename P> __device__ __forceinline__ int64_t rank_of(P k, const P *keys, int64_t n, bool with_equal)
{
   int64_t low = 0, high = n;
   while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (keys[middle] < k || (with_equal && keys[middle] == k))
         low = middle + 1;
      else
         high = middle;
   }
   return low;
}

/* Runs of `run` keys become runs of twice as many. */
template <typename P>
__global__ void merge_runs(int64_t total, int64_t count, int64_t run, const P *keys, const uint32_t *order, P *to_keys,
                           uint32_t *to_order)
{
   for (HL_STEP(int64_t, i, total)) {
      const int64_t line = i / count * count, place = i - line, pair = place / (2 * run) * (2 * run);
      const int64_t middle = pair + run < count ? pair + run : count;
      const int64_t end = pair + 2 * run < count ? pair + 2 * run : count;
      const bool left = place < middle;
      const P k = keys[i];
      const int64_t others = left ? rank_of(k, keys + line + middle, end - middle, false)
                                  : rank_of(k, keys + line + pair, middle - pair, true);
      const int64_t to = line + pair + (left ? place - pair : place - middle) + others;
      to_keys[to] = k;
      to_order[to] = order[i];
   }
}

/* sorted (lines, wanted): the elements in order */
template <typename T> __global__ void pick(shape s, const T *x, const uint32_t *order, int64_t wanted, T *sorted)
{
   for (HL_STEP(int64_t, i, s.lines * wanted)) {
      const int64_t line = i / wanted;
      int64_t at[1];
      s.walk.find(line, at);
      sorted[i] = x[at[0] + static_cast<int64_t>(order[line * s.count + i % wanted]) * s.down];
   }
}

struct outputs {
   hl_walk<2, int64_t> walk; /* lines of values, index */
   int64_t wanted, down_values, down_index;
};

template <typename T>
__global__ void put(outputs o, int64_t count, const T *sorted, const uint32_t *order, T *values, int64_t *index)
{
   for (HL_STEP(int64_t, i, o.walk.total * o.wanted)) {
      const int64_t line = i / o.wanted, k = i % o.wanted;
      int64_t at[2];
      o.walk.find(line, at);
      values[at[0] + k * o.down_values] = sorted[i];
      index[at[1] + k * o.down_index] = static_cast<int64_t>(order[line * count + k]) + 1;
   }
}

template <typename T>
int sort(hl_tensor *values, hl_tensor *index, const hl_tensor *x, const shape &s, const outputs &o, bool descending)
{
   using P = pattern<T>;
   const int64_t total = s.count * s.lines;
   hl_scratch memory[4];
   for (int i = 0; i < 4; i++)
      HL_TRY(memory[i].take(total * static_cast<int64_t>(i < 2 ? sizeof(P) : sizeof(uint32_t))));
   P *keys = memory[0].as<P>(), *spare = memory[1].as<P>();
   uint32_t *order = memory[2].as<uint32_t>(), *spare_order = memory[3].as<uint32_t>();
   int width = 64;
   while (width < TILE && width < s.count) width *= 2;
   const int64_t tiles = (s.count + width - 1) / width * s.lines;
   HL_LAUNCH("sort", hl_blocks(tiles, 1), static_cast<unsigned>(width / 2), 0, sort_tiles<T>, s, hl_data<T>(x), keys,
             order, width, descending);
   for (int64_t run = width; run < s.count; run *= 2) {
      HL_LAUNCH("sort", hl_blocks(total), HL_BLOCK, 0, merge_runs<P>, total, s.count, run, keys, order, spare,
                spare_order);
      std::swap(keys, spare);
      std::swap(order, spare_order);
   }
   /* values may be x: it is read whole before they are written. The keys have served. */
   T *sorted = reinterpret_cast<T *>(keys);
   const int64_t wanted = s.lines * o.wanted;
   HL_LAUNCH("sort", hl_blocks(wanted), HL_BLOCK, 0, pick<T>, s, hl_data<T>(x), order, o.wanted, sorted);
   HL_LAUNCH("sort", hl_blocks(wanted), HL_BLOCK, 0, put<T>, o, s.count, sorted, order, hl_data<T>(values),
             hl_data<int64_t>(index));
   return 0;
}

} // namespace

HL_EXPORT int hl_sort(hl_tensor *values, hl_tensor *index, const hl_tensor *x, int dim, int descending)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_sort(values, index, x, dim));
   if (hl_numel(values) == 0) return 0;
   /* One walk for all three, so that they agree on the order of the lines. */
   const hl_tensor *list[] = {values, index, x};
   hl_iter it;
   int64_t along[HL_OPERANDS];
   hl_iter_lines(&it, 3, list, dim, along);
   shape s = {};
   outputs o = {};
   s.walk = hl_walk_of<1, int64_t>(&it);
   for (int d = 0; d < it.ndim; d++) s.walk.stride[0][d] = it.stride[2][d];
   s.count = x->size[dim];
   s.down = along[2];
   s.lines = it.total;
   o.walk = hl_walk_of<2, int64_t>(&it);
   o.wanted = values->size[dim];
   o.down_values = along[0];
   o.down_index = along[1];
   HL_DISPATCH(x->dtype, T, return sort<T>(values, index, x, s, o, descending != 0))
   return 0;
}
