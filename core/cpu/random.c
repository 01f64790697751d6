/* random.c: Philox draws into tensors. Words are made in batches, so that the rounds run on vectors of counters; which
 * words an element takes is fixed by philox.h, whatever the number of threads. */
#ifdef num

/* y[i] for i in [0, n) from the words w of these elements, in order. */
static void FN(bernoulli)(void *y, int64_t n, const uint32_t *w, const void *arg)
{
   num *out = y;
   const double p = *(const double *)arg;
   for (int64_t i = 0; i < n; i++) out[i] = (num)((double)hl_unit_float(w[i]) < p);
}

static void FN(random_int)(void *y, int64_t n, const uint32_t *w, const void *arg)
{
   num *out = y;
   const whole_range *range = arg;
   for (int64_t i = 0; i < n; i++) {
      uint64_t bits = (uint64_t)w[2 * i + 1] << 32 | w[2 * i];
      uint64_t step = (uint64_t)(((unsigned __int128)bits * range->count) >> 64);
      out[i] = (num)(int64_t)((uint64_t)range->low + (range->count ? step : bits));
   }
}

#if NUM_IS_FLOAT

static void FN(uniform)(void *y, int64_t n, const uint32_t *w, const void *arg)
{
   num *out = y;
   const double *bounds = arg;
   const num low = (num)bounds[0], width = (num)(bounds[1] - bounds[0]), last = (num)bounds[2];
   for (int64_t i = 0; i < n; i++) {
      num v = low + width * UNIT(w, i);
      out[i] = v < last ? v : last; /* rounding must not reach the open end */
   }
}

/* Box and Muller: two uniform numbers make two normal ones. */
static void FN(normal)(void *y, int64_t n, const uint32_t *w, const void *arg)
{
   num *out = y;
   const num mean = (num)((const double *)arg)[0], std = (num)((const double *)arg)[1];
   for (int64_t i = 0; i < n; i += 2) {
      num radius = std * MATH(sqrt)((num)-2 * MATH(log)(1 - UNIT(w, i)));
      num angle = (num)6.283185307179586 * UNIT(w, i + 1);
      out[i] = mean + radius * MATH(cos)(angle);
      if (i + 1 < n) out[i + 1] = mean + radius * MATH(sin)(angle);
   }
}

static void FN(dropout)(num *y, const num *x, int64_t n, const uint32_t *w, double p)
{
   const num gain = (num)(1 / (1 - p));
   const float limit = (float)p;
#pragma omp simd
   for (int64_t i = 0; i < n; i++) y[i] = hl_unit_float(w[i]) < limit ? 0 : gain * x[i];
}

#endif
#else
#include <math.h>
#include "../philox.h"
#include "bfloat.h"
#include "iter.h"

enum { LANES = 16, BATCH = 4096 }; /* words a batch, a multiple of 4 * LANES */

typedef struct {
   int64_t low;
   uint64_t count; /* 0 stands for 2^64 */
} whole_range;

#define UNIT(w, i) (sizeof(num) == 4 ? (num)hl_unit_float(w[i]) : (num)hl_unit_double(w[2 * (i)], w[2 * (i) + 1]))
#define HL_TYPES "random.c"
#include "types.h"
#undef UNIT

/* n words from the block with that counter on, and as many more as make groups of 4 * LANES. */
static void make_words(uint32_t *restrict w, uint64_t seed, uint64_t counter, int64_t n)
{
   for (int64_t at = 0; at < n; at += 4 * LANES, counter += LANES) {
#pragma omp simd
      for (int lane = 0; lane < LANES; lane++) {
         uint32_t block[4];
         hl_philox(seed, counter + (uint64_t)lane, block);
         for (int k = 0; k < 4; k++) w[at + 4 * lane + k] = block[k];
      }
   }
}

/* The counter that a draw starts from. */
static uint64_t start(const hl_rng *r)
{
   return r->offset + (r->now ? (uint64_t)*r->now : 0);
}

typedef void (*draw_kernel)(void *y, int64_t n, const uint32_t *w, const void *arg);

/* Elements of `bytes` bytes that take `words` words each. */
static int draw(hl_tensor *y, int64_t bytes, int words, const hl_rng *r, draw_kernel kernel, const void *arg)
{
   const int64_t n = hl_numel(y), step = BATCH / words, batches = (n + step - 1) / step;
   const uint64_t first = start(r);
   int stopped = 0;
#pragma omp parallel for schedule(static) reduction(| : stopped) if (n > HL_PARALLEL_MIN / 4)
   for (int64_t k = 0; k < batches; k++) {
      uint32_t w[BATCH];
      if (hl_poll()) {
         stopped = 1;
         continue;
      }
      make_words(w, r->seed, first + (uint64_t)k * (BATCH / 4), BATCH);
      kernel((char *)y->data + k * step * bytes, n - k * step < step ? n - k * step : step, w, arg);
   }
   return stopped ? hl_fail("interrupted") : 0;
}

#define BY_TYPE(name) \
   { \
      [HL_F32] = name##_f32, [HL_F64] = name##_f64, [HL_U8] = name##_u8, [HL_I32] = name##_i32, [HL_I64] = name##_i64, \
      [HL_I8] = name##_i8, [HL_I16] = name##_i16 \
   }

HL_API int hl_uniform(hl_tensor *y, double low, double high, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_draw("uniform", y, r));
   HL_TRY(hl_need_dense_float("uniform", "output", y));
   HL_CHECK(low <= high && isfinite(low) && isfinite(high), "uniform: expects finite low <= high, got %g and %g", low,
            high);
   const bool narrow = y->dtype == HL_F32;
   const double below = narrow ? (double)nextafterf((float)high, -INFINITY) : nextafter(high, -INFINITY);
   const double bounds[3] = {low, high, below < low ? low : below};
   return draw(y, narrow ? 4 : 8, narrow ? 1 : 2, r, narrow ? uniform_f32 : uniform_f64, bounds);
}

HL_API int hl_normal(hl_tensor *y, double mean, double std, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_draw("normal", y, r));
   HL_TRY(hl_need_dense_float("normal", "output", y));
   HL_CHECK(std >= 0, "normal: the standard deviation must be 0 or more, got %g", std);
   const double shape[2] = {mean, std};
   const bool narrow = y->dtype == HL_F32;
   return draw(y, narrow ? 4 : 8, narrow ? 1 : 2, r, narrow ? normal_f32 : normal_f64, shape);
}

HL_API int hl_bernoulli(hl_tensor *y, double p, const hl_rng *r)
{
   static const draw_kernel kernels[] = BY_TYPE(bernoulli);
   HL_TRY(hl_poll());
   HL_TRY(hl_check_draw("bernoulli", y, r));
   HL_TRY(hl_need_cpu_dtype("bernoulli", y));
   HL_TRY(hl_check_probability("bernoulli", p, true));
   return draw(y, hl_dtype_size(y->dtype), 1, r, kernels[y->dtype], &p);
}

HL_API int hl_random_int(hl_tensor *y, int64_t low, int64_t high, const hl_rng *r)
{
   static const draw_kernel kernels[] = BY_TYPE(random_int);
   HL_TRY(hl_poll());
   HL_TRY(hl_check_random_int(y, low, high, r));
   HL_TRY(hl_need_cpu_dtype("random", y));
   const whole_range range = {low, (uint64_t)high - (uint64_t)low + 1};
   return draw(y, hl_dtype_size(y->dtype), 2, r, kernels[y->dtype], &range);
}

/* A plane of y, whose every element is kept or dropped together. */
static void drop_plane(void *y, const void *x, int dtype, int64_t first, int64_t n, bool dropped, double p)
{
   const double gain = dropped ? 0 : 1 / (1 - p);
   if (dtype == HL_F64) {
      for (int64_t i = first; i < first + n; i++) ((double *)y)[i] = dropped ? 0 : gain * ((const double *)x)[i];
   } else if (dtype == HL_F32) {
      for (int64_t i = first; i < first + n; i++) ((float *)y)[i] = dropped ? 0 : (float)gain * ((const float *)x)[i];
   } else {
      uint16_t *to = (uint16_t *)y + first;
      const uint16_t *from = (const uint16_t *)x + first;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) to[i] = dropped ? 0 : hl_bf16_round((float)gain * hl_bf16_value(from[i]));
   }
}

/* One draw for each of the planes (n,c) of x. */
static void drop_planes(hl_tensor *y, const hl_tensor *x, double p, const hl_rng *r)
{
   const int64_t n = hl_numel(x), planes = n ? x->size[0] * x->size[1] : 0, plane = planes ? n / planes : 0;
   const uint64_t counter = start(r);
   for (int64_t first = 0; first < planes; first += BATCH) {
      uint32_t w[BATCH];
      const int64_t count = planes - first < BATCH ? planes - first : BATCH;
      make_words(w, r->seed, counter + (uint64_t)first / 4, count);
#pragma omp parallel for schedule(static) if (count * plane > HL_PARALLEL_MIN)
      for (int64_t k = 0; k < count; k++) {
         if (hl_interrupted()) continue;
         drop_plane(y->data, x->data, x->dtype, (first + k) * plane, plane, hl_unit_float(w[k]) < (float)p, p);
      }
   }
}

HL_API int hl_dropout(hl_tensor *y, const hl_tensor *x, double p, int channels, const hl_rng *r)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_dropout(y, x, p, channels, r));
   if (channels) {
      drop_planes(y, x, p, r);
      return hl_poll();
   }
   if (x->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x);
      hl_tensor *y_f = hl_float_out(&f, y);
      return hl_float_end(&f, f.failed || hl_dropout(y_f, x_f, p, channels, r));
   }
   const int64_t n = hl_numel(x), batches = (n + BATCH - 1) / BATCH;
   const uint64_t counter = start(r);
#pragma omp parallel for schedule(static) if (n > HL_PARALLEL_MIN)
   for (int64_t k = 0; k < batches; k++) {
      if (hl_interrupted()) continue;
      uint32_t w[BATCH];
      const int64_t first = k * BATCH, count = n - first < BATCH ? n - first : BATCH;
      make_words(w, r->seed, counter + (uint64_t)first / 4, count);
      if (x->dtype == HL_F32)
         dropout_f32((float *)y->data + first, (const float *)x->data + first, count, w, p);
      else
         dropout_f64((double *)y->data + first, (const double *)x->data + first, count, w, p);
   }
   return hl_poll();
}
#endif
