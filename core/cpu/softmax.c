/* softmax.c: softmax along any dimension. x is seen as (outer, classes, inner).
 * With inner > 1 a block of neighbours is taken through all its classes at once, so that every loop runs along memory
 * and the block stays in the cache between its passes. */
#ifdef real

/* What sums of floats came to goes to sums of doubles. */
static void FN(gather)(double *total, real *sum, int64_t n)
{
   for (int64_t i = 0; i < n; i++) {
      total[i] += (double)sum[i];
      sum[i] = 0;
   }
}

static void FN(softmax_block)(real *y, const real *x, int64_t classes, int64_t step, int64_t n, bool log_of,
                              const uint8_t *mask)
{
   real top[BLOCK], sum[BLOCK];
   double total[BLOCK];
   hl_class_max(top, x, classes, step, n);
   for (int64_t i = 0; i < n; i++) sum[i] = 0, total[i] = 0;
   for (int64_t c = 0; c < classes; c++) {
      const real *from = x + c * step;
      real *to = y + c * step;
      if (log_of) {
#pragma omp simd
         for (int64_t i = 0; i < n; i++) sum[i] += hl_exp(from[i] - top[i]);
      } else {
#pragma omp simd
         for (int64_t i = 0; i < n; i++) {
            real e = hl_exp(from[i] - top[i]);
            to[i] = e;
            sum[i] += e;
         }
      }
      if (c % CHAIN == CHAIN - 1) FN(gather)(total, sum, n);
   }
#pragma omp simd
   for (int64_t i = 0; i < n; i++) {
      real all = (real)(total[i] + (double)sum[i]);
      sum[i] = log_of ? hl_log(all) : 1 / all;
   }
   for (int64_t i = 0; mask && i < n; i++) sum[i] = mask[i] ? sum[i] : 0;
   for (int64_t c = 0; c < classes; c++) {
      const real *from = x + c * step;
      real *to = y + c * step;
      if (log_of) {
#pragma omp simd
         for (int64_t i = 0; i < n; i++) to[i] = from[i] - top[i] - sum[i];
      } else {
#pragma omp simd
         for (int64_t i = 0; i < n; i++) to[i] *= sum[i];
      }
   }
}

static void FN(softmax_row)(real *y, const real *x, int64_t n, bool log_of)
{
   real top = x[0];
   double total = 0;
#pragma omp simd reduction(max : top)
   for (int64_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
   for (int64_t first = 0; first < n; first += LANES_CHAIN) {
      int64_t end = first + LANES_CHAIN < n ? first + LANES_CHAIN : n;
      real sum = 0;
      if (log_of) {
#pragma omp simd reduction(+ : sum)
         for (int64_t i = first; i < end; i++) sum += hl_exp(x[i] - top);
      } else {
#pragma omp simd reduction(+ : sum)
         for (int64_t i = first; i < end; i++) {
            real e = hl_exp(x[i] - top);
            y[i] = e;
            sum += e;
         }
      }
      total += (double)sum;
   }
   real scale = log_of ? hl_log((real)total) : 1 / (real)total;
   if (log_of) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) y[i] = x[i] - top - scale;
   } else {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) y[i] *= scale;
   }
}

static void FN(softmax)(hl_tensor *y, const hl_tensor *x, int dim, bool log_of)
{
   layout l = layout_of(x, dim);
#pragma omp parallel for collapse(2) schedule(static) if (hl_numel(x) > HL_PARALLEL_MIN / 4)
   for (int64_t o = 0; o < l.outer; o++)
      for (int64_t block = 0; block < l.blocks; block++) {
         if (hl_interrupted()) continue;
         int64_t at = o * l.classes * l.inner + block * l.block, left = l.inner - block * l.block;
         const real *from = (const real *)x->data + at;
         real *to = (real *)y->data + at;
         if (l.inner == 1)
            FN(softmax_row)(to, from, l.classes, log_of);
         else
            FN(softmax_block)(to, from, l.classes, l.inner, left < l.block ? left : l.block, log_of, NULL);
      }
}

/* dx = y * (dy - sum(dy * y)); of the logarithm dx = dy - exp(y) * sum(dy). */
static void FN(back_block)(real *dx, const real *dy, const real *y, int64_t classes, int64_t step, int64_t n,
                           bool log_of)
{
   real sum[BLOCK];
   double total[BLOCK];
   for (int64_t i = 0; i < n; i++) sum[i] = 0, total[i] = 0;
   for (int64_t c = 0; c < classes; c++) {
      const real *g = dy + c * step, *v = y + c * step;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) sum[i] += log_of ? g[i] : g[i] * v[i];
      if (c % CHAIN == CHAIN - 1) FN(gather)(total, sum, n);
   }
   for (int64_t i = 0; i < n; i++) sum[i] = (real)(total[i] + (double)sum[i]);
   for (int64_t c = 0; c < classes; c++) {
      const real *g = dy + c * step, *v = y + c * step;
      real *to = dx + c * step;
      if (log_of) {
#pragma omp simd
         for (int64_t i = 0; i < n; i++) to[i] = g[i] - hl_exp(v[i]) * sum[i];
      } else {
#pragma omp simd
         for (int64_t i = 0; i < n; i++) to[i] = v[i] * (g[i] - sum[i]);
      }
   }
}

static void FN(back_row)(real *dx, const real *dy, const real *y, int64_t n, bool log_of)
{
   double total = 0;
   for (int64_t first = 0; first < n; first += LANES_CHAIN) {
      int64_t end = first + LANES_CHAIN < n ? first + LANES_CHAIN : n;
      real part = 0;
#pragma omp simd reduction(+ : part)
      for (int64_t i = first; i < end; i++) part += log_of ? dy[i] : dy[i] * y[i];
      total += (double)part;
   }
   real sum = (real)total;
   if (log_of) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) dx[i] = dy[i] - hl_exp(y[i]) * sum;
   } else {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) dx[i] = y[i] * (dy[i] - sum);
   }
}

static void FN(softmax_back)(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y, int dim, bool log_of)
{
   layout l = layout_of(y, dim);
#pragma omp parallel for collapse(2) schedule(static) if (hl_numel(y) > HL_PARALLEL_MIN)
   for (int64_t o = 0; o < l.outer; o++)
      for (int64_t block = 0; block < l.blocks; block++) {
         if (hl_interrupted()) continue;
         int64_t at = o * l.classes * l.inner + block * l.block, left = l.inner - block * l.block;
         const real *g = (const real *)dy->data + at, *v = (const real *)y->data + at;
         real *to = (real *)dx->data + at;
         if (l.inner == 1)
            FN(back_row)(to, g, v, l.classes, log_of);
         else
            FN(back_block)(to, g, v, l.classes, l.inner, left < l.block ? left : l.block, log_of);
      }
}

#else
#include "bfloat.h"
#include "classes.h"

/* Terms that are summed in floats before doubles take them: of one chain, and of a loop along memory, where several
 * chains run side by side. */
enum { CHAIN = 256, LANES_CHAIN = 16 * CHAIN };

typedef struct {
   int64_t outer, classes, inner, block, blocks; /* inner is cut into blocks of block neighbours */
} layout;

static layout layout_of(const hl_tensor *x, int dim)
{
   layout l = {.outer = 1, .classes = x->size[dim], .inner = 1};
   for (int d = 0; d < dim; d++) l.outer *= x->size[d];
   for (int d = dim + 1; d < x->ndim; d++) l.inner *= x->size[d];
   l.block = hl_class_block(l.classes);
   l.blocks = l.classes ? (l.inner + l.block - 1) / l.block : 0;
   return l;
}

#define HL_GENERIC "softmax.c"
#include "generic.h"

void hl_softmax_block(int dtype, void *y, const void *x, int64_t classes, int64_t step, int64_t n, const uint8_t *mask)
{
   if (dtype == HL_F64)
      softmax_block_f64(y, x, classes, step, n, false, mask);
   else
      softmax_block_f32(y, x, classes, step, n, false, mask);
}

void hl_softmax_block_back(int dtype, void *dx, const void *dy, const void *y, int64_t classes, int64_t step, int64_t n)
{
   if (dtype == HL_F64)
      back_block_f64(dx, dy, y, classes, step, n, false);
   else
      back_block_f32(dx, dy, y, classes, step, n, false);
}

HL_API int hl_softmax(hl_tensor *y, const hl_tensor *x, int dim, int log)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax("softmax", "y", y, "x", x, dim));
   if (x->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x);
      hl_tensor *y_f = hl_float_out(&f, y);
      return hl_float_end(&f, f.failed || hl_softmax(y_f, x_f, dim, log));
   }
   if (x->dtype == HL_F64)
      softmax_f64(y, x, dim, log);
   else
      softmax_f32(y, x, dim, log);
   return hl_poll();
}

HL_API int hl_softmax_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y, int dim, int log)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax("softmax_back", "dx", dx, "y", y, dim));
   HL_TRY(hl_check_softmax("softmax_back", "dy", dy, "y", y, dim));
   if (y->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *dy_f = hl_float_in(&f, dy);
      const hl_tensor *y_f = hl_float_in(&f, y);
      hl_tensor *dx_f = hl_float_out(&f, dx);
      return hl_float_end(&f, f.failed || hl_softmax_back(dx_f, dy_f, y_f, dim, log));
   }
   if (y->dtype == HL_F64)
      softmax_back_f64(dx, dy, y, dim, log);
   else
      softmax_back_f32(dx, dy, y, dim, log);
   return hl_poll();
}
#endif
