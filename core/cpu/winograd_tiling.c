/* winograd_tiling.c: see winograd_tiling.h. */
#include "winograd_tiling.h"
#include "conv.h"

enum { STRIP_TILES = 128 }; /* tiles that are transformed together */

/* Results of a tile where `left` are left for it, at most `most`. */
static int64_t fit(int64_t m, int64_t left, int64_t most)
{
   return m < MOST_RESULTS || left > most ? most : left < LEAST_RESULTS ? LEAST_RESULTS : left;
}

/* Of tile k of n, where those after it must have some too. */
static int64_t piece(int64_t m, int64_t left, int64_t k, int64_t n)
{
   return fit(m, left - LEAST_RESULTS * (n - 1 - k), m);
}

double hl_winograd_points(int64_t m, int64_t results, int64_t dilation)
{
   int64_t length = up(results, dilation), n = up(length, m), phases = dilation < results ? dilation : results;
   int64_t longer = (results - 1) % dilation + 1; /* phases, the others being shorter by one */
   double points = 0;
   for (int64_t k = 0, at = 0; k < n; k++) {
      int64_t size = piece(m, length - at, k, n);
      points += (double)(longer * (size + 2));
      if (at < length - 1) points += (double)((phases - longer) * (fit(m, length - 1 - at, size) + 2));
      at += size;
   }
   return points;
}

/* Where the tiles along a side begin, and where the last ends. */
static void cut_line(int64_t *start, int64_t n, int64_t m, int64_t length)
{
   start[0] = 0;
   for (int64_t k = 0; k < n; k++) start[k + 1] = start[k] + piece(m, length - start[k], k, n);
}

int hl_winograd_cut(tiling *t, int m, int64_t n, int64_t rows, int64_t cols, int64_t dil_h, int64_t dil_w)
{
   *t = (tiling){.rows = rows, .cols = cols, .dil_h = dil_h, .dil_w = dil_w};
   t->m = m;
   t->side = m + 2;
   t->positions = t->side * t->side;
   t->idle = -1;
   t->bands = up(up(rows, dil_h), m);
   t->across = up(up(cols, dil_w), m);
   int64_t down = dil_h < rows ? dil_h : rows, beside = dil_w < cols ? dil_w : cols; /* phases that are not empty */
   int64_t most = t->bands * down * t->across * beside;
   /* row, col, place, height and width of a tile take less than 2 + n words */
   int64_t words = 2 * (t->bands + 1) + t->across + 1 + (2 + n) * most;
   t->first = hl_conv_room(CONV_TABLE, 2, words, (int64_t)sizeof *t->first);
   if (!t->first) return 1;
   t->top = t->first + t->bands + 1;
   t->left = t->top + t->bands + 1;
   t->row = (int32_t *)(t->left + t->across + 1);
   t->col = t->row + most;
   t->place = t->col + most;
   t->height = (int8_t *)(t->place + n * most);
   t->width = t->height + most;
   cut_line(t->top, t->bands, m, up(rows, dil_h));
   cut_line(t->left, t->across, m, up(cols, dil_w));
   for (int64_t band = 0; band < t->bands; band++) {
      t->first[band] = t->tiles;
      for (int64_t i = 0; i < down; i++)
         for (int64_t across = 0; across < t->across; across++)
            for (int64_t j = 0; j < beside; j++) {
               int64_t top = t->top[band], left = t->left[across], row = top * dil_h + i, col = left * dil_w + j;
               if (row >= rows || col >= cols) continue;
               t->row[t->tiles] = (int32_t)row;
               t->col[t->tiles] = (int32_t)col;
               t->height[t->tiles] = (int8_t)fit(m, up(rows - i, dil_h) - top, t->top[band + 1] - top);
               t->width[t->tiles++] = (int8_t)fit(m, up(cols - j, dil_w) - left, t->left[across + 1] - left);
            }
   }
   t->first[t->bands] = t->tiles;
   t->strip_bands = STRIP_TILES / t->first[1];
   if (t->strip_bands < 1) t->strip_bands = 1;
   t->strips = up(t->bands, t->strip_bands);
   t->strip_bands = up(t->bands, t->strips);
   t->strips = up(t->bands, t->strip_bands);
   t->most = t->strip_bands * t->first[1];
   return 0;
}

tile_order hl_winograd_sort(const tiling *t, int64_t begin, int64_t end, int64_t from)
{
   tile_order o = {.begin = begin, .end = end, .from = from};
   int64_t first = strip_tile(t, begin), last = strip_tile(t, end), next[MOST_RESULTS + 1][MOST_RESULTS + 1] = {0};
   o.tiles = last - first;
   for (int64_t tile = first; tile < last; tile++) o.wide[t->height[tile % t->tiles]][t->width[tile % t->tiles]]++;
   int64_t place = from;
   for (int64_t h = t->m; h >= LEAST_RESULTS; h--) {
      o.start[h] = place - from;
      int64_t before = 0;
      for (int64_t w = t->m; w >= LEAST_RESULTS; w--) {
         next[h][w] = place + before;
         before = o.wide[h][w] += before;
      }
      place += before;
   }
   for (int64_t tile = first; tile < last; tile++)
      t->place[tile] = (int32_t)next[t->height[tile % t->tiles]][t->width[tile % t->tiles]]++;
   return o;
}

/* The least height, or width, of tiles that have this row, or column, of positions: they lack those before the last. */
static int64_t least(const tiling *t, int64_t i)
{
   if (t->m < MOST_RESULTS) return t->m;
   return i <= LEAST_RESULTS || i == t->side - 1 ? LEAST_RESULTS : i;
}

int hl_winograd_runs(const tile_order *o, const tiling *t, int64_t position, tile_run runs[MOST_RESULTS])
{
   int64_t low = least(t, position / t->side), narrow = least(t, position % t->side);
   int n = 0;
   for (int64_t h = t->m; h >= low; h--) {
      int64_t begin = o->start[h], end = begin + o->wide[h][narrow];
      if (begin == end) continue;
      if (n > 0 && runs[n - 1].end == begin)
         runs[n - 1].end = end;
      else
         runs[n++] = (tile_run){begin, end};
   }
   return n;
}
