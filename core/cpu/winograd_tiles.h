/* winograd_tiles.h: the transforms of Winograd's F(m x m, 3x3), see conv_winograd.c: of one row or column, then of
 * tiles, whose elements are vectors of channels. Included after micro.h with real = float.
 *
 * m is 3, 4 or 6 and a constant to the compiler: BY_SIDE makes it one. A transformed tile has `side` positions along a
 * side, m + 2. Where side is 8 a tile may have 3 to 5 results: of the points, in the order 0, 1, -1, 2, -2, 1/2, -1/2,
 * infinity, it has the first m + 1 and the last. BY_RESULTS makes its m and side constants. */

#define BY_SIDE(m, f, ...) ((m) == 3 ? f(3, __VA_ARGS__) : (m) == 4 ? f(4, __VA_ARGS__) : f(6, __VA_ARGS__))
#define BY_RESULTS(m, side, f, ...) \
   ((side) == 5   ? f(3, 5, __VA_ARGS__) \
    : (side) == 6 ? f(4, 6, __VA_ARGS__) \
    : (m) == 3    ? f(3, 8, __VA_ARGS__) \
    : (m) == 4    ? f(4, 8, __VA_ARGS__) \
    : (m) == 5    ? f(5, 8, __VA_ARGS__) \
                  : f(6, 8, __VA_ARGS__))

/* ---- one-dimensional transforms, m results a tile; to and from are the distances of elements ---- */

ALWAYS_INLINE void transform_image(const int m, const int side, vec *o, const vec *d, int to) /* B' d */
{
   /* Row i of the G of m differs from that of 6, with which the weights are transformed, by a factor, which goes here;
    * for 5 results it is in the numbers. */
   const bool part = side > m + 2;
   vec d0 = d[0], d1 = d[1], d2 = d[2], d3 = d[3], d4 = d[4], *last = o + (side - 1) * to;
   if (m == 3) {
      o[0] = (part ? 0.5f : 1) * (2 * (d0 - d2) + d3 - d1);
      o[to] = (part ? 2.25f : 1) * (d3 - d2 - 2 * d1);
      o[2 * to] = (part ? 0.75f : 1) * (2 * d1 - 3 * d2 + d3);
      o[3 * to] = (part ? 15.f : 1) * (d3 - d1);
      *last = 2 * (d1 - d3) + d4 - d2;
   } else if (m == 4) {
      vec d5 = d[5], even = (part ? 0.75f : 1) * (d4 - 4 * d2), odd = (part ? 0.75f : 1) * (d3 - 4 * d1);
      vec near = (part ? 3.75f : 1) * (d4 - d2), far = (part ? 7.5f : 2) * (d3 - d1);
      o[0] = part ? d0 - 1.25f * d2 + 0.25f * d4 : 4 * d0 - 5 * d2 + d4;
      o[to] = even + odd;
      o[2 * to] = even - odd;
      o[3 * to] = near + far;
      o[4 * to] = near - far;
      *last = 4 * d1 - 5 * d3 + d5;
   } else if (m == 5) {
      vec d5 = d[5], d6 = d[6];
      o[0] = d0 - 2 * d1 - 1.25f * d2 + 2.5f * d3 + 0.25f * d4 - 0.5f * d5;
      o[to] = 1.5f * (d5 - 4.5f * d3 + 2 * d1) + 0.75f * d4 - 3 * d2;
      o[2 * to] = 0.75f * d4 - 0.5f * d5 + 1.75f * d3 - 3 * d2 + d1;
      o[3 * to] = 2.5f * (d5 + d1) - 5 * d3 + 3.75f * (d4 - d2);
      o[4 * to] = 3.75f * (d4 - d2) - 1.5f * (d5 - d1);
      o[5 * to] = d5 - 5 * d3 + 4 * d1;
      *last = d6 - 0.5f * d5 - 5 * d4 + 2.5f * d3 + 4 * d2 - 2 * d1;
   } else {
      vec d5 = d[5], d6 = d[6], d7 = d[7];
      vec even = d6 + d2 - 4.25f * d4, odd = d5 + d1 - 4.25f * d3;
      vec even2 = d6 + 0.25f * d2 - 1.25f * d4, odd2 = 2 * d5 + 0.5f * d1 - 2.5f * d3;
      vec even3 = d6 + 4 * d2 - 5 * d4, odd3 = 0.5f * d5 + 2 * d1 - 2.5f * d3;
      o[0] = d0 - d6 + 5.25f * (d4 - d2);
      o[to] = even + odd;
      o[2 * to] = even - odd;
      o[3 * to] = even2 + odd2;
      o[4 * to] = even2 - odd2;
      o[5 * to] = even3 + odd3;
      o[6 * to] = even3 - odd3;
      *last = d7 - d1 + 5.25f * (d3 - d5);
   }
}

ALWAYS_INLINE void transform_weight(const int m, vec *o, const vec *g, int to, int from) /* G g */
{
   vec g0 = g[0], g1 = g[from], g2 = g[2 * from], even = g0 + g2;
   if (m == 3) {
      o[0] = 0.5f * g0;
      o[to] = -0.5f * (even + g1);
      o[2 * to] = (1.f / 6) * (g1 - even);
      o[3 * to] = (1.f / 6) * (g0 + 2 * g1 + 4 * g2);
      o[4 * to] = g2;
   } else if (m == 6) {
      vec even2 = (1.f / 90) * g0 + (2.f / 45) * g2, odd2 = (1.f / 45) * g1;
      vec even3 = (32.f / 45) * g0 + (8.f / 45) * g2, odd3 = (16.f / 45) * g1;
      o[0] = g0;
      o[to] = (-2.f / 9) * (even + g1);
      o[2 * to] = (-2.f / 9) * (even - g1);
      o[3 * to] = even2 + odd2;
      o[4 * to] = even2 - odd2;
      o[5 * to] = even3 + odd3;
      o[6 * to] = even3 - odd3;
      o[7 * to] = g2;
   } else {
      vec even2 = (1.f / 24) * g0 + (1.f / 6) * g2, odd2 = (1.f / 12) * g1;
      o[0] = 0.25f * g0;
      o[to] = (-1.f / 6) * (even + g1);
      o[2 * to] = (-1.f / 6) * (even - g1);
      o[3 * to] = even2 + odd2;
      o[4 * to] = even2 - odd2;
      o[5 * to] = g2;
   }
}

ALWAYS_INLINE void gather_result(const int m, const int side, vec *o, const vec *p) /* A' p */
{
   vec s1 = p[1] + p[2], d1 = p[1] - p[2], p3 = p[3], last = p[side - 1];
   if (m == 3) {
      o[0] = p[0] + s1 + p3;
      o[1] = d1 + 2 * p3;
      o[2] = s1 + 4 * p3 + last;
      return;
   }
   vec p4 = p[4], s2 = p3 + p4, d2 = p3 - p4;
   if (m == 4) {
      o[0] = p[0] + s1 + s2;
      o[1] = d1 + 2 * d2;
      o[2] = s1 + 4 * s2;
      o[3] = d1 + 8 * d2 + last;
      return;
   }
   vec p5 = p[5], s3 = p5, d3 = p5;
   if (m == 6) s3 += p[6], d3 -= p[6];
   o[0] = p[0] + s1 + s2 + s3;
   o[1] = d1 + 2 * d2 + (1.f / 2) * d3;
   o[2] = s1 + 4 * s2 + (1.f / 4) * s3;
   o[3] = d1 + 8 * d2 + (1.f / 8) * d3;
   o[4] = s1 + 16 * s2 + (1.f / 16) * s3;
   if (m == 5)
      o[4] += last;
   else
      o[5] = d1 + 32 * d2 + (1.f / 32) * d3 + last;
}

ALWAYS_INLINE void spread_result(const int m, const int side, vec *o, const vec *y, int to) /* A y */
{
   vec y0 = y[0], y1 = y[1], y2 = y[2], *last = o + (side - 1) * to;
   vec even = y0 + y2, odd = y1, even2 = y0 + 4 * y2, odd2 = 2 * y1, half = y0 + (1.f / 4) * y2,
       odd_half = (1.f / 2) * y1;
   if (m > 3) odd += y[3], odd2 += 8 * y[3], odd_half += (1.f / 8) * y[3];
   if (m > 4) even += y[4], even2 += 16 * y[4], half += (1.f / 16) * y[4];
   if (m > 5) odd += y[5], odd2 += 32 * y[5], odd_half += (1.f / 32) * y[5];
   o[0] = y0;
   o[to] = even + odd;
   o[2 * to] = even - odd;
   o[3 * to] = even2 + odd2;
   if (m > 3) o[4 * to] = even2 - odd2;
   if (m > 4) o[5 * to] = half + odd_half;
   if (m > 5) o[6 * to] = half - odd_half;
   *last = y[m - 1];
}

ALWAYS_INLINE void gather_weight(const int m, vec *o, const vec *p, int to, int from) /* G' p */
{
   vec p1 = p[from], p2 = p[2 * from], p3 = p[3 * from], p4 = p[4 * from];
   if (m == 3) {
      vec first = -0.5f * p1, second = (1.f / 6) * p2;
      o[0] = 0.5f * p[0] + first - second + (1.f / 6) * p3;
      o[to] = first + second + (1.f / 3) * p3;
      o[2 * to] = first - second + (2.f / 3) * p3 + p4;
   } else if (m == 6) {
      vec p5 = p[5 * from], p6 = p[6 * from], s1 = (2.f / 9) * (p1 + p2), d1 = (2.f / 9) * (p1 - p2);
      vec s2 = (1.f / 90) * (p3 + p4), d2 = (1.f / 45) * (p3 - p4);
      vec s3 = (8.f / 45) * (p5 + p6), d3 = (16.f / 45) * (p5 - p6);
      o[0] = p[0] - s1 + s2 + 4 * s3;
      o[to] = d2 - d1 + d3;
      o[2 * to] = 4 * s2 - s1 + s3 + p[7 * from];
   } else {
      vec s1 = p1 + p2, d1 = p1 - p2, s2 = p3 + p4, d2 = p3 - p4;
      o[0] = 0.25f * p[0] - (1.f / 6) * s1 + (1.f / 24) * s2;
      o[to] = (1.f / 12) * d2 - (1.f / 6) * d1;
      o[2 * to] = (1.f / 6) * (s2 - s1) + p[5 * from];
   }
}

/* ---- tiles ---- */

#define SIDE (m + 2)

/* The rows, or columns, of a transformed tile with so many results: i after the first. */
ALWAYS_INLINE int next_position(int i, int results, int side)
{
   return i == results ? side - 1 : i + 1;
}

/* o = B' d of an image, or A y of dy. */
ALWAYS_INLINE void transform(const int m, const int side, const bool of_dy, vec *o, const vec *d, int to)
{
   if (of_dy)
      spread_result(m, side, o, d, to);
   else
      transform_image(m, side, o, d, to);
}

/* a (side, MOST) = the transform of each of n columns of d. */
ALWAYS_INLINE void transform_columns(const int m, const int side, const bool of_dy, vec *a, const float *d, int64_t row,
                                     int64_t col, int n)
{
   const int rows = of_dy ? m : m + 2;
   for (int j = 0; j < n; j++) {
      vec in[MOST];
#pragma GCC unroll 8
      for (int i = 0; i < rows; i++) in[i] = load(d + i * row + j * col);
      transform(m, side, of_dy, a + j, in, MOST);
   }
}

/* The positions at out = the transform of each row of a; of rows that a tile of `height` results has. */
ALWAYS_INLINE void transform_rows(const int m, const int side, const bool of_dy, float *out, int64_t position,
                                  const vec *a, int height)
{
   for (int i = 0; i < side; i = next_position(i, height, side)) {
      vec o[MOST];
      transform(m, side, of_dy, o, a + i * MOST, 1);
#pragma GCC unroll 8
      for (int j = 0; j < m + 1; j++) store(out + (i * side + j) * position, o[j]);
      store(out + (i * side + side - 1) * position, o[side - 1]);
   }
}

/* out, a vector at each position, = B' d B of the tile at d, which has (height,width) results. */
static void image_tile(int64_t side, int height, int width, float *out, int64_t position, const float *d, int64_t row,
                       int64_t col)
{
   vec a[MOST * MOST];
   BY_RESULTS(height, side, transform_columns, false, a, d, row, col, width + 2);
   BY_RESULTS(width, side, transform_rows, false, out, position, a, height);
}

/* As image_tile for dy: A dy A' of the (height,width) tile. */
static void gradient_tile(int64_t side, int height, int width, float *out, int64_t position, const float *d,
                          int64_t row, int64_t col)
{
   vec a[MOST * MOST];
   BY_RESULTS(height, side, transform_columns, true, a, d, row, col, width);
   BY_RESULTS(width, side, transform_rows, true, out, position, a, height);
}

/* a (MOST_RESULTS, MOST) = A' p for each column of positions that a tile of `width` results has. */
ALWAYS_INLINE void result_columns(const int m, const int side, vec *a, const float *p, int64_t position, int width)
{
   for (int j = 0; j < side; j = next_position(j, width, side)) {
      vec in[MOST], o[MOST_RESULTS];
#pragma GCC unroll 8
      for (int i = 0; i < m + 1; i++) in[i] = load(p + (i * side + j) * position);
      in[side - 1] = load(p + ((side - 1) * side + j) * position);
      gather_result(m, side, o, in);
#pragma GCC unroll 6
      for (int i = 0; i < m; i++) a[i * MOST + j] = o[i];
   }
}

/* The results of each row of a, at out, = (row) A + bias; of the first rows and columns. */
ALWAYS_INLINE void result_rows(const int m, const int side, float *out, int64_t row, int64_t col, int rows,
                               int64_t cols, const vec *a, vec bias)
{
   for (int i = 0; i < rows; i++) {
      vec o[MOST_RESULTS];
      gather_result(m, side, o, a + i * MOST);
#pragma GCC unroll 6
      for (int j = 0; j < m; j++)
         if (j < cols) store(out + i * row + j * col, o[j] + bias);
   }
}

/* y (height,width) at out = A' p A + bias; only the rows and columns that exist. */
static void result_tile(int64_t side, int height, int width, float *out, int64_t row, int64_t col, int64_t rows,
                        int64_t cols, const float *p, int64_t position, vec bias)
{
   vec a[MOST_RESULTS * MOST];
   BY_RESULTS(height, side, result_columns, a, p, position, width);
   BY_RESULTS(width, side, result_rows, out, row, col, rows < height ? (int)rows : height, cols, a, bias);
}

/* Of n kernels g, 9 vectors each, row `row` of G g G': position j of kernel i at out + j * position + i * next. turned:
 * of the kernels turned round. */
ALWAYS_INLINE void weight_row(const int m, const int row, float *out, int64_t position, int64_t next, const float *g,
                              int64_t n, bool turned)
{
   int64_t first = turned ? 8 * LANES : 0, step = turned ? -LANES : LANES;
   for (int64_t k = 0; k < n; k++, g += 9 * LANES, out += next) {
      vec in[9], a[3], column[MOST], o[MOST];
#pragma GCC unroll 9
      for (int i = 0; i < 9; i++) in[i] = load(g + first + i * step);
#pragma GCC unroll 3
      for (int j = 0; j < 3; j++) {
         transform_weight(m, column, in + j, 1, 3);
         a[j] = column[row < SIDE ? row : 0]; /* no row beyond SIDE is asked for */
      }
      transform_weight(m, o, a, 1, 1);
#pragma GCC unroll 8
      for (int j = 0; j < SIDE; j++) store(out + j * position, o[j]);
   }
}

#define WEIGHT_ROW(row) \
   case row: \
      BY_SIDE(m, weight_row, row, out, position, next, g, n, turned); \
      break
static void weight_rows(int64_t m, int row, float *out, int64_t position, int64_t next, const float *g, int64_t n,
                        bool turned)
{
   switch (row) {
      WEIGHT_ROW(0);
      WEIGHT_ROW(1);
      WEIGHT_ROW(2);
      WEIGHT_ROW(3);
      WEIGHT_ROW(4);
      WEIGHT_ROW(5);
      WEIGHT_ROW(6);
      WEIGHT_ROW(7);
   }
}
#undef WEIGHT_ROW

/* g, 9 vectors, = G' p G. */
ALWAYS_INLINE void weight_gradient_tile(const int m, vec *g, const float *p, int64_t position)
{
   vec a[3 * MOST];
#pragma GCC unroll 8
   for (int j = 0; j < SIDE; j++) {
      vec in[MOST];
#pragma GCC unroll 8
      for (int i = 0; i < SIDE; i++) in[i] = load(p + (i * SIDE + j) * position);
      gather_weight(m, a + j, in, SIDE, 1);
   }
#pragma GCC unroll 3
   for (int i = 0; i < 3; i++) gather_weight(m, g + i * 3, a + i * SIDE, 1, 1);
}
