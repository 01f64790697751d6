/* resample.h: where resampled positions come from, as PyTorch has them; shared by the devices. */
#ifndef HL_RESAMPLE_H
#define HL_RESAMPLE_H

#include "philox.h"

/* floor(i * in / out) as PyTorch rounds it: in float, but for the sizes where it takes a short cut. The same for every
 * dtype, so that a label map stays with its image. */
HL_INLINE int64_t hl_nearest_source(int64_t i, int64_t out, int64_t in)
{
   if (out == in) return i;
   if (out == 2 * in) return i / 2;
   int64_t source = (int64_t)((float)i * ((float)in / (float)out));
   return source < in - 1 ? source : in - 1;
}

/* Inputs from one output to the next; aligned: corners on corners. */
HL_INLINE double hl_linear_scale(int64_t out, int64_t in, int aligned)
{
   if (aligned) return out > 1 ? (double)(in - 1) / (double)(out - 1) : 0.;
   return (double)in / (double)out;
}

/* Output i lies at 1 - *w of input *lo and *w of the one after it. */
HL_INLINE void hl_linear_source(int64_t i, int64_t in, double scale, int aligned, int64_t *lo, double *w)
{
   double at = aligned ? (double)i * scale : ((double)i + 0.5) * scale - 0.5;
   at = at < 0. ? 0. : at;
   *lo = (int64_t)at < in - 1 ? (int64_t)at : in - 1;
   *w = at - (double)*lo;
}

#endif
