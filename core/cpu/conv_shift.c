#ifdef real

/* (k, c, taps) to (k, taps, c), and back where add is set: then from is added to. */
static void FN(swap_taps)(const conv_shape *s, real *to, const real *w, real *from)
{
   int64_t taps = s->r * s->s;
#pragma omp parallel for collapse(2)
   for (int64_t k = 0; k < s->k; k++)
      for (int64_t t = 0; t < taps; t++) {
         real *row = to + (k * taps + t) * s->c;
         if (from)
            for (int64_t c = 0; c < s->c; c++) from[(k * s->c + c) * taps + t] += row[c];
         else
            for (int64_t c = 0; c < s->c; c++) row[c] = w[(k * s->c + c) * taps + t];
      }
}

/* Rows and columns [begin, end) of the result that tap r of a dimension takes from inside an image of that size. */
static void FN(reach)(int64_t *begin, int64_t *end, int64_t results, int64_t size, int64_t stride, int64_t offset)
{
   *begin = offset < 0 ? (-offset + stride - 1) / stride : 0;
   *end = offset < size ? (size - 1 - offset) / stride + 1 : 0;
   if (*end > results) *end = results;
}

/* Between an image (h,w) and what tap t makes of it (p,q): y += the shifted image, image += y shifted back, or image =
 * y shifted back, 0 elsewhere. */
static void FN(shift)(const conv_shape *s, real *y, real *image, int64_t t, shift_way way)
{
   int64_t row = t / s->s * s->dil_h - s->pad_h, col = t % s->s * s->dil_w - s->pad_w, step = s->stride_w, p0, p1, q0,
           q1;
   FN(reach)(&p0, &p1, s->p, s->h, s->stride_h, row);
   FN(reach)(&q0, &q1, s->q, s->w, s->stride_w, col);
   if (way == SET_IMAGE) memset(image, 0, (size_t)(s->h * s->w) * sizeof(real));
   for (int64_t p = p0; p < p1; p++) {
      real *to = y + p * s->q, *from = image + (p * s->stride_h + row) * s->w + col;
      if (way == ADD_TO_Y && step == 1)
         for (int64_t q = q0; q < q1; q++) to[q] += from[q];
      else if (way == ADD_TO_Y)
         for (int64_t q = q0; q < q1; q++) to[q] += from[q * step];
      else if (way == ADD_TO_IMAGE && step == 1)
         for (int64_t q = q0; q < q1; q++) from[q] += to[q];
      else if (way == ADD_TO_IMAGE)
         for (int64_t q = q0; q < q1; q++) from[q * step] += to[q];
      else
         for (int64_t q = q0; q < q1; q++) from[q * step] = to[q];
   }
}

static int FN(forward)(const conv_shape *s, int dtype, real *y, const real *x, const real *w, const real *bias)
{
   int64_t taps = s->r * s->s, size = (int64_t)sizeof(real);
   real *weights = hl_conv_room(CONV_TAP_WEIGHTS, 4, s->k, s->c, taps, size);
   real *images = hl_conv_room(CONV_TAPS, 5, s->n, s->k, taps, s->h * s->w, size);
   if (!weights || !images) return 1;
   conv_shape each = each_tap(s);
   FN(swap_taps)(s, weights, w, NULL);
   HL_TRY(hl_conv_gemm(&each, dtype, images, x, weights, NULL));
#pragma omp parallel for
   for (int64_t plane = 0; plane < s->n * s->k; plane++) {
      real *to = y + plane * s->p * s->q, first = bias ? bias[plane % s->k] : 0;
      for (int64_t i = 0; i < s->p * s->q; i++) to[i] = first;
      for (int64_t t = 0; t < taps; t++) FN(shift)(s, to, images + (plane * taps + t) * s->h * s->w, t, ADD_TO_Y);
   }
   return 0;
}

static int FN(backward_x)(const conv_shape *s, int dtype, real *dx, const real *dy, const real *w)
{
   int64_t taps = s->r * s->s, pixels = s->p * s->q;
   real *images = hl_conv_room(CONV_TAPS, 5, s->n, s->c, taps, pixels, (int64_t)sizeof(real));
   if (!images) return 1;
   conv_shape each = {s->n, s->c * taps, s->p, s->q, s->k, 1, 1, s->p, s->q, 1, 1, 0, 0, 1, 1};
   HL_TRY(hl_conv_gemm_dx(&each, dtype, images, dy, w));
#pragma omp parallel for
   for (int64_t plane = 0; plane < s->n * s->c; plane++) {
      real *to = dx + plane * s->h * s->w;
      memset(to, 0, (size_t)(s->h * s->w) * sizeof(real));
      for (int64_t t = 0; t < taps; t++) FN(shift)(s, images + (plane * taps + t) * pixels, to, t, ADD_TO_IMAGE);
   }
   return 0;
}

static int FN(backward_w)(const conv_shape *s, int dtype, real *dw, const real *dy, const real *x)
{
   int64_t taps = s->r * s->s, size = (int64_t)sizeof(real);
   real *weights = hl_conv_room(CONV_TAP_WEIGHTS, 4, s->k, s->c, taps, size);
   real *images = hl_conv_room(CONV_TAPS, 5, s->n, s->k, taps, s->h * s->w, size);
   if (!weights || !images) return 1;
   conv_shape each = each_tap(s);
#pragma omp parallel for collapse(2)
   for (int64_t plane = 0; plane < s->n * s->k; plane++)
      for (int64_t t = 0; t < taps; t++)
         FN(shift)(s, (real *)dy + plane * s->p * s->q, images + (plane * taps + t) * s->h * s->w, t, SET_IMAGE);
   memset(weights, 0, (size_t)(s->k * s->c * taps) * sizeof(real));
   HL_TRY(hl_conv_gemm_dw(&each, dtype, weights, images, x));
   FN(swap_taps)(s, weights, NULL, dw);
   return 0;
}

#else

/* conv_shift.c: convolutions with few channels on one side.
 *
 * Packing shifted images is wasted on a handful of weights. Here every tap is a channel of its own in one 1x1
 * convolution; the results, few as they are, are shifted instead and summed. */
#include <string.h>
#include "conv.h"

typedef enum { ADD_TO_Y, ADD_TO_IMAGE, SET_IMAGE } shift_way;

/* The 1x1 convolution with a channel for each tap of each output channel. */
static conv_shape each_tap(const conv_shape *s)
{
   return (conv_shape){s->n, s->c, s->h, s->w, s->k * s->r * s->s, 1, 1, s->h, s->w, 1, 1, 0, 0, 1, 1};
}

#define HL_GENERIC "conv_shift.c"
#include "generic.h"

int hl_conv_shift(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias)
{
   return dtype == HL_F64 ? forward_f64(s, dtype, y, x, w, bias) : forward_f32(s, dtype, y, x, w, bias);
}

int hl_conv_shift_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w)
{
   return dtype == HL_F64 ? backward_x_f64(s, dtype, dx, dy, w) : backward_x_f32(s, dtype, dx, dy, w);
}

int hl_conv_shift_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x)
{
   return dtype == HL_F64 ? backward_w_f64(s, dtype, dw, dy, x) : backward_w_f32(s, dtype, dw, dy, x);
}

#endif
