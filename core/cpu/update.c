/* update.c: optimiser steps, moving averages and norms of whole parameter lists.
 *
 * The list is cut into chunks of at most CHUNK elements of one tensor, and threads share the chunks, so that a thousand
 * small tensors and one large one keep them equally busy. */
#ifdef real

#if REAL_IS_FLOAT
#define ROOT sqrtf
#else
#define ROOT sqrt
#endif

static void FN(sgd)(void *const *p, int64_t n, const void *arg)
{
   const hl_sgd_options *o = arg;
   real *restrict w = p[0], *restrict v = p[2];
   const real *restrict g = p[1];
   const real lr = (real)o->lr, momentum = (real)o->momentum, damp = (real)(1. - o->dampening),
              decay = (real)o->weight_decay;
   if (!v) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) w[i] -= lr * (g[i] + decay * w[i]);
   } else if (o->first) {
      const real step = o->nesterov ? 1 + momentum : 1;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
         real d = g[i] + decay * w[i];
         v[i] = d;
         w[i] -= lr * (step * d);
      }
   } else if (o->nesterov) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
         real d = g[i] + decay * w[i], u = momentum * v[i] + damp * d;
         v[i] = u;
         w[i] -= lr * (d + momentum * u);
      }
   } else {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
         real d = g[i] + decay * w[i], u = momentum * v[i] + damp * d;
         v[i] = u;
         w[i] -= lr * u;
      }
   }
}

/* m / (1 - beta1^t) and v / (1 - beta2^t) are the moments without their bias towards the zeros that they start from. */
static void FN(adam)(void *const *p, int64_t n, const void *arg)
{
   const adam_numbers *a = arg;
   real *restrict w = p[0], *restrict m = p[2], *restrict v = p[3];
   const real *restrict g = p[1];
   const real step = (real)a->step, root = (real)a->root, eps = (real)a->o->eps, decay = (real)a->o->weight_decay;
   const real beta1 = (real)a->o->beta1, beta2 = (real)a->o->beta2;
   const real gain1 = (real)(1. - a->o->beta1), gain2 = (real)(1. - a->o->beta2);
#pragma omp simd
   for (int64_t i = 0; i < n; i++) {
      real d = g[i] + decay * w[i];
      real first = beta1 * m[i] + gain1 * d, second = beta2 * v[i] + gain2 * d * d;
      m[i] = first;
      v[i] = second;
      w[i] -= step * first / (ROOT(second) * root + eps);
   }
}

static void FN(ema)(void *const *p, int64_t n, const void *arg)
{
   real *t = p[0];
   const real *s = p[1];
   const real a = (real) * (const double *)arg, rest = (real)(1. - *(const double *)arg);
#pragma omp simd
   for (int64_t i = 0; i < n; i++) t[i] = a * t[i] + rest * s[i];
}

static void FN(scale)(void *const *p, int64_t n, const void *arg)
{
   real *g = p[0];
   const real a = (real) * (const double *)arg;
#pragma omp simd
   for (int64_t i = 0; i < n; i++) g[i] *= a;
}

static double FN(sum_of_squares)(const void *from, int64_t n)
{
   const real *g = from;
   double lanes[LANES] = {0}, total = 0.;
   int64_t i = 0;
   for (; i + LANES <= n; i += LANES) {
#pragma omp simd
      for (int64_t j = 0; j < LANES; j++) lanes[j] += (double)g[i + j] * (double)g[i + j];
   }
   for (int64_t j = 0; i + j < n; j++) lanes[j] += (double)g[i + j] * (double)g[i + j];
   for (int64_t j = 0; j < LANES; j++) total += lanes[j];
   return total;
}

#undef ROOT

#else

#include <math.h>
#include "iter.h"

enum { CHUNK = 16384, LANES = 32, LISTS = 4 };

typedef struct {
   const hl_adam_options *o;
   double step, root; /* lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t) */
} adam_numbers;

#define HL_GENERIC "update.c"
#include "generic.h"

typedef void (*update)(void *const *p, int64_t n, const void *arg);

typedef struct {
   int tensor;
   int64_t first, count;
} chunk;

static int need_cpu(const char *fn, int n, hl_tensor *const *w)
{
   for (int i = 0; i < n; i++) HL_TRY(hl_need_cpu_dtype(fn, w[i]));
   return 0;
}

/* The chunks of a list, in work space; NULL with an error set when memory is out. */
static chunk *cut(int n, hl_tensor *const *w, int64_t *count)
{
   *count = 0;
   for (int i = 0; i < n; i++) *count += (hl_numel(w[i]) + CHUNK - 1) / CHUNK;
   chunk *chunks = hl_scratch(0, (size_t)*count * sizeof *chunks), *c = chunks;
   if (!chunks) return NULL;
   for (int i = 0; i < n; i++)
      for (int64_t first = 0, all = hl_numel(w[i]); first < all; first += CHUNK)
         *c++ = (chunk){i, first, all - first < CHUNK ? all - first : CHUNK};
   return chunks;
}

/* Threads take runs of neighbouring chunks. */
static int each(int n, int lists, hl_tensor *const *const *list, update f32, update f64, const void *arg)
{
   int64_t count;
   chunk *chunks = cut(n, (hl_tensor *const *)list[0], &count);
   if (!chunks) return 1;
#pragma omp parallel for schedule(static) if (count > 1)
   for (int64_t i = 0; i < count; i++) {
      chunk c = chunks[i];
      int dtype = list[0][c.tensor]->dtype;
      void *p[LISTS] = {NULL};
      for (int k = 0; k < lists; k++)
         if (list[k]) p[k] = (char *)list[k][c.tensor]->data + c.first * hl_dtype_size(dtype);
      (dtype == HL_F64 ? f64 : f32)(p, c.count, arg);
   }
   return 0;
}

HL_API int hl_sgd(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *v, const hl_sgd_options *o)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_sgd(n, w, g, v, o));
   HL_TRY(need_cpu("sgd", n, (hl_tensor *const *)w));
   hl_sgd_options options = *o;
   if (o->now) options.lr = *o->now;
   return each(n, 3, (hl_tensor *const *[]){w, (hl_tensor *const *)g, v}, sgd_f32, sgd_f64, &options);
}

HL_API int hl_adam(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *m, hl_tensor *const *v,
                   const hl_adam_options *o)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adam(n, w, g, m, v, o));
   HL_TRY(need_cpu("adam", n, (hl_tensor *const *)w));
   const double lr = o->now ? o->now[0] : o->lr, step = o->now ? o->now[1] : (double)o->step;
   adam_numbers a = {o, lr / (1. - pow(o->beta1, step)), 1. / sqrt(1. - pow(o->beta2, step))};
   return each(n, 4, (hl_tensor *const *[]){w, (hl_tensor *const *)g, m, v}, adam_f32, adam_f64, &a);
}

HL_API int hl_ema(int n, hl_tensor *const *t, hl_tensor *const *s, double a, const double *now)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_ema(n, t, s));
   HL_TRY(need_cpu("ema", n, s));
   return each(n, 2, (hl_tensor *const *[]){t, (hl_tensor *const *)s}, ema_f32, ema_f64, now ? now : &a);
}

HL_API int hl_scale_list(int n, hl_tensor *const *g, double a)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_scale_list(n, g));
   HL_TRY(need_cpu("scale_list", n, (hl_tensor *const *)g));
   return each(n, 1, (hl_tensor *const *[]){g}, scale_f32, scale_f64, &a);
}

/* Chunks are summed in order, whatever thread made them. */
HL_API int hl_global_norm(hl_tensor *norm, int n, hl_tensor *const *g)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_global_norm(norm, n, g));
   HL_TRY(need_cpu("global_norm", n, g));
   int64_t count;
   chunk *chunks = cut(n, g, &count);
   double *sums = chunks ? hl_scratch(1, (size_t)count * sizeof *sums) : NULL, total = 0.;
   if (!sums) return 1;
#pragma omp parallel for schedule(static) if (count > 1)
   for (int64_t i = 0; i < count; i++) {
      chunk c = chunks[i];
      const hl_tensor *t = g[c.tensor];
      const char *data = (const char *)t->data + c.first * hl_dtype_size(t->dtype);
      sums[i] = t->dtype == HL_F64 ? sum_of_squares_f64(data, c.count) : sum_of_squares_f32(data, c.count);
   }
   for (int64_t i = 0; i < count; i++) total += sums[i];
   *(double *)norm->data = sqrt(total);
   return 0;
}

#endif
