/* conv_amx_dw.c: the gradient of a convolution's weights from products of AMX tiles.
 *
 * For each tap, dw (c,k) is the product of x shifted by the tap, 32 neighbouring pixels of each channel, and of dy,
 * pairs of pixels of 16 output channels beside each other. x lies as conv_amx.h tells, and dy with rows as wide, so
 * that what stands in the gaps meets zeros. */
#include "conv_amx.h"

#if CONV_AMX_BUILT

#define real float
#define FN(name) name
#define REAL_IS_FLOAT 1
#include "micro.h"

enum {
   DEPTH = 2 * AMX_SIDE, /* pixels of a product */
   PIECE = 4096,         /* pixels whose rows of x and dy for one block of dw stay in the cache */
   UNITS = 8             /* pieces of dw, so that threads find work; not their number, so that results do not change */
};

typedef struct {
   amx_images from;
   const uint16_t *x;  /* (images, c_tiles * c_rows, plane) */
   const uint32_t *dy; /* (images, k_tiles, pixels / 2, AMX_SIDE) */
   int64_t c_tiles, c_rows, k_tiles;
} job;

/* dy (images, k, rows, cols) as pairs of neighbours of rows as wide as the images', zeros in the gaps. */
static int fill_gradients(uint32_t *to, const job *j, const uint16_t *dy, int64_t k)
{
   const amx_images *s = &j->from;
   int64_t threads = omp_get_max_threads();
   uint16_t *work = hl_conv_room(CONV_WORK, 4, threads, (int64_t)AMX_SIDE, s->pixels, (int64_t)sizeof *work);
   if (!work) return 1;
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < s->images * j->k_tiles; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t image = unit / j->k_tiles, k0 = unit % j->k_tiles * AMX_SIDE;
      int lanes = k - k0 < AMX_SIDE ? (int)(k - k0) : AMX_SIDE;
      uint16_t *wide = work + omp_get_thread_num() * AMX_SIDE * s->pixels;
      const uint16_t *from = dy + (image * k + k0) * s->rows * s->cols;
      for (int r = 0; r < lanes; r++, from += s->rows * s->cols) {
         uint16_t *row = wide + r * s->pixels;
         memset(row, 0, (size_t)s->pixels * sizeof *row);
         for (int64_t i = 0; i < s->rows; i++)
            memcpy(row + i * s->width, from + i * s->cols, (size_t)s->cols * sizeof *row);
      }
      to_lanes((float *)to + unit * s->pixels / 2 * AMX_SIDE, AMX_SIDE, (const float *)wide, s->pixels / 2, lanes,
               s->pixels / 2);
   }
   return stop ? hl_fail("interrupted") : 0;
}

/* sums, tiles (c_rows, 16) of so many tiles of channels and of outputs, [+]= those of pixels p0 .. p1 - 1 of images. */
static inline __attribute__((always_inline)) void multiply(const int c_tiles, const int k_tiles, const job *j,
                                                           int64_t image0, int64_t image1, int64_t c0, int64_t k0,
                                                           int64_t tap, int64_t p0, int64_t p1, float *sums,
                                                           int64_t row, int64_t k_step, bool add)
{
   const amx_images *s = &j->from;
   int64_t plane = s->plane * (int64_t)sizeof *j->x, ld = row * (int64_t)sizeof *sums;
   float *next = sums + j->c_rows * row;
   if (add) {
      TILE_LOAD(0, sums, ld);
      if (k_tiles == 2) TILE_LOAD(1, sums + k_step, ld);
      if (c_tiles == 2) TILE_LOAD(2, next, ld);
      if (c_tiles == 2 && k_tiles == 2) TILE_LOAD(3, next + k_step, ld);
   } else {
      TILE_ZERO(0);
      TILE_ZERO(1);
      TILE_ZERO(2);
      TILE_ZERO(3);
   }
   for (int64_t image = image0; image < image1; image++) {
      const uint16_t *a = j->x + (image * j->c_tiles + c0) * j->c_rows * s->plane + s->at[tap];
      const uint32_t *b = j->dy + (image * j->k_tiles + k0) * s->pixels / 2 * AMX_SIDE;
      for (int64_t p = p0; p < p1; p += DEPTH) {
         TILE_LOAD(4, a + p, plane);
         TILE_LOAD(6, b + p / 2 * AMX_SIDE, 64);
         TILE_MULTIPLY(0, 4, 6);
         if (k_tiles == 2) {
            TILE_LOAD(7, b + (s->pixels + p) / 2 * AMX_SIDE, 64);
            TILE_MULTIPLY(1, 4, 7);
         }
         if (c_tiles == 2) {
            TILE_LOAD(5, a + p + j->c_rows * s->plane, plane);
            TILE_MULTIPLY(2, 5, 6);
         }
         if (c_tiles == 2 && k_tiles == 2) TILE_MULTIPLY(3, 5, 7);
      }
   }
   TILE_STORE(0, sums, ld);
   if (k_tiles == 2) TILE_STORE(1, sums + k_step, ld);
   if (c_tiles == 2) TILE_STORE(2, next, ld);
   if (c_tiles == 2 && k_tiles == 2) TILE_STORE(3, next + k_step, ld);
}

/* Pieces of the pixels of all images: some images, or a part of one. */
typedef struct {
   int64_t count, images, parts, pixels;
} pieces;

static pieces cut_pixels(const amx_images *s)
{
   pieces p = {.images = s->pixels < PIECE ? PIECE / s->pixels : 1, .parts = up(s->pixels, PIECE)};
   p.pixels = up(up(s->pixels, p.parts), DEPTH) * DEPTH;
   p.parts = up(s->pixels, p.pixels);
   p.count = up(s->images, p.images) * p.parts;
   return p;
}

/* A block of dw: two tiles of channels and two of outputs, or what is left of them, all taps. */
typedef struct {
   int64_t c0, k0; /* tiles */
   int64_t channels, outputs;
} block;

static block block_at(const job *j, int64_t k, int64_t i)
{
   int64_t across = up(j->c_tiles, 2);
   block b = {i % across * 2, i / across * 2, 2 * j->c_rows, 2 * AMX_SIDE};
   int64_t channels = j->from.channels - b.c0 * j->c_rows, outputs = k - b.k0 * AMX_SIDE;
   if (channels < b.channels) b.channels = channels;
   if (outputs < b.outputs) b.outputs = outputs;
   return b;
}

/* Floats of a block's sums, (2 tiles of outputs, 2 * c_rows, taps, AMX_SIDE). */
static int64_t block_size(const job *j)
{
   return 4 * j->c_rows * j->from.taps * AMX_SIDE;
}

static void multiply_pieces(const job *j, const pieces *cut, const block *b, int64_t begin, int64_t end, float *sums)
{
   const amx_images *s = &j->from;
   int64_t row = s->taps * AMX_SIDE, k_step = 2 * j->c_rows * row;
   bool two_c = b->c0 + 1 < j->c_tiles, two_k = b->k0 + 1 < j->k_tiles;
   amx_begin(j->c_rows, AMX_SIDE);
   for (int64_t piece = begin; piece < end; piece++) {
      int64_t image0 = piece / cut->parts * cut->images, image1 = image0 + cut->images;
      int64_t p0 = piece % cut->parts * cut->pixels, p1 = p0 + cut->pixels;
      if (image1 > s->images) image1 = s->images;
      if (p1 > s->pixels) p1 = s->pixels;
      for (int64_t t = 0; t < s->taps; t++) {
#define MULTIPLY(c, k) \
   multiply(c, k, j, image0, image1, b->c0, b->k0, t, p0, p1, sums + t * AMX_SIDE, row, k_step, piece > begin)
         if (two_c && two_k)
            MULTIPLY(2, 2);
         else if (two_c)
            MULTIPLY(2, 1);
         else if (two_k)
            MULTIPLY(1, 2);
         else
            MULTIPLY(1, 1);
#undef MULTIPLY
      }
   }
   amx_end();
}

/* dw (k,c,taps) += the sums of all splits of a block. */
static void add_block(const job *j, float *dw, const block *b, const float *sums, int64_t splits)
{
   int64_t taps = j->from.taps, row = j->from.channels * taps, n = b->channels * taps, size = block_size(j);
   for (int64_t k = 0; k < b->outputs; k += AMX_SIDE, sums += 2 * j->c_rows * taps * AMX_SIDE)
      for (int64_t at = 0; at < n; at += AMX_SIDE) {
         vec v[AMX_SIDE];
         __mmask16 inside = hl_first_lanes(n - at);
         for (int64_t i = 0; i < AMX_SIDE; i++) {
            v[i] = (vec){0};
            for (int64_t split = 0; split < splits && at + i < n; split++)
               v[i] += load(sums + split * size + (at + i) * AMX_SIDE);
         }
         flip(v);
         for (int64_t r = 0; r < AMX_SIDE && k + r < b->outputs; r++) {
            float *to = dw + (b->k0 * AMX_SIDE + k + r) * row + b->c0 * j->c_rows * taps + at;
            _mm512_mask_storeu_ps(to, inside, _mm512_add_ps(_mm512_maskz_loadu_ps(inside, to), (__m512)v[r]));
         }
      }
}

int hl_amx_dw(const conv_shape *s, float *dw, const uint16_t *dy, const uint16_t *x)
{
   job j = {0};
   HL_TRY(hl_amx_forward_images(&j.from, s, 1, true));
   j.c_tiles = up(s->c, AMX_SIDE);
   j.c_rows = up(s->c, j.c_tiles);
   j.c_tiles = up(s->c, j.c_rows);
   j.k_tiles = up(s->k, AMX_SIDE);
   int64_t channels = j.c_tiles * j.c_rows, blocks = up(j.c_tiles, 2) * up(j.k_tiles, 2);
   pieces cut = cut_pixels(&j.from);
   int64_t splits = up(UNITS, blocks), each = block_size(&j);
   if (splits > cut.count) splits = cut.count;
   int64_t rooms = splits > 1 ? blocks * splits : omp_get_max_threads();
   uint16_t *images = hl_conv_room(CONV_SOURCE, 4, s->n, channels, j.from.plane, (int64_t)sizeof *images);
   uint32_t *pairs =
       hl_conv_room(CONV_WEIGHTS, 3, s->n * j.k_tiles, j.from.pixels / 2 * AMX_SIDE, (int64_t)sizeof *pairs);
   float *sums = hl_conv_room(CONV_SUMS, 3, rooms, each, (int64_t)sizeof *sums);
   if (!images || !pairs || !sums) return 1;
   HL_TRY(hl_amx_fill_planes(images, &j.from, x, channels));
   HL_TRY(fill_gradients(pairs, &j, dy, s->k));
   j.x = images;
   j.dy = pairs;
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < blocks * splits; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t split = unit % splits;
      block b = block_at(&j, s->k, unit / splits);
      float *own = sums + (splits > 1 ? unit : omp_get_thread_num()) * each;
      multiply_pieces(&j, &cut, &b, cut.count * split / splits, cut.count * (split + 1) / splits, own);
      if (splits == 1) add_block(&j, dw, &b, own, 1);
   }
   if (stop) return hl_fail("interrupted");
   if (splits == 1) return 0;
#pragma omp parallel for
   for (int64_t i = 0; i < blocks; i++) {
      block b = block_at(&j, s->k, i);
      add_block(&j, dw, &b, sums + i * splits * each, splits);
   }
   return 0;
}

#endif
