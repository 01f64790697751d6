/* axis.h: where resampled rows and columns come from, and a row's way there and back. Included inside the part of a
 * file that generic.h compiles for each type. */

#ifndef HL_AXIS_H
#define HL_AXIS_H
#include <string.h>
#include "cpu.h"
#include "../resample.h"
#endif

/* Input positions of each output position: (1 - w) * x[lo] + w * x[hi]. */
typedef struct {
   int32_t *lo, *hi;
   real *w;
} FN(axis);

static FN(axis) FN(make_axis)(int slot, int64_t out, int64_t in, int mode)
{
   FN(axis) a = {0};
   char *memory = hl_scratch(slot, (size_t)out * (2 * sizeof *a.lo + sizeof *a.w));
   if (!memory) return a;
   a.w = (real *)memory;
   a.lo = (int32_t *)(a.w + out);
   a.hi = a.lo + out;
   bool aligned = mode == HL_BILINEAR_ALIGNED;
   double scale = hl_linear_scale(out, in, aligned);
   for (int64_t i = 0; i < out; i++) {
      if (mode == HL_NEAREST) {
         a.lo[i] = a.hi[i] = (int32_t)hl_nearest_source(i, out, in);
         a.w[i] = 0;
         continue;
      }
      int64_t lo;
      double w;
      hl_linear_source(i, in, scale, aligned, &lo, &w);
      a.lo[i] = (int32_t)lo;
      a.hi[i] = (int32_t)(lo < in - 1 ? lo + 1 : lo);
      a.w[i] = (real)w;
   }
   return a;
}

static void FN(stretch_row)(real *to, const real *from, FN(axis) cols, int64_t n)
{
#pragma omp simd
   for (int64_t j = 0; j < n; j++) to[j] = (1 - cols.w[j]) * from[cols.lo[j]] + cols.w[j] * from[cols.hi[j]];
}

/* begin[c] .. begin[c + 1] - 1 are the outputs whose lo is c; NULL where memory is out. */
static __attribute__((unused)) int32_t *FN(outputs_of)(int slot, FN(axis) a, int64_t out, int64_t in)
{
   int32_t *begin = hl_scratch(slot, (size_t)(in + 1) * sizeof *begin), j = 0;
   for (int64_t c = 0; begin && c <= in; c++) {
      while (j < out && a.lo[j] < c) j++;
      begin[c] = j;
   }
   return begin;
}

/* The transpose of stretch_row: the outputs whose lo is c are begin[c] .. begin[c + 1] - 1. */
static void FN(gather_row)(real *to, const real *from, FN(axis) cols, const int32_t *begin, int64_t width, bool linear)
{
   real carry = 0;
   for (int64_t c = 0; c < width; c++) {
      real here = 0, next = 0;
      for (int32_t j = begin[c]; j < begin[c + 1]; j++) {
         here += linear ? (1 - cols.w[j]) * from[j] : from[j];
         next += linear ? cols.w[j] * from[j] : 0;
      }
      to[c] = carry + here;
      carry = next;
   }
   to[width - 1] += carry; /* there hi is lo */
}

static void FN(add_scaled)(real *to, const real *from, real a, int64_t n)
{
#pragma omp simd
   for (int64_t j = 0; j < n; j++) to[j] += a * from[j];
}
