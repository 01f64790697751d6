/* classes.cuh: what softmax and the losses share: positions that are taken through all their classes, and label maps.
 * G neighbouring threads work on one position: 1 where its classes lie far apart in memory, so that neighbours read
 * neighbours, or more where they lie side by side. */
#ifndef HL_CLASSES_CUH
#define HL_CLASSES_CUH

#include "faults.cuh"

/* Runs the statements with G standing for the threads to a position: step is the distance of classes in memory. */
#define HL_DISPATCH_GROUP(step, classes, G, ...) \
   if ((step) != 1 || (classes) <= 4) { \
      constexpr int G = 1; \
      __VA_ARGS__; \
   } else if ((classes) <= 32) { \
      constexpr int G = 8; \
      __VA_ARGS__; \
   } else { \
      constexpr int G = 32; \
      __VA_ARGS__; \
   }

/* Terms that a thread sums in one chain; chains are summed in turn. */
enum { HL_CHAIN = 1024 };

/* Largest value met and the sum of exp(value - largest). */
template <typename A> struct hl_log_sum {
   A top = -static_cast<A>(INFINITY), sum = A(0);

   __device__ __forceinline__ void add(A v)
   {
      A e = v == top ? A(1) : exp(-fabs(v - top));
      sum = v > top ? sum * e + A(1) : sum + e;
      top = v > top ? v : top;
   }
   __device__ __forceinline__ void add(A other, A more)
   {
      A e = other == top ? A(1) : exp(-fabs(other - top));
      sum = other > top ? sum * e + more : sum + more * e;
      top = other > top ? other : top;
   }
   /* Over the G threads, all of which have the result; all 32 of a warp call. An infinite largest value gives NaN. */
   template <int G> __device__ __forceinline__ void finish()
   {
#pragma unroll
      for (int by = G / 2; by > 0; by /= 2)
         add(__shfl_xor_sync(0xffffffffu, top, by), __shfl_xor_sync(0xffffffffu, sum, by));
      sum += top - top;
   }
};

/* log-sum-exp of value(c), c < classes; each of the G threads, of which this is number `lane`, takes every G-th. */
template <int G, typename A, typename F>
__device__ __forceinline__ hl_log_sum<A> hl_sum_classes(int lane, int64_t classes, F value)
{
   hl_log_sum<A> s;
   for (int64_t first = lane; first < classes; first += G * HL_CHAIN) {
      int64_t end = first + G * HL_CHAIN < classes ? first + G * HL_CHAIN : classes;
      hl_log_sum<A> part;
      for (int64_t c = first; c < end; c += G) part.add(value(c));
      s.add(part.top, part.sum);
   }
   s.template finish<G>();
   return s;
}

/* A label map of any whole type. */
struct hl_label_view {
   const void *data;
   int dtype;
   int64_t classes;
   int void_label;

   __device__ __forceinline__ int64_t raw(int64_t at) const
   {
      switch (dtype) {
      case HL_U8:
         return static_cast<const uint8_t *>(data)[at];
      case HL_I32:
         return static_cast<const int32_t *>(data)[at];
      default:
         return static_cast<const int64_t *>(data)[at];
      }
   }
   /* A class, -1 for void, -2 for what is neither. */
   __device__ __forceinline__ int at(int64_t i) const
   {
      int64_t v = raw(i);
      if (v == void_label) return -1;
      return v >= 0 && v < classes ? static_cast<int>(v) : -2;
   }
};

static inline hl_label_view hl_view_labels(const hl_tensor *labels, int64_t classes, int void_label)
{
   return {labels->data, labels->dtype, classes, void_label};
}

/* x (N,C,...) without its dimension of classes: its first one's pixels. */
static inline hl_tensor hl_pixels_of(const hl_tensor *x)
{
   hl_tensor t = *x;
   t.ndim--;
   for (int d = 1; d < t.ndim; d++) {
      t.size[d] = x->size[d + 1];
      t.stride[d] = x->stride[d + 1];
   }
   return t;
}

/* hl_softmax_back without its checks; any strides. softmax.cu. */
int hl_softmax_back_of(const char *fn, hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y, int dim, bool log_of);

#endif
