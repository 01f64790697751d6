#ifdef real
#include "micro.h"

#define item real
#include "conv_source.h"
#undef item

/* Packs the row of channel c and tap t. Full vectors are moved; what is too much, the next run or row overwrites. */
ALWAYS_INLINE void FN(copy_runs)(real *to, const SOURCE *s, int64_t c, int64_t t, const RUN *runs, int n)
{
   int64_t at = c * s->plane + s->at[t];
   const real *from = s->data + at;
   if (at + runs[n - 1].from + LANES <= s->end)
      for (const RUN *run = runs; run < runs + n; run++) FN(store)(to + run->to, FN(load)(from + run->from));
   else
      for (const RUN *run = runs; run < runs + n; run++)
         memcpy(to + run->to, from + run->from, (size_t)run->length * sizeof(real));
}

enum {
   FN(DEPTH) = 384,  /* rows of a packed tile: its panels stay in L1 and L2 */
   FN(PANELS) = 4,   /* panels of a packed tile */
   FN(PIXELS) = 256, /* depth of a tile of dw */
   FN(UNITS) = 16    /* pieces of dw, so that threads find work; not their number, so that results do not change */
};

/* c (m,n) = [c +] a b for packed weights a, (m / TILE_ROWS, total, TILE_ROWS), of which depth are used. */
static __attribute__((noinline)) void FN(weights_times)(int64_t m, int64_t n, int64_t depth, const real *a,
                                                        int64_t total, const real *b, int64_t panel, real *c,
                                                        int64_t ldc, int add)
{
   FN(product)(m, n, depth, a, 1, TILE_ROWS, TILE_ROWS * total, b, panel, c, ldc, add);
}

/* c (m,n) = [c +] a b for rows a, ld apart. */
static __attribute__((noinline)) void FN(rows_times)(int64_t m, int64_t n, int64_t depth, const real *a, int64_t ld,
                                                     const real *b, int64_t panel, real *c, int64_t ldc, int add)
{
   FN(product)(m, n, depth, a, ld, 1, TILE_ROWS * ld, b, panel, c, ldc, add);
}

/* Results of a correlation, written to y with any strides. Weights a are packed: (k / TILE_ROWS, channels * taps,
 * TILE_ROWS). */
typedef struct {
   SOURCE from;
   real *a;
   const real *bias;
   int64_t k;
   real *y;
   int64_t y_image, y_plane, y_row, y_col, y_cols; /* y_cols: results in one row of y */
} JOB;

/* y of k rows k0.. and results first .. first + count - 1. work: a packed tile, and sums for results that are not
 * neighbours in y. */
static void FN(correlate_tile)(const JOB *job, int64_t k0, int64_t k, int64_t first, int64_t count, real *work,
                               int *stop)
{
   const SOURCE *s = &job->from;
   RUN runs[FN(PANELS) * PANEL];
   int n = 0;
   int64_t pixels = s->rows * s->cols, image = first / pixels, panels = up(count, PANEL);
   int64_t total = s->channels * s->taps, pieces = up(total, FN(DEPTH));
   int64_t depth = up(total, pieces), panel = PANEL * (depth + 1);
   real *b = work, *sums = work + FN(PANELS) * PANEL * (FN(DEPTH) + 1);
   bool direct = job->y_col == 1 && job->y_row == job->y_cols && (first + count - 1) / pixels == image;
   real *out = direct ? job->y + image * job->y_image + k0 * job->y_plane + first % pixels : sums;
   int64_t ldo = direct ? job->y_plane : FN(PANELS) * PANEL;

   if (count % PANEL) memset(b, 0, (size_t)(panels * panel) * sizeof(real)); /* unused lanes hold no denormals */
   for (int64_t j = 0; j < count; j += PANEL)
      n += FN(find_runs)(runs + n, s, first + j, count - j < PANEL ? count - j : PANEL, j / PANEL * panel);
   if (job->bias)
      for (int64_t r = 0; r < k; r++)
         for (int64_t i = 0; i < count; i++) out[r * ldo + i] = job->bias[k0 + r];
   for (int64_t d0 = 0; d0 < total && !hl_conv_stopped(stop); d0 += depth) {
      int64_t d1 = d0 + depth < total ? d0 + depth : total;
      int64_t c = d0 / s->taps, t = d0 % s->taps;
      for (int64_t d = d0; d < d1; d++) {
         FN(copy_runs)(b + (d - d0) * PANEL, s, c, t, runs, n);
         if (++t == s->taps) t = 0, c++;
      }
      const real *a = job->a + k0 * total + d0 * TILE_ROWS;
      FN(weights_times)(k, count, d1 - d0, a, total, b, panel, out, ldo, d0 > 0 || job->bias);
   }
   if (direct) return;
   for (int64_t i = 0; i < count; i++) {
      int64_t at = (first + i) % pixels;
      real *y = job->y + (first + i) / pixels * job->y_image + k0 * job->y_plane + at / job->y_cols * job->y_row +
                at % job->y_cols * job->y_col;
      for (int64_t r = 0; r < k; r++) y[r * job->y_plane] = sums[r * ldo + i];
   }
}

static int FN(correlate)(const JOB *job)
{
   const SOURCE *s = &job->from;
   int64_t pixels = s->rows * s->cols, tile = FN(PANELS) * PANEL, threads = omp_get_max_threads();
   /* Tiles keep to one image where that costs little. */
   int64_t span = pixels >= tile ? pixels : pixels * s->images, spans = pixels * s->images / span;
   while (tile > PANEL && spans * up(span, tile) < 2 * threads) tile -= PANEL;
   int64_t tiles = up(span, tile), k = job->k, parts = 1;
   while (spans * tiles * parts < 4 * threads && job->k >= 64 * parts) parts++;
   k = up(up(job->k, parts), TILE_ROWS) * TILE_ROWS;
   parts = up(job->k, k);
   int64_t each = FN(PANELS) * PANEL * (FN(DEPTH) + 1 + k);
   real *work = hl_conv_room(CONV_WORK, 3, each, threads, (int64_t)sizeof(real));
   if (!work) return 1;
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < spans * tiles * parts; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t k0 = unit % parts * k, in_span = unit / parts % tiles * tile;
      int64_t rows = job->k - k0 < k ? job->k - k0 : k, count = span - in_span < tile ? span - in_span : tile;
      real *own = work + omp_get_thread_num() * each;
      FN(correlate_tile)(job, k0, rows, unit / parts / tiles * span + in_span, count, own, &stop);
   }
   return stop ? hl_fail("interrupted") : 0;
}

/* Weights for correlate: row r, column o * inner + i is w[r * row + o * step + at[i]]. NULL where memory is out. */
static real *FN(pack)(const real *w, int64_t rows, int64_t row, int64_t outer, int64_t step, int64_t inner,
                      const int64_t *at)
{
   enum { CHUNK = 64 };
   int64_t panels = up(rows, TILE_ROWS), total = outer * inner;
   real *packed = hl_conv_room(CONV_WEIGHTS, 4, panels, (int64_t)TILE_ROWS, total, (int64_t)sizeof(real));
   if (!packed) return NULL;
#pragma omp parallel for collapse(2)
   for (int64_t panel = 0; panel < panels; panel++)
      for (int64_t o0 = 0; o0 < outer; o0 += CHUNK) {
         int64_t o1 = o0 + CHUNK < outer ? o0 + CHUNK : outer, r0 = panel * TILE_ROWS;
         real *to = packed + (panel * total + o0 * inner) * TILE_ROWS;
         for (int64_t o = o0; o < o1; o++)
            for (int64_t i = 0; i < inner; i++, to += TILE_ROWS) {
               const real *from = w + r0 * row + o * step + at[i];
               if (r0 + TILE_ROWS <= rows)
                  for (int r = 0; r < TILE_ROWS; r++) to[r] = from[r * row];
               else
                  for (int r = 0; r < TILE_ROWS; r++) to[r] = r0 + r < rows ? from[r * row] : 0;
            }
      }
   return packed;
}

static int FN(forward)(const conv_shape *s, real *y, const real *x, const real *w, const real *bias)
{
   int64_t taps = s->r * s->s, *table = FN(taps)(taps);
   if (!table) return 1;
   GEOMETRY g = FN(forward_geometry)(s, table);
   JOB job = {.bias = bias, .k = s->k, .y = y};
   job.y_plane = s->p * s->q;
   job.y_image = s->k * job.y_plane;
   job.y_row = job.y_cols = s->q;
   job.y_col = 1;
   job.a = FN(pack)(w, s->k, s->c * taps, s->c * taps, 1, 1, (const int64_t[]){0});
   if (!job.a) return 1;
   HL_TRY(FN(prepare)(&job.from, x, &g, table + 2 * taps));
   return FN(correlate)(&job);
}

/* dx (c, rows i0 + stride_h * i, columns j0 + stride_w * j) is a correlation of dy with the taps that reach them. */
static int FN(backward_x)(const conv_shape *s, real *dx, const real *dy, const real *w)
{
   int64_t taps = s->r * s->s, *table = FN(taps)(taps);
   if (!table) return 1;
   if (hl_conv_skips(s)) memset(dx, 0, (size_t)(s->n * s->c * s->h * s->w) * sizeof(real));
   for (int64_t i0 = 0; i0 < s->stride_h && i0 < s->h; i0++)
      for (int64_t j0 = 0; j0 < s->stride_w && j0 < s->w; j0++) {
         GEOMETRY g = FN(phase_geometry)(s, i0, j0, table, table + 2 * taps);
         JOB job = {.k = s->c, .y = dx + i0 * s->w + j0};
         job.y_plane = s->h * s->w;
         job.y_image = s->c * job.y_plane;
         job.y_row = s->stride_h * s->w;
         job.y_col = s->stride_w;
         job.y_cols = g.cols;
         if (g.taps == 0) continue;
         job.a = FN(pack)(w, s->c, taps, s->k, s->c * taps, g.taps, table + 2 * taps);
         if (!job.a) return 1;
         HL_TRY(FN(prepare)(&job.from, dy, &g, table + 2 * taps));
         HL_TRY(FN(correlate)(&job));
      }
   return 0;
}

/* dx of a sum of convolutions with stride 1: each band of rows is a correlation of dy with the taps that reach it. */
static int FN(sum_x)(const conv_shape *s, const conv_plan *plan, real *dx, const real *dy, const real *weights)
{
   int64_t *table = FN(taps)(plan->taps + 1);
   if (!table) return 1;
   int64_t *at = table + 2 * plan->taps, rows = 0;
   for (int64_t i = 0; i < plan->bands; i++) rows += plan->band[i].rows;
   if (rows < s->h) memset(dx, 0, (size_t)(s->n * s->c * s->h * s->w) * sizeof(real)); /* rows that no tap reaches */
   for (int64_t i = 0; i < plan->bands; i++) {
      const conv_band *band = plan->band + i;
      const conv_group *first = plan->group + band->group, *last = first + band->groups - 1;
      int64_t tap = first->tap, taps = last->tap + last->taps - tap;
      GEOMETRY g = {s->n, s->k, s->p, s->q, band->rows, s->w, 1, 1, taps, table, table + plan->taps};
      for (int64_t t = 0; t < taps; t++) {
         const conv_source *source = plan->source + plan->first[tap + t];
         g.tap_h[t] = band->row - source->row;
         g.tap_w[t] = -source->col;
         at[t] = (tap + t) * s->k * s->c;
      }
      JOB job = {.k = s->c, .y = dx + band->row * s->w, .y_plane = s->h * s->w, .y_row = s->w, .y_col = 1};
      job.y_image = s->c * job.y_plane;
      job.y_cols = s->w;
      job.a = FN(pack)(weights, s->c, 1, s->k, s->c, taps, at);
      if (!job.a) return 1;
      HL_TRY(FN(prepare)(&job.from, dy, &g, at));
      HL_TRY(FN(correlate)(&job));
   }
   return 0;
}

/* sums (k, depth) of columns d0 .. d1 - 1 over the pixels of pieces first, first + 1, ... before last. */
static void FN(weight_tile)(const SOURCE *s, const real *dy, int64_t k, int64_t d0, int64_t d1, int64_t first,
                            int64_t last, int64_t piece, real *sums, int64_t ld, bool add, real *work, int *stop)
{
   RUN runs[FN(PIXELS)];
   int64_t pixels = s->rows * s->cols, pieces = up(pixels, piece);
   real *rows = work, *b = work + LANES * FN(PIXELS) + LANES;
   for (int64_t at = first; at < last && !hl_conv_stopped(stop); at++, add = true) {
      int64_t image = at / pieces, p0 = at % pieces * piece, n = pixels - p0 < piece ? pixels - p0 : piece;
      int n_runs = FN(find_runs)(runs, s, image * pixels + p0, n, 0);
      for (int64_t d = d0; d < d1; d += LANES) { /* LANES rows of shifted images become lanes */
         int lanes = d1 - d < LANES ? (int)(d1 - d) : LANES;
         for (int i = 0; i < lanes; i++)
            FN(copy_runs)(rows + i * piece, s, (d + i) / s->taps, (d + i) % s->taps, runs, n_runs);
         int64_t panel = (d - d0) / PANEL;
         FN(to_lanes)(b + panel * PANEL * piece + (d - d0) % PANEL, PANEL, rows, piece, lanes, n);
      }
      FN(rows_times)(k, d1 - d0, n, dy + image * k * pixels + p0, pixels, b, PANEL * piece, sums, ld, add);
   }
}

static int FN(backward_w)(const conv_shape *s, real *dw, const real *dy, const real *x)
{
   int64_t taps = s->r * s->s, *table = FN(taps)(taps);
   if (!table) return 1;
   GEOMETRY g = FN(forward_geometry)(s, table);
   SOURCE from;
   HL_TRY(FN(prepare)(&from, x, &g, table + 2 * taps));
   int64_t total = s->c * taps, pixels = s->p * s->q, pieces = up(pixels, FN(PIXELS));
   int64_t piece = up(pixels, pieces), depth = FN(PANELS) * PANEL;
   while (depth > PANEL && total < FN(UNITS) * depth) depth -= PANEL;
   int64_t blocks = up(total, depth), splits = up(FN(UNITS), blocks);
   if (splits > s->n * pieces) splits = s->n * pieces;
   int64_t each = LANES * FN(PIXELS) + LANES + FN(PANELS) * PANEL * FN(PIXELS);
   real *work = hl_conv_room(CONV_WORK, 3, each, (int64_t)omp_get_max_threads(), (int64_t)sizeof(real));
   real *sums = dw;
   if (splits > 1) sums = hl_conv_room(CONV_SUMS, 4, splits, s->k, total, (int64_t)sizeof(real));
   if (!work || !sums) return 1;
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < blocks * splits; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t d0 = unit % blocks * depth, d1 = d0 + depth < total ? d0 + depth : total;
      int64_t split = unit / blocks, all = s->n * pieces, first = all * split / splits;
      int64_t last = all * (split + 1) / splits;
      real *to = sums + (splits > 1 ? split * s->k * total : 0) + d0, *own = work + omp_get_thread_num() * each;
      FN(weight_tile)(&from, dy, s->k, d0, d1, first, last, piece, to, total, splits == 1, own, &stop);
   }
   if (stop) return hl_fail("interrupted");
   if (splits > 1) {
#pragma omp parallel for
      for (int64_t k = 0; k < s->k; k++)
         for (int64_t split = 0; split < splits; split++) {
            const real *part = sums + (split * s->k + k) * total;
            for (int64_t d = 0; d < total; d++) dw[k * total + d] += part[d];
         }
   }
   return 0;
}

#else

/* conv_gemm.c: any convolution as an implicit matrix product.
 *
 * The weights (K, C*R*S) times the matrix whose rows are the images shifted by
 * each tap. That matrix is never whole: a tile of it is packed into a thread's
 * cache, used against all weights, and gone. Its rows are copied from images
 * that were padded once before, with the columns of a strided convolution
 * sorted by their remainder, so that packing is a plain copy of runs for every
 * stride, padding and dilation. */
#include "conv.h"
#include <math.h>
#include <string.h>
#define JOB FN(job)
#define HL_GENERIC "conv_gemm.c"
#include "generic.h"

int hl_conv_gemm_y(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias)
{
   return dtype == HL_F64 ? forward_f64(s, y, x, w, bias) : forward_f32(s, y, x, w, bias);
}

int hl_conv_gemm_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w)
{
   return dtype == HL_F64 ? backward_x_f64(s, dx, dy, w) : backward_x_f32(s, dx, dy, w);
}

int hl_conv_gemm_taps_dx(const conv_shape *s, const conv_plan *plan, int dtype, void *dx, const void *dy,
                         const void *weights)
{
   return dtype == HL_F64 ? sum_x_f64(s, plan, dx, dy, weights) : sum_x_f32(s, plan, dx, dy, weights);
}

int hl_conv_gemm_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x)
{
   return dtype == HL_F64 ? backward_w_f64(s, dw, dy, x) : backward_w_f32(s, dw, dy, x);
}

static double cost(const conv_shape *s, int n, int dtype, conv_pass pass)
{
   if (n > 1 || dtype == HL_BF16) return INFINITY;
   double x = (double)(s->n * s->c * s->h * s->w), pixels = (double)(s->n * s->p * s->q), taps = (double)(s->r * s->s);
   bool strided = s->stride_h != 1 || s->stride_w != 1;
   return pixels * taps * ((double)(s->c * s->k) * CONV_MULTIPLY + hl_conv_packing(s, pass)) +
          (pass == BACKWARD_X && strided ? x * CONV_SCATTER : 0);
}

static int forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b)
{
   (void)n;
   return hl_conv_gemm_y(s, dtype, y, x, w[0], b[0]);
}

static int backward_x(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w)
{
   (void)n;
   return hl_conv_gemm_dx(s, dtype, dx, dy, w[0]);
}

static int backward_w(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x)
{
   (void)n;
   return hl_conv_gemm_dw(s, dtype, dw[0], dy, x);
}

const conv_way hl_conv_gemm = {cost, forward, backward_x, backward_w};

#endif
