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
#include "bfloat.h"
#include "conv.h"
#include <math.h>
#define HL_GENERIC "conv_choice.c"
#include "generic.h"

static const conv_way *const ways[] = {
    &hl_conv_gemm,      &hl_conv_gemm_bf16,         &hl_conv_amx,       &hl_conv_gathered,          &hl_conv_kn2row,
    &hl_conv_winograd3, &hl_conv_winograd_strided3, &hl_conv_winograd4, &hl_conv_winograd_strided4, &hl_conv_winograd6,
};

enum { WAYS = sizeof ways / sizeof *ways };

/* NULL where each of a sum is best done by itself, one after the other, which is not for bfloat16: its partial sums
 * would be rounded. */
static const conv_way *choose(const conv_shape *s, int n, int dtype, conv_pass pass, double *cost)
{
   const conv_way *best = NULL;
   *cost = INFINITY;
   if (n > 1) {
      double values = (double)s->n * (double)(pass == BACKWARD_X ? s->c * s->h * s->w : s->k * s->p * s->q), one;
      *cost = dtype == HL_BF16 ? INFINITY : pass == BACKWARD_W ? 0 : (n - 1) * 2 * values * CONV_PACK;
      for (int i = 0; i < n && dtype != HL_BF16; i++) {
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

/* ---- bfloat16 by way of float32 ---- */

static int64_t size_x(const conv_shape *s)
{
   return s->n * s->c * s->h * s->w;
}

static int64_t size_y(const conv_shape *s)
{
   return s->n * s->k * s->p * s->q;
}

static bool better_in_float(const conv_shape *s, int n, conv_pass pass)
{
   double cost, in_float;
   choose(s, n, HL_BF16, pass, &cost);
   choose(s, n, HL_F32, pass, &in_float);
   return in_float + (double)(size_x(s) + size_y(s)) * CONV_CONVERT < cost;
}

static void *room_of(int slot, int64_t n)
{
   return hl_conv_room(slot, 2, n, (int64_t)sizeof(float));
}

/* A list of float32 weights, rounded to bfloat16. NULL where memory is out. */
static void **round_weights(const conv_shape *s, int n, void *const *w)
{
   int64_t all = n * (int64_t)(sizeof(void *) / sizeof(float));
   for (int i = 0; i < n; i++) all += s[i].k * s[i].c * s[i].r * s[i].s;
   void **list = room_of(CONV_FLOAT_W, all);
   float *to = (float *)(list + n);
   for (int i = 0; i < n && list; i++) {
      int64_t size = s[i].k * s[i].c * s[i].r * s[i].s;
      hl_bf16_round_all(to, w[i], size);
      list[i] = to;
      to += size;
   }
   return list;
}

static int forward_in_float(const conv_shape *s, int n, uint16_t *y, const uint16_t *x, void *const *w, void *const *b)
{
   float *from = room_of(CONV_FLOAT_X, size_x(s)), *to = room_of(CONV_FLOAT_Y, size_y(s));
   void **weights = round_weights(s, n, w);
   if (!from || !to || !weights) return 1;
   hl_bf16_read(from, x, size_x(s));
   HL_TRY(hl_conv_forward(s, n, HL_F32, to, from, weights, b));
   hl_bf16_write(y, to, size_y(s));
   return 0;
}

static int backward_x_in_float(const conv_shape *s, int n, uint16_t *dx, const uint16_t *dy, void *const *w)
{
   float *to = room_of(CONV_FLOAT_X, size_x(s)), *from = room_of(CONV_FLOAT_Y, size_y(s));
   void **weights = round_weights(s, n, w);
   if (!from || !to || !weights) return 1;
   hl_bf16_read(from, dy, size_y(s));
   HL_TRY(hl_conv_backward_x(s, n, HL_F32, to, from, weights));
   hl_bf16_write(dx, to, size_x(s));
   return 0;
}

static int backward_w_in_float(const conv_shape *s, int n, void *const *dw, const uint16_t *dy, const uint16_t *x)
{
   float *from = room_of(CONV_FLOAT_X, size_x(s)), *by = room_of(CONV_FLOAT_Y, size_y(s));
   if (!from || !by) return 1;
   hl_bf16_read(from, x, size_x(s));
   hl_bf16_read(by, dy, size_y(s));
   return hl_conv_backward_w(s, n, HL_F32, dw, by, from);
}

/* ---- the passes ---- */

int hl_conv_forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b)
{
   if (dtype == HL_BF16 && better_in_float(s, n, FORWARD)) return forward_in_float(s, n, y, x, w, b);
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
   if (dtype == HL_BF16 && better_in_float(s, n, BACKWARD_X)) return backward_x_in_float(s, n, dx, dy, w);
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
   if (dtype == HL_BF16 && better_in_float(s, n, BACKWARD_W)) return backward_w_in_float(s, n, dw, dy, x);
   const conv_way *way = choose(s, n, dtype, BACKWARD_W, &cost);
   if (way) return way->backward_w(s, n, dtype, dw, dy, x);
   for (int i = 0; i < n; i++) HL_TRY(hl_conv_backward_w(s + i, 1, dtype, dw + i, dy, x));
   return 0;
}

#endif
