/* pool.c: maximum and average over windows.
 * A regular window with enough outputs to a row is taken tap by tap: each of its kernel_h * kernel_w positions is one
 * vector loop along the row of outputs. Few outputs, or windows of varying size, are taken window by window. */
#ifdef real

INLINE void FN(max_tap)(real *best, int32_t *index, const real *x, int64_t first, int64_t count, int64_t offset,
                        int64_t stride)
{
#pragma omp simd
   for (int64_t j = first; j < first + count; j++) {
      real v = x[offset + j * stride];
      int32_t at = (int32_t)((uint32_t)offset + (uint32_t)j * (uint32_t)stride);
      bool better = (v > best[j]) | (v != v); /* NaN wins, the last one where there are several */
      best[j] = better ? v : best[j];
      index[j] = better ? at : index[j];
   }
}

static void FN(max_row_taps)(real *best, int32_t *index, const real *x, span row, const span *cols, plane_sizes s,
                             const hl_pool *p)
{
   for (int64_t j = 0; j < s.Q; j++) {
      best[j] = -(real)INFINITY;
      index[j] = (int32_t)(row.start * s.W + cols[j].start);
   }
   for (int64_t r = row.start; r < row.end; r++)
      for (int64_t k = 0; k < p->kernel_w; k++) {
         tap t = tap_range(k, s, p);
         int64_t offset = r * s.W + k - p->pad_w;
         if (p->stride_w == 1)
            FN(max_tap)(best, index, x, t.first, t.count, offset, 1);
         else if (p->stride_w == 2)
            FN(max_tap)(best, index, x, t.first, t.count, offset, 2);
         else
            FN(max_tap)(best, index, x, t.first, t.count, offset, p->stride_w);
      }
}

static void FN(max_row_windows)(real *best, int32_t *index, const real *x, span row, const span *cols, plane_sizes s)
{
   for (int64_t j = 0; j < s.Q; j++) {
      real top = -(real)INFINITY;
      int64_t at = row.start * s.W + cols[j].start;
      for (int64_t r = row.start; r < row.end; r++)
         for (int64_t i = r * s.W + cols[j].start; i < r * s.W + cols[j].end; i++)
            if (x[i] > top || x[i] != x[i]) {
               top = x[i];
               at = i;
            }
      best[j] = top;
      index[j] = (int32_t)at;
   }
}

static void FN(max_pool)(hl_tensor *y, hl_tensor *index, const hl_tensor *x, const span *rows, const span *cols,
                         const hl_pool *p)
{
   plane_sizes s = sizes_of(y, x);
   bool taps = use_taps(s, p);
#pragma omp parallel for collapse(2) schedule(static) if (hl_numel(x) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++)
      for (int64_t i = 0; i < s.P; i++) {
         if (hl_interrupted()) continue;
         real *best = (real *)y->data + (n * s.P + i) * s.Q;
         int32_t *at = (int32_t *)index->data + (n * s.P + i) * s.Q;
         const real *plane = (const real *)x->data + n * s.H * s.W;
#if HAS_MAX_ROW && REAL_IS_FLOAT
         if (has_max_row(p)) {
            max_row_f32(best, at, plane, rows[i], s, p);
            continue;
         }
#endif
         if (taps)
            FN(max_row_taps)(best, at, plane, rows[i], cols, s, p);
         else
            FN(max_row_windows)(best, at, plane, rows[i], cols, s);
      }
}

/* Returns a position in index that points outside the plane, or -1. */
static int64_t FN(max_pool_back)(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *index)
{
   plane_sizes s = sizes_of(dy, dx);
   int64_t in = s.H * s.W, out = s.P * s.Q, bad = -1;
#pragma omp parallel for schedule(static) reduction(max : bad) if (hl_numel(dx) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++) {
      if (hl_interrupted()) continue;
      real *to = (real *)dx->data + n * in;
      const real *from = (const real *)dy->data + n * out;
      const int32_t *at = (const int32_t *)index->data + n * out;
      memset(to, 0, (size_t)in * sizeof *to);
      for (int64_t i = 0; i < out; i++) {
         if (at[i] >= 0 && at[i] < in)
            to[at[i]] += from[i];
         else
            bad = n * out + i;
      }
   }
   return bad;
}

INLINE void FN(sum_tap)(real *sum, const real *x, int64_t first, int64_t count, int64_t offset, int64_t stride)
{
#pragma omp simd
   for (int64_t j = first; j < first + count; j++) sum[j] += x[offset + j * stride];
}

/* sum: room for a row of doubles, which take what floats have gathered now and then; NULL for small windows. */
static void FN(avg_row_taps)(real *y, double *sum, const real *x, span row, const span *cols, plane_sizes s,
                             const hl_pool *p)
{
   int64_t gathered = 0;
   memset(y, 0, (size_t)s.Q * sizeof *y);
   if (sum) memset(sum, 0, (size_t)s.Q * sizeof *sum);
   for (int64_t r = row.start; r < row.end; r++) {
      for (int64_t k = 0; k < p->kernel_w; k++) {
         tap t = tap_range(k, s, p);
         int64_t offset = r * s.W + k - p->pad_w;
         if (p->stride_w == 1)
            FN(sum_tap)(y, x, t.first, t.count, offset, 1);
         else if (p->stride_w == 2)
            FN(sum_tap)(y, x, t.first, t.count, offset, 2);
         else
            FN(sum_tap)(y, x, t.first, t.count, offset, p->stride_w);
      }
      gathered += p->kernel_w;
      if (!sum || gathered < CHAIN) continue;
      gathered = 0;
      for (int64_t j = 0; j < s.Q; j++) {
         sum[j] += (double)y[j];
         y[j] = 0;
      }
   }
   for (int64_t j = 0; sum && j < s.Q; j++) y[j] = (real)(sum[j] + (double)y[j]);
   for (int64_t j = 0; j < s.Q; j++) y[j] /= (real)(row.divisor * cols[j].divisor);
}

static void FN(avg_row_windows)(real *y, const real *x, span row, const span *cols, plane_sizes s)
{
   for (int64_t j = 0; j < s.Q; j++) {
      double sum = 0;
      for (int64_t r = row.start; r < row.end; r++) {
         real part = 0;
#pragma omp simd reduction(+ : part)
         for (int64_t i = r * s.W + cols[j].start; i < r * s.W + cols[j].end; i++) part += x[i];
         sum += (double)part;
      }
      y[j] = (real)(sum / (double)(row.divisor * cols[j].divisor));
   }
}

/* sums: a row of Q doubles for each thread, or NULL, as avg_row_taps takes it. */
static void FN(avg_pool)(hl_tensor *y, const hl_tensor *x, const span *rows, const span *cols, double *sums,
                         const hl_pool *p)
{
   plane_sizes s = sizes_of(y, x);
   bool taps = use_taps(s, p);
#pragma omp parallel for collapse(2) schedule(static) if (hl_numel(x) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++)
      for (int64_t i = 0; i < s.P; i++) {
         if (hl_interrupted()) continue;
         real *to = (real *)y->data + (n * s.P + i) * s.Q;
         const real *plane = (const real *)x->data + n * s.H * s.W;
         if (taps)
            FN(avg_row_taps)(to, sums ? sums + omp_get_thread_num() * s.Q : NULL, plane, rows[i], cols, s, p);
         else
            FN(avg_row_windows)(to, plane, rows[i], cols, s);
      }
}

INLINE void FN(spread_tap)(real *dx, const real *g, int64_t first, int64_t count, int64_t offset, int64_t stride)
{
#pragma omp simd
   for (int64_t j = first; j < first + count; j++) dx[offset + j * stride] += g[j];
}

static void FN(spread_row_taps)(real *dx, const real *g, span row, plane_sizes s, const hl_pool *p)
{
   for (int64_t r = row.start; r < row.end; r++)
      for (int64_t k = 0; k < p->kernel_w; k++) {
         tap t = tap_range(k, s, p);
         int64_t offset = r * s.W + k - p->pad_w;
         if (p->stride_w == 1)
            FN(spread_tap)(dx, g, t.first, t.count, offset, 1);
         else if (p->stride_w == 2)
            FN(spread_tap)(dx, g, t.first, t.count, offset, 2);
         else
            FN(spread_tap)(dx, g, t.first, t.count, offset, p->stride_w);
      }
}

static void FN(spread_row_windows)(real *dx, const real *g, span row, const span *cols, plane_sizes s)
{
   for (int64_t r = row.start; r < row.end; r++)
      for (int64_t j = 0; j < s.Q; j++)
         for (int64_t i = r * s.W + cols[j].start; i < r * s.W + cols[j].end; i++) dx[i] += g[j];
}

/* shares: a row of Q reals for each thread. */
static void FN(avg_pool_back)(hl_tensor *dx, const hl_tensor *dy, const span *rows, const span *cols, void *shares,
                              const hl_pool *p)
{
   plane_sizes s = sizes_of(dy, dx);
   bool taps = use_taps(s, p);
#pragma omp parallel for schedule(static) if (hl_numel(dx) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++) {
      if (hl_interrupted()) continue;
      real *to = (real *)dx->data + n * s.H * s.W, *g = (real *)shares + omp_get_thread_num() * s.Q;
      memset(to, 0, (size_t)(s.H * s.W) * sizeof *to);
      for (int64_t i = 0; i < s.P; i++) {
         const real *from = (const real *)dy->data + (n * s.P + i) * s.Q;
         for (int64_t j = 0; j < s.Q; j++) g[j] = from[j] / (real)(rows[i].divisor * cols[j].divisor);
         if (taps)
            FN(spread_row_taps)(to, g, rows[i], s, p);
         else
            FN(spread_row_windows)(to, g, rows[i], cols, s);
      }
   }
}

#else
#include <math.h>
#include <string.h>
#include "bfloat.h"
#ifdef __AVX512F__
#include "lanes.h"
#endif

#define INLINE static inline __attribute__((always_inline))

enum { CHAIN = 256 }; /* values that a sum of floats gathers before one of doubles takes it */

/* Input rows (or columns) start..end-1 of one output row (or column), and what it counts in an average's divisor. */
typedef struct {
   int64_t start, end, divisor;
} span;

/* planes = N * C planes of H x W, pooled to P x Q. */
typedef struct {
   int64_t planes, H, W, P, Q;
} plane_sizes;

typedef struct {
   int64_t first, count;
} tap;

static plane_sizes sizes_of(const hl_tensor *small, const hl_tensor *big)
{
   return (plane_sizes){big->size[0] * big->size[1], big->size[2], big->size[3], small->size[2], small->size[3]};
}

/* Shorter rows do not repay a loop for each tap. */
static bool use_taps(plane_sizes s, const hl_pool *p)
{
   return p && s.Q >= 8;
}

/* Outputs whose column k of the window lies inside the input. */
static tap tap_range(int64_t k, plane_sizes s, const hl_pool *p)
{
   int64_t shift = k - p->pad_w;
   int64_t first = shift < 0 ? (-shift + p->stride_w - 1) / p->stride_w : 0;
   int64_t end = shift < s.W ? (s.W - 1 - shift) / p->stride_w + 1 : 0;
   if (end > s.Q) end = s.Q;
   return (tap){first, end > first ? end - first : 0};
}

static void window_spans(span *spans, int64_t out, int64_t in, int64_t kernel, int64_t stride, int64_t pad,
                         bool count_pad)
{
   for (int64_t i = 0; i < out; i++) {
      int64_t from = i * stride - pad, to = from + kernel < in + pad ? from + kernel : in + pad;
      int64_t start = from > 0 ? from : 0, end = to < in ? to : in;
      spans[i] = (span){start, end, count_pad ? to - from : end - start};
   }
}

static void adaptive_spans(span *spans, int64_t out, int64_t in)
{
   for (int64_t i = 0; i < out; i++) {
      int64_t start = i * in / out, end = ((i + 1) * in + out - 1) / out;
      spans[i] = (span){start, end, end - start};
   }
}

/* The P spans of rows, then the Q of columns; p NULL: adaptive. NULL with hl_fail set when memory is out. */
static span *make_spans(const hl_tensor *small, const hl_tensor *big, const hl_pool *p)
{
   plane_sizes s = sizes_of(small, big);
   span *spans = hl_scratch(0, (size_t)(s.P + s.Q) * sizeof *spans);
   if (!spans) return NULL;
   if (p) {
      window_spans(spans, s.P, s.H, p->kernel_h, p->stride_h, p->pad_h, p->count_pad);
      window_spans(spans + s.P, s.Q, s.W, p->kernel_w, p->stride_w, p->pad_w, p->count_pad);
   } else {
      adaptive_spans(spans, s.P, s.H);
      adaptive_spans(spans + s.P, s.Q, s.W);
   }
   return spans;
}

#ifdef __AVX512F__
#define HAS_MAX_ROW 1

/* A row of maxima, sixteen at a time, which stay in registers while their windows pass by; of float32 or bfloat16,
 * where windows are neighbours or begin at every other column. */

static inline bool has_max_row(const hl_pool *p)
{
   return p && p->stride_w <= 2;
}

/* Values at x + 0, x + stride, ..., of those lanes, as float32. */
INLINE __m512 every(const void *x, int64_t at, const int stride, __mmask16 lanes, const bool bf16)
{
   const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
   uint32_t apart = stride == 2 ? _pdep_u32(lanes, 0x55555555) : lanes;
   if (bf16) {
      const uint16_t *from = (const uint16_t *)x + at;
      __m512i words = stride == 2 ? _mm512_maskz_loadu_epi16(apart, from)
                                  : _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, from));
      return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
   }
   const float *from = (const float *)x + at;
   __m512 low = _mm512_maskz_loadu_ps((__mmask16)apart, from);
   if (stride == 1) return low;
   return _mm512_permutex2var_ps(low, even, _mm512_maskz_loadu_ps((__mmask16)(apart >> 16), from + 16));
}

INLINE void max_row_as(void *y, int32_t *index, const void *x, span row, plane_sizes s, const hl_pool *p,
                       const int stride, const bool bf16)
{
   const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
   const __m512i step = stride == 2 ? _mm512_add_epi32(count, count) : count, width = _mm512_set1_epi32((int)s.W);
   for (int64_t j = 0; j < s.Q; j += 16) {
      __mmask16 wanted = hl_first_lanes(s.Q - j);
      int64_t left = j * stride - p->pad_w;
      __m512 best = _mm512_set1_ps(-INFINITY);
      __m512i start = _mm512_max_epi32(_mm512_add_epi32(step, _mm512_set1_epi32((int)left)), _mm512_setzero_si512());
      __m512i at = _mm512_add_epi32(start, _mm512_set1_epi32((int)(row.start * s.W)));
      for (int64_t r = row.start; r < row.end; r++)
         for (int64_t k = 0; k < p->kernel_w; k++) {
            __m512i col = _mm512_add_epi32(step, _mm512_set1_epi32((int)(left + k)));
            __mmask16 inside = _mm512_mask_cmplt_epu32_mask(wanted, col, width); /* negative ones are large */
            __m512 v = every(x, r * s.W + left + k, stride, inside, bf16);
            __mmask16 better = _mm512_mask_cmp_ps_mask(inside, v, best, _CMP_GT_OQ) |
                               _mm512_mask_cmp_ps_mask(inside, v, v, _CMP_UNORD_Q); /* as max_tap */
            best = _mm512_mask_mov_ps(best, better, v);
            at = _mm512_mask_add_epi32(at, better, col, _mm512_set1_epi32((int)(r * s.W)));
         }
      _mm512_mask_storeu_epi32(index + j, wanted, at);
      if (bf16)
         _mm256_mask_storeu_epi16((uint16_t *)y + j, wanted,
                                  _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(best), 16)));
      else
         _mm512_mask_storeu_ps((float *)y + j, wanted, best);
   }
}

static void max_row_f32(float *y, int32_t *index, const float *x, span row, plane_sizes s, const hl_pool *p)
{
   if (p->stride_w == 2)
      max_row_as(y, index, x, row, s, p, 2, false);
   else
      max_row_as(y, index, x, row, s, p, 1, false);
}

static void max_row_bf16(uint16_t *y, int32_t *index, const uint16_t *x, span row, plane_sizes s, const hl_pool *p)
{
   if (p->stride_w == 2)
      max_row_as(y, index, x, row, s, p, 2, true);
   else
      max_row_as(y, index, x, row, s, p, 1, true);
}
#else
#define HAS_MAX_ROW 0
#endif

#define HL_GENERIC "pool.c"
#include "generic.h"

/* Room for a plane of bfloat16 and what it is pooled to, as float32, for each thread. */
static float *plane_rooms(plane_sizes s)
{
   return hl_scratch(1, (size_t)omp_get_max_threads() * (size_t)(s.H * s.W + s.P * s.Q) * sizeof(float));
}

/* One plane of t, whose values are at data. */
static hl_tensor one_plane(const hl_tensor *t, int dtype, void *data)
{
   hl_tensor one = *t;
   one.size[0] = one.size[1] = 1;
   one.dtype = dtype;
   one.data = data;
   return one;
}

/* Planes become float32 one by one, while they are in the cache. */
static int max_pool_bf16(hl_tensor *y, hl_tensor *index, const hl_tensor *x, const span *rows, const span *cols,
                         const hl_pool *p)
{
   plane_sizes s = sizes_of(y, x);
   int64_t in = s.H * s.W, out = s.P * s.Q;
#if HAS_MAX_ROW
   if (has_max_row(p)) {
#pragma omp parallel for collapse(2) schedule(static) if (hl_numel(x) > HL_PARALLEL_MIN)
      for (int64_t n = 0; n < s.planes; n++)
         for (int64_t i = 0; i < s.P; i++) {
            if (hl_interrupted()) continue;
            int64_t row = (n * s.P + i) * s.Q;
            max_row_bf16((uint16_t *)y->data + row, (int32_t *)index->data + row, (const uint16_t *)x->data + n * in,
                         rows[i], s, p);
         }
      return hl_poll();
   }
#endif
   float *work = plane_rooms(s);
   if (!work) return 1;
#pragma omp parallel for schedule(static) if (hl_numel(x) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++) {
      if (hl_interrupted()) continue;
      float *from = work + omp_get_thread_num() * (in + out), *to = from + in;
      hl_tensor x1 = one_plane(x, HL_F32, from), y1 = one_plane(y, HL_F32, to);
      hl_tensor index1 = one_plane(index, HL_I32, (int32_t *)index->data + n * out);
      hl_bf16_values(from, (const uint16_t *)x->data + n * in, in);
      max_pool_f32(&y1, &index1, &x1, rows, cols, p);
      hl_bf16_rounds((uint16_t *)y->data + n * out, to, out);
   }
   return hl_poll();
}

/* As max_pool_back_f32; -2 where memory is out. */
static int64_t max_pool_back_bf16(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *index)
{
   plane_sizes s = sizes_of(dy, dx);
   int64_t in = s.H * s.W, out = s.P * s.Q, bad = -1;
   float *work = plane_rooms(s);
   if (!work) return -2;
#pragma omp parallel for schedule(static) reduction(max : bad) if (hl_numel(dx) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++) {
      if (hl_interrupted()) continue;
      float *to = work + omp_get_thread_num() * (in + out), *from = to + in;
      hl_tensor dx1 = one_plane(dx, HL_F32, to), dy1 = one_plane(dy, HL_F32, from);
      hl_tensor index1 = one_plane(index, HL_I32, (int32_t *)index->data + n * out);
      hl_bf16_values(from, (const uint16_t *)dy->data + n * out, out);
      int64_t wrong = max_pool_back_f32(&dx1, &dy1, &index1);
      if (wrong >= 0) bad = n * out + wrong;
      hl_bf16_rounds((uint16_t *)dx->data + n * in, to, in);
   }
   return bad;
}

static int run_max_pool(hl_tensor *y, hl_tensor *index, const hl_tensor *x, const hl_pool *p)
{
   span *rows = make_spans(y, x, p);
   if (!rows) return 1;
   if (x->dtype == HL_BF16) return max_pool_bf16(y, index, x, rows, rows + y->size[2], p);
   if (x->dtype == HL_F64)
      max_pool_f64(y, index, x, rows, rows + y->size[2], p);
   else
      max_pool_f32(y, index, x, rows, rows + y->size[2], p);
   return hl_poll();
}

static int run_avg_pool(hl_tensor *y, const hl_tensor *x, const hl_pool *p)
{
   if (x->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x);
      hl_tensor *y_f = hl_float_out(&f, y);
      return hl_float_end(&f, f.failed || run_avg_pool(y_f, x_f, p));
   }
   span *rows = make_spans(y, x, p);
   bool large = p && (int64_t)p->kernel_h * p->kernel_w > CHAIN;
   double *sums = large ? hl_scratch(1, (size_t)(omp_get_max_threads() * y->size[3]) * sizeof *sums) : NULL;
   if (!rows || (large && !sums)) return 1;
   if (x->dtype == HL_F64)
      avg_pool_f64(y, x, rows, rows + y->size[2], sums, p);
   else
      avg_pool_f32(y, x, rows, rows + y->size[2], sums, p);
   return hl_poll();
}

static int run_avg_pool_back(hl_tensor *dx, const hl_tensor *dy, const hl_pool *p)
{
   if (dx->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *dy_f = hl_float_in(&f, dy);
      hl_tensor *dx_f = hl_float_out(&f, dx);
      return hl_float_end(&f, f.failed || run_avg_pool_back(dx_f, dy_f, p));
   }
   span *rows = make_spans(dy, dx, p);
   void *shares = hl_scratch(1, (size_t)(omp_get_max_threads() * dy->size[3] * hl_dtype_size(dy->dtype)));
   if (!rows || !shares) return 1;
   if (dx->dtype == HL_F64)
      avg_pool_back_f64(dx, dy, rows, rows + dy->size[2], shares, p);
   else
      avg_pool_back_f32(dx, dy, rows, rows + dy->size[2], shares, p);
   return hl_poll();
}

HL_API int hl_max_pool(hl_tensor *y, hl_tensor *index, const hl_tensor *x, const hl_pool *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pool("max_pool", "y", y, "x", x, p));
   HL_TRY(hl_check_pool_index("max_pool", index, y, x));
   return run_max_pool(y, index, x, p);
}

HL_API int hl_adaptive_max_pool(hl_tensor *y, hl_tensor *index, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool("adaptive_max_pool", "y", y, "x", x));
   HL_TRY(hl_check_pool_index("adaptive_max_pool", index, y, x));
   return run_max_pool(y, index, x, NULL);
}

HL_API int hl_max_pool_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *index)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool("max_pool_back", "dy", dy, "dx", dx));
   HL_TRY(hl_check_pool_index("max_pool_back", index, dy, dx));
   int64_t bad = dx->dtype == HL_F64    ? max_pool_back_f64(dx, dy, index)
                 : dx->dtype == HL_BF16 ? max_pool_back_bf16(dx, dy, index)
                                        : max_pool_back_f32(dx, dy, index);
   if (bad == -2) return 1;
   return bad < 0 ? hl_poll() : hl_fail_maximum("max_pool_back", ((int32_t *)index->data)[bad], dx);
}

HL_API int hl_avg_pool(hl_tensor *y, const hl_tensor *x, const hl_pool *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pool("avg_pool", "y", y, "x", x, p));
   return run_avg_pool(y, x, p);
}

HL_API int hl_avg_pool_back(hl_tensor *dx, const hl_tensor *dy, const hl_pool *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pool("avg_pool_back", "dy", dy, "dx", dx, p));
   return run_avg_pool_back(dx, dy, p);
}

HL_API int hl_adaptive_avg_pool(hl_tensor *y, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool("adaptive_avg_pool", "y", y, "x", x));
   return run_avg_pool(y, x, NULL);
}

HL_API int hl_adaptive_avg_pool_back(hl_tensor *dx, const hl_tensor *dy)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_adaptive_pool("adaptive_avg_pool_back", "dy", dy, "dx", dx));
   return run_avg_pool_back(dx, dy, NULL);
}
#endif
