/* micro.h: the register tiles that the convolutions are built of: a small matrix product and a transpose, for the type
 * `real`. Included inside the part of a file that generic.h compiles for each type, or after defining real and FN. */

#ifndef VEC_BYTES
#if defined(__AVX512F__)
#define VEC_BYTES 64
#elif defined(__AVX__)
#define VEC_BYTES 32
#else
#define VEC_BYTES 16
#endif
#if defined(__AVX512F__) || defined(__aarch64__) /* 32 vector registers: 24 sums, 3 of b, 1 of a */
#define TILE_ROWS 8
#else /* 16: 12 sums, 3 of b, 1 of a */
#define TILE_ROWS 4
#endif
#define TILE_VECS 3
#define ALWAYS_INLINE static inline __attribute__((always_inline, unused))
#endif

#undef LANES
#undef PANEL
#define LANES (VEC_BYTES / (int)sizeof(real))
#define PANEL (TILE_VECS * LANES) /* columns of a tile */

typedef real FN(vec) __attribute__((vector_size(VEC_BYTES)));
typedef real FN(loose) __attribute__((vector_size(VEC_BYTES), aligned(sizeof(real)), may_alias)); /* any address */

ALWAYS_INLINE FN(vec) FN(load)(const real *p)
{
   return *(const FN(loose) *)p;
}

ALWAYS_INLINE void FN(store)(real *p, FN(vec) v)
{
   *(FN(loose) *)p = v;
}

/* c (rows, vecs*LANES) = [c +] a b. a (rows, depth) has strides row and step, and goes on jump further after every run
 * columns, where run is not 0. b (depth, vecs*LANES) has the stride ldb, and its vectors the stride next. rows, vecs
 * and run are constants where this is inlined, so that the sums stay in registers. */
ALWAYS_INLINE void FN(tile)(const int rows, const int vecs, const int run, int64_t depth, const real *a, int64_t row,
                            int64_t step, int64_t jump, const real *b, int64_t ldb, int64_t next, real *c, int64_t ldc,
                            int add)
{
   FN(vec) sum[TILE_ROWS][TILE_VECS];
#pragma GCC unroll 8
   for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
      for (int v = 0; v < vecs; v++) {
         sum[r][v] = (FN(vec)){0};
         __builtin_prefetch(c + r * ldc + v * LANES, 1);
      }
   for (int64_t left = depth; left > 0; a += jump) {
      int64_t n = run && run < left ? run : left;
      left -= n;
      if (run) { /* the rows after these, which no hardware guesses */
#pragma GCC unroll 8
         for (int r = 0; r < rows; r++) __builtin_prefetch(a + (rows + r) * row);
      }
      for (; n > 0; n--, a += step, b += ldb) {
         FN(vec) bv[TILE_VECS];
#pragma GCC unroll 3
         for (int v = 0; v < vecs; v++) bv[v] = FN(load)(b + v * next);
#pragma GCC unroll 8
         for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
            for (int v = 0; v < vecs; v++) sum[r][v] += a[r * row] * bv[v];
      }
   }
#pragma GCC unroll 8
   for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
      for (int v = 0; v < vecs; v++) {
         real *out = c + r * ldc + v * LANES;
         FN(store)(out, add ? FN(load)(out) + sum[r][v] : sum[r][v]);
      }
}

#define TILE_CASE(rows) \
   do { \
      if (vecs == 3) FN(tile)(rows, 3, run, depth, a, row, step, jump, b, ldb, next, c, ldc, add); \
      if (vecs == 2) FN(tile)(rows, 2, run, depth, a, row, step, jump, b, ldb, next, c, ldc, add); \
      if (vecs == 1) FN(tile)(rows, 1, run, depth, a, row, step, jump, b, ldb, next, c, ldc, add); \
   } while (0)

/* As tile, for any number of rows. */
ALWAYS_INLINE void FN(column)(int64_t rows, int vecs, const int run, int64_t depth, const real *a, int64_t row,
                              int64_t step, int64_t jump, const real *b, int64_t ldb, int64_t next, real *c,
                              int64_t ldc, int add)
{
   for (; rows >= TILE_ROWS; rows -= TILE_ROWS, a += TILE_ROWS * row, c += TILE_ROWS * ldc) TILE_CASE(TILE_ROWS);
#if TILE_ROWS == 8
   if (rows >= 4) {
      TILE_CASE(4);
      rows -= 4, a += 4 * row, c += 4 * ldc;
   }
#endif
   if (rows >= 2) {
      TILE_CASE(2);
      rows -= 2, a += 2 * row, c += 2 * ldc;
   }
   if (rows) TILE_CASE(1);
}
#undef TILE_CASE

/* c (m,n) = [c +] a b. a (m,depth) has strides row and step, and goes on by block after TILE_ROWS rows. b (depth,n) is
 * in panels of PANEL columns, panel elements each: column j of row k is at b[j / PANEL * panel + k * PANEL + j %
 * PANEL]. */
ALWAYS_INLINE void FN(product)(int64_t m, int64_t n, int64_t depth, const real *a, int64_t row, int64_t step,
                               int64_t block, const real *b, int64_t panel, real *c, int64_t ldc, int add)
{
   for (int64_t i = 0; i < m; i += TILE_ROWS, a += block)
      for (int64_t j = 0; j < n; j += PANEL) {
         real part[TILE_ROWS * PANEL], *to = c + i * ldc + j, *out = to;
         int64_t rows = m - i < TILE_ROWS ? m - i : TILE_ROWS, cols = n - j < PANEL ? n - j : PANEL;
         bool whole = cols % LANES == 0; /* else the last vector would write past the columns */
         const real *panel_j = b + j / PANEL * panel;
         int vecs = (int)((cols + LANES - 1) / LANES);
         if (!whole) out = part;
         int64_t ld = whole ? ldc : PANEL;
         FN(column)(rows, vecs, 0, depth, a, row, step, 0, panel_j, PANEL, LANES, out, ld, add && whole);
         if (whole) continue;
         for (int64_t r = 0; r < rows; r++)
            for (int64_t k = 0; k < cols; k++)
               to[r * ldc + k] = add ? to[r * ldc + k] + part[r * PANEL + k] : part[r * PANEL + k];
      }
}

/* Transposes a square of LANES vectors in place: log2(LANES) rounds of interleaving its two halves. */
ALWAYS_INLINE void FN(flip)(FN(vec) v[LANES])
{
#if REAL_IS_FLOAT
   typedef int32_t mask __attribute__((vector_size(VEC_BYTES)));
#else
   typedef int64_t mask __attribute__((vector_size(VEC_BYTES)));
#endif
   enum { L = LANES, H = LANES / 2 };
   mask low, high;
#pragma GCC unroll 16
   for (int i = 0; i < L; i++) {
      low[i] = i / 2 + i % 2 * L;
      high[i] = low[i] + H;
   }
#pragma GCC unroll 4
   for (int round = 1; round < L; round *= 2) {
      FN(vec) old[LANES];
#pragma GCC unroll 16
      for (int i = 0; i < L; i++) old[i] = v[i];
#pragma GCC unroll 8
      for (int i = 0; i < H; i++) {
         v[2 * i] = __builtin_shuffle(old[i], old[i + H], low);
         v[2 * i + 1] = __builtin_shuffle(old[i], old[i + H], high);
      }
   }
}

#if REAL_IS_FLOAT
/* bfloat16 in memory. */
typedef uint16_t FN(halves) __attribute__((vector_size(VEC_BYTES / 2), aligned(2), may_alias));
typedef uint32_t FN(words) __attribute__((vector_size(VEC_BYTES)));

ALWAYS_INLINE FN(vec) FN(bf16_load)(const uint16_t *p)
{
   return (FN(vec))(__builtin_convertvector(*(const FN(halves) *)p, FN(words)) << 16);
}

/* Rounded as hl_bf16_round does. */
ALWAYS_INLINE void FN(bf16_store)(uint16_t *p, FN(vec) v)
{
   FN(words) bits = (FN(words))v, nan = (FN(words))((bits & 0x7fffffff) > 0x7f800000);
   FN(words) up = bits + 0x7fff + (bits >> 16 & 1);
   *(FN(halves) *)p = __builtin_convertvector(((nan & (bits | 0x400000)) | (~nan & up)) >> 16, FN(halves));
}
#endif

/* to_lanes and from_lanes, and of bfloat16 in memory bf16_to_lanes and bf16_from_lanes. */
#define ELEMENT real
#define ELEMENT_FN(name) FN(name)
#include "micro_lanes.h"
#if REAL_IS_FLOAT
#define ELEMENT uint16_t
#define ELEMENT_FN(name) FN(bf16_##name)
#include "micro_lanes.h"
#endif
