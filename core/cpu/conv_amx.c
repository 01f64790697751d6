/* conv_amx.c: any convolution of bfloat16 as products of tiles, on processors with AMX; forward and the gradient of x,
 * which is a convolution of dy, or one for each remainder of x's pixels modulo the strides.
 *
 * A block of 32 neighbouring pixels and 32 output channels is four tiles of float32, to which every tap adds the
 * products of the images shifted by it and of its weights: 32 channels at a time, those of one pixel beside each other,
 * so that any shift is a whole number of cache lines. Where there are few channels, neighbouring columns of the kernel
 * are taken together. Blocks are transposed as they are rounded. */
#include <math.h>
#include "bfloat.h"
#include "conv_amx.h"

#if CONV_AMX_BUILT

#define real float
#define FN(name) name
#define REAL_IS_FLOAT 1
#include "micro.h"

enum {
   BLOCK = 2 * AMX_SIDE, /* pixels or outputs */
   STRIP = 32 * BLOCK,   /* pixels of a unit of work */
   NEAR_BYTES = 1 << 20  /* weights that stay in a core's cache while images pass by */
};

typedef struct {
   amx_images from;
   const uint32_t *x; /* (images, steps, plane, depth) */
   uint16_t *w;       /* blocks of two tiles of outputs, (steps, taps, tiles) each */
   const float *bias;
   int64_t k, k_tiles; /* outputs */
   int64_t steps, depth;
   /* Results, at image * y_image + output * y_plane + row * y_row + col * y_col: rounded in y, or sums where y is NULL.
    */
   uint16_t *y;
   float *sums;
   int64_t y_image, y_plane, y_row, y_col;
} job;

/* What is done at once, of so many pairs of channels. */
static void cut(job *j, int64_t pairs)
{
   j->k_tiles = up(j->k, AMX_SIDE);
   j->steps = up(pairs, AMX_SIDE);
   j->depth = j->steps > 1 ? AMX_SIDE : pairs;
}

/* Columns of a kernel of s that a tap stands for. */
static int64_t fold_of(int64_t pairs, int64_t s)
{
   int64_t fold = 1;
   for (int64_t f = 2; f <= s && f * pairs <= AMX_SIDE; f++)
      if (s % f == 0) fold = f;
   return fold;
}

/* Sixteen pairs (low, high), rounded. */
ALWAYS_INLINE __m512i pairs_of(__m512 low, __m512 high)
{
   __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5,
                                    20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
   return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

/* to (n, LANES) = the transpose of rows of w, row apart. */
static void transpose(float *to, const float *w, int64_t row, int64_t rows, int64_t n)
{
   for (int64_t i = 0; i < n; i += LANES, to += LANES * LANES) {
      vec v[LANES];
#pragma GCC unroll 16
      for (int r = 0; r < LANES; r++)
         v[r] = (vec)_mm512_maskz_loadu_ps(r < rows ? hl_first_lanes(n - i) : 0, r < rows ? w + r * row + i : w);
      flip(v);
#pragma GCC unroll 16
      for (int k = 0; k < LANES; k++) store(to + k * LANES, v[k]);
   }
}

/* Weights of outputs and channels, so far from one to the next, each of which has inner ones beside each other. Where
 * outputs are beside each other, taps may be anywhere. */
typedef struct {
   const float *data;
   int64_t output, channel, inner;
} weights;

/* A tile of weights, rounded: row d is of channels c0 + 2 (d % depth) and the next, and of column d / depth of the tap.
 * From one channel's or column's weights of 16 outputs, which are beside each other, to the next: channel, column. */
static void pack_tile(uint16_t *to, const job *j, const float *lanes, int64_t channel, int64_t column, int64_t c0,
                      int64_t tap, __mmask16 outputs)
{
   for (int64_t d = 0; d < j->depth * j->from.fold; d++) {
      int64_t c = d % j->depth * 2, left = j->from.channels - c0 - c;
      const float *from = lanes + c * channel + (j->from.weight[tap] + d / j->depth) * column;
      __m512 low = _mm512_maskz_loadu_ps(left > 0 ? outputs : 0, from);
      __m512 high = _mm512_maskz_loadu_ps(left > 1 ? outputs : 0, from + channel);
      _mm512_storeu_si512(to + d * BLOCK, pairs_of(low, high));
   }
}

/* j->w = weights, rounded. */
static int pack(job *j, const weights *w)
{
   int64_t taps = j->from.taps, tiles = j->k_tiles;
   /* Beside each other they are read in place, or else taken apart first. */
   int64_t each = w->output == 1 ? 0 : (2 * j->depth * w->inner + LANES) * LANES;
   float *work = hl_conv_room(CONV_WORK, 3, (int64_t)omp_get_max_threads(), each, (int64_t)sizeof *work);
   j->w = hl_conv_room(CONV_WEIGHTS, 4, tiles, j->steps, taps, (int64_t)(AMX_TILE * sizeof *j->w));
   if (!work || !j->w) return 1;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < tiles * j->steps; unit++) {
      int64_t tile = unit / j->steps, step = unit % j->steps, in_block = tiles - tile / 2 * 2 < 2 ? 1 : 2;
      uint16_t *to = j->w + (tile / 2 * 2 * j->steps * taps + step * taps * in_block + tile % 2) * AMX_TILE;
      int64_t c0 = 2 * step * j->depth, outputs = j->k - tile * AMX_SIDE, channels = j->from.channels - c0;
      const float *from = w->data + tile * AMX_SIDE * w->output + c0 * w->channel, *lanes = from;
      int64_t channel = w->channel, column = 1;
      if (outputs > AMX_SIDE) outputs = AMX_SIDE;
      if (channels > 2 * j->depth) channels = 2 * j->depth;
      if (w->output != 1) {
         float *own = work + omp_get_thread_num() * each;
         if (w->channel == w->inner)
            transpose(own, from, w->output, outputs, channels * w->inner);
         else
            for (int64_t c = 0; c < channels; c++)
               transpose(own + c * w->inner * LANES, from + c * w->channel, w->output, outputs, w->inner);
         lanes = own, channel = w->inner * LANES, column = LANES;
      }
      for (int64_t t = 0; t < taps; t++, to += in_block * AMX_TILE)
         pack_tile(to, j, lanes, channel, column, c0, t, hl_first_lanes(outputs));
   }
   return 0;
}

/* sums (tiles, BLOCK, AMX_SIDE), of so many tiles of pixels and of outputs, from the images at x and weights w. */
ALWAYS_INLINE void multiply(const int across, const int tiles, const job *j, const uint32_t *x, const uint16_t *w,
                            float *sums)
{
   int64_t pitch = j->depth * (int64_t)sizeof *x, row = j->from.step * pitch;
   TILE_ZERO(0);
   TILE_ZERO(1);
   TILE_ZERO(2);
   TILE_ZERO(3);
   for (int64_t step = 0; step < j->steps; step++, x += j->depth * j->from.plane)
      for (int64_t t = 0; t < j->from.taps; t++, w += tiles * AMX_TILE) {
         const char *a = (const char *)x + j->from.at[t] * pitch;
         TILE_LOAD(6, w, 64);
         TILE_LOAD(4, a, row);
         TILE_MULTIPLY(0, 4, 6);
         if (across == 2) {
            TILE_LOAD(5, a + AMX_SIDE * row, row);
            TILE_MULTIPLY(1, 5, 6);
         }
         if (tiles == 2) {
            TILE_LOAD(7, w + AMX_TILE, 64);
            TILE_MULTIPLY(2, 4, 7);
         }
         if (tiles == 2 && across == 2) TILE_MULTIPLY(3, 5, 7);
      }
   TILE_STORE(0, sums, 64);
   if (across == 2) TILE_STORE(1, sums + AMX_SIDE * AMX_SIDE, 64);
   if (tiles == 2) TILE_STORE(2, sums + BLOCK * AMX_SIDE, 64);
   if (tiles == 2 && across == 2) TILE_STORE(3, sums + (BLOCK + AMX_SIDE) * AMX_SIDE, 64);
}

static __attribute__((noinline)) void multiply_block(int across, int tiles, const job *j, const uint32_t *x,
                                                     const uint16_t *w, float *sums)
{
   if (tiles == 2 && across == 2)
      multiply(2, 2, j, x, w, sums);
   else if (tiles == 2)
      multiply(1, 2, j, x, w, sums);
   else if (across == 2)
      multiply(2, 1, j, x, w, sums);
   else
      multiply(1, 1, j, x, w, sums);
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
   for (int64_t i = 0; i < BLOCK;) {
      int64_t row = (first + i) / width, col = (first + i) % width, length = cols - col;
      if (row >= rows) break;
      if (length > BLOCK - i) length = BLOCK - i;
      if (length > 0) runs[n++] = (run){i, image * j->y_image + row * j->y_row + col * j->y_col, length};
      i += width - col;
   }
   return n;
}

static uint32_t bits(int64_t first, int64_t n)
{
   return (uint32_t)(((1ull << n) - 1) << first);
}

/* The results of one output to y, of which v holds a block. */
ALWAYS_INLINE void write_output(uint16_t *y, int64_t step, __m512i v, const run *runs, int n)
{
   if (step == 1) {
      for (const run *it = runs; it < runs + n; it++)
         _mm512_mask_storeu_epi16(y + it->to - it->from, bits(it->from, it->length), v);
   } else if (step == 2) {
      __m512i half[2] = {_mm512_cvtepu16_epi32(_mm512_castsi512_si256(v)),
                         _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(v, 1))};
      for (const run *it = runs; it < runs + n; it++)
         for (int h = 0; h < 2; h++) {
            uint32_t inside = bits(it->from, it->length) >> h * AMX_SIDE & 0xffff;
            if (inside)
               _mm512_mask_storeu_epi16(y + it->to + 2 * (h * AMX_SIDE - it->from), _pdep_u32(inside, 0x55555555),
                                        half[h]);
         }
   } else {
      uint16_t apart[BLOCK];
      _mm512_storeu_si512(apart, v);
      for (const run *it = runs; it < runs + n; it++)
         for (int64_t i = 0; i < it->length; i++) y[it->to + i * step] = apart[it->from + i];
   }
}

/* Writes outputs k0 to k0 + k - 1 of a block, from sums (BLOCK, AMX_SIDE). */
static void write_tile(const job *j, int64_t k0, int64_t k, const run *runs, int n, const float *sums)
{
   __m512 bias = _mm512_maskz_loadu_ps(j->bias ? (__mmask16)bits(0, k) : 0, j->bias ? j->bias + k0 : sums);
   vec v[LANES];
#pragma GCC unroll 16
   for (int i = 0; i < LANES; i++) {
      __m512 even = _mm512_add_ps(_mm512_loadu_ps(sums + 2 * i * AMX_SIDE), bias);
      __m512 odd = _mm512_add_ps(_mm512_loadu_ps(sums + (2 * i + 1) * AMX_SIDE), bias);
      v[i] = (vec)_mm512_castsi512_ps(pairs_of(even, odd));
   }
   flip(v);
   for (int64_t o = 0; o < k; o++)
      write_output(j->y + (k0 + o) * j->y_plane, j->y_col, _mm512_castps_si512((__m512)v[o]), runs, n);
}

/* The same without rounding. */
static void write_sums(const job *j, int64_t k0, int64_t k, const run *runs, int n, const float *sums)
{
   for (int h = 0; h < 2; h++) {
      vec v[LANES];
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++) v[i] = load(sums + (h * LANES + i) * AMX_SIDE);
      flip(v);
      for (int64_t o = 0; o < k; o++)
         for (const run *it = runs; it < runs + n; it++) {
            __mmask16 inside = (__mmask16)(bits(it->from, it->length) >> h * AMX_SIDE);
            float *to = j->sums + (k0 + o) * j->y_plane + it->to + (h * AMX_SIDE - it->from) * j->y_col;
            _mm512_mask_storeu_ps(to, inside, (__m512)v[o]);
         }
   }
}

/* One block of outputs of a strip of one image's pixels. */
static void correlate_strip(const job *j, int64_t image, int64_t block, int64_t first, int64_t last)
{
   int64_t k0 = block * BLOCK, used = (j->from.rows - 1) * j->from.width + j->from.cols;
   int tiles = j->k - k0 > AMX_SIDE ? 2 : 1;
   const uint16_t *w = j->w + 2 * block * j->steps * j->from.taps * AMX_TILE;
   const uint32_t *x = j->x + image * j->steps * j->depth * j->from.plane;
   float sums[BLOCK * BLOCK] __attribute__((aligned(64))) = {0};
   run runs[BLOCK];
   amx_begin(AMX_SIDE, j->depth * j->from.fold);
   for (int64_t at = first; at < last; at += BLOCK) {
      int n = find_runs(runs, j, image, at);
      multiply_block(used - at > AMX_SIDE ? 2 : 1, tiles, j, x + at * j->from.step * j->depth, w, sums);
      for (int64_t k = k0, t = 0; t < tiles; t++, k += AMX_SIDE) {
         int64_t outputs = j->k - k < AMX_SIDE ? j->k - k : AMX_SIDE;
         (j->y ? write_tile : write_sums)(j, k, outputs, runs, n, sums + t * BLOCK * AMX_SIDE);
      }
   }
   amx_end();
}

/* j->x = x, laid out. */
static int lay(job *j, const uint16_t *x)
{
   int64_t size = (int64_t)sizeof *j->x;
   uint32_t *words = hl_conv_room(CONV_SOURCE, 5, j->from.images, j->steps, j->from.plane, j->depth, size);
   if (!words) return 1;
   j->x = words;
   return hl_amx_fill_pixels(words, &j->from, x, j->steps, j->depth);
}

static int correlate(const job *j)
{
   int64_t blocks = up(j->k_tiles, 2), strips = up(j->from.pixels, STRIP);
   /* What is smaller passes by again and again. */
   double weights = (double)(j->k_tiles * j->steps * j->from.taps) * AMX_TILE * 2;
   double images = (double)(j->from.images * j->steps * j->depth) * (double)j->from.plane * 4;
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
   int64_t pairs = up(s->c, 2);
   HL_TRY(hl_amx_forward_images(&j.from, s, s->dil_w == 1 ? fold_of(pairs, s->s) : 1, false));
   j.y_plane = s->p * s->q;
   j.y_image = s->k * j.y_plane;
   cut(&j, pairs);
   HL_TRY(pack(&j, &(weights){w, s->c * s->r * s->s, s->r * s->s, s->r * s->s}));
   HL_TRY(lay(&j, x));
   return correlate(&j);
}

/* For a gradient of x of so many rows and columns. */
static amx_images images_of_dy(const conv_shape *s, int64_t rows, int64_t cols)
{
   return (amx_images){.images = s->n,
                       .channels = s->k,
                       .h = s->p,
                       .w = s->q,
                       .step_h = 1,
                       .step_w = 1,
                       .fold = 1,
                       .rows = rows,
                       .cols = cols};
}

/* Appends the taps that reach rows i0 + stride_h * i and columns j0 + stride_w * j of x to those of g, and returns how
 * many there are. */
static int64_t add_taps(amx_images *g, const conv_shape *s, int64_t i0, int64_t j0)
{
   int64_t before = g->taps;
   for (int64_t r = 0; r < s->r; r++)
      for (int64_t q = 0; q < s->s; q++) {
         int64_t row = i0 + s->pad_h - r * s->dil_h, col = j0 + s->pad_w - q * s->dil_w, t = g->taps;
         if (row % s->stride_h || col % s->stride_w) continue;
         g->weight[t] = r * s->s + q;
         g->tap_h[t] = row / s->stride_h;
         g->tap_w[t] = col / s->stride_w;
         g->taps++;
      }
   return g->taps - before;
}

static int backward_x_one(const conv_shape *s, uint16_t *dx, const uint16_t *dy, const float *w)
{
   int64_t taps = s->r * s->s;
   if (hl_conv_skips(s)) memset(dx, 0, (size_t)(s->n * s->c * s->h * s->w) * sizeof *dx);
   /* dy is laid out once, for the taps of all remainders, which follow each other. */
   job all = {.k = s->c, .y_plane = s->h * s->w, .y_image = s->c * s->h * s->w};
   all.from = images_of_dy(s, (s->h - 1) / s->stride_h + 1, (s->w - 1) / s->stride_w + 1);
   all.y_row = s->stride_h * s->w;
   all.y_col = s->stride_w;
   HL_TRY(hl_amx_make_taps(&all.from, taps));
   all.from.taps = 0;
   int64_t count[AMX_MOST_STEP * AMX_MOST_STEP];
   for (int64_t i0 = 0; i0 < s->stride_h && i0 < s->h; i0++)
      for (int64_t j0 = 0; j0 < s->stride_w && j0 < s->w; j0++)
         count[i0 * s->stride_w + j0] = add_taps(&all.from, s, i0, j0);
   if (all.from.taps == 0) return 0;
   hl_amx_lay_out(&all.from, false);
   cut(&all, up(s->k, 2));
   HL_TRY(lay(&all, dy));
   int64_t first = 0;
   for (int64_t i0 = 0; i0 < s->stride_h && i0 < s->h; i0++)
      for (int64_t j0 = 0; j0 < s->stride_w && j0 < s->w; j0++) {
         job j = all;
         j.y = dx + i0 * s->w + j0;
         j.from.rows = (s->h - i0 - 1) / s->stride_h + 1;
         j.from.cols = (s->w - j0 - 1) / s->stride_w + 1;
         j.from.at += first;
         j.from.weight += first;
         j.from.taps = count[i0 * s->stride_w + j0];
         first += j.from.taps;
         if (j.from.taps == 0) continue;
         HL_TRY(pack(&j, &(weights){w, taps, s->c * taps, taps}));
         HL_TRY(correlate(&j));
      }
   return 0;
}

int hl_amx_sums(const conv_shape *s, float *y, const uint16_t *x, const float *w)
{
   return forward_one(s, NULL, y, x, w, NULL);
}

int hl_amx_taps_dx(const conv_shape *s, const conv_plan *plan, uint16_t *dx, const uint16_t *dy, const float *w)
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
   hl_amx_lay_out(&j.from, false);
   cut(&j, up(s->k, 2));
   HL_TRY(pack(&j, &(weights){w, 1, s->c, 1}));
   HL_TRY(lay(&j, dy));
   return correlate(&j);
}

/* A product of tiles takes 16 cycles; loading them, laying out images and rounding results weigh about as much. */
static double cost(const conv_shape *s, int n, int dtype, conv_pass pass)
{
   if (n > 1 || dtype != HL_BF16 || s->stride_h > AMX_MOST_STEP || s->stride_w > AMX_MOST_STEP || !hl_amx())
      return INFINITY;
   double tiles = (double)(up(s->c, 16) * up(s->k, 16) * s->r * s->s);
   double across = (double)(s->q + s->pad_w), x = (double)(s->n * s->c * s->h * s->w);
   double y = (double)(s->n * s->k * s->p * s->q), weights = (double)(s->k * s->c * s->r * s->s);
   bool strided = s->stride_h > 1 || s->stride_w > 1;
   return (double)(s->n * s->p) * across / 16 * tiles * 16 + x + y + 4 * weights +
          (pass == BACKWARD_X && strided ? x * CONV_SCATTER : 0);
}

static int forward(const conv_shape *s, uint16_t *y, const uint16_t *x, const float *w, const float *bias)
{
   return forward_one(s, y, NULL, x, w, bias);
}

CONV_WAY_BF16(hl_conv_amx, cost, forward, backward_x_one, hl_amx_dw);

#else

CONV_WAY_ABSENT(hl_conv_amx);

#endif
