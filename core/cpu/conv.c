#ifdef real

/* Each db (k) += the sum of dy (n,k,pixels) over images and pixels; one image's plane at a time in double. */
static void FN(bias_gradients)(const conv_shape *s, int n, void *const *db, const real *dy)
{
   int64_t pixels = s->p * s->q;
   bool wanted = false;
   for (int i = 0; i < n; i++) wanted |= db[i] != NULL;
   if (!wanted) return;
#pragma omp parallel for if (s->n * s->k * pixels > HL_PARALLEL_MIN)
   for (int64_t k = 0; k < s->k; k++) {
      double sum = 0;
      for (int64_t image = 0; image < s->n; image++) {
         const real *plane = dy + (image * s->k + k) * pixels;
         double part = 0;
#pragma omp simd reduction(+ : part)
         for (int64_t i = 0; i < pixels; i++) part += (double)plane[i];
         sum += part;
      }
      for (int i = 0; i < n; i++)
         if (db[i]) ((real *)db[i])[k] += (real)sum;
   }
}

/* to += from */
static void FN(add_all)(real *to, const real *from, int64_t n)
{
#pragma omp parallel for simd if (n > HL_PARALLEL_MIN)
   for (int64_t i = 0; i < n; i++) to[i] += from[i];
}

#else

/* conv.c: the entry points of 2-D convolution, and the choice between the ways to compute it. */
#include <limits.h>
#include <math.h>
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
typedef enum { BY_GEMM, BY_SHIFT, BY_TAPS, BY_WINOGRAD3, BY_WINOGRAD4, BY_PHASES3, BY_PHASES4, APART } conv_way;

/* Cycles of one core. What a multiplication and a packed or transformed element cost was measured on an AVX-512 core;
 * their ratios hold well enough elsewhere. */
static const double multiply = 1. / 28, pack = 0.3, flip = 0.6, transform = 2, transform_weight = 1,
                    scatter = 2; /* a value written apart from its neighbours */

/* INFINITY where it does not fit. */
static double winograd_cost(const conv_shape *s, int m, conv_pass pass)
{
   int64_t rows = pass == BACKWARD_X ? s->h : s->p, cols = pass == BACKWARD_X ? s->w : s->q;
   bool fits = s->r == s->s && (s->r == 2 || s->r == 3) && s->stride_h == 1 && s->stride_w == 1;
   if (!fits || s->dil_h > rows || s->dil_w > cols) return INFINITY;
   int64_t down = (rows + s->dil_h - 1) / s->dil_h, across = (cols + s->dil_w - 1) / s->dil_w; /* of a phase */
   double tiles = (double)(s->n * s->dil_h * s->dil_w * ((down + m - 1) / m) * ((across + m - 1) / m));
   double channels = (double)(s->c * s->k), values = (double)(s->n * (s->c * s->h * s->w + s->k * s->p * s->q));
   double position = tiles * (double)(s->c + s->k) * transform + channels * transform_weight;
   double side = (double)(m + s->r - 1);
   return side * side * tiles * channels * multiply + (m + 2) * (m + 2) * position + values * flip;
}

/* The cheapest way for one convolution, or for the sum of n, by an estimate of its cost. APART: one after the other. */
static conv_way choose(const conv_shape *s, int n, int dtype, conv_pass pass, double *cost_of_it)
{
   double x = (double)(s->n * s->c * s->h * s->w), pixels = (double)(s->n * s->p * s->q), best = 0, taps = 0;
   double channels = (double)(s->c * s->k), y = pixels * (double)s->k, shift = s->stride_w > 1 ? 1 : 0.5;
   conv_way way = n > 1 ? APART : BY_GEMM;
   bool strides = true; /* are the same */
   for (int i = 0; i < n; i++) {
      taps += (double)(s[i].r * s[i].s);
      strides = strides && s[i].stride_h == s->stride_h && s[i].stride_w == s->stride_w;
      double one;
      if (n > 1) choose(s + i, 1, dtype, pass, &one);
      if (n > 1) best += one + (i ? 2 * (pass == BACKWARD_X ? x : pass == FORWARD ? y : 0) * pack : 0);
   }
   double packed = (double)(pass == BACKWARD_X ? s->k : s->c) * (pass == BACKWARD_W ? pack + flip : pack);
   bool dense = s->stride_h == 1 && s->stride_w == 1;
   if (n == 1) best = pixels * taps * (channels * multiply + packed) + (pass == BACKWARD_X && !dense ? x * scatter : 0);
   conv_plan plan;
   if (taps > 1 && strides && hl_conv_make_plan(&plan, s, n) == 0) {
      double cost = channels * taps;
      for (int64_t g = 0; g < plan.groups && pass != BACKWARD_X; g++) {
         double grid = (double)(s->n * plan.group[g].rows * s->w), rows = (double)plan.group[g].taps;
         cost += grid * (channels * rows * multiply + packed + rows * (double)s->k * shift);
      }
      for (int64_t b = 0; b < plan.bands && pass == BACKWARD_X && dense; b++) {
         const conv_group *first = plan.group + plan.band[b].group, *last = first + plan.band[b].groups - 1;
         double grid = (double)(s->n * plan.band[b].rows * s->w), depth = (double)(last->tap + last->taps - first->tap);
         cost += depth * (grid * (channels * multiply + packed) + channels * transform_weight);
      }
      if ((pass != BACKWARD_X || dense) && cost < best) best = cost, way = pass == BACKWARD_X ? BY_TAPS : BY_SHIFT;
   }
   if (n == 1 && taps > 1 && pass == BACKWARD_X) {
      double shifted = pixels * taps * (double)s->c * (dense ? 1 : 2);
      double cost = pixels * (channels * taps * multiply + packed) + shifted * shift + channels * taps;
      if (cost < best) best = cost, way = BY_SHIFT;
   }
   if (n == 1 && winograd_on && dtype == HL_F32)
      for (int m = 3; m <= 4; m++) {
         double cost = s->r == 3 ? winograd_cost(s, m, pass) : INFINITY;
         if (cost < best) best = cost, way = m == 3 ? BY_WINOGRAD3 : BY_WINOGRAD4;
         if (!hl_conv_has_phases(s)) continue;
         conv_shape phased = hl_conv_phased(s);
         cost = winograd_cost(&phased, m, pass) + (double)(phased.n * phased.c * phased.h * phased.w) * flip +
                40 * channels * transform_weight;
         if (cost < best) best = cost, way = m == 3 ? BY_PHASES3 : BY_PHASES4;
      }
   *cost_of_it = best;
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

static void add_to(int dtype, void *to, const void *from, int64_t n)
{
   if (dtype == HL_F64)
      add_all_f64(to, from, n);
   else
      add_all_f32(to, from, n);
}

static int forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b)
{
   double cost;
   switch (choose(s, n, dtype, FORWARD, &cost)) {
   case BY_WINOGRAD3:
      return hl_winograd(s, 3, y, x, w[0], b[0]);
   case BY_WINOGRAD4:
      return hl_winograd(s, 4, y, x, w[0], b[0]);
   case BY_PHASES3:
      return hl_conv_phases(s, 3, y, x, w[0], b[0]);
   case BY_PHASES4:
      return hl_conv_phases(s, 4, y, x, w[0], b[0]);
   case BY_SHIFT:
      return hl_conv_shift(s, n, dtype, y, x, w, b);
   case APART:
      HL_TRY(forward(s, 1, dtype, y, x, w, b));
      for (int i = 1; i < n; i++) {
         int64_t size = s->n * s->k * s->p * s->q;
         void *one = hl_conv_room(CONV_RESULT, 2, size, hl_dtype_size(dtype));
         if (!one) return 1;
         HL_TRY(forward(s + i, 1, dtype, one, x, w + i, b + i));
         add_to(dtype, y, one, size);
      }
      return 0;
   default:
      return hl_conv_gemm(s, dtype, y, x, w[0], b[0]);
   }
}

static int backward_x(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w)
{
   double cost;
   switch (choose(s, n, dtype, BACKWARD_X, &cost)) {
   case BY_WINOGRAD3:
      return hl_winograd_dx(s, 3, dx, dy, w[0]);
   case BY_WINOGRAD4:
      return hl_winograd_dx(s, 4, dx, dy, w[0]);
   case BY_PHASES3:
      return hl_conv_phases_dx(s, 3, dx, dy, w[0]);
   case BY_PHASES4:
      return hl_conv_phases_dx(s, 4, dx, dy, w[0]);
   case BY_SHIFT:
      return hl_conv_shift_dx(s, dtype, dx, dy, w[0]);
   case BY_TAPS:
      return hl_conv_sum_dx(s, n, dtype, dx, dy, w);
   case APART:
      HL_TRY(backward_x(s, 1, dtype, dx, dy, w));
      for (int i = 1; i < n; i++) {
         int64_t size = s->n * s->c * s->h * s->w;
         void *one = hl_conv_room(CONV_RESULT, 2, size, hl_dtype_size(dtype));
         if (!one) return 1;
         HL_TRY(backward_x(s + i, 1, dtype, one, dy, w + i));
         add_to(dtype, dx, one, size);
      }
      return 0;
   default:
      return hl_conv_gemm_dx(s, dtype, dx, dy, w[0]);
   }
}

static int backward_w(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x)
{
   double cost;
   bool wanted = false;
   for (int i = 0; i < n; i++) wanted |= dw[i] != NULL;
   if (!wanted) return 0;
   switch (choose(s, n, dtype, BACKWARD_W, &cost)) {
   case BY_WINOGRAD3:
      return hl_winograd_dw(s, 3, dw[0], dy, x);
   case BY_WINOGRAD4:
      return hl_winograd_dw(s, 4, dw[0], dy, x);
   case BY_PHASES3:
      return hl_conv_phases_dw(s, 3, dw[0], dy, x);
   case BY_PHASES4:
      return hl_conv_phases_dw(s, 4, dw[0], dy, x);
   case BY_SHIFT:
      return hl_conv_shift_dw(s, n, dtype, dw, dy, x);
   case APART:
      for (int i = 0; i < n; i++) HL_TRY(backward_w(s + i, 1, dtype, dw + i, dy, x));
      return 0;
   default:
      return hl_conv_gemm_dw(s, dtype, dw[0], dy, x);
   }
}

/* ---- groups ---- */

static void *element(const void *data, int64_t i, int dtype)
{
   return data ? (char *)data + i * hl_dtype_size(dtype) : NULL;
}

/* Operands of one group of one image, all of which `each` describes; what is NULL stays so. */
typedef struct {
   void *x, *w, *y, *b;
} conv_operands;

static conv_operands of_group(const conv_shape *each, int64_t groups, int64_t i, int dtype, const void *x,
                              const void *w, const void *y, const void *b)
{
   int64_t g = i % groups;
   return (conv_operands){element(x, i * each->c * each->h * each->w, dtype),
                          element(w, g * each->k * each->c * each->r * each->s, dtype),
                          element(y, i * each->k * each->p * each->q, dtype), element(b, g * each->k, dtype)};
}

static conv_shape shape_of_group(const conv_shape *s, int64_t groups)
{
   conv_shape each = *s;
   each.n = 1, each.c /= groups, each.k /= groups;
   return each;
}

static int grouped_forward(const conv_shape *s, int64_t groups, int dtype, void *y, const void *x, const void *w,
                           const void *b)
{
   if (groups == s->c) return hl_conv_depthwise(s, dtype, y, x, w, b);
   conv_shape each = shape_of_group(s, groups);
   for (int64_t i = 0; i < s->n * groups; i++) {
      conv_operands o = of_group(&each, groups, i, dtype, x, w, y, b);
      HL_TRY(forward(&each, 1, dtype, o.y, o.x, &o.w, &o.b));
   }
   return 0;
}

static int grouped_backward(const conv_shape *s, int64_t groups, int dtype, void *dx, void *dw, const void *dy,
                            const void *x, const void *w)
{
   if (groups == s->c) {
      if (dx) HL_TRY(hl_conv_depthwise_dx(s, dtype, dx, dy, w));
      return dw ? hl_conv_depthwise_dw(s, dtype, dw, dy, x) : 0;
   }
   conv_shape each = shape_of_group(s, groups);
   for (int64_t i = 0; i < s->n * groups; i++) {
      conv_operands o = of_group(&each, groups, i, dtype, x, w, dy, NULL);
      conv_operands d = of_group(&each, groups, i, dtype, dx, dw, NULL, NULL);
      if (dx) HL_TRY(backward_x(&each, 1, dtype, d.x, o.y, &o.w));
      HL_TRY(backward_w(&each, 1, dtype, &d.w, o.y, o.x));
   }
   return 0;
}

static int backward(const conv_shape *s, int n, void *const *dw, void *const *db, hl_tensor *dx, const hl_tensor *dy,
                    const hl_tensor *x, void *const *w)
{
   if (s->n == 0) return 0;
   if (dx) HL_TRY(backward_x(s, n, x->dtype, dx->data, dy->data, w));
   HL_TRY(backward_w(s, n, x->dtype, dw, dy->data, x->data));
   if (x->dtype == HL_F64)
      bias_gradients_f64(s, n, db, dy->data);
   else
      bias_gradients_f32(s, n, db, dy->data);
   return 0;
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
   if (s.n == 0) return 0;
   if (p->groups > 1) return grouped_forward(&s, p->groups, x->dtype, y->data, x->data, w->data, b ? b->data : NULL);
   return forward(&s, 1, x->dtype, y->data, x->data, (void *[]){w->data}, (void *[]){b ? b->data : NULL});
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
   if (s.n > 0 && p->groups > 1) {
      HL_TRY(grouped_backward(&s, p->groups, x->dtype, dx ? dx->data : NULL, dw ? dw->data : NULL, dy->data, x->data,
                              w->data));
      dx = dw = NULL; /* the biases' gradients know no groups */
   }
   return backward(&s, 1, (void *[]){dw ? dw->data : NULL}, (void *[]){db ? db->data : NULL}, dx, dy, x,
                   (void *[]){w->data});
}

/* The convolutions of a sum: their sizes, and the memory of three lists of tensors, NULL where there is none. */
typedef struct {
   conv_shape *s;
   void **w, **b, **dw;
} conv_lists;

static int read_lists(conv_lists *l, const char *fn, const hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w,
                      hl_tensor *const *b, hl_tensor *const *dw, const hl_conv *p)
{
   char *room = hl_conv_room(CONV_LISTS, 2, (int64_t)n, (int64_t)(sizeof *l->s + 3 * sizeof *l->w));
   if (!room) return 1;
   l->s = (conv_shape *)room;
   l->w = (void **)(l->s + n);
   l->b = l->w + n;
   l->dw = l->b + n;
   for (int i = 0; i < n; i++) {
      HL_TRY(check_here(fn, "weight", w[i]));
      HL_TRY(check_here(fn, dw ? "db" : "bias", b ? b[i] : NULL));
      HL_TRY(check_here(fn, "dw", dw ? dw[i] : NULL));
      l->s[i] = shape_of(y, x, w[i], p + i);
      l->w[i] = w[i]->data;
      l->b[i] = b && b[i] ? b[i]->data : NULL;
      l->dw[i] = dw && dw[i] ? dw[i]->data : NULL;
   }
   return 0;
}

HL_API int hl_conv2d_sum(hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w, hl_tensor *const *b,
                         const hl_conv *p)
{
   const char *fn = "conv2d_sum";
   conv_lists l;
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_sum(y, x, n, w, b, p));
   HL_TRY(check_here(fn, "y", y));
   HL_TRY(check_here(fn, "x", x));
   HL_TRY(read_lists(&l, fn, y, x, n, w, b, NULL, p));
   if (x->size[0] == 0) return 0;
   return forward(l.s, n, x->dtype, y->data, x->data, l.w, l.b);
}

HL_API int hl_conv2d_sum_back(hl_tensor *dx, int n, hl_tensor *const *dw, hl_tensor *const *db, const hl_tensor *dy,
                              const hl_tensor *x, hl_tensor *const *w, const hl_conv *p)
{
   const char *fn = "conv2d_sum_back";
   conv_lists l;
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_sum_back(dx, n, dw, db, dy, x, w, p));
   HL_TRY(check_here(fn, "dx", dx));
   HL_TRY(check_here(fn, "dy", dy));
   HL_TRY(check_here(fn, "x", x));
   HL_TRY(read_lists(&l, fn, dy, x, n, w, db, dw, p));
   return backward(l.s, n, l.dw, l.b, dx, dy, x, l.w);
}

#endif
