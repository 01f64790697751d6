/* conv_amx.h: what the files of convolutions by AMX tiles share: the tiles' instructions, and images laid out so that
 * tiles can be loaded from them for any tap.
 *
 * A tile holds 16 rows of 64 bytes. TILE_MULTIPLY(c, a, b) adds to c, 16x16 float32, the product of a, 16 rows of 16
 * pairs of bfloat16, and b, 16 pairs of rows, each row of pairs interleaved. What a product sums over goes in pairs. */
#ifndef HL_CONV_AMX_H
#define HL_CONV_AMX_H

#include "conv.h"
#include <string.h>

#if defined(__x86_64__) && defined(__AVX512BF16__)
#define CONV_AMX_BUILT 1
#include "lanes.h"

enum {
   AMX_SIDE = 16,     /* rows of a tile, and pairs or floats in one */
   AMX_TILE = 512,    /* bfloat16 of a tile */
   AMX_MOST_STEP = 4, /* between the pixels that a tap meets for neighbouring results */
};

/* In assembly, so that nothing but these needs the processor to have tiles. */
#define TILE_ZERO(t) __asm__ volatile("tilezero %%tmm" #t::)
#define TILE_LOAD(t, from, stride) \
   __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t::"r"(from), "r"((int64_t)(stride)) : "memory")
#define TILE_STORE(t, to, stride) \
   __asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)" ::"r"(to), "r"((int64_t)(stride)) : "memory")
#define TILE_MULTIPLY(c, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c::)

/* Tiles 0 to 3 become (rows, 16) float32, 4 and 5 (rows, depth) pairs, 6 and 7 (depth, 16) pairs. */
static inline void amx_begin(int64_t rows, int64_t depth)
{
   struct {
      uint8_t palette, start, zero[14];
      uint16_t bytes[16];
      uint8_t rows[16];
   } config = {.palette = 1};
   for (int t = 0; t < 8; t++) {
      config.bytes[t] = (uint16_t)(t == 4 || t == 5 ? 4 * depth : 64);
      config.rows[t] = (uint8_t)(t >= 6 ? depth : rows);
   }
   __asm__ volatile("ldtilecfg %0" ::"m"(config) : "memory");
}

/* Tiles that hold nothing cost nothing when the system switches between threads. */
static inline void amx_end(void)
{
   __asm__ volatile("tilerelease" ::: "memory");
}

/* Images as tiles are loaded from them: rows one after the other, with a gap of zeros that serves the row before as its
 * right border and the one behind as its left. So what a tap meets for result (i,j) is at at[tap] + step * (i * width +
 * j), and results i * width + j are neighbours from one row to the next; those from cols to width are of no use. With
 * a vertical stride, the rows of each remainder stand together; where columns are apart, so do these, and step is 1. */
typedef struct {
   int64_t images, channels, h, w; /* of the tensor */
   int64_t step_h, step_w;         /* from what a tap meets for one result to the next */
   int64_t rows, cols;             /* results */
   int64_t fold;                   /* columns that one tap stands for, neighbours in x and in the weights */
   int64_t taps;
   int64_t *tap_h, *tap_w; /* what they meet for result (0,0) */
   int64_t *weight;        /* where their weights begin */
   int64_t *at;
   /* by hl_amx_lay_out */
   bool apart;
   int64_t width, line, lead; /* results in a row; elements in one, and before the first */
   int64_t step;
   int64_t pixels; /* results with those of no use, so many that they fill tiles */
   int64_t phases, phase, plane;
   int64_t remainders[AMX_MOST_STEP * AMX_MOST_STEP]; /* that each phase holds, row * step_w + column */
} amx_images;

/* Whether the processor has AMX tiles of bfloat16, the system lets this process use them, and HILO_CPU does not name a
 * processor without. */
bool hl_amx(void);

/* Memory for so many taps, until the next call. */
int hl_amx_make_taps(amx_images *s, int64_t taps);
/* The images of x, for a forward convolution or the gradient of its weights; fold divides the kernel's columns. */
int hl_amx_forward_images(amx_images *g, const conv_shape *s, int64_t fold, bool apart);
/* How what s describes is laid out; sets the rest. */
void hl_amx_lay_out(amx_images *s, bool apart);
/* to (images, steps, plane, depth) words = x, channels 2 (step * depth + i) and the next in word i of a pixel; zeros in
 * channels that x has not. */
int hl_amx_fill_pixels(uint32_t *to, const amx_images *s, const uint16_t *x, int64_t steps, int64_t depth);
/* to (images, channels, plane) = x, with so many channels, zeros in those that x has not. */
int hl_amx_fill_planes(uint16_t *to, const amx_images *s, const uint16_t *x, int64_t channels);

/* Passes of hl_conv_amx; see conv_bf16_sums and the like in conv.h. */
int hl_amx_sums(const conv_shape *s, float *y, const uint16_t *x, const float *w);
int hl_amx_dw(const conv_shape *s, float *dw, const uint16_t *dy, const uint16_t *x);
int hl_amx_taps_dx(const conv_shape *s, const conv_plan *plan, uint16_t *dx, const uint16_t *dy, const float *w);

#else
#define CONV_AMX_BUILT 0

static inline bool hl_amx(void)
{
   return false;
}

#endif

/* What part of a float32 product's time one of bfloat16 takes. */
static inline double hl_conv_bf16_share(void)
{
   return hl_amx() ? 0.1 : 0.5;
}

#endif
