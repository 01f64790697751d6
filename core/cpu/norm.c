/* norm.c: batch normalisation with the addition and the ReLU that follow it in residual networks.
 * One thread takes a channel through both of its passes, so that the second finds it in the cache and results do not
 * depend on the number of threads. */
#ifdef real

#if ELEM_IS_REAL
#define VALUE(x) (x)
#define STORED(x) (x)
#else
#define VALUE(x) hl_bf16_value(x)
#define STORED(x) hl_bf16_round(x)
#endif

#if ELEM_IS_REAL || !defined(__AVX512BF16__) /* else those of norm_bf16.h */

/* Mean of n values, and the sum of their squared distances from it: two passes over a block that stays in L1. The
 * second measures from a rounded mean and makes good for the rounding, so that nothing cancels and equal values have no
 * variance. Several chains hide the latency of the additions. */
static void FN(block_moments)(double *mean, double *m2, const elem *x, int64_t n)
{
   int64_t q = n / 4, half = n / 2;
   real s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
   for (int64_t i = 0; i < q; i++) {
      s0 += VALUE(x[i]);
      s1 += VALUE(x[i + q]);
      s2 += VALUE(x[i + 2 * q]);
      s3 += VALUE(x[i + 3 * q]);
   }
   double sum = (double)(s0 + s1) + (double)(s2 + s3);
   for (int64_t i = 4 * q; i < n; i++) sum += (double)VALUE(x[i]);
   real m = (real)(sum / (double)n);
   s0 = s1 = s2 = s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
   for (int64_t i = 0; i < half; i++) {
      real a = VALUE(x[i]) - m, b = VALUE(x[i + half]) - m;
      s0 += a;
      s1 += b;
      s2 += a * a;
      s3 += b * b;
   }
   double offset = (double)s0 + (double)s1, squares = (double)s2 + (double)s3;
   if (n % 2) {
      double a = (double)(VALUE(x[n - 1]) - m);
      offset += a;
      squares += a * a;
   }
   squares -= offset * offset / (double)n;
   *mean = (double)m + offset / (double)n;
   *m2 = squares < 0 ? 0 : squares;
}

INLINE void FN(normalise_as)(elem *y, const elem *x, const elem *add, int64_t n, real mean, real scale, real shift,
                             bool with_add, bool relu)
{
#pragma omp simd
   for (int64_t i = 0; i < n; i++) {
      real v = (VALUE(x[i]) - mean) * scale + shift;
      if (with_add) v += VALUE(add[i]);
      if (relu) v = v < 0 ? 0 : v;
      y[i] = STORED(v);
   }
}

/* dy through the ReLU whose result was y. Both are read whatever y is, which vectors of 16-bit elements need. */
INLINE real FN(through)(elem dy, elem y)
{
   real g = VALUE(dy);
   return VALUE(y) <= 0 ? 0 : g;
}

/* Sums of g and of g * (x - mean), where g is dy through the ReLU; dadd = g. */
INLINE void FN(gradient_sums_as)(double sums[2], elem *dadd, const elem *dy, const elem *x, const elem *y, int64_t n,
                                 real mean, bool with_dadd, bool relu)
{
   int64_t half = n / 2;
   real g0 = 0, g1 = 0, gx0 = 0, gx1 = 0;
#pragma omp simd reduction(+ : g0, g1, gx0, gx1)
   for (int64_t i = 0; i < half; i++) {
      real a = relu ? FN(through)(dy[i], y[i]) : VALUE(dy[i]);
      real b = relu ? FN(through)(dy[i + half], y[i + half]) : VALUE(dy[i + half]);
      if (with_dadd) {
         dadd[i] = STORED(a);
         dadd[i + half] = STORED(b);
      }
      g0 += a;
      g1 += b;
      gx0 += a * (VALUE(x[i]) - mean);
      gx1 += b * (VALUE(x[i + half]) - mean);
   }
   if (n % 2) {
      real a = relu ? FN(through)(dy[n - 1], y[n - 1]) : VALUE(dy[n - 1]);
      if (with_dadd) dadd[n - 1] = STORED(a);
      g0 += a;
      gx0 += a * (VALUE(x[n - 1]) - mean);
   }
   sums[0] += (double)g0 + (double)g1;
   sums[1] += (double)gx0 + (double)gx1;
}

/* dx = scale * (g - offset - slope * (x - mean)); without statistics of the batch dx = scale * g. */
INLINE void FN(gradient_as)(elem *dx, const elem *dy, const elem *x, const elem *y, int64_t n, real mean, real scale,
                            real offset, real slope, bool relu, bool batch)
{
#pragma omp simd
   for (int64_t i = 0; i < n; i++) {
      real g = relu ? FN(through)(dy[i], y[i]) : VALUE(dy[i]);
      dx[i] = STORED(scale * (batch ? g - offset - slope * (VALUE(x[i]) - mean) : g));
   }
}

#endif

/* Blocks merged by the formula of Chan, Golub and LeVeque ("Updating formulae and a pairwise algorithm for computing
 * sample variances", 1979). var is the mean of the squared distances. */
static void FN(channel_moments)(double *mean, double *var, const elem *x, layout l)
{
   double m = 0, m2 = 0, count = 0;
   for (int64_t n = 0; n < l.n; n++)
      for (int64_t at = 0; at < l.plane; at += BLOCK) {
         int64_t size = l.plane - at < BLOCK ? l.plane - at : BLOCK;
         double block_mean, block_m2, total = count + (double)size;
         FN(block_moments)(&block_mean, &block_m2, x + n * l.step + at, size);
         double delta = block_mean - m;
         m += delta * (double)size / total;
         m2 += block_m2 + delta * delta * count * (double)size / total;
         count = total;
      }
   *mean = m;
   *var = m2 / count;
}

static void FN(normalise)(elem *y, const elem *x, const elem *add, int64_t n, real mean, real scale, real shift,
                          bool relu)
{
   if (add && relu)
      FN(normalise_as)(y, x, add, n, mean, scale, shift, true, true);
   else if (add)
      FN(normalise_as)(y, x, add, n, mean, scale, shift, true, false);
   else if (relu)
      FN(normalise_as)(y, x, NULL, n, mean, scale, shift, false, true);
   else
      FN(normalise_as)(y, x, NULL, n, mean, scale, shift, false, false);
}

/* Channel c of y, from its statistics as they are stored. */
static void FN(normalise_channel)(hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
                                  const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p,
                                  layout l, int64_t c)
{
   const elem *xc = (const elem *)x->data + c * l.plane;
   elem *yc = (elem *)y->data + c * l.plane;
   const elem *ac = add ? (const elem *)add->data + c * l.plane : NULL;
   real m = ((real *)mean->data)[c], scale = ((real *)invstd->data)[c] * (gamma ? ((real *)gamma->data)[c] : 1);
   real shift = beta ? ((real *)beta->data)[c] : 0;
   for (int64_t n = 0; n < l.n; n++) {
      int64_t at = n * l.step;
      FN(normalise)(yc + at, xc + at, ac ? ac + at : NULL, l.plane, m, scale, shift, p->relu);
   }
}

static void FN(batch_norm_again)(hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
                                 const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p)
{
   layout l = layout_of(x);
#pragma omp parallel for schedule(static) if (l.n * l.plane * l.channels > HL_PARALLEL_MIN)
   for (int64_t c = 0; c < l.channels; c++)
      if (!hl_interrupted()) FN(normalise_channel)(y, mean, invstd, x, gamma, beta, add, p, l, c);
}

static void FN(batch_norm)(hl_tensor *y, hl_tensor *mean, hl_tensor *invstd, hl_tensor *running_mean,
                           hl_tensor *running_var, const hl_tensor *x, const hl_tensor *gamma, const hl_tensor *beta,
                           const hl_tensor *add, const hl_norm *p)
{
   layout l = layout_of(x);
   real *rm = running_mean ? running_mean->data : NULL, *rv = running_var ? running_var->data : NULL;
   double values = (double)(l.n * l.plane);
#pragma omp parallel for schedule(static) if (l.n * l.plane * l.channels > HL_PARALLEL_MIN)
   for (int64_t c = 0; c < l.channels; c++) {
      if (hl_interrupted()) continue;
      const elem *xc = (const elem *)x->data + c * l.plane;
      double m, var;
      if (p->training) {
         FN(channel_moments)(&m, &var, xc, l);
         if (rm) rm[c] = (real)((1 - p->momentum) * (double)rm[c] + p->momentum * m);
         if (rv) rv[c] = (real)((1 - p->momentum) * (double)rv[c] + p->momentum * var * values / (values - 1));
      } else {
         m = (double)rm[c];
         var = (double)rv[c];
      }
      ((real *)mean->data)[c] = (real)m;
      ((real *)invstd->data)[c] = (real)(1 / sqrt(var + p->eps));
      FN(normalise_channel)(y, mean, invstd, x, gamma, beta, add, p, l, c);
   }
}

static void FN(gradient_sums)(double sums[2], elem *dadd, const elem *dy, const elem *x, const elem *y, int64_t n,
                              real mean)
{
   for (int64_t at = 0; at < n; at += BLOCK) {
      int64_t size = n - at < BLOCK ? n - at : BLOCK;
      if (dadd && y)
         FN(gradient_sums_as)(sums, dadd + at, dy + at, x + at, y + at, size, mean, true, true);
      else if (dadd)
         FN(gradient_sums_as)(sums, dadd + at, dy + at, x + at, NULL, size, mean, true, false);
      else if (y)
         FN(gradient_sums_as)(sums, NULL, dy + at, x + at, y + at, size, mean, false, true);
      else
         FN(gradient_sums_as)(sums, NULL, dy + at, x + at, NULL, size, mean, false, false);
   }
}

static void FN(gradient)(elem *dx, const elem *dy, const elem *x, const elem *y, int64_t n, real mean, real scale,
                         real offset, real slope, bool batch)
{
   if (y && batch)
      FN(gradient_as)(dx, dy, x, y, n, mean, scale, offset, slope, true, true);
   else if (y)
      FN(gradient_as)(dx, dy, x, y, n, mean, scale, offset, slope, true, false);
   else if (batch)
      FN(gradient_as)(dx, dy, x, NULL, n, mean, scale, offset, slope, false, true);
   else
      FN(gradient_as)(dx, dy, x, NULL, n, mean, scale, offset, slope, false, false);
}

static void FN(batch_norm_back)(hl_tensor *dx, hl_tensor *dgamma, hl_tensor *dbeta, hl_tensor *dadd,
                                const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y, const hl_tensor *mean,
                                const hl_tensor *invstd, const hl_tensor *gamma, const hl_norm *p)
{
   layout l = layout_of(x);
   double values = (double)(l.n * l.plane);
   bool first_pass = (dx && p->training) || dgamma || dbeta || dadd;
#pragma omp parallel for schedule(static) if (l.n * l.plane * l.channels > HL_PARALLEL_MIN)
   for (int64_t c = 0; c < l.channels; c++) {
      if (hl_interrupted()) continue;
      const elem *xc = (const elem *)x->data + c * l.plane, *gc = (const elem *)dy->data + c * l.plane;
      const elem *yc = p->relu ? (const elem *)y->data + c * l.plane : NULL;
      elem *dxc = dx ? (elem *)dx->data + c * l.plane : NULL, *dac = dadd ? (elem *)dadd->data + c * l.plane : NULL;
      real m = ((real *)mean->data)[c];
      double inv = (double)((real *)invstd->data)[c], sums[2] = {0, 0};
      for (int64_t n = 0; n < l.n && first_pass; n++) {
         int64_t at = n * l.step;
         FN(gradient_sums)(sums, dac ? dac + at : NULL, gc + at, xc + at, yc ? yc + at : NULL, l.plane, m);
      }
      if (dgamma) ((real *)dgamma->data)[c] += (real)(sums[1] * inv);
      if (dbeta) ((real *)dbeta->data)[c] += (real)sums[0];
      real scale = (real)(inv * (gamma ? (double)((real *)gamma->data)[c] : 1));
      real offset = (real)(sums[0] / values), slope = (real)(sums[1] * inv * inv / values);
      if (dac) { /* it holds g already */
         gc = dac;
         yc = NULL;
      }
      for (int64_t n = 0; n < l.n && dxc; n++) {
         int64_t at = n * l.step;
         FN(gradient)(dxc + at, gc + at, xc + at, yc ? yc + at : NULL, l.plane, m, scale, offset, slope, p->training);
      }
   }
}

#undef VALUE
#undef STORED

#else
#include <math.h>
#include "bfloat.h"

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 2048 }; /* values that partial sums and moments cover */

/* x (N,C,...): channel c of image n is the plane values from n * step + c * plane on. */
typedef struct {
   int64_t n, channels, plane, step;
} layout;

static layout layout_of(const hl_tensor *x)
{
   layout l = {.n = x->size[0], .channels = x->size[1], .plane = 1};
   for (int d = 2; d < x->ndim; d++) l.plane *= x->size[d];
   if (l.n == 0) l.plane = 0; /* no data to point at */
   l.step = l.channels * l.plane;
   return l;
}

#ifdef __AVX512BF16__
#include "norm_bf16.h"
#endif

#define HL_GENERIC "norm.c"
#define HL_GENERIC_BF16
#include "generic.h"

HL_API int hl_batch_norm(hl_tensor *y, hl_tensor *mean, hl_tensor *invstd, hl_tensor *running_mean,
                         hl_tensor *running_var, const hl_tensor *x, const hl_tensor *gamma, const hl_tensor *beta,
                         const hl_tensor *add, const hl_norm *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_batch_norm(y, mean, invstd, running_mean, running_var, x, gamma, beta, add, p));
   if (x->dtype == HL_F64)
      batch_norm_f64(y, mean, invstd, running_mean, running_var, x, gamma, beta, add, p);
   else if (x->dtype == HL_BF16)
      batch_norm_bf16(y, mean, invstd, running_mean, running_var, x, gamma, beta, add, p);
   else
      batch_norm_f32(y, mean, invstd, running_mean, running_var, x, gamma, beta, add, p);
   return hl_poll();
}

HL_API int hl_batch_norm_again(hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
                               const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_batch_norm_again(y, mean, invstd, x, gamma, beta, add, p));
   if (x->dtype == HL_F64)
      batch_norm_again_f64(y, mean, invstd, x, gamma, beta, add, p);
   else if (x->dtype == HL_BF16)
      batch_norm_again_bf16(y, mean, invstd, x, gamma, beta, add, p);
   else
      batch_norm_again_f32(y, mean, invstd, x, gamma, beta, add, p);
   return hl_poll();
}

HL_API int hl_batch_norm_back(hl_tensor *dx, hl_tensor *dgamma, hl_tensor *dbeta, hl_tensor *dadd, const hl_tensor *dy,
                              const hl_tensor *x, const hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd,
                              const hl_tensor *gamma, const hl_norm *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_batch_norm_back(dx, dgamma, dbeta, dadd, dy, x, y, mean, invstd, gamma, p));
   if (x->dtype == HL_F64)
      batch_norm_back_f64(dx, dgamma, dbeta, dadd, dy, x, y, mean, invstd, gamma, p);
   else if (x->dtype == HL_BF16)
      batch_norm_back_bf16(dx, dgamma, dbeta, dadd, dy, x, y, mean, invstd, gamma, p);
   else
      batch_norm_back_f32(dx, dgamma, dbeta, dadd, dy, x, y, mean, invstd, gamma, p);
   return hl_poll();
}
#endif
