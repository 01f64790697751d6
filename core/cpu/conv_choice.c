#ifdef real

/* to += from */
static void FN(add_all)(real *to, const real *from, int64_t n)
{
#pragma omp parallel for simd if (n > HL_PARALLEL_MIN)
   for (int64_t i = 0; i < n; i++) to[i] += from[i];
}

#else

/* conv_choice.c: of the ways to compute a convolution, or a sum of several, the
 * one that is expected to be done first.
 */
#include "conv.h"
#include <math.h>
#define HL_GENERIC "conv_choice.c"
#include "generic.h"

static const conv_way *const ways[] = {
    &hl_conv_gemm,      &hl_conv_gathered,          &hl_conv_kn2row, &hl_conv_winograd3, &hl_conv_winograd_strided3,
    &hl_conv_winograd4, &hl_conv_winograd_strided4,
};

enum { WAYS = sizeof ways / sizeof *ways };

/* NULL where each of a sum is best done by itself, one after the other. */
static const conv_way *choose(const conv_shape *s, int n, int dtype, conv_pass pass, double *cost)
{
   const conv_way *best = NULL;
   *cost = INFINITY;
   if (n > 1) {
      double values = (double)s->n * (double)(pass == BACKWARD_X ? s->c * s->h * s->w : s->k * s->p * s->q), one;
      *cost = pass == BACKWARD_W ? 0 : (n - 1) * 2 * values * CONV_PACK;
      for (int i = 0; i < n; i++) {
         choose(s + i, 1, dtype, pass, &one);
         *cost += one;
      }
   }
   for (int i = 0; i < WAYS; i++) {
      double it = ways[i]->cost(s, n, dtype, pass);
      if (it < *cost) *cost = it, best = ways[i];
   }
   return best;
}

static void add_to(int dtype, void *to, const void *from, int64_t n)
{
   if (dtype == HL_F64)
      add_all_f64(to, from, n);
   else
      add_all_f32(to, from, n);
}

int hl_conv_forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b)
{
   double cost;
   const conv_way *way = choose(s, n, dtype, FORWARD, &cost);
   if (way) return way->forward(s, n, dtype, y, x, w, b);
   int64_t size = s->n * s->k * s->p * s->q;
   HL_TRY(hl_conv_forward(s, 1, dtype, y, x, w, b));
   for (int i = 1; i < n; i++) {
      void *one = hl_conv_room(CONV_RESULT, 2, size, hl_dtype_size(dtype));
      if (!one) return 1;
      HL_TRY(hl_conv_forward(s + i, 1, dtype, one, x, w + i, b + i));
      add_to(dtype, y, one, size);
   }
   return 0;
}

int hl_conv_backward_x(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w)
{
   double cost;
   const conv_way *way = choose(s, n, dtype, BACKWARD_X, &cost);
   if (way) return way->backward_x(s, n, dtype, dx, dy, w);
   int64_t size = s->n * s->c * s->h * s->w;
   HL_TRY(hl_conv_backward_x(s, 1, dtype, dx, dy, w));
   for (int i = 1; i < n; i++) {
      void *one = hl_conv_room(CONV_RESULT, 2, size, hl_dtype_size(dtype));
      if (!one) return 1;
      HL_TRY(hl_conv_backward_x(s + i, 1, dtype, one, dy, w + i));
      add_to(dtype, dx, one, size);
   }
   return 0;
}

int hl_conv_backward_w(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x)
{
   double cost;
   bool wanted = false;
   for (int i = 0; i < n; i++) wanted |= dw[i] != NULL;
   if (!wanted) return 0;
   const conv_way *way = choose(s, n, dtype, BACKWARD_W, &cost);
   if (way) return way->backward_w(s, n, dtype, dw, dy, x);
   for (int i = 0; i < n; i++) HL_TRY(hl_conv_backward_w(s + i, 1, dtype, dw + i, dy, x));
   return 0;
}

#endif
