/* conv_winograd.c: 3x3 stride-1 convolutions, computed in float32, by Winograd's F(m x m, 3x3), after Lavin and Gray,
 * "Fast algorithms for convolutional neural networks" (2016); m is 4, at the points 0, 1, -1, 2, -2 and infinity, 3,
 * without -2, or 6, with 1/2 and -1/2 besides:
 *
 *    y = A'[(G g G') * (B' d B)]A    m*m results of a tile d of (m+2)*(m+2)
 *
 * That takes 36 instead of 144 multiplications where m is 4, 25 instead of 81 where it is 3, 64 of 324 where it is 6.
 *
 * The products over channels are one matrix product for each position in the tile. A dilation of d makes d*d dense
 * problems on every d-th row and column, whose tiles all go into the same products. The gradient of the weights is that
 * of the formula: dg = G'[(A dy A') * (B' d B)]G.
 *
 * Where m is 6, the last tiles of a line have as many results as fit, 3 to 5, at some of the same points: the same
 * transformed weights serve them.
 *
 * Everything between the first and the last transpose is channels-last, so that transforms take a vector of channels at
 * a time and read no index tables, whatever the dilation. */
#include "bfloat.h"
#include "conv_amx.h"
#include <math.h>
#include <string.h>

#define real float
#define FN(name) name
#define REAL_IS_FLOAT 1
#include "micro.h"
#include "winograd_tiling.h"
#include "winograd_tiles.h"

enum {
   BLOCK_TILES = 128,  /* tiles of one matrix product */
   AHEAD = 8,          /* kernels of so many channels further are fetched: they lie far apart */
   BLOCK_ROWS = 32,    /* output channels of one product of dw */
   WEIGHT_DEPTH = 128, /* channels whose transformed weights are held at once; those of a position fit into L1 */
   WEIGHT_ROOM = WEIGHT_DEPTH * PANEL + LANES, /* floats of one position of these */
   CHUNK_BYTES = 128 << 20,                    /* transformed images held at once */
};

static int winograd_on = 1;

HL_API int hl_set_winograd(int on)
{
   winograd_on = on != 0;
   return 0;
}

/* Transformed tiles are (positions, groups of LANES channels, tiles, LANES). Floats of one group: the tiles fill whole
 * pages and TILE_ROWS more, so that the groups of one tile do not fall into the same cache sets. */
static int64_t group_room(int64_t tiles)
{
   int64_t page = 1024 / LANES;
   return (up(tiles - TILE_ROWS, page) * page + TILE_ROWS) * LANES;
}

static int64_t groups_of(int64_t channels)
{
   return up(channels, LANES);
}

/* Floats of one position, the same way: transforms write all of them at once. */
static int64_t position_room(int64_t floats)
{
   return up(floats, 1024) * 1024 + LANES;
}

static bool is_idle(const tiling *t, int64_t position)
{
   return position / t->side == t->idle || position % t->side == t->idle;
}

/* ---- stages ---- */

/* Images, or results: (n,c,h,w) of HL_F32 or HL_BF16. Tiles begin pad_h rows above them and pad_w columns before, and
 * have `halo` more rows and columns than results: 2, or 0 of dy whose tiles are the results. */
typedef struct {
   int dtype;
   const void *data;
   int64_t c, h, w, pad_h, pad_w, halo;
} planes;

/* buffer (rows, cols, LANES) = the window of channels c0 .. of one image that begins at (top,left), zero outside. */
static void load_window(float *buffer, int64_t rows, int64_t cols, const planes *x, int64_t image, int64_t c0,
                        int64_t top, int64_t left)
{
   int64_t begin = left < 0 ? -left : 0, end = x->w - left < cols ? x->w - left : cols, plane = x->h * x->w;
   int channels = x->c - c0 < LANES ? (int)(x->c - c0) : LANES;
   for (int64_t i = 0; i < rows; i++) {
      float *to = buffer + i * cols * LANES, *inside = to + begin * LANES;
      if (top + i < 0 || top + i >= x->h || begin >= end) {
         memset(to, 0, (size_t)(cols * LANES) * sizeof(float));
         continue;
      }
      memset(to, 0, (size_t)(begin * LANES) * sizeof(float));
      int64_t at = (image * x->c + c0) * plane + (top + i) * x->w + left + begin;
      if (x->dtype == HL_BF16)
         bf16_to_lanes(inside, LANES, (const uint16_t *)x->data + at, plane, channels, end - begin);
      else
         to_lanes(inside, LANES, (const float *)x->data + at, plane, channels, end - begin);
      memset(to + end * LANES, 0, (size_t)((cols - end) * LANES) * sizeof(float));
   }
}

/* Floats of the window that a strip reads. */
static int64_t window_room(const tiling *t, int64_t halo)
{
   return (t->m * t->strip_bands + halo) * t->dil_h * (t->left[t->across] + halo) * t->dil_w * LANES;
}

typedef void tile_transform(int64_t side, int height, int width, float *out, int64_t position, const float *d,
                            int64_t row, int64_t col);

/* out = transformed tiles, of strips begin .. end - 1, of x, each at its place. */
static int transform_tiles(float *out, const tiling *t, int64_t begin, int64_t end, const planes *x,
                           tile_transform *transform)
{
   int64_t groups = groups_of(x->c), room = window_room(t, x->halo);
   int64_t group_size = group_room(strip_tile(t, end) - strip_tile(t, begin));
   int64_t position = position_room(groups * group_size), cols = (t->left[t->across] + x->halo) * t->dil_w;
   float *work = hl_conv_room(CONV_WORK, 3, room, (int64_t)omp_get_max_threads(), (int64_t)sizeof(float));
   if (!work) return 1;
   int stop = 0;
#pragma omp parallel for collapse(2) schedule(dynamic)
   for (int64_t strip = begin; strip < end; strip++)
      for (int64_t group = 0; group < groups; group++) {
         if (hl_conv_stopped(&stop)) continue;
         float *window = work + omp_get_thread_num() * room;
         int64_t top = strip_top(t, strip) * t->dil_h, image = strip / t->strips;
         load_window(window, (strip_rows(t, strip) + x->halo) * t->dil_h, cols, x, image, group * LANES, top - x->pad_h,
                     -x->pad_w);
         for (int64_t tile = strip_tile(t, strip); tile < strip_tile(t, strip + 1); tile++) {
            int64_t i = tile - image * t->tiles;
            transform(t->side, t->height[i], t->width[i], out + group * group_size + t->place[tile] * LANES, position,
                      window + ((t->row[i] - top) * cols + t->col[i]) * LANES, t->dil_h * cols * LANES,
                      t->dil_w * LANES);
         }
      }
   return stop ? hl_fail("interrupted") : 0;
}

/* What correlate and its parts work on. */
typedef struct {
   int dtype; /* of y and x; where it is HL_BF16, weight is rounded to it */
   void *y;   /* (n,outputs,rows,cols) of the tiling */
   int64_t outputs, depth;
   const float *weight, *bias;
   bool backward;  /* weight is (depth,outputs,3,3), and kernels are turned round; else (outputs,depth,3,3) */
   const float *v; /* transformed tiles; floats of one group and one position: */
   int64_t v_group, v_position;
} correlation;

/* lanes (vecs, depth, 9, LANES) = the kernels of outputs o .. o + k - 1. What the last transpose writes too much,
 * LANES * LANES has room for. */
static void load_weights(const correlation *p, float *lanes, int64_t o, int64_t k)
{
   int64_t n = p->depth * 9;
   for (; k > 0; k -= LANES, o += LANES, lanes += n * LANES) {
      int channels = k < LANES ? (int)k : LANES;
      if (p->backward)
         for (int64_t d = 0; d < p->depth; d++) {
            float kernels[LANES * 9 + LANES] = {0}; /* the last row is read on */
            const float *from = p->weight + (d * p->outputs + o) * 9;
            for (int i = 0; i < channels * 9; i += 16) __builtin_prefetch(from + AHEAD * p->outputs * 9 + i);
            memcpy(kernels, from, (size_t)(channels * 9) * sizeof *kernels);
            to_lanes(lanes + d * 9 * LANES, LANES, kernels, 9, channels, LANES > 9 ? LANES : 9);
         }
      else
         to_lanes(lanes, LANES, p->weight + o * n, n, channels, n);
      if (p->dtype != HL_BF16) continue;
#pragma omp simd
      for (int64_t i = 0; i < n * LANES; i++) lanes[i] = hl_bf16_value(hl_bf16_round(lanes[i]));
   }
}

/* u (m + 2, WEIGHT_DEPTH, PANEL) = one row of the transformed kernels of channels d .. d + n - 1, of vecs vectors of
 * outputs; turned round if backward. */
static void transform_weights(float *u, int64_t m, int row, const float *lanes, int64_t vecs, int64_t depth, int64_t d,
                              int64_t n, bool backward)
{
   for (int64_t v = 0; v < vecs; v++)
      weight_rows(m, row, u + v * LANES, WEIGHT_ROOM, PANEL, lanes + (v * depth + d) * 9 * LANES, n, backward);
}

/* c (tiles, vecs*LANES) = [c +] v u for one position: v (groups of depth, group, LANES), u (depth, PANEL). */
static __attribute__((noinline)) void multiply_tiles(int64_t tiles, int vecs, int64_t depth, const float *v,
                                                     int64_t group, const float *u, float *c, int64_t ldc, bool add)
{
   column(tiles, vecs, LANES, depth, v, LANES, 1, group - LANES, u, PANEL, LANES, c, ldc, add);
}

/* Rows of dw that one product has: channels of one vector. */
enum { LANE_ROWS = TILE_ROWS < LANES ? TILE_ROWS : LANES };

/* c (LANE_ROWS, vecs*LANES) = [c +] g' v for one position: g (tiles, LANES), v (vecs, group, LANES). */
static __attribute__((noinline)) void multiply_lanes(int64_t tiles, int vecs, const float *g, const float *v,
                                                     int64_t group, float *c, int64_t ldc, bool add)
{
   column(LANE_ROWS, vecs, 0, tiles, g, 1, LANES, 0, v, LANES, group, c, ldc, add);
}

/* Strips begin .. of one block of tiles, at most end. */
static int64_t block_end(const tiling *t, int64_t begin, int64_t end, int64_t tiles)
{
   int64_t last = begin + 1;
   while (last < end && strip_tile(t, last + 1) - strip_tile(t, begin) <= tiles) last++;
   return last;
}

/* Panels, of at most TILE_VECS vectors, that vecs are cut into: as many as that threads end together, where each does
 * `times` pieces of work. */
static int64_t panels_of(int64_t vecs, int64_t times)
{
   int64_t fewest = up(vecs, TILE_VECS), threads = omp_get_max_threads();
   for (int64_t panels = fewest; panels <= up(vecs, 2); panels++)
      if (panels * times % threads == 0) return panels;
   return fewest;
}

static int64_t panel_start(int64_t panel, int64_t panels, int64_t vecs)
{
   return panel * vecs / panels * LANES;
}

/* Floats of a thread's work: products of at most `tiles` tiles, results of a strip, kernels of a panel as they are and
 * one row of them transformed. */
static int64_t work_room(const tiling *t, int64_t tiles, int64_t depth)
{
   return t->positions * position_room(tiles * PANEL) + window_room(t, 0) + depth * 9 * PANEL + LANES * LANES +
          t->side * WEIGHT_ROOM;
}

/* sums (positions, tiles, vecs * LANES), each position so far apart, of the products of a block with the kernels of as
 * many outputs, in lanes. Each row of the transformed kernels, in u, is used while it is in cache: all of them are up
 * to seven times the kernels. */
static void multiply_block(const correlation *p, const tiling *t, const tile_order *o, int64_t vecs, float *sums,
                           int64_t position, const float *lanes, float *u)
{
   int64_t ld = vecs * LANES;
   for (int row = 0; row < t->side; row++) {
      tile_run runs[MOST_RESULTS];
      int64_t first = row * t->side;
      if (hl_winograd_runs(o, t, first, runs) == 0) continue; /* no tile is so high */
      for (int64_t i = first; i < first + t->side; i++)
         if (is_idle(t, i)) memset(sums + i * position, 0, (size_t)(o->tiles * ld) * sizeof *sums);
      if (row == t->idle) continue;
      for (int64_t d = 0; d < p->depth; d += WEIGHT_DEPTH) {
         int64_t n = p->depth - d < WEIGHT_DEPTH ? p->depth - d : WEIGHT_DEPTH;
         const float *v = p->v + d / LANES * p->v_group + o->from * LANES;
         transform_weights(u, t->m, row, lanes, vecs, p->depth, d, n, p->backward);
         for (int64_t i = first; i < first + t->side; i++) {
            int n_runs = is_idle(t, i) ? 0 : hl_winograd_runs(o, t, i, runs);
            for (tile_run *run = runs; run < runs + n_runs; run++)
               multiply_tiles(run->end - run->begin, (int)vecs, n, v + i * p->v_position + run->begin * LANES,
                              p->v_group, u + (i - first) * WEIGHT_ROOM, sums + i * position + run->begin * ld, ld,
                              d > 0);
         }
      }
   }
}

/* Channels k0 .. k0 + k - 1 of p->y, of a block, from the sums of multiply_block. window: room for a strip. */
static void gather_block(const correlation *p, const tiling *t, const tile_order *o, int64_t k0, int64_t k,
                         const float *sums, int64_t position, float *window)
{
   int64_t ld = groups_of(k) * LANES, plane = t->rows * t->cols;
   for (int64_t strip = o->begin; strip < o->end; strip++)
      for (int64_t j = 0; j < k; j += LANES) {
         int channels = k - j < LANES ? (int)(k - j) : LANES;
         int64_t image = strip / t->strips, top = strip_top(t, strip) * t->dil_h;
         int64_t bottom = top + strip_rows(t, strip) * t->dil_h;
         if (bottom > t->rows) bottom = t->rows;
         vec b = {0};
         for (int i = 0; i < channels && p->bias; i++) b[i] = p->bias[k0 + j + i];
         for (int64_t tile = strip_tile(t, strip); tile < strip_tile(t, strip + 1); tile++) {
            int64_t i = tile - image * t->tiles, row = t->row[i], col = t->col[i];
            int64_t rows = up(bottom - row, t->dil_h), cols = up(t->cols - col, t->dil_w);
            result_tile(t->side, t->height[i], t->width[i], window + ((row - top) * t->cols + col) * LANES,
                        t->dil_h * t->cols * LANES, t->dil_w * LANES, rows, cols,
                        sums + (t->place[tile] - o->from) * ld + j, position, b);
         }
         int64_t at = (image * p->outputs + k0 + j) * plane + top * t->cols, count = (bottom - top) * t->cols;
         if (p->dtype == HL_BF16)
            bf16_from_lanes((uint16_t *)p->y + at, plane, window, channels, count);
         else
            from_lanes((float *)p->y + at, plane, window, channels, count);
      }
}

/* Channels k0 .. k0 + k - 1 of a block; see work_room. */
static void correlate_block(const correlation *p, const tiling *t, const tile_order *o, int64_t k0, int64_t k,
                            float *work)
{
   int64_t vecs = groups_of(k), position = position_room(o->tiles * vecs * LANES);
   float *window = work + t->positions * position, *lanes = window + window_room(t, 0);
   load_weights(p, lanes, k0, k);
   multiply_block(p, t, o, vecs, work, position, lanes, lanes + p->depth * 9 * PANEL + LANES * LANES);
   gather_block(p, t, o, k0, k, work, position, window);
}

/* p->y from n images. */
static int correlate(correlation *p, const tiling *t, const planes *x, int64_t n)
{
   int64_t groups = groups_of(p->depth), vecs = groups_of(p->outputs), strips = n * t->strips,
           size = (int64_t)sizeof(float), threads = omp_get_max_threads();
   int64_t chunk_tiles = CHUNK_BYTES / (t->positions * groups * LANES * size);
   if (chunk_tiles < t->most) chunk_tiles = t->most;
   if (chunk_tiles > n * t->tiles) chunk_tiles = n * t->tiles;
   int64_t block_tiles = t->most > BLOCK_TILES ? t->most : BLOCK_TILES;
   if (block_tiles > n * t->tiles) block_tiles = n * t->tiles;
   int64_t each = work_room(t, block_tiles, p->depth);
   float *v = hl_conv_room(CONV_SOURCE, 3, t->positions, position_room(groups * group_room(chunk_tiles)), size);
   tile_order *blocks = hl_conv_room(CONV_SUMS, 2, strips, (int64_t)sizeof *blocks);
   if (!v || !blocks) return 1;
   for (int64_t begin = 0, end; begin < strips; begin = end) {
      end = block_end(t, begin, strips, chunk_tiles);
      int64_t n_blocks = 0, tiles = 0;
      for (int64_t at = begin, next; at < end; at = next) {
         next = block_end(t, at, end, block_tiles);
         blocks[n_blocks] = hl_winograd_sort(t, at, next, tiles);
         tiles += blocks[n_blocks++].tiles;
      }
      HL_TRY(transform_tiles(v, t, begin, end, x, image_tile));
      float *work = hl_conv_room(CONV_WORK, 3, each, threads, size);
      if (!work) return 1;
      p->v = v;
      p->v_group = group_room(tiles);
      p->v_position = position_room(groups * p->v_group);
      int64_t panels = panels_of(vecs, n_blocks);
      int stop = 0;
#pragma omp parallel for collapse(2) schedule(dynamic)
      for (int64_t panel = 0; panel < panels; panel++)
         for (int64_t block = 0; block < n_blocks; block++) {
            if (hl_conv_stopped(&stop)) continue;
            int64_t k0 = panel_start(panel, panels, vecs), k1 = panel_start(panel + 1, panels, vecs);
            if (k1 > p->outputs) k1 = p->outputs;
            correlate_block(p, t, blocks + block, k0, k1 - k0, work + omp_get_thread_num() * each);
         }
      if (stop) return hl_fail("interrupted");
   }
   return 0;
}

int hl_winograd(const conv_shape *s, int m, int dtype, void *y, const void *x, const float *w, const float *bias)
{
   tiling t;
   HL_TRY(hl_winograd_cut(&t, m, s->n, s->p, s->q, s->dil_h, s->dil_w));
   if (s->r == 2) t.idle = m + 1;
   correlation p = {.dtype = dtype, .y = y, .outputs = s->k, .depth = s->c, .weight = w, .bias = bias};
   planes images = {dtype, x, s->c, s->h, s->w, s->pad_h, s->pad_w, 2};
   return correlate(&p, &t, &images, s->n);
}

int hl_winograd_dx(const conv_shape *s, int m, int dtype, void *dx, const void *dy, const float *w)
{
   tiling t;
   HL_TRY(hl_winograd_cut(&t, m, s->n, s->h, s->w, s->dil_h, s->dil_w));
   if (s->r == 2) t.idle = 0; /* turned, the kernels begin with their zeros */
   correlation p = {.dtype = dtype, .y = dx, .outputs = s->c, .depth = s->k, .weight = w, .backward = true};
   planes results = {dtype, dy, s->k, s->p, s->q, 2 * s->dil_h - s->pad_h, 2 * s->dil_w - s->pad_w, 2};
   return correlate(&p, &t, &results, s->n);
}

/* p (rows, ld) = g' v of the tiles that have this position, for the groups of g and v from these on. */
static void multiply_position(const tiling *t, const tile_order *o, int64_t position, int64_t rows, int64_t ld,
                              const float *g, const float *v, int64_t group, float *p)
{
   tile_run runs[MOST_RESULTS];
   int n = hl_winograd_runs(o, t, position, runs);
   if (n == 0) memset(p, 0, (size_t)(rows * ld) * sizeof *p);
   for (int64_t r = 0; r < rows; r += LANE_ROWS)
      for (tile_run *run = runs; run < runs + n; run++)
         multiply_lanes(run->end - run->begin, (int)(ld / LANES),
                        g + r / LANES * group + run->begin * LANES + r % LANES, v + run->begin * LANES, group,
                        p + r * ld, ld, run > runs);
}

/* dw (k,c,3,3), rows k0 .. k0 + k - 1 and channels c0 .. c0 + c - 1, += G'pG; p (positions, rows, ld). */
static void add_weights(float *dw, const tiling *t, int64_t channels, int64_t k0, int64_t k, int64_t c0, int64_t c,
                        const float *p, int64_t rows, int64_t ld)
{
   for (int64_t i = 0; i < k; i++)
      for (int64_t j = 0; j < c; j += LANES) {
         vec g[LANES > 9 ? LANES : 9];
         BY_SIDE(t->m, weight_gradient_tile, g, p + i * ld + j, rows * ld);
         int lanes = c - j < LANES ? (int)(c - j) : LANES;
         float *to = dw + ((k0 + i) * channels + c0 + j) * 9;
         float weights[LANES * 9 + LANES] = {0};
         if (LANES > 9) {
#pragma GCC unroll 16
            for (int p = 9; p < LANES; p++) g[p] = (vec){0};
            flip(g);
#pragma GCC unroll 16
            for (int lane = 0; lane < LANES; lane++) store(weights + lane * 9, g[lane]);
         } else
            for (int p = 0; p < 9; p++)
               for (int lane = 0; lane < LANES; lane++) weights[lane * 9 + p] = g[p][lane];
         for (int p = 0; p < lanes * 9; p++) to[p] += weights[p];
      }
}

int hl_winograd_dw(const conv_shape *s, int m, int dtype, float *dw, const void *dy, const void *x)
{
   tiling t;
   HL_TRY(hl_winograd_cut(&t, m, s->n, s->p, s->q, s->dil_h, s->dil_w));
   if (s->r == 2) t.idle = m + 1;
   int64_t groups_c = groups_of(s->c), groups_k = groups_of(s->k), strips = s->n * t.strips,
           size = (int64_t)sizeof(float);
   int64_t chunk = CHUNK_BYTES / (t.positions * (groups_c + groups_k) * LANES * size);
   if (chunk < t.most) chunk = t.most;
   if (chunk > s->n * t.tiles) chunk = s->n * t.tiles;
   int64_t each = t.positions * BLOCK_ROWS * PANEL;
   float *v = hl_conv_room(CONV_SOURCE, 3, t.positions, position_room(groups_c * group_room(chunk)), size);
   float *g = hl_conv_room(CONV_SUMS, 3, t.positions, position_room(groups_k * group_room(chunk)), size);
   if (!v || !g) return 1;
   planes images = {dtype, x, s->c, s->h, s->w, s->pad_h, s->pad_w, 2},
          results = {dtype, dy, s->k, s->p, s->q, 0, 0, 0};
   for (int64_t begin = 0, end; begin < strips; begin = end) {
      end = block_end(&t, begin, strips, chunk);
      tile_order order = hl_winograd_sort(&t, begin, end, 0);
      HL_TRY(transform_tiles(v, &t, begin, end, &images, image_tile));
      HL_TRY(transform_tiles(g, &t, begin, end, &results, gradient_tile));
      float *work = hl_conv_room(CONV_WORK, 3, each, (int64_t)omp_get_max_threads(), size);
      if (!work) return 1;
      int64_t group = group_room(order.tiles);
      int64_t v_position = position_room(groups_c * group), g_position = position_room(groups_k * group);
      int64_t panels = panels_of(groups_c, up(s->k, BLOCK_ROWS));
      int stop = 0;
#pragma omp parallel for collapse(2) schedule(dynamic)
      for (int64_t k0 = 0; k0 < s->k; k0 += BLOCK_ROWS)
         for (int64_t panel = 0; panel < panels; panel++) {
            if (hl_conv_stopped(&stop)) continue;
            int64_t k = s->k - k0 < BLOCK_ROWS ? s->k - k0 : BLOCK_ROWS, c0 = panel_start(panel, panels, groups_c);
            int64_t c1 = panel_start(panel + 1, panels, groups_c), c = c1 < s->c ? c1 - c0 : s->c - c0;
            int64_t ld = groups_of(c) * LANES, rows = up(k, LANE_ROWS) * LANE_ROWS;
            float *p = work + omp_get_thread_num() * each;
            for (int64_t i = 0; i < t.positions; i++)
               if (!is_idle(&t, i))
                  multiply_position(&t, &order, i, rows, ld, g + i * g_position + k0 / LANES * group,
                                    v + i * v_position + c0 / LANES * group, group, p + i * rows * ld);
            add_weights(dw, &t, s->c, k0, k, c0, c, p, rows, ld);
         }
      if (stop) return hl_fail("interrupted");
   }
   return 0;
}

/* ---- as ways of a convolution ---- */

double hl_winograd_cost(const conv_shape *s, int m, conv_pass pass)
{
   /* cycles for an element of the transformed images or results, for one of the gradient of the transformed weights,
    * for a kernel and an element of what each block of tiles makes of it */
   const double transform = 2, gradient = 1, kernel = 6, element = 0.15;
   int64_t rows = pass == BACKWARD_X ? s->h : s->p, cols = pass == BACKWARD_X ? s->w : s->q;
   bool fits = s->r == s->s && (s->r == 2 || s->r == 3) && s->stride_h == 1 && s->stride_w == 1;
   if (!winograd_on || !fits || s->dil_h > rows || s->dil_w > cols) return INFINITY;
   double channels = (double)(s->c * s->k), values = (double)(s->n * (s->c * s->h * s->w + s->k * s->p * s->q));
   double points = (double)s->n * hl_winograd_points(m, rows, s->dil_h) * hl_winograd_points(m, cols, s->dil_w);
   double positions = (m + 2) * (m + 2), used = (m + s->r - 1) * (m + s->r - 1) / positions; /* less those idle */
   double blocks = ceil(points / positions / BLOCK_TILES);
   return points * used * channels * CONV_MULTIPLY + points * (double)(s->c + s->k) * transform + values * CONV_FLIP +
          channels * (pass == BACKWARD_W ? gradient * positions : blocks * (kernel + element * positions));
}

/* The costs were measured on a processor without AMX: where tiles cost little more by these, they are taken. */
static double way_cost(const conv_shape *s, int m, int n, int dtype, conv_pass pass)
{
   if (n > 1 || dtype == HL_F64 || s->r != 3) return INFINITY;
   return hl_winograd_cost(s, m, pass) * (dtype == HL_BF16 && hl_amx() ? 1.5 : 1);
}

#define WAY(m) \
   static double cost##m(const conv_shape *s, int n, int dtype, conv_pass pass) \
   { \
      return way_cost(s, m, n, dtype, pass); \
   } \
   static int forward##m(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, \
                         void *const *b) \
   { \
      (void)n; \
      return hl_winograd(s, m, dtype, y, x, w[0], b[0]); \
   } \
   static int backward_x##m(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w) \
   { \
      (void)n; \
      return hl_winograd_dx(s, m, dtype, dx, dy, w[0]); \
   } \
   static int backward_w##m(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x) \
   { \
      (void)n; \
      return hl_winograd_dw(s, m, dtype, dw[0], dy, x); \
   } \
   const conv_way hl_conv_winograd##m = {cost##m, forward##m, backward_x##m, backward_w##m}
WAY(3);
WAY(4);
WAY(6);
#undef WAY
