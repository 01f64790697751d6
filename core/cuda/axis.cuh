/* axis.cuh: for each output row or column of a resampled image the two inputs that it lies between, and for each input
 * the outputs that read it. */
#ifndef HL_AXIS_CUH
#define HL_AXIS_CUH

#include "kernel.cuh"
#include "../resample.h"

/* (1 - w[i]) * x[lo[i]] + w[i] * x[hi[i]], i < out; where lo is hi, w counts for nothing. The outputs begin[c] ..
 * begin[c + 1] - 1 have c for their lo. */
template <typename A> struct hl_axis {
   int out, in;
   A *w;
   int *lo, *begin; /* begin (in + 1) */

   __device__ __forceinline__ int hi(int i) const
   {
      return lo[i] < in - 1 ? lo[i] + 1 : lo[i];
   }
   __device__ __forceinline__ A weight(int i) const
   {
      return lo[i] < in - 1 ? w[i] : A(0);
   }
   /* The outputs that read input c: first .. past - 1; how much of it output i reads. */
   __device__ __forceinline__ int first(int c) const
   {
      return begin[c > 0 ? c - 1 : 0];
   }
   __device__ __forceinline__ int past(int c) const
   {
      return begin[c + 1];
   }
   __device__ __forceinline__ A share(int i, int c) const
   {
      A u = weight(i);
      return lo[i] == c ? A(1) - u : u;
   }
};

/* Both axes at once; a thread looks for one output's inputs, and then for what outputs an input has: those are searched
 * for in lo, which never falls. */
template <typename A> __global__ void hl_fill_axis(hl_axis<A> a, int mode)
{
   const int aligned = mode == HL_BILINEAR_ALIGNED;
   const double scale = hl_linear_scale(a.out, a.in, aligned);
   for (HL_STEP(int64_t, i, a.out)) {
      int64_t lo;
      double w = 0;
      if (mode == HL_NEAREST)
         lo = hl_nearest_source(i, a.out, a.in);
      else
         hl_linear_source(i, a.in, scale, aligned, &lo, &w);
      a.lo[i] = static_cast<int>(lo);
      a.w[i] = static_cast<A>(w);
   }
}

template <typename A> __global__ void hl_find_outputs(hl_axis<A> a)
{
   for (HL_STEP(int64_t, c, static_cast<int64_t>(a.in) + 1)) {
      int low = 0, high = a.out;
      while (low < high) {
         int middle = low + (high - low) / 2;
         if (a.lo[middle] < c)
            low = middle + 1;
         else
            high = middle;
      }
      a.begin[c] = low;
   }
}

/* The axes of a resize from h x w to H x W, in work space of their own. */
template <typename A> struct hl_axes {
   hl_axis<A> down, across;
   hl_scratch memory;

   int make(const char *fn, int64_t H, int64_t h, int64_t W, int64_t w, int mode, bool backward)
   {
      int64_t items = static_cast<int64_t>(sizeof(A)) * (H + W), marks = H + W + h + w + 2;
      HL_TRY(memory.take(items + marks * static_cast<int64_t>(sizeof(int))));
      A *weights = memory.as<A>();
      int *places = reinterpret_cast<int *>(weights + H + W);
      down = {static_cast<int>(H), static_cast<int>(h), weights, places, places + H};
      places += H + h + 1;
      across = {static_cast<int>(W), static_cast<int>(w), weights + H, places, places + W};
      for (const hl_axis<A> &a : {down, across}) {
         HL_LAUNCH(fn, hl_blocks(a.out), HL_BLOCK, 0, (hl_fill_axis<A>), a, mode);
         if (backward) HL_LAUNCH(fn, hl_blocks(a.in + 1), HL_BLOCK, 0, (hl_find_outputs<A>), a);
      }
      return 0;
   }
};

#endif
