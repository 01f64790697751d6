#ifdef real

/* db (k) += the sum of dy (n,k,pixels) over images and pixels; one image's plane at a time in double. */
static void FN(bias_gradient)(const conv_shape *s, real *db, const real *dy)
{
   int64_t pixels = s->p * s->q;
#pragma omp parallel for if (s->n * s->k * pixels > HL_PARALLEL_MIN)
   for (int64_t k = 0; k < s->k; k++) {
      double sum = 0;
      for (int64_t n = 0; n < s->n; n++) {
         const real *plane = dy + (n * s->k + k) * pixels;
         double part = 0;
#pragma omp simd reduction(+ : part)
         for (int64_t i = 0; i < pixels; i++) part += (double)plane[i];
         sum += part;
      }
      db[k] += (real)sum;
   }
}

#else

/* conv.c: the entry points of 2-D convolution, and the choice between the ways to compute it. */
#include <limits.h>
#include <stdarg.h>
#include "conv.h"
#define HL_GENERIC "conv.c"
#include "generic.h"

static int winograd_on = 1;

HL_API int hl_set_winograd(int on)
{
   winograd_on = on != 0;
   return 0;
}

void *hl_conv_room(int slot, int n, ...)
{
   int64_t bytes = 1;
   bool fits = true;
   va_list args;
   va_start(args, n);
   for (int i = 0; i < n; i++) fits = !__builtin_mul_overflow(bytes, va_arg(args, int64_t), &bytes) && fits;
   va_end(args);
   if (fits && bytes >= 0) return hl_scratch(slot, (size_t)(bytes > 0 ? bytes : 1));
   hl_fail("conv2d: the work space of a convolution this large does not fit in memory; use a smaller batch or input");
   return NULL;
}

typedef enum { FORWARD, BACKWARD_X, BACKWARD_W } conv_pass;
typedef enum { BY_GEMM, BY_SHIFT, BY_WINOGRAD3, BY_WINOGRAD4 } conv_way;

/* The cheapest way, by an estimate of the cycles of one core. What a multiplication and a packed or transformed element
 * cost was measured on an AVX-512 core; their ratios hold well enough elsewhere. */
static conv_way choose(const conv_shape *s, int dtype, conv_pass pass)
{
   const double multiply = 1. / 28, pack = 0.3, flip = 0.6, shift = s->stride_w > 1 ? 1 : 0.5, transform = 2,
                transform_weight = 1;
   double taps = (double)(s->r * s->s), x = (double)(s->n * s->c * s->h * s->w), pixels = (double)(s->n * s->p * s->q);
   double channels = (double)(s->c * s->k), y = pixels * (double)s->k;
   conv_way way = BY_GEMM;
   double packed = (double)(pass == BACKWARD_X ? s->k : s->c) * (pass == BACKWARD_W ? pack + flip : pack);
   double best = pixels * taps * (channels * multiply + packed);
   if (taps > 1) {
      double grid = pass == BACKWARD_X ? pixels : (double)(s->n * s->h * s->w);
      double shifted = grid * taps * (double)(pass == BACKWARD_X ? s->c : s->k);
      double cost = grid * (channels * taps * multiply + packed) + shifted * shift + channels * taps;
      if (cost < best) best = cost, way = BY_SHIFT;
   }
   int64_t rows = pass == BACKWARD_X ? s->h : s->p, cols = pass == BACKWARD_X ? s->w : s->q;
   bool fits = s->r == 3 && s->s == 3 && s->stride_h == 1 && s->stride_w == 1 && s->dil_h <= rows && s->dil_w <= cols;
   if (winograd_on && dtype == HL_F32 && fits)
      for (int m = 3; m <= 4; m++) {
         int64_t down = (rows + s->dil_h - 1) / s->dil_h, across = (cols + s->dil_w - 1) / s->dil_w; /* of a phase */
         double tiles = (double)(s->n * s->dil_h * s->dil_w * ((down + m - 1) / m) * ((across + m - 1) / m));
         double position =
             tiles * (channels * multiply + (double)(s->c + s->k) * transform) + channels * transform_weight;
         double cost = (m + 2) * (m + 2) * position + (x + y) * flip;
         if (cost < best) best = cost, way = m == 3 ? BY_WINOGRAD3 : BY_WINOGRAD4;
      }
   return way;
}

static conv_shape shape_of(const hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_conv *p)
{
   return (conv_shape){x->size[0], x->size[1],  x->size[2],  x->size[3], w->size[0], w->size[2], w->size[3], y->size[2],
                       y->size[3], p->stride_h, p->stride_w, p->pad_h,   p->pad_w,   p->dil_h,   p->dil_w};
}

static int check_here(const char *fn, const char *name, const hl_tensor *t)
{
   if (!t) return 0;
   HL_CHECK(t->dtype != HL_BF16, "%s: %s must be float32 or float64 on the CPU, got %s", fn, name, hl_show(t));
   return hl_need_contiguous(fn, name, t);
}

HL_API int hl_conv2d(hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_tensor *b, const hl_conv *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d(y, x, w, b, p));
   HL_TRY(check_here("conv2d", "y", y));
   HL_TRY(check_here("conv2d", "x", x));
   HL_TRY(check_here("conv2d", "weight", w));
   HL_TRY(check_here("conv2d", "bias", b));
   conv_shape s = shape_of(y, x, w, p);
   const void *bias = b ? b->data : NULL;
   if (s.n == 0) return 0;
   conv_way way = choose(&s, x->dtype, FORWARD);
   if (way == BY_WINOGRAD3 || way == BY_WINOGRAD4)
      return hl_winograd(&s, way == BY_WINOGRAD3 ? 3 : 4, y->data, x->data, w->data, bias);
   if (way == BY_SHIFT) return hl_conv_shift(&s, x->dtype, y->data, x->data, w->data, bias);
   return hl_conv_gemm(&s, x->dtype, y->data, x->data, w->data, bias);
}

HL_API int hl_conv2d_back(hl_tensor *dx, hl_tensor *dw, hl_tensor *db, const hl_tensor *dy, const hl_tensor *x,
                          const hl_tensor *w, const hl_conv *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_back(dx, dw, db, dy, x, w, p));
   HL_TRY(check_here("conv2d_back", "dx", dx));
   HL_TRY(check_here("conv2d_back", "dw", dw));
   HL_TRY(check_here("conv2d_back", "db", db));
   HL_TRY(check_here("conv2d_back", "dy", dy));
   HL_TRY(check_here("conv2d_back", "x", x));
   HL_TRY(check_here("conv2d_back", "weight", w));
   conv_shape s = shape_of(dy, x, w, p);
   if (s.n == 0) return 0;
   if (dx) {
      conv_way way = choose(&s, x->dtype, BACKWARD_X);
      if (way == BY_WINOGRAD3 || way == BY_WINOGRAD4)
         HL_TRY(hl_winograd_dx(&s, way == BY_WINOGRAD3 ? 3 : 4, dx->data, dy->data, w->data));
      else if (way == BY_SHIFT)
         HL_TRY(hl_conv_shift_dx(&s, x->dtype, dx->data, dy->data, w->data));
      else
         HL_TRY(hl_conv_gemm_dx(&s, x->dtype, dx->data, dy->data, w->data));
   }
   if (dw) {
      conv_way way = choose(&s, x->dtype, BACKWARD_W);
      if (way == BY_WINOGRAD3 || way == BY_WINOGRAD4)
         HL_TRY(hl_winograd_dw(&s, way == BY_WINOGRAD3 ? 3 : 4, dw->data, dy->data, x->data));
      else if (way == BY_SHIFT)
         HL_TRY(hl_conv_shift_dw(&s, x->dtype, dw->data, dy->data, x->data));
      else
         HL_TRY(hl_conv_gemm_dw(&s, x->dtype, dw->data, dy->data, x->data));
   }
   if (db && x->dtype == HL_F64) bias_gradient_f64(&s, db->data, dy->data);
   if (db && x->dtype == HL_F32) bias_gradient_f32(&s, db->data, dy->data);
   return 0;
}

#endif
