#ifdef real

#if ELEM_IS_REAL
#define VALUE(x) (x)
#else
#define VALUE(x) hl_bf16_value(x)
#endif

/* Each db (k) += the sum of dy (n,k,pixels) over images and pixels; one image's plane at a time in double. */
static void FN(bias_gradients)(const conv_shape *s, int n, void *const *db, const elem *dy)
{
   int64_t pixels = s->p * s->q;
   bool wanted = false;
   for (int i = 0; i < n; i++) wanted |= db[i] != NULL;
   if (!wanted) return;
#pragma omp parallel for if (s->n * s->k * pixels > HL_PARALLEL_MIN)
   for (int64_t k = 0; k < s->k; k++) {
      double sum = 0;
      for (int64_t image = 0; image < s->n; image++) {
         const elem *plane = dy + (image * s->k + k) * pixels;
         double part = 0;
#pragma omp simd reduction(+ : part)
         for (int64_t i = 0; i < pixels; i++) part += (double)VALUE(plane[i]);
         sum += part;
      }
      for (int i = 0; i < n; i++)
         if (db[i]) ((real *)db[i])[k] += (real)sum;
   }
}

#undef VALUE

#else

/* conv.c: the entry points of 2-D convolution; groups. */
#include "bfloat.h"
#include "conv.h"
#define HL_GENERIC "conv.c"
#define HL_GENERIC_BF16
#include "generic.h"

static conv_shape shape_of(const hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_conv *p)
{
   return (conv_shape){x->size[0], x->size[1],  x->size[2],  x->size[3], w->size[0], w->size[2], w->size[3], y->size[2],
                       y->size[3], p->stride_h, p->stride_w, p->pad_h,   p->pad_w,   p->dil_h,   p->dil_w};
}

static int check_here(const char *fn, const char *name, const hl_tensor *t)
{
   if (!t) return 0;
   return hl_need_contiguous(fn, name, t);
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
   int of_weights = dtype == HL_BF16 ? HL_F32 : dtype;
   return (conv_operands){element(x, i * each->c * each->h * each->w, dtype),
                          element(w, g * each->k * each->c * each->r * each->s, of_weights),
                          element(y, i * each->k * each->p * each->q, dtype), element(b, g * each->k, of_weights)};
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
      HL_TRY(hl_conv_forward(&each, 1, dtype, o.y, o.x, &o.w, &o.b));
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
      if (dx) HL_TRY(hl_conv_backward_x(&each, 1, dtype, d.x, o.y, &o.w));
      HL_TRY(hl_conv_backward_w(&each, 1, dtype, &d.w, o.y, o.x));
   }
   return 0;
}

static int backward(const conv_shape *s, int n, void *const *dw, void *const *db, hl_tensor *dx, const hl_tensor *dy,
                    const hl_tensor *x, void *const *w)
{
   if (s->n == 0) return 0;
   if (dx) HL_TRY(hl_conv_backward_x(s, n, x->dtype, dx->data, dy->data, w));
   HL_TRY(hl_conv_backward_w(s, n, x->dtype, dw, dy->data, x->data));
   if (x->dtype == HL_F64)
      bias_gradients_f64(s, n, db, dy->data);
   else if (x->dtype == HL_BF16)
      bias_gradients_bf16(s, n, db, dy->data);
   else
      bias_gradients_f32(s, n, db, dy->data);
   return 0;
}

/* w (k,c,r,s) in scratch memory, its values rounded to bfloat16. */
static int round_weight(hl_tensor *rounded, const hl_tensor *w)
{
   *rounded = *w;
   rounded->data = hl_conv_room(CONV_FLOAT_W, 2, hl_numel(w), (int64_t)sizeof(float));
   if (!rounded->data) return 1;
   hl_bf16_round_all(rounded->data, w->data, hl_numel(w));
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
   if (x->dtype == HL_BF16 && p->groups == s.c && p->groups > 1) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x);
      hl_tensor *y_f = hl_float_out(&f, y), rounded;
      return hl_float_end(&f, f.failed || round_weight(&rounded, w) || hl_conv2d(y_f, x_f, &rounded, b, p));
   }
   if (p->groups > 1) return grouped_forward(&s, p->groups, x->dtype, y->data, x->data, w->data, b ? b->data : NULL);
   return hl_conv_forward(&s, 1, x->dtype, y->data, x->data, (void *[]){w->data}, (void *[]){b ? b->data : NULL});
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
   if (x->dtype == HL_BF16 && p->groups == s.c && p->groups > 1) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x), *dy_f = hl_float_in(&f, dy);
      hl_tensor *dx_f = hl_float_out(&f, dx), rounded;
      return hl_float_end(&f, f.failed || round_weight(&rounded, w) ||
                                  hl_conv2d_back(dx_f, dw, db, dy_f, x_f, &rounded, p));
   }
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
   return hl_conv_forward(l.s, n, x->dtype, y->data, x->data, l.w, l.b);
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
