/* conv_gemm_bf16.c: any convolution of bfloat16 as an implicit matrix product, by instructions that multiply pairs of
 * bfloat16 and add both products to a float32 sum (VDPBF16PS of AVX512-BF16).
 *
 * As in conv_gemm.c; what a product sums over, taps of channels or pixels, goes in pairs. Forward, two rows of the
 * matrix of shifted images are interleaved as they are packed, and sums are rounded where they leave their registers.
 * For the gradient of the weights neighbouring pixels are pairs already. */
#include <math.h>
#include <string.h>
#include "bfloat.h"
#include "conv_amx.h"

#ifdef __AVX512BF16__
#include <immintrin.h>

/* The transposes of micro.h move pairs as floats. */
#define real float
#define FN(name) name
#define REAL_IS_FLOAT 1
#include "micro.h"
#define item uint16_t
#include "conv_source.h"

enum {
   DEPTH = 384,  /* pairs of rows of a packed tile: its panels stay in L1 and L2 */
   PANELS = 4,   /* panels of a packed tile */
   PIXELS = 512, /* depth of a tile of dw */
   UNITS = 16    /* pieces of dw, so that threads find work; not their number, so that results do not change */
};

/* sum (rows,vecs) += a b over depth pairs. Pair d of row r of a is at a + r * row + d * step, in elements; b is (depth,
 * PANEL) pairs. rows and vecs are constants where this is inlined. */
ALWAYS_INLINE void add_products(const int rows, const int vecs, int64_t depth, const uint16_t *a, int64_t row,
                                int64_t step, const uint32_t *b, __m512 sum[TILE_ROWS][TILE_VECS])
{
   for (int64_t d = 0; d < depth; d++, a += step, b += PANEL) {
      __m512bh bv[TILE_VECS];
#pragma GCC unroll 3
      for (int v = 0; v < vecs; v++) bv[v] = (__m512bh)_mm512_loadu_si512(b + v * LANES);
#pragma GCC unroll 8
      for (int r = 0; r < rows; r++) {
         int32_t pair;
         memcpy(&pair, a + r * row, sizeof pair);
         __m512bh av = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 3
         for (int v = 0; v < vecs; v++) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], av, bv[v]);
      }
   }
}

/* c (rows, cols), ld apart, = [c +] a b. */
ALWAYS_INLINE void float_tile(const int rows, const int vecs, int64_t cols, int64_t depth, const uint16_t *a,
                              int64_t row, int64_t step, const uint32_t *b, float *c, int64_t ld, bool add)
{
   __m512 sum[TILE_ROWS][TILE_VECS];
   __mmask16 last = (__mmask16)((1u << (cols - (vecs - 1) * LANES)) - 1);
#pragma GCC unroll 8
   for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
      for (int v = 0; v < vecs; v++)
         sum[r][v] =
             add ? _mm512_maskz_loadu_ps(v == vecs - 1 ? last : 0xffff, c + r * ld + v * LANES) : _mm512_setzero_ps();
   add_products(rows, vecs, depth, a, row, step, b, sum);
#pragma GCC unroll 8
   for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
      for (int v = 0; v < vecs; v++)
         _mm512_mask_storeu_ps(c + r * ld + v * LANES, v == vecs - 1 ? last : 0xffff, sum[r][v]);
}

/* y (rows, cols), ld apart, = the rounded sums of c, which may be NULL for 0, and a b, and for each row its bias. */
ALWAYS_INLINE void round_tile(const int rows, const int vecs, int64_t cols, int64_t depth, const uint16_t *a,
                              int64_t row, int64_t step, const uint32_t *b, const float *c, int64_t ldc,
                              const float *bias, uint16_t *y, int64_t ld)
{
   __m512 sum[TILE_ROWS][TILE_VECS];
   __mmask16 last = (__mmask16)((1u << (cols - (vecs - 1) * LANES)) - 1);
#pragma GCC unroll 8
   for (int r = 0; r < rows; r++) {
      __m512 first = _mm512_set1_ps(bias ? bias[r] : 0);
#pragma GCC unroll 3
      for (int v = 0; v < vecs; v++)
         sum[r][v] = c ? _mm512_add_ps(first, _mm512_loadu_ps(c + r * ldc + v * LANES)) : first;
   }
   add_products(rows, vecs, depth, a, row, step, b, sum);
#pragma GCC unroll 8
   for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
      for (int v = 0; v < vecs; v++)
         _mm256_mask_storeu_epi16(y + r * ld + v * LANES, v == vecs - 1 ? last : 0xffff,
                                  (__m256i)_mm512_cvtneps_pbh(sum[r][v]));
}

#define BY_VECS(tile, rows, ...) \
   do { \
      if (vecs == 3) tile(rows, 3, __VA_ARGS__); \
      if (vecs == 2) tile(rows, 2, __VA_ARGS__); \
      if (vecs == 1) tile(rows, 1, __VA_ARGS__); \
   } while (0)
/* c (m,n) = [c +] a b for rows a, ld elements apart. b is in panels of PANEL columns, panel pairs each. */
static __attribute__((noinline)) void float_product(int64_t m, int64_t n, int64_t depth, const uint16_t *a, int64_t row,
                                                    const uint32_t *b, int64_t panel, float *c, int64_t ldc, bool add)
{
   for (int64_t i = 0; i < m;) {
      int64_t rows = m - i >= TILE_ROWS ? TILE_ROWS : m - i >= 4 ? 4 : 1;
      for (int64_t j = 0; j < n; j += PANEL) {
         int64_t cols = n - j < PANEL ? n - j : PANEL;
         int vecs = (int)up(cols, LANES);
         const uint16_t *from = a + i * row;
         const uint32_t *by = b + j / PANEL * panel;
         float *to = c + i * ldc + j;
         if (rows == TILE_ROWS)
            BY_VECS(float_tile, TILE_ROWS, cols, depth, from, row, 2, by, to, ldc, add);
         else if (rows == 4)
            BY_VECS(float_tile, 4, cols, depth, from, row, 2, by, to, ldc, add);
         else
            BY_VECS(float_tile, 1, cols, depth, from, row, 2, by, to, ldc, add);
      }
      i += rows;
   }
}

/* Sums of packed weights a, (m / TILE_ROWS, total, TILE_ROWS) pairs of which depth are used, times b: into c, or, where
 * y is given, rounded into y with c, if that is not NULL, and bias. */
static __attribute__((noinline)) void weights_product(int64_t m, int64_t n, int64_t depth, const uint16_t *a,
                                                      int64_t total, const uint32_t *b, int64_t panel, float *c,
                                                      int64_t ldc, bool add, const float *bias, uint16_t *y,
                                                      int64_t ldy)
{
   for (int64_t i = 0; i < m; i += TILE_ROWS, a += 2 * TILE_ROWS * total) {
      int64_t left = m - i;
      for (int64_t j = 0; j < n; j += PANEL) {
         int64_t cols = n - j < PANEL ? n - j : PANEL;
         int vecs = (int)up(cols, LANES);
         const uint32_t *by = b + j / PANEL * panel;
         float *sums = c + i * ldc + j;
         uint16_t part[TILE_ROWS * PANEL], *to = y ? y + i * ldy + j : NULL;
         if (!y)
            BY_VECS(float_tile, TILE_ROWS, cols, depth, a, 2, 2 * TILE_ROWS, by, sums, ldc, add);
         else if (left >= TILE_ROWS)
            BY_VECS(round_tile, TILE_ROWS, cols, depth, a, 2, 2 * TILE_ROWS, by, add ? sums : NULL, ldc,
                    bias ? bias + i : NULL, to, ldy);
         else {
            float few[TILE_ROWS] = {0};
            for (int64_t r = 0; r < left && bias; r++) few[r] = bias[i + r];
            BY_VECS(round_tile, TILE_ROWS, cols, depth, a, 2, 2 * TILE_ROWS, by, add ? sums : NULL, ldc, few, part,
                    PANEL);
            for (int64_t r = 0; r < left; r++) memcpy(to + r * ldy, part + r * PANEL, (size_t)cols * sizeof *to);
         }
      }
   }
}

/* Packs rows at and next, as pairs. What is too much of a run, the next run or row overwrites. next NULL: zeros. */
static void pack_pair(uint32_t *to, const uint16_t *at, const uint16_t *next, const RUN *runs, int n)
{
   for (const RUN *run = runs; run < runs + n; run++) {
      __mmask16 inside = (__mmask16)((1u << run->length) - 1);
      __m256i low = _mm256_maskz_loadu_epi16(inside, at + run->from);
      __m256i high = next ? _mm256_maskz_loadu_epi16(inside, next + run->from) : _mm256_setzero_si256();
      _mm512_storeu_si512(to + run->to, _mm512_or_si512(_mm512_cvtepu16_epi32(low),
                                                        _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16)));
   }
}

/* Results of a correlation, written to y with any strides. Weights a are packed: (k / TILE_ROWS, pairs, TILE_ROWS)
 * pairs. */
typedef struct {
   SOURCE from;
   uint16_t *a;
   const float *bias;
   int64_t k, pairs;
   uint16_t *y;
   float *sums;                                    /* in the place of y: sums that are not rounded */
   int64_t y_image, y_plane, y_row, y_col, y_cols; /* y_cols: results in one row of y */
} job;

/* Words of one thread: a packed tile, sums, and results that are not neighbours in y. */
static int64_t tile_room(int64_t k)
{
   return PANELS * PANEL * (DEPTH + 1) + LANES + PANELS * PANEL * (k + TILE_ROWS) * 3 / 2;
}

static void correlate_tile(const job *j, int64_t k0, int64_t k, int64_t first, int64_t count, uint32_t *work, int *stop)
{
   const SOURCE *s = &j->from;
   RUN runs[PANELS * PANEL];
   int n = 0;
   int64_t pixels = s->rows * s->cols, image = first / pixels, panels = up(count, PANEL);
   int64_t pieces = up(j->pairs, DEPTH), depth = up(j->pairs, pieces), panel = PANEL * (depth + 1),
           ldo = PANELS * PANEL;
   uint32_t *b = work;
   float *sums = (float *)(work + PANELS * PANEL * (DEPTH + 1) + LANES);
   uint16_t *apart = (uint16_t *)(sums + ldo * (k + TILE_ROWS));
   bool direct = j->y_col == 1 && j->y_row == j->y_cols && (first + count - 1) / pixels == image;
   uint16_t *out = direct && !j->sums ? j->y + image * j->y_image + k0 * j->y_plane + first % pixels : apart;
   int64_t ldy = direct ? j->y_plane : ldo;

   if (count % PANEL) memset(b, 0, (size_t)(panels * panel) * sizeof *b); /* unused lanes hold no NaN */
   for (int64_t at = 0; at < count; at += PANEL)
      n += find_runs(runs + n, s, first + at, count - at < PANEL ? count - at : PANEL, at / PANEL * panel);
   for (int64_t d0 = 0; d0 < j->pairs && !hl_conv_stopped(stop); d0 += depth) {
      int64_t d1 = d0 + depth < j->pairs ? d0 + depth : j->pairs, c = 2 * d0 / s->taps, t = 2 * d0 % s->taps;
      for (int64_t d = d0; d < d1; d++) {
         const uint16_t *pair[2] = {NULL, NULL};
         for (int i = 0; i < 2 && c < s->channels; i++) {
            pair[i] = s->data + c * s->plane + s->at[t];
            if (++t == s->taps) t = 0, c++;
         }
         pack_pair(b + (d - d0) * PANEL, pair[0], pair[1], runs, n);
      }
      const uint16_t *a = j->a + 2 * (k0 * j->pairs + d0 * TILE_ROWS);
      bool whole = d1 == j->pairs;
      weights_product(k, count, d1 - d0, a, j->pairs, b, panel, sums, ldo, d0 > 0, j->bias ? j->bias + k0 : NULL,
                      whole && !j->sums ? out : NULL, ldy);
   }
   if (direct && j->sums)
      for (int64_t r = 0; r < k; r++)
         memcpy(j->sums + image * j->y_image + (k0 + r) * j->y_plane + first % pixels, sums + r * ldo,
                (size_t)count * sizeof *sums);
   if (direct) return;
   for (int64_t i = 0; i < count; i++) {
      int64_t at = (first + i) % pixels;
      int64_t to =
          (first + i) / pixels * j->y_image + k0 * j->y_plane + at / j->y_cols * j->y_row + at % j->y_cols * j->y_col;
      for (int64_t r = 0; r < k && !j->sums; r++) j->y[to + r * j->y_plane] = apart[r * ldo + i];
      for (int64_t r = 0; r < k && j->sums; r++) j->sums[to + r * j->y_plane] = sums[r * ldo + i];
   }
}

static int correlate(const job *j)
{
   const SOURCE *s = &j->from;
   int64_t pixels = s->rows * s->cols, tile = PANELS * PANEL, threads = omp_get_max_threads();
   /* Tiles keep to one image where that costs little. */
   int64_t span = pixels >= tile ? pixels : pixels * s->images, spans = pixels * s->images / span;
   while (tile > PANEL && spans * up(span, tile) < 2 * threads) tile -= PANEL;
   int64_t tiles = up(span, tile), parts = 1;
   while (spans * tiles * parts < 4 * threads && j->k >= 64 * parts) parts++;
   int64_t k = up(up(j->k, parts), TILE_ROWS) * TILE_ROWS;
   parts = up(j->k, k);
   int64_t each = tile_room(k);
   uint32_t *work = hl_conv_room(CONV_WORK, 3, each, threads, (int64_t)sizeof *work);
   if (!work) return 1;
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < spans * tiles * parts; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t k0 = unit % parts * k, in_span = unit / parts % tiles * tile;
      int64_t rows = j->k - k0 < k ? j->k - k0 : k, count = span - in_span < tile ? span - in_span : tile;
      uint32_t *own = work + omp_get_thread_num() * each;
      correlate_tile(j, k0, rows, unit / parts / tiles * span + in_span, count, own, &stop);
   }
   return stop ? hl_fail("interrupted") : 0;
}

/* Pairs of one panel of weights whose columns are neighbours, row floats from one of its rows to the next. */
static void pack_columns(uint16_t *to, const float *w, int64_t row, int rows, int64_t columns)
{
   enum { CHUNK = 256 };
   uint16_t rounded[LANES][CHUNK]; /* to_lanes may name rows that it does not read */
   uint32_t pairs[CHUNK / 2 * TILE_ROWS + LANES];
   for (int64_t at = 0; at < columns; at += CHUNK, to += CHUNK * TILE_ROWS) {
      int64_t n = columns - at < CHUNK ? columns - at : CHUNK;
      for (int r = 0; r < rows; r++) {
         hl_bf16_rounds(rounded[r], w + r * row + at, n);
         if (n % 2) rounded[r][n] = 0;
      }
      to_lanes((float *)pairs, TILE_ROWS, (const float *)rounded, CHUNK / 2, rows, up(n, 2));
      memcpy(to, pairs, (size_t)(up(n, 2) * TILE_ROWS) * sizeof *pairs);
   }
}

/* Column d of a packed panel. */
ALWAYS_INLINE void put_column(uint16_t *packed, int64_t d, const uint16_t *column, int64_t step)
{
   uint16_t *to = packed + d / 2 * 2 * TILE_ROWS + d % 2;
#pragma GCC unroll 8
   for (int r = 0; r < TILE_ROWS; r++) to[2 * r] = column[r * step];
}

/* A whole panel of weights as below whose rows are neighbours. */
static void pack_rows(uint16_t *to, const float *w, int64_t outer, int64_t step, int64_t inner, const int64_t *at)
{
   uint16_t rounded[TILE_ROWS];
   for (int64_t o = 0, d = 0; o < outer; o++)
      for (int64_t i = 0; i < inner; i++, d++) {
#pragma GCC unroll 8
         for (int r = 0; r < TILE_ROWS; r++) rounded[r] = hl_bf16_round(w[o * step + at[i] + r]);
         put_column(to, d, rounded, 1);
      }
}

/* One panel of weights as below. Where row is more than 1, rows are kernels of so many elements, among which at picks:
 * the kernels of one o are neighbours in memory, and rounded together unless less than a quarter is wanted. */
static void pack_panel(uint16_t *to, const float *w, int rows, int64_t row, int64_t outer, int64_t step, int64_t inner,
                       const int64_t *at)
{
   enum { KERNEL = 64, AHEAD = 8 };
   uint16_t rounded[TILE_ROWS * KERNEL] = {0};
   bool near = row > 1 && row <= KERNEL, together = near && 4 * inner >= row;
   for (int64_t o = 0, d = 0; o < outer; o++) {
      const float *from = w + o * step;
      for (int64_t i = 0; i < rows * row && near; i += 16) __builtin_prefetch(from + AHEAD * step + i);
      if (together) hl_bf16_rounds(rounded, from, rows * row);
      for (int64_t i = 0; i < inner; i++, d++) {
         for (int r = 0; r < rows && !together; r++) rounded[r] = hl_bf16_round(from[r * row + at[i]]);
         put_column(to, d, together ? rounded + at[i] : rounded, together ? row : 1);
      }
   }
}

/* Weights for correlate: row r, column o * inner + i is w[r * row + o * step + at[i]], rounded. NULL where memory is
 * out. */
static uint16_t *pack(const float *w, int64_t rows, int64_t row, int64_t outer, int64_t step, int64_t inner,
                      const int64_t *at)
{
   int64_t panels = up(rows, TILE_ROWS), pairs = up(outer * inner, 2);
   uint16_t *packed = hl_conv_room(CONV_WEIGHTS, 4, panels, (int64_t)TILE_ROWS, pairs, (int64_t)(2 * sizeof *packed));
   if (!packed) return NULL;
#pragma omp parallel for
   for (int64_t panel = 0; panel < panels; panel++) {
      uint16_t *to = packed + 2 * panel * pairs * TILE_ROWS;
      int64_t r0 = panel * TILE_ROWS;
      int here = rows - r0 < TILE_ROWS ? (int)(rows - r0) : TILE_ROWS;
      if (inner == 1 && step == 1) {
         pack_columns(to, w + r0 * row + at[0], row, here, outer);
         continue;
      }
      if (row == 1 && here == TILE_ROWS)
         pack_rows(to, w + r0, outer, step, inner, at);
      else
         pack_panel(to, w + r0 * row, here, row, outer, step, inner, at);
      static const uint16_t nothing[TILE_ROWS];
      if (outer * inner % 2) put_column(to, outer * inner, nothing, 1);
   }
   return packed;
}

/* Into y or, where that is NULL, sums. */
static int forward_one(const conv_shape *s, uint16_t *y, float *sums, const uint16_t *x, const float *w,
                       const float *bias)
{
   int64_t n_taps = s->r * s->s, *table = taps(n_taps);
   if (!table) return 1;
   GEOMETRY g = forward_geometry(s, table);
   job j = {.bias = bias, .k = s->k, .pairs = up(s->c * n_taps, 2), .y = y, .sums = sums};
   j.y_plane = s->p * s->q;
   j.y_image = s->k * j.y_plane;
   j.y_row = j.y_cols = s->q;
   j.y_col = 1;
   j.a = pack(w, s->k, s->c * n_taps, s->c * n_taps, 1, 1, (const int64_t[]){0});
   if (!j.a) return 1;
   HL_TRY(prepare(&j.from, x, &g, table + 2 * n_taps));
   return correlate(&j);
}

/* dx (c, rows i0 + stride_h * i, columns j0 + stride_w * j) is a correlation of dy with the taps that reach them. */
static int backward_x_one(const conv_shape *s, uint16_t *dx, const uint16_t *dy, const float *w)
{
   int64_t n_taps = s->r * s->s, *table = taps(n_taps);
   if (!table) return 1;
   if (hl_conv_skips(s)) memset(dx, 0, (size_t)(s->n * s->c * s->h * s->w) * sizeof *dx);
   for (int64_t i0 = 0; i0 < s->stride_h && i0 < s->h; i0++)
      for (int64_t j0 = 0; j0 < s->stride_w && j0 < s->w; j0++) {
         GEOMETRY g = phase_geometry(s, i0, j0, table, table + 2 * n_taps);
         job j = {.k = s->c, .y = dx + i0 * s->w + j0};
         j.y_plane = s->h * s->w;
         j.y_image = s->c * j.y_plane;
         j.y_row = s->stride_h * s->w;
         j.y_col = s->stride_w;
         j.y_cols = g.cols;
         if (g.taps == 0) continue;
         j.pairs = up(s->k * g.taps, 2);
         j.a = pack(w, s->c, n_taps, s->k, s->c * n_taps, g.taps, table + 2 * n_taps);
         if (!j.a) return 1;
         HL_TRY(prepare(&j.from, dy, &g, table + 2 * n_taps));
         HL_TRY(correlate(&j));
      }
   return 0;
}

/* The row of channel c and tap t of a piece, as runs of at most LANES elements. */
static void copy_runs(uint16_t *to, const SOURCE *s, int64_t c, int64_t t, const RUN *runs, int n)
{
   const uint16_t *from = s->data + c * s->plane + s->at[t];
   for (const RUN *run = runs; run < runs + n; run++) {
      __mmask16 inside = (__mmask16)((1u << run->length) - 1);
      _mm256_storeu_si256((void *)(to + run->to), _mm256_maskz_loadu_epi16(inside, from + run->from));
   }
}

/* sums (k, depth) of columns d0 .. d1 - 1 over the pixels of pieces first, first + 1, ... before last. */
static void weight_tile_sums(const SOURCE *s, const uint16_t *dy, int64_t k, int64_t d0, int64_t d1, int64_t first,
                             int64_t last, int64_t piece, float *sums, int64_t ld, bool add, uint32_t *work, int *stop)
{
   RUN runs[PIXELS + 1];
   int64_t pixels = s->rows * s->cols, pieces = up(pixels, piece), half = up(piece, 2);
   uint32_t *rows = work, *b = work + LANES * (PIXELS / 2) + LANES, *odd = b + PANELS * PANEL * (PIXELS / 2);
   for (int64_t at = first; at < last && !hl_conv_stopped(stop); at++, add = true) {
      int64_t image = at / pieces, p0 = at % pieces * piece, n = pixels - p0 < piece ? pixels - p0 : piece;
      int n_runs = find_runs(runs, s, image * pixels + p0, n, 0);
      int64_t pairs = n / 2;
      const uint16_t *a = dy + image * k * pixels + p0;
      for (int64_t d = d0; d < d1; d += LANES) { /* LANES rows of shifted images become lanes */
         int lanes = d1 - d < LANES ? (int)(d1 - d) : LANES;
         for (int i = 0; i < lanes; i++)
            copy_runs((uint16_t *)(rows + i * half), s, (d + i) / s->taps, (d + i) % s->taps, runs, n_runs);
         int64_t panel = (d - d0) / PANEL, in_panel = (d - d0) % PANEL;
         for (int i = 0; i < LANES && n % 2; i++) /* the last pixel, beside a 0 */
            odd[panel * PANEL + in_panel + i] = i < lanes ? ((uint16_t *)(rows + i * half))[n - 1] : 0;
         if (pairs > 0)
            to_lanes((float *)(b + panel * PANEL * half + in_panel), PANEL, (float *)rows, half, lanes, pairs);
      }
      if (pairs > 0) float_product(k, d1 - d0, pairs, a, pixels, b, PANEL * half, sums, ld, add);
      if (n % 2 == 0) continue;
      for (int64_t k0 = 0; k0 < k; k0 += PANEL) {
         uint32_t column[PANEL];
         int64_t m = k - k0 < PANEL ? k - k0 : PANEL;
         for (int64_t r = 0; r < m; r++) column[r] = a[(k0 + r) * pixels + n - 1];
         float_product(m, d1 - d0, 1, (uint16_t *)column, 2, odd, PANEL, sums + k0 * ld, ld, add || pairs > 0);
      }
   }
}

int hl_conv_bf16_dw(const conv_shape *s, float *dw, const uint16_t *dy, const uint16_t *x)
{
   int64_t n_taps = s->r * s->s, *table = taps(n_taps);
   if (!table) return 1;
   GEOMETRY g = forward_geometry(s, table);
   SOURCE from;
   HL_TRY(prepare(&from, x, &g, table + 2 * n_taps));
   int64_t total = s->c * n_taps, pixels = s->p * s->q, pieces = up(pixels, PIXELS);
   int64_t piece = up(up(pixels, pieces), 2) * 2, depth = PANELS * PANEL;
   pieces = up(pixels, piece);
   while (depth > PANEL && total < UNITS * depth) depth -= PANEL;
   int64_t blocks = up(total, depth), splits = up(UNITS, blocks);
   if (splits > s->n * pieces) splits = s->n * pieces;
   int64_t each = LANES * (PIXELS / 2) + LANES + PANELS * PANEL * (PIXELS / 2 + 1);
   uint32_t *work = hl_conv_room(CONV_WORK, 3, each, (int64_t)omp_get_max_threads(), (int64_t)sizeof *work);
   float *sums = dw;
   if (splits > 1) sums = hl_conv_room(CONV_SUMS, 4, splits, s->k, total, (int64_t)sizeof *sums);
   if (!work || !sums) return 1;
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < blocks * splits; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t d0 = unit % blocks * depth, d1 = d0 + depth < total ? d0 + depth : total;
      int64_t split = unit / blocks, all = s->n * pieces, first = all * split / splits;
      int64_t last = all * (split + 1) / splits;
      float *to = sums + (splits > 1 ? split * s->k * total : 0) + d0;
      uint32_t *own = work + omp_get_thread_num() * each;
      weight_tile_sums(&from, dy, s->k, d0, d1, first, last, piece, to, total, splits == 1, own, &stop);
   }
   if (stop) return hl_fail("interrupted");
   if (splits > 1) {
#pragma omp parallel for
      for (int64_t k = 0; k < s->k; k++)
         for (int64_t split = 0; split < splits; split++) {
            const float *part = sums + (split * s->k + k) * total;
            for (int64_t d = 0; d < total; d++) dw[k * total + d] += part[d];
         }
   }
   return 0;
}

int hl_conv_bf16_sums(const conv_shape *s, float *y, const uint16_t *x, const float *w)
{
   return forward_one(s, NULL, y, x, w, NULL);
}

int hl_conv_bf16_taps_dx(const conv_shape *s, const conv_plan *plan, uint16_t *dx, const uint16_t *dy,
                         const float *weights)
{
   int64_t *table = taps(plan->taps + 1);
   if (!table) return 1;
   int64_t *at = table + 2 * plan->taps, rows = 0;
   for (int64_t i = 0; i < plan->bands; i++) rows += plan->band[i].rows;
   if (rows < s->h) memset(dx, 0, (size_t)(s->n * s->c * s->h * s->w) * sizeof *dx); /* rows that no tap reaches */
   for (int64_t i = 0; i < plan->bands; i++) {
      const conv_band *band = plan->band + i;
      const conv_group *first = plan->group + band->group, *last = first + band->groups - 1;
      int64_t tap = first->tap, n_taps = last->tap + last->taps - tap;
      GEOMETRY g = {s->n, s->k, s->p, s->q, band->rows, s->w, 1, 1, n_taps, table, table + plan->taps};
      for (int64_t t = 0; t < n_taps; t++) {
         const conv_source *source = plan->source + plan->first[tap + t];
         g.tap_h[t] = band->row - source->row;
         g.tap_w[t] = -source->col;
         at[t] = (tap + t) * s->k * s->c;
      }
      job j = {.k = s->c, .y = dx + band->row * s->w, .y_plane = s->h * s->w, .y_row = s->w, .y_col = 1};
      j.y_image = s->c * j.y_plane;
      j.y_cols = s->w;
      j.pairs = up(s->k * n_taps, 2);
      j.a = pack(weights, s->c, 1, s->k, s->c, n_taps, at);
      if (!j.a) return 1;
      HL_TRY(prepare(&j.from, dy, &g, at));
      HL_TRY(correlate(&j));
   }
   return 0;
}

/* A product of pairs does two multiplications in the time of one, yet its rounds of packing, loading and rounding weigh
 * more beside it. Whole steps of ResNet-18 and ResNet-101 on a Zen 4 are fastest where it is taken to save a quarter,
 * so that most 3x3 convolutions stay with Winograd in float32. Processors with AMX take four times as long. */
static double share(void)
{
   return hl_amx() ? 3 : 0.75;
}

static double cost(const conv_shape *s, int n, int dtype, conv_pass pass)
{
   if (n > 1 || dtype != HL_BF16) return INFINITY;
   double x = (double)(s->n * s->c * s->h * s->w), pixels = (double)(s->n * s->p * s->q), taps = (double)(s->r * s->s);
   bool strided = s->stride_h != 1 || s->stride_w != 1;
   return pixels * taps * ((double)(s->c * s->k) * CONV_MULTIPLY + hl_conv_packing(s, pass)) * share() +
          (pass == BACKWARD_X && strided ? x * CONV_SCATTER : 0);
}

static int forward(const conv_shape *s, uint16_t *y, const uint16_t *x, const float *w, const float *bias)
{
   return forward_one(s, y, NULL, x, w, bias);
}

CONV_WAY_BF16(hl_conv_gemm_bf16, cost, forward, backward_x_one, hl_conv_bf16_dw);

#else

CONV_WAY_ABSENT(hl_conv_gemm_bf16);

#endif
