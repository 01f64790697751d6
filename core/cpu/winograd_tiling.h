/* winograd_tiling.h: how conv_winograd.c cuts the results of a convolution into tiles, and which of these it multiplies
 * at each position of the transformed tile. */
#ifndef HL_WINOGRAD_TILING_H
#define HL_WINOGRAD_TILING_H

#include "cpu.h"

enum { LEAST_RESULTS = 3, MOST_RESULTS = 6, MOST = MOST_RESULTS + 2 }; /* along a side of a tile */

/* Tiles have m results along a side; where m is 6, the last ones of a line may have 3 to 5, so that they reach beyond
 * the edge by two at most, and only where no more than that is left. Result (i,j) of a tile is at (row[t] + i * dil_h,
 * col[t] + j * dil_w). A band of an image holds the tiles that begin in its first dil_h rows, of which those of shorter
 * phases may be lower; a strip is some bands. All images are cut alike. */
typedef struct {
   int64_t m, side, positions; /* side is m + 2, positions its square */
   int64_t idle; /* row and column of the tile whose products are 0 or of no use, as the kernels are 2x2; or -1 */
   int64_t rows, cols, dil_h, dil_w; /* of the results */
   int64_t bands, across, strips, strip_bands;
   int64_t tiles;          /* of one image */
   int64_t most;           /* tiles of the largest strip */
   int64_t *first;         /* first tile of each band, and the end */
   int64_t *top, *left;    /* of each band, and of each column of tiles, and the ends; in results of one phase */
   int32_t *row, *col;     /* of each tile */
   int8_t *height, *width; /* of each tile, in results */
   int32_t *place;         /* of each tile of all images, in its block: see tile_order */
} tiling;

/* The results of n images, cut into tiles; `idle` is the caller's to set. Lives until the next one is made; fails where
 * memory is out. */
int hl_winograd_cut(tiling *t, int m, int64_t n, int64_t rows, int64_t cols, int64_t dil_h, int64_t dil_w);

/* Positions of all tiles along one side, for all phases: the sum of their results + 2. */
double hl_winograd_points(int64_t m, int64_t results, int64_t dilation);

/* Strips are counted through all images. */
static inline int64_t strip_band(const tiling *t, int64_t strip)
{
   return strip % t->strips * t->strip_bands;
}

/* First row of a strip, and how many it has, in results of one phase. */
static inline int64_t strip_top(const tiling *t, int64_t strip)
{
   return t->top[strip_band(t, strip)];
}

static inline int64_t strip_rows(const tiling *t, int64_t strip)
{
   int64_t last = strip_band(t, strip) + t->strip_bands;
   return t->top[last < t->bands ? last : t->bands] - strip_top(t, strip);
}

/* Its first tile, counted through all images; that of strip + 1 is its end. */
static inline int64_t strip_tile(const tiling *t, int64_t strip)
{
   return strip / t->strips * t->tiles + t->first[strip_band(t, strip)];
}

/* A block of tiles, those of strips begin .. end - 1, sorted by height and then by width, the largest first: a position
 * that small tiles lack takes but few runs of the others. */
typedef struct {
   int64_t begin, end, tiles;
   int64_t from;                                     /* place of its first tile */
   int64_t start[MOST_RESULTS + 1];                  /* first tile of this height */
   int64_t wide[MOST_RESULTS + 1][MOST_RESULTS + 1]; /* tiles of this height at least so wide */
} tile_order;

typedef struct {
   int64_t begin, end;
} tile_run;

/* Writes the places of these tiles, from `from` on. */
tile_order hl_winograd_sort(const tiling *t, int64_t begin, int64_t end, int64_t from);

/* The tiles that have a position; returns the number of runs. */
int hl_winograd_runs(const tile_order *o, const tiling *t, int64_t position, tile_run runs[MOST_RESULTS]);

#endif
