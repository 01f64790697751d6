/* conv_source.h: the images shifted by each tap of a kernel, as the rows of a matrix that an implicit matrix product
 * packs tile by tile; for elements of the type `item`. Included where FN, LANES and PANEL are defined, see micro.h. */
#undef SOURCE
#undef GEOMETRY
#undef RUN
#define SOURCE FN(source)
#define GEOMETRY FN(geometry)
#define RUN FN(run)

/* Images as the packing reads them. The element that tap t of channel c meets for result (i,j) of image n is
 * data[n * image + c * plane + at[t] + i * row + j], neighbours in j being neighbours in memory whatever the stride. */
typedef struct {
   const item *data;
   int64_t images, channels, rows, cols; /* results */
   int64_t image, plane, row;
   int64_t taps, *at;
   int64_t end; /* elements that may be read */
} SOURCE;

/* Where the taps fall for result (0,0), and what one result further means. */
typedef struct {
   int64_t images, channels, h, w; /* of the tensor that is read */
   int64_t rows, cols;             /* of results */
   int64_t step_h, step_w;
   int64_t taps, *tap_h, *tap_w;
} GEOMETRY;

/* Reads x in place where every tap stays inside and columns are neighbours; else copies it with its padding, the
 * columns of each remainder modulo step_w together. */
static int FN(prepare)(SOURCE *s, const item *x, const GEOMETRY *g, int64_t *at)
{
   int64_t top = INT64_MAX, left = INT64_MAX, bottom = INT64_MIN, right = INT64_MIN;
   for (int64_t t = 0; t < g->taps; t++) {
      if (g->tap_h[t] < top) top = g->tap_h[t];
      if (g->tap_h[t] > bottom) bottom = g->tap_h[t];
      if (g->tap_w[t] < left) left = g->tap_w[t];
      if (g->tap_w[t] > right) right = g->tap_w[t];
   }
   bottom += (g->rows - 1) * g->step_h;
   right += (g->cols - 1) * g->step_w;
   *s = (SOURCE){.images = g->images, .channels = g->channels, .rows = g->rows, .cols = g->cols};
   s->taps = g->taps;
   s->at = at;
   bool inside = top >= 0 && left >= 0 && bottom < g->h && right < g->w;
   if (inside && g->step_w == 1) {
      s->data = x;
      s->end = g->images * g->channels * g->h * g->w;
      s->plane = g->h * g->w;
      s->row = g->step_h * g->w;
      for (int64_t t = 0; t < g->taps; t++) at[t] = g->tap_h[t] * g->w + g->tap_w[t];
   } else {
      int64_t step_h = 1, step_w = g->step_w, height = bottom - top + 1;
      int64_t part = (right - left) / step_w + 1, parts = step_w;
      if (g->taps == 1) { /* only the strided pixels */
         step_h = g->step_h;
         height = g->rows;
         part = g->cols;
         parts = 1;
      }
      int64_t width = parts * part;
      s->plane = height * width;
      s->row = g->taps == 1 ? width : g->step_h * width;
      for (int64_t t = 0; t < g->taps; t++)
         at[t] = (g->tap_h[t] - top) * width + (g->tap_w[t] - left) % step_w * part + (g->tap_w[t] - left) / step_w;
      item *data = hl_conv_room(CONV_SOURCE, 3, g->images * g->channels + 1, s->plane + PANEL, (int64_t)sizeof(item));
      if (!data) return 1;
      s->data = data;
      s->end = g->images * g->channels * s->plane + PANEL;
      int stop = 0;
#pragma omp parallel for collapse(2)
      for (int64_t plane = 0; plane < g->images * g->channels; plane++)
         for (int64_t i = 0; i < height; i++) {
            if (hl_conv_stopped(&stop)) continue;
            item *to = data + plane * s->plane + i * width;
            int64_t ih = top + i * step_h;
            memset(to, 0, (size_t)width * sizeof(item));
            if (ih < 0 || ih >= g->h) continue;
            const item *from = x + (plane * g->h + ih) * g->w;
            for (int64_t part_at = 0; part_at < parts; part_at++, to += part) {
               int64_t origin = left + part_at; /* column j of this part is column origin + j * step_w of x */
               int64_t begin = origin < 0 ? (-origin + step_w - 1) / step_w : 0;
               int64_t end = origin < g->w ? (g->w - 1 - origin) / step_w + 1 : 0;
               if (end > part) end = part;
               if (step_w == 1 && begin < end)
                  memcpy(to + begin, from + origin + begin, (size_t)(end - begin) * sizeof(item));
               else if (step_w == 2) /* a constant, so that vectors are shuffled */
                  for (int64_t j = begin; j < end; j++) to[j] = from[origin + 2 * j];
               else
                  for (int64_t j = begin; j < end; j++) to[j] = from[origin + j * step_w];
            }
         }
      if (stop) return hl_fail("interrupted");
   }
   s->image = g->channels * s->plane;
   if (s->row == s->cols) { /* rows join without a gap */
      s->cols *= s->rows;
      s->rows = 1;
   }
   return 0;
}

/* At most LANES neighbouring results whose elements are neighbours in the source too. */
typedef struct {
   int64_t from;
   int32_t to, length;
} RUN;

/* Runs of results first .. first + count - 1, counted through all images, to be packed from to on. Returns their
 * number. */
static int FN(find_runs)(RUN *runs, const SOURCE *s, int64_t first, int64_t count, int64_t to)
{
   int n = 0;
   for (int64_t done = 0; done < count; n++) {
      int64_t at = first + done, image = at / (s->rows * s->cols), in_image = at % (s->rows * s->cols);
      int64_t i = in_image / s->cols, j = in_image % s->cols, length = s->cols - j < LANES ? s->cols - j : LANES;
      if (length > count - done) length = count - done;
      runs[n] = (RUN){image * s->image + i * s->row + j, (int32_t)(to + done), (int32_t)length};
      done += length;
   }
   return n;
}

static int64_t *FN(taps)(int64_t n)
{
   return hl_conv_room(CONV_TABLE, 3, n, (int64_t)3, (int64_t)sizeof(int64_t));
}

static GEOMETRY FN(forward_geometry)(const conv_shape *s, int64_t *table)
{
   int64_t taps = s->r * s->s;
   for (int64_t t = 0; t < taps; t++) {
      table[t] = t / s->s * s->dil_h - s->pad_h;
      table[taps + t] = t % s->s * s->dil_w - s->pad_w;
   }
   return (GEOMETRY){s->n, s->c, s->h, s->w, s->p, s->q, s->stride_h, s->stride_w, taps, table, table + taps};
}

/* Of dy, for the gradient of rows i0 + stride_h * i and columns j0 + stride_w * j of x, with the taps that reach them:
 * table has room for the rows and the columns of r * s taps, tap for which of the kernel's each is. */
static GEOMETRY FN(phase_geometry)(const conv_shape *s, int64_t i0, int64_t j0, int64_t *table, int64_t *tap)
{
   int64_t most = s->r * s->s;
   GEOMETRY g = {.images = s->n, .channels = s->k, .h = s->p, .w = s->q, .step_h = 1, .step_w = 1};
   g.rows = (s->h - i0 - 1) / s->stride_h + 1;
   g.cols = (s->w - j0 - 1) / s->stride_w + 1;
   g.tap_h = table;
   g.tap_w = table + most;
   for (int64_t t = 0; t < most; t++) {
      int64_t row = i0 + s->pad_h - t / s->s * s->dil_h, col = j0 + s->pad_w - t % s->s * s->dil_w;
      if (row % s->stride_h || col % s->stride_w) continue;
      tap[g.taps] = t;
      g.tap_h[g.taps] = row / s->stride_h;
      g.tap_w[g.taps++] = col / s->stride_w;
   }
   return g;
}
