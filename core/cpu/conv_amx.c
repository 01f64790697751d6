/* conv_amx.c: any convolution of bfloat16 as products of tiles, on processors with AMX; forward and the gradient of x,
 * which is a convolution of dy, or one for each remainder of x's pixels modulo the strides.
 *
 * A block of 32 output channels and 32 neighbouring pixels is four tiles of float32, to which every tap adds the
 * products of its weights and of the images shifted by it: 32 channels at a time, read in place from images that lie
 * as conv_amx.h tells. */
#include <math.h>
#include "bfloat.h"
#include "conv_amx.h"

#if CONV_AMX_BUILT

enum {
   PIXELS = 2 * AMX_SIDE, /* of a block */
   STRIP = 32 * PIXELS,   /* pixels of a unit of work */
   NEAR_BYTES = 1 << 20   /* weights that stay in a core's cache while images pass by */
};

typedef struct {
   amx_images from;
   const uint32_t *x; /* (images, pairs, plane), pairs being steps * depth */
   uint16_t *a;       /* weights: blocks of two tiles of outputs, (steps, taps, tiles) each */
   const float *bias;
   int64_t k, k_rows; /* outputs; those of a tile */
   int64_t steps, depth;
   /* Results, at image * y_image + output * y_plane + row * y_row + col * y_col: rounded in y, or sums where y is NULL.
    */
   uint16_t *y;
   float *sums;
   int64_t y_image, y_plane, y_row, y_col;
} job;

static void cut_outputs(job *j)
{
   j->k_rows = amx_up(j->k, amx_up(j->k, AMX_SIDE));
}

static int64_t tiles_of(const job *j)
{
   return amx_up(j->k, j->k_rows);
}

static void cut_channels(job *j)
{
   int64_t pairs = amx_up(j->from.channels, 2);
   j->steps = amx_up(pairs, AMX_SIDE);
   j->depth = amx_up(pairs, j->steps);
}

/* j->a = weights, rounded: that of output o, channel c and tap t is w[o * output + c * channel + weight[t]]. */
static int pack(job *j, const float *w, int64_t output, int64_t channel)
{
   int64_t tiles = tiles_of(j), taps = j->from.taps;
   j->a = hl_conv_room(CONV_WEIGHTS, 4, tiles, j->steps, taps, (int64_t)(AMX_TILE * sizeof *j->a));
   if (!j->a) return 1;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < tiles * j->steps; unit++) {
      int64_t tile = unit / j->steps, step = unit % j->steps, in_block = tiles - tile / 2 * 2 < 2 ? 1 : 2;
      uint16_t *to = j->a + (tile / 2 * 2 * j->steps * taps + step * taps * in_block + tile % 2) * AMX_TILE;
      int64_t c0 = 2 * step * j->depth, left = j->from.channels - c0;
      if (left > 2 * j->depth) left = 2 * j->depth;
      __mmask16 low = (__mmask16)((1u << amx_up(left, 2)) - 1), high = (__mmask16)((1u << left / 2) - 1);
      __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
      __m512i places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32((int)(2 * channel)));
      for (int64_t r = 0; r < j->k_rows; r++) {
         int64_t o = tile * j->k_rows + r;
         for (int64_t t = 0; t < taps; t++) {
            __m512i pairs = _mm512_setzero_si512();
            if (o < j->k) {
               const float *from = w + o * output + c0 * channel + j->from.weight[t];
               __m512 zero = _mm512_setzero_ps();
               __m512 first = _mm512_mask_i32gather_ps(zero, low, places, from, 4);
               __m512 second = _mm512_mask_i32gather_ps(zero, high, places, from + channel, 4);
               pairs =
                   _mm512_or_si512(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(first)),
                                   _mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(second)), 16));
            }
            _mm512_storeu_si512(to + t * in_block * AMX_TILE + r * 2 * AMX_SIDE, pairs);
         }
      }
   }
   return 0;
}

/* sums (tiles * AMX_SIDE, PIXELS), of so many tiles of outputs and of pixels, from weights a and the images at x. */
static inline __attribute__((always_inline)) void multiply(const int tiles, const int across, const job *j,
                                                           const uint16_t *a, const uint32_t *x, float *sums)
{
   int64_t row = j->from.plane * (int64_t)sizeof *x;
   TILE_ZERO(0);
   TILE_ZERO(1);
   TILE_ZERO(2);
   TILE_ZERO(3);
   for (int64_t step = 0; step < j->steps; step++, x += j->depth * j->from.plane)
      for (int64_t t = 0; t < j->from.taps; t++, a += tiles * AMX_TILE) {
         const uint32_t *b = x + j->from.at[t];
         TILE_LOAD(4, a, 64);
         TILE_LOAD(6, b, row);
         TILE_MULTIPLY(0, 4, 6);
         if (across == 2) {
            TILE_LOAD(7, b + AMX_SIDE, row);
            TILE_MULTIPLY(1, 4, 7);
         }
         if (tiles == 2) {
            TILE_LOAD(5, a + AMX_TILE, 64);
            TILE_MULTIPLY(2, 5, 6);
         }
         if (tiles == 2 && across == 2) TILE_MULTIPLY(3, 5, 7);
      }
   int64_t ld = PIXELS * (int64_t)sizeof *sums;
   TILE_STORE(0, sums, ld);
   if (across == 2) TILE_STORE(1, sums + AMX_SIDE, ld);
   if (tiles == 2) TILE_STORE(2, sums + j->k_rows * PIXELS, ld);
   if (tiles == 2 && across == 2) TILE_STORE(3, sums + j->k_rows * PIXELS + AMX_SIDE, ld);
}

static __attribute__((noinline)) void multiply_block(int tiles, int across, const job *j, const uint16_t *a,
                                                     const uint32_t *x, float *sums)
{
   if (tiles == 2 && across == 2)
      multiply(2, 2, j, a, x, sums);
   else if (tiles == 2)
      multiply(2, 1, j, a, x, sums);
   else if (across == 2)
      multiply(1, 2, j, a, x, sums);
   else
      multiply(1, 1, j, a, x, sums);
}

/* Neighbouring results of one row: where they stand in a block and in the result. */
typedef struct {
   int64_t from, to, length;
} run;

static int find_runs(run *runs, const job *j, int64_t image, int64_t first)
{
   int64_t rows = j->from.rows, cols = j->from.cols, width = j->from.width;
   if (width == cols && j->y_row == cols * j->y_col) cols = width = rows * cols, rows = 1;
   int n = 0;
   for (int64_t i = 0; i < PIXELS;) {
      int64_t row = (first + i) / width, col = (first + i) % width, length = cols - col;
      if (row >= rows) break;
      if (length > PIXELS - i) length = PIXELS - i;
      if (length > 0) runs[n++] = (run){i, image * j->y_image + row * j->y_row + col * j->y_col, length};
      i += width - col;
   }
   return n;
}

/* Writes a block's results, of outputs k0 to k0 + k - 1. */
static void write_block(const job *j, int64_t k0, int64_t k, const run *runs, int n, const float *sums)
{
   for (int64_t r = 0; r < k; r++, sums += PIXELS) {
      __m512 bias = _mm512_set1_ps(j->bias ? j->bias[k0 + r] : 0);
      int64_t plane = (k0 + r) * j->y_plane;
      for (const run *it = runs; it < runs + n; it++)
         for (int64_t i = 0; i < it->length; i += AMX_SIDE) {
            int64_t left = it->length - i, to = plane + it->to + i * j->y_col;
            __mmask16 inside = left >= AMX_SIDE ? 0xffff : (__mmask16)((1u << left) - 1);
            __m512 v = _mm512_add_ps(_mm512_maskz_loadu_ps(inside, sums + it->from + i), bias);
            if (!j->y) {
               _mm512_mask_storeu_ps(j->sums + to, inside, v);
               continue;
            }
            __m256i rounded = (__m256i)_mm512_cvtneps_pbh(v);
            if (j->y_col == 1) {
               _mm256_mask_storeu_epi16(j->y + to, inside, rounded);
               continue;
            }
            uint16_t apart[AMX_SIDE];
            _mm256_storeu_si256((void *)apart, rounded);
            for (int64_t e = 0; e < left && e < AMX_SIDE; e++) j->y[to + e * j->y_col] = apart[e];
         }
   }
}

/* One block of outputs of a strip of one image's pixels. */
static void correlate_strip(const job *j, int64_t image, int64_t block, int64_t first, int64_t last)
{
   int64_t k0 = 2 * block * j->k_rows, k = j->k - k0 < 2 * j->k_rows ? j->k - k0 : 2 * j->k_rows;
   const uint16_t *a = j->a + 2 * block * j->steps * j->from.taps * AMX_TILE;
   const uint32_t *x = j->x + image * j->steps * j->depth * j->from.plane;
   int64_t used = (j->from.rows - 1) * j->from.width + j->from.cols;
   float sums[2 * AMX_SIDE * PIXELS] __attribute__((aligned(64)));
   run runs[PIXELS];
   amx_begin(j->k_rows, j->depth);
   for (int64_t at = first; at < last; at += PIXELS) {
      int n = find_runs(runs, j, image, at);
      multiply_block(k > j->k_rows ? 2 : 1, used - at > AMX_SIDE ? 2 : 1, j, a, x + at, sums);
      write_block(j, k0, k, runs, n, sums);
   }
   amx_end();
}

static int correlate(job *j, const uint16_t *x)
{
   int64_t pairs = j->steps * j->depth, blocks = amx_up(tiles_of(j), 2), strips = amx_up(j->from.pixels, STRIP);
   uint32_t *words = hl_conv_room(CONV_SOURCE, 4, j->from.images, pairs, j->from.plane, (int64_t)sizeof *words);
   if (!words) return 1;
   HL_TRY(hl_amx_fill_pairs(words, &j->from, x, pairs));
   j->x = words;
   /* What is smaller passes by again and again. */
   double weights = (double)(tiles_of(j) * j->steps * j->from.taps) * AMX_TILE * 2;
   double images = (double)(j->from.images * pairs) * (double)j->from.plane * 4;
   bool blocks_first = weights <= NEAR_BYTES || weights * (double)(strips * j->from.images) <= images * (double)blocks;
   int64_t all = j->from.images * strips;
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < all * blocks; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t block = blocks_first ? unit % blocks : unit / all, strip = blocks_first ? unit / blocks : unit % all;
      int64_t first = strip % strips * STRIP, last = first + STRIP < j->from.pixels ? first + STRIP : j->from.pixels;
      correlate_strip(j, strip / strips, block, first, last);
   }
   return stop ? hl_fail("interrupted") : 0;
}

/* Into y or, where that is NULL, sums. */
static int forward_one(const conv_shape *s, uint16_t *y, float *sums, const uint16_t *x, const float *w,
                       const float *bias)
{
   job j = {.bias = bias, .k = s->k, .y = y, .sums = sums, .y_row = s->q, .y_col = 1};
   HL_TRY(hl_amx_forward_images(&j.from, s));
   j.y_plane = s->p * s->q;
   j.y_image = s->k * j.y_plane;
   cut_outputs(&j);
   cut_channels(&j);
   HL_TRY(pack(&j, w, s->c * s->r * s->s, s->r * s->s));
   return correlate(&j, x);
}

/* For a gradient of x of so many rows and columns. */
static amx_images images_of_dy(const conv_shape *s, int64_t rows, int64_t cols)
{
   return (amx_images){
       .images = s->n, .channels = s->k, .h = s->p, .w = s->q, .step_h = 1, .step_w = 1, .rows = rows, .cols = cols};
}

static int backward_x_one(const conv_shape *s, uint16_t *dx, const uint16_t *dy, const float *w)
{
   int64_t taps = s->r * s->s;
   bool strided = s->stride_h > 1 || s->stride_w > 1;
   if (strided && (s->stride_h > s->r || s->stride_w > s->s || s->dil_h > 1 || s->dil_w > 1))
      memset(dx, 0, (size_t)(s->n * s->c * s->h * s->w) * sizeof *dx); /* pixels that no tap reaches */
   for (int64_t i0 = 0; i0 < s->stride_h && i0 < s->h; i0++)
      for (int64_t j0 = 0; j0 < s->stride_w && j0 < s->w; j0++) {
         job j = {.k = s->c, .y = dx + i0 * s->w + j0};
         j.from = images_of_dy(s, (s->h - i0 - 1) / s->stride_h + 1, (s->w - j0 - 1) / s->stride_w + 1);
         HL_TRY(hl_amx_make_taps(&j.from, taps));
         j.from.taps = 0;
         j.y_plane = s->h * s->w;
         j.y_image = s->c * j.y_plane;
         j.y_row = s->stride_h * s->w;
         j.y_col = s->stride_w;
         for (int64_t r = 0; r < s->r; r++)
            for (int64_t q = 0; q < s->s; q++) {
               int64_t row = i0 + s->pad_h - r * s->dil_h, col = j0 + s->pad_w - q * s->dil_w, t = j.from.taps;
               if (row % s->stride_h || col % s->stride_w) continue;
               j.from.weight[t] = r * s->s + q;
               j.from.tap_h[t] = row / s->stride_h;
               j.from.tap_w[t] = col / s->stride_w;
               j.from.taps++;
            }
         if (j.from.taps == 0) continue;
         hl_amx_lay_out(&j.from);
         cut_outputs(&j);
         cut_channels(&j);
         HL_TRY(pack(&j, w, taps, s->c * taps));
         HL_TRY(correlate(&j, dy));
      }
   return 0;
}

int hl_amx_sums(const conv_shape *s, float *y, const uint16_t *x, const float *w)
{
   return forward_one(s, NULL, y, x, w, NULL);
}

int hl_amx_taps_dx(const conv_shape *s, const conv_plan *plan, uint16_t *dx, const uint16_t *dy, const float *weights)
{
   job j = {.k = s->c, .y = dx, .y_plane = s->h * s->w, .y_row = s->w, .y_col = 1};
   j.y_image = s->c * j.y_plane;
   j.from = images_of_dy(s, s->h, s->w);
   HL_TRY(hl_amx_make_taps(&j.from, plan->taps));
   for (int64_t t = 0; t < plan->taps; t++) {
      const conv_source *source = plan->source + plan->first[t];
      j.from.tap_h[t] = -source->row;
      j.from.tap_w[t] = -source->col;
      j.from.weight[t] = t * s->k * s->c;
   }
   hl_amx_lay_out(&j.from);
   cut_outputs(&j);
   cut_channels(&j);
   HL_TRY(pack(&j, weights, 1, s->c));
   return correlate(&j, dy);
}

/* A product of tiles takes 16 cycles; loading them, laying out images and rounding results weigh about as much. */
static double cost(const conv_shape *s, int n, int dtype, conv_pass pass)
{
   if (n > 1 || dtype != HL_BF16 || s->stride_h > AMX_MOST_STEP || s->stride_w > AMX_MOST_STEP || !hl_amx())
      return INFINITY;
   double tiles = (double)(amx_up(s->c, 16) * amx_up(s->k, 16) * s->r * s->s);
   double across = (double)(s->q + s->pad_w), x = (double)(s->n * s->c * s->h * s->w);
   double y = (double)(s->n * s->k * s->p * s->q), weights = (double)(s->k * s->c * s->r * s->s);
   bool strided = s->stride_h > 1 || s->stride_w > 1;
   return (double)(s->n * s->p) * across / 16 * tiles * 16 + x + y + 4 * weights +
          (pass == BACKWARD_X && strided ? x * CONV_SCATTER : 0);
}

static int forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b)
{
   (void)n, (void)dtype;
   return forward_one(s, y, NULL, x, w[0], b[0]);
}

static int backward_x(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w)
{
   (void)n, (void)dtype;
   return backward_x_one(s, dx, dy, w[0]);
}

static int backward_w(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x)
{
   (void)n, (void)dtype;
   return hl_amx_dw(s, dw[0], dy, x);
}

const conv_way hl_conv_amx = {cost, forward, backward_x, backward_w};

#else

static double cost(const conv_shape *s, int n, int dtype, conv_pass pass)
{
   (void)s, (void)n, (void)dtype, (void)pass;
   return INFINITY;
}

const conv_way hl_conv_amx = {.cost = cost};

#endif
