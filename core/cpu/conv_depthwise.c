#ifdef real

#include "micro.h"

/* The copy of a plane (h,w) that the taps read: padded, its columns sorted by their remainder. */
static void FN(pad)(const depth_plan *l, real *to, const real *from)
{
   for (int64_t row = 0; row < l->rows; row++)
      for (int64_t phase = 0; phase < l->phases; phase++, to += l->run) {
         int64_t y = row - l->pad_h, x = phase - l->pad_w; /* of the first column */
         int64_t begin = x < 0 ? (-x + l->phases - 1) / l->phases : 0;
         int64_t end = l->w > x ? (l->w - x + l->phases - 1) / l->phases : 0;
         if (end > l->run) end = l->run;
         if (y < 0 || y >= l->h || begin > end) begin = end = 0;
         const real *line = from + y * l->w + x;
         memset(to, 0, (size_t)begin * sizeof(real));
         if (l->phases == 1 && begin < end)
            memcpy(to + begin, line + begin, (size_t)(end - begin) * sizeof(real));
         else
            for (int64_t i = begin; i < end; i++) to[i] = line[i * l->phases];
         memset(to + end, 0, (size_t)(l->run - end) * sizeof(real));
      }
}

/* y (p,q) = [y or first] + the sum over the taps of w[t] times what they read. taps is a constant where it is 9. */
ALWAYS_INLINE void FN(correlate)(const int64_t taps, const depth_plan *l, real *y, const real *copy, const real *w,
                                 real first, bool add)
{
   const int64_t *offset = l->offset;
   for (int64_t p = 0; p < l->p; p++, y += l->q, copy += l->step)
      for (int64_t q = 0; q < l->q; q += LANES) {
         FN(vec) sum = (FN(vec)){0} + first;
         int64_t left = l->q - q;
         if (add && left >= LANES) sum = FN(load)(y + q);
         if (add && left < LANES) memcpy(&sum, y + q, (size_t)left * sizeof(real));
#pragma GCC unroll 9
         for (int64_t t = 0; t < taps; t++) sum += w[t] * FN(load)(copy + offset[t] + q);
         if (left >= LANES)
            FN(store)(y + q, sum);
         else
            memcpy(y + q, &sum, (size_t)left * sizeof(real));
      }
}

static void FN(correlate_any)(const depth_plan *l, real *y, const real *copy, const real *w, real first, bool add)
{
   if (l->taps == 9)
      FN(correlate)(9, l, y, copy, w, first, add);
   else
      FN(correlate)(l->taps, l, y, copy, w, first, add);
}

/* sums[t] += the sum of dy (p,q) times what tap t reads. taps is a constant. */
ALWAYS_INLINE void FN(products)(const int taps, const depth_plan *l, const int64_t *offset, const real *dy,
                                const real *copy, double *sums)
{
   FN(vec) sum[9];
#pragma GCC unroll 9
   for (int t = 0; t < taps; t++) sum[t] = (FN(vec)){0};
   for (int64_t p = 0; p < l->p; p++, dy += l->q, copy += l->step)
      for (int64_t q = 0; q < l->q; q += LANES) {
         FN(vec) g = {0};
         if (l->q - q >= LANES)
            g = FN(load)(dy + q);
         else
            memcpy(&g, dy + q, (size_t)(l->q - q) * sizeof(real));
#pragma GCC unroll 9
         for (int t = 0; t < taps; t++) sum[t] += g * FN(load)(copy + offset[t] + q);
      }
#pragma GCC unroll 9
   for (int t = 0; t < taps; t++)
      for (int i = 0; i < LANES; i++) sums[t] += (double)sum[t][i];
}

static int FN(forward)(const conv_shape *s, real *y, const real *x, const real *w, const real *bias)
{
   depth_plan l;
   HL_TRY(plan_reading(&l, s, LANES));
   int64_t each = l.rows * l.phases * l.run, many = s->k / s->c;
   real *work = hl_conv_room(CONV_WORK, 3, each, (int64_t)omp_get_max_threads(), (int64_t)sizeof(real));
   if (!work) return 1;
   int stop = 0;
#pragma omp parallel for if (s->n * s->k * s->p * s->q * l.taps > HL_PARALLEL_MIN)
   for (int64_t plane = 0; plane < s->n * s->c; plane++) {
      if (hl_conv_stopped(&stop)) continue;
      real *copy = work + omp_get_thread_num() * each;
      FN(pad)(&l, copy, x + plane * s->h * s->w);
      for (int64_t j = 0; j < many; j++) {
         int64_t k = plane % s->c * many + j, out = plane * many + j;
         FN(correlate_any)(&l, y + out * s->p * s->q, copy, w + k * l.taps, bias ? bias[k] : 0, false);
      }
   }
   return stop ? hl_fail("interrupted") : 0;
}

/* dx (h,w) = [dx +] the gradient from one channel of dy, phase by phase: what lies at one remainder of the strides
 * reads the padded dy by the taps of that remainder. room holds the weights of a phase and, with strides, its values.
 */
static void FN(phases_of_dx)(const conv_shape *s, depth_plan l, real *dx, const real *copy, const real *w, real *room,
                             bool add)
{
   real *kernel = room, *values = room + s->r * s->s;
   int64_t *all = l.offset, *chosen = all + s->r * s->s;
   l.offset = chosen;
   for (int64_t a = 0; a < s->stride_h; a++)
      for (int64_t b = 0; b < s->stride_w; b++) {
         /* the first row and column of the padded dx in this phase that dx has */
         int64_t row = first_at(s->pad_h, a, s->stride_h), col = first_at(s->pad_w, b, s->stride_w);
         int64_t y = row * s->stride_h + a - s->pad_h, x = col * s->stride_w + b - s->pad_w;
         l.p = (s->h - y + s->stride_h - 1) / s->stride_h, l.q = (s->w - x + s->stride_w - 1) / s->stride_w;
         if (y >= s->h || x >= s->w) continue;
         l.taps = 0;
         for (int64_t t = 0; t < s->r * s->s; t++)
            if (t / s->s * s->dil_h % s->stride_h == a && t % s->s * s->dil_w % s->stride_w == b) {
               chosen[l.taps] = all[t];
               kernel[l.taps++] = w[t];
            }
         const real *from = copy + row * l.run + col;
         if (s->stride_h == 1 && s->stride_w == 1) {
            FN(correlate_any)(&l, dx, from, kernel, 0, add);
            continue;
         }
         FN(correlate_any)(&l, values, from, kernel, 0, false);
         for (int64_t i = 0; i < l.p; i++) {
            real *to = dx + (y + i * s->stride_h) * s->w + x, *value = values + i * l.q;
            for (int64_t j = 0; j < l.q; j++) to[j * s->stride_w] = add ? to[j * s->stride_w] + value[j] : value[j];
         }
      }
}

static int FN(backward_x)(const conv_shape *s, real *dx, const real *dy, const real *w)
{
   int64_t taps = s->r * s->s, threads = omp_get_max_threads();
   depth_plan l;
   HL_TRY(plan_turned(&l, s, LANES, threads));
   int64_t size = l.rows * l.run, values = s->stride_h * s->stride_w > 1 ? s->h * s->w : 0, each = size + taps + values;
   int64_t many = s->k / s->c;
   real *work = hl_conv_room(CONV_WORK, 3, each, threads, (int64_t)sizeof(real));
   if (!work) return 1;
   int stop = 0;
#pragma omp parallel for if (s->n * s->k * s->p * s->q * taps > HL_PARALLEL_MIN)
   for (int64_t plane = 0; plane < s->n * s->c; plane++) {
      if (hl_conv_stopped(&stop)) continue;
      real *copy = work + omp_get_thread_num() * each;
      depth_plan own = l;
      own.offset += omp_get_thread_num() * 2 * taps;
      for (int64_t j = 0; j < many; j++) {
         const real *kernel = w + (plane % s->c * many + j) * taps;
         FN(pad)(&l, copy, dy + (plane * many + j) * s->p * s->q);
         FN(phases_of_dx)(s, own, dx + plane * s->h * s->w, copy, kernel, copy + size, j > 0);
      }
   }
   return stop ? hl_fail("interrupted") : 0;
}

static int FN(backward_w)(const conv_shape *s, real *dw, const real *dy, const real *x)
{
   depth_plan l;
   HL_TRY(plan_reading(&l, s, LANES));
   /* the taps' sums lie before the copy, as doubles */
   int64_t each = l.rows * l.phases * l.run * (int64_t)sizeof(real) + l.taps * (int64_t)sizeof(double);
   each = (each + 63) / 64 * 64;
   char *work = hl_conv_room(CONV_WORK, 2, each, (int64_t)omp_get_max_threads());
   if (!work) return 1;
   int64_t many = s->k / s->c;
   int stop = 0;
#pragma omp parallel for if (s->n * s->k * s->p * s->q * l.taps > HL_PARALLEL_MIN)
   for (int64_t k = 0; k < s->k; k++) {
      double *sums = (double *)(work + omp_get_thread_num() * each);
      real *copy = (real *)(sums + l.taps);
      memset(sums, 0, (size_t)l.taps * sizeof(double));
      for (int64_t n = 0; n < s->n && !hl_conv_stopped(&stop); n++) {
         const real *g = dy + (n * s->k + k) * s->p * s->q;
         FN(pad)(&l, copy, x + (n * s->c + k / many) * s->h * s->w);
         int64_t t = 0;
         for (; t + 9 <= l.taps; t += 9) FN(products)(9, &l, l.offset + t, g, copy, sums + t);
         for (; t < l.taps; t++) FN(products)(1, &l, l.offset + t, g, copy, sums + t);
      }
      for (int64_t t = 0; t < l.taps; t++) dw[k * l.taps + t] += (real)sums[t];
   }
   return stop ? hl_fail("interrupted") : 0;
}

#else

/* conv_depthwise.c: each channel convolved with k / c kernels of its own.
 *
 * A plane is copied with its padding, its columns sorted by their remainder of the stride, so that each tap reads runs
 * of neighbours for every stride, padding and dilation. */
#include <string.h>
#include "conv.h"

typedef struct {
   int64_t h, w, pad_h, pad_w; /* of the plane that is copied; negative padding cuts rows or columns off */
   int64_t rows, phases, run;  /* the copy is (rows, phases, run): column i * phases + f is place i of run f */
   int64_t p, q;               /* of the result */
   int64_t step;               /* from what one row of the result reads to what the next one does */
   int64_t taps, *offset;      /* where tap t reads for y(0,0) */
} depth_plan;

/* slack: elements after a run that may be read too; they are 0. */
static int plan_reading(depth_plan *l, const conv_shape *s, int64_t slack)
{
   *l = (depth_plan){.h = s->h, .w = s->w, .pad_h = s->pad_h, .pad_w = s->pad_w, .p = s->p, .q = s->q};
   l->rows = (s->p - 1) * s->stride_h + (s->r - 1) * s->dil_h + 1;
   l->phases = s->stride_w;
   l->run = s->q + (s->s - 1) * s->dil_w / s->stride_w + slack;
   l->step = s->stride_h * l->phases * l->run;
   l->taps = s->r * s->s;
   l->offset = hl_conv_room(CONV_TABLE, 2, l->taps, (int64_t)sizeof *l->offset);
   if (!l->offset) return 1;
   for (int64_t t = 0; t < l->taps; t++) {
      int64_t row = t / s->s * s->dil_h, col = t % s->s * s->dil_w;
      l->offset[t] = (row * l->phases + col % l->phases) * l->run + col / l->phases;
   }
   return 0;
}

/* The first row of a phase of the padded dx that lies inside dx. */
static int64_t first_at(int64_t pad, int64_t phase, int64_t stride)
{
   return pad > phase ? (pad - phase + stride - 1) / stride : 0;
}

/* How the gradient of x reads dy, padded: y(p,q) is at row p plus what the largest tap reaches back. For each thread
 * the offsets of all taps, and room for those of a phase. */
static int plan_turned(depth_plan *l, const conv_shape *s, int64_t slack, int64_t threads)
{
   int64_t up = (s->r - 1) * s->dil_h / s->stride_h, left = (s->s - 1) * s->dil_w / s->stride_w, taps = s->r * s->s;
   *l = (depth_plan){.h = s->p, .w = s->q, .pad_h = up, .pad_w = left, .phases = 1};
   l->rows = up + (s->h + s->pad_h + s->stride_h - 1) / s->stride_h;
   l->run = left + (s->w + s->pad_w + s->stride_w - 1) / s->stride_w + slack;
   l->step = l->run;
   l->offset = hl_conv_room(CONV_TABLE, 3, 2 * taps, threads, (int64_t)sizeof *l->offset);
   if (!l->offset) return 1;
   for (int64_t t = 0; t < threads * 2 * taps; t++) {
      int64_t r = t % taps / s->s, c = t % taps % s->s;
      l->offset[t] = (up - r * s->dil_h / s->stride_h) * l->run + left - c * s->dil_w / s->stride_w;
   }
   return 0;
}

#define HL_GENERIC "conv_depthwise.c"
#include "generic.h"

int hl_conv_depthwise(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias)
{
   return dtype == HL_F64 ? forward_f64(s, y, x, w, bias) : forward_f32(s, y, x, w, bias);
}

int hl_conv_depthwise_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w)
{
   return dtype == HL_F64 ? backward_x_f64(s, dx, dy, w) : backward_x_f32(s, dx, dy, w);
}

int hl_conv_depthwise_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x)
{
   return dtype == HL_F64 ? backward_w_f64(s, dw, dy, x) : backward_w_f32(s, dw, dy, x);
}

#endif
