/* winograd_tiles.h: the transforms of Winograd's F(m x m, 3x3), see conv_winograd.c: of one row or column, then of
 * tiles, whose elements are vectors of channels. m is 3, 4 or 6 and a constant to the compiler: BY_SIDE makes it one.
 * Included after micro.h with real = float. */

#define BY_SIDE(m, f, ...) ((m) == 3 ? f(3, __VA_ARGS__) : (m) == 4 ? f(4, __VA_ARGS__) : f(6, __VA_ARGS__))

/* ---- one-dimensional transforms, m results a tile; to and from are the distances of elements ---- */

ALWAYS_INLINE void transform_image(const int m, vec *o, const vec *d, int step) /* B' d */
{
   vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
   if (m == 3) {
      o[0] = 2 * (d0 - d2) + d3 - d1;
      o[step] = d3 - d2 - 2 * d1;
      o[2 * step] = 2 * d1 - 3 * d2 + d3;
      o[3 * step] = d3 - d1;
      o[4 * step] = 2 * (d1 - d3) + d4 - d2;
   } else if (m == 6) {
      vec d5 = d[5 * step], d6 = d[6 * step], d7 = d[7 * step];
      vec even = d6 + d2 - 4.25f * d4, odd = d5 + d1 - 4.25f * d3;
      vec even2 = d6 + 0.25f * d2 - 1.25f * d4, odd2 = 2 * d5 + 0.5f * d1 - 2.5f * d3;
      vec even3 = d6 + 4 * d2 - 5 * d4, odd3 = 0.5f * d5 + 2 * d1 - 2.5f * d3;
      o[0] = d0 - d6 + 5.25f * (d4 - d2);
      o[step] = even + odd;
      o[2 * step] = even - odd;
      o[3 * step] = even2 + odd2;
      o[4 * step] = even2 - odd2;
      o[5 * step] = even3 + odd3;
      o[6 * step] = even3 - odd3;
      o[7 * step] = d7 - d1 + 5.25f * (d3 - d5);
   } else {
      vec d5 = d[5 * step], even = d4 - 4 * d2, odd = d3 - 4 * d1, near = d4 - d2, far = 2 * (d3 - d1);
      o[0] = 4 * d0 - 5 * d2 + d4;
      o[step] = even + odd;
      o[2 * step] = even - odd;
      o[3 * step] = near + far;
      o[4 * step] = near - far;
      o[5 * step] = 4 * d1 - 5 * d3 + d5;
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

ALWAYS_INLINE void gather_result(const int m, vec *o, const vec *p, int to, int from) /* A' p */
{
   vec s1 = p[from] + p[2 * from], d1 = p[from] - p[2 * from], p3 = p[3 * from], p4 = p[4 * from];
   if (m == 3) {
      o[0] = p[0] + s1 + p3;
      o[to] = d1 + 2 * p3;
      o[2 * to] = s1 + 4 * p3 + p4;
   } else if (m == 6) {
      vec s2 = p3 + p4, d2 = p3 - p4, p5 = p[5 * from], p6 = p[6 * from], s3 = p5 + p6, d3 = p5 - p6;
      o[0] = p[0] + s1 + s2 + s3;
      o[to] = d1 + 2 * d2 + (1.f / 2) * d3;
      o[2 * to] = s1 + 4 * s2 + (1.f / 4) * s3;
      o[3 * to] = d1 + 8 * d2 + (1.f / 8) * d3;
      o[4 * to] = s1 + 16 * s2 + (1.f / 16) * s3;
      o[5 * to] = d1 + 32 * d2 + (1.f / 32) * d3 + p[7 * from];
   } else {
      vec s2 = p3 + p4, d2 = p3 - p4;
      o[0] = p[0] + s1 + s2;
      o[to] = d1 + 2 * d2;
      o[2 * to] = s1 + 4 * s2;
      o[3 * to] = d1 + 8 * d2 + p[5 * from];
   }
}

ALWAYS_INLINE void spread_result(const int m, vec *o, const vec *y, int to, int from) /* A y */
{
   vec y0 = y[0], y1 = y[from], y2 = y[2 * from], even = y0 + y2, even2 = y0 + 4 * y2;
   o[0] = y0;
   if (m == 3) {
      o[to] = even + y1;
      o[2 * to] = even - y1;
      o[3 * to] = even2 + 2 * y1;
      o[4 * to] = y2;
   } else if (m == 6) {
      vec y3 = y[3 * from], y4 = y[4 * from], y5 = y[5 * from], sum = even + y4, odd = y1 + y3 + y5;
      vec sum2 = even2 + 16 * y4, odd2 = 2 * y1 + 8 * y3 + 32 * y5;
      vec sum3 = y0 + (1.f / 4) * y2 + (1.f / 16) * y4, odd3 = (1.f / 2) * y1 + (1.f / 8) * y3 + (1.f / 32) * y5;
      o[to] = sum + odd;
      o[2 * to] = sum - odd;
      o[3 * to] = sum2 + odd2;
      o[4 * to] = sum2 - odd2;
      o[5 * to] = sum3 + odd3;
      o[6 * to] = sum3 - odd3;
      o[7 * to] = y5;
   } else {
      vec y3 = y[3 * from], odd = y1 + y3, odd2 = 2 * y1 + 8 * y3;
      o[to] = even + odd;
      o[2 * to] = even - odd;
      o[3 * to] = even2 + odd2;
      o[4 * to] = even2 - odd2;
      o[5 * to] = y3;
   }
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

/* ---- tiles; SIDE is that of the transformed tile ---- */

#define SIDE (m + 2)
enum { MOST_RESULTS = 6, MOST = MOST_RESULTS + 2 };

/* out, a vector at each position, = B' d B of the tile at d. */
ALWAYS_INLINE void image_tile(const int m, float *out, int64_t position, const float *d, int64_t row, int64_t col)
{
   vec a[MOST * MOST];
#pragma GCC unroll 8
   for (int j = 0; j < SIDE; j++) {
#pragma GCC unroll 8
      for (int i = 0; i < SIDE; i++) a[i * SIDE + j] = load(d + i * row + j * col);
      transform_image(m, a + j, a + j, SIDE);
   }
#pragma GCC unroll 8
   for (int i = 0; i < SIDE; i++) {
      transform_image(m, a + i * SIDE, a + i * SIDE, 1);
#pragma GCC unroll 8
      for (int j = 0; j < SIDE; j++) store(out + (i * SIDE + j) * position, a[i * SIDE + j]);
   }
}

/* As image_tile for dy: A dy A' of the (m,m) tile. */
ALWAYS_INLINE void gradient_tile(const int m, float *out, int64_t position, const float *d, int64_t row, int64_t col)
{
   vec y[MOST_RESULTS * MOST_RESULTS], a[MOST_RESULTS * MOST];
#pragma GCC unroll 6
   for (int j = 0; j < m; j++) {
#pragma GCC unroll 6
      for (int i = 0; i < m; i++) y[i * m + j] = load(d + i * row + j * col);
      spread_result(m, a + j, y + j, m, m);
   }
#pragma GCC unroll 8
   for (int i = 0; i < SIDE; i++) {
      vec o[MOST];
      spread_result(m, o, a + i * m, 1, 1);
#pragma GCC unroll 8
      for (int j = 0; j < SIDE; j++) store(out + (i * SIDE + j) * position, o[j]);
   }
}

/* y (m,m) at out = A' p A + bias; only the rows and columns that exist. */
ALWAYS_INLINE void result_tile(const int m, float *out, int64_t row, int64_t col, int64_t rows, int64_t cols,
                               const float *p, int64_t position, vec bias)
{
   vec a[MOST_RESULTS * MOST];
#pragma GCC unroll 8
   for (int j = 0; j < SIDE; j++) {
      vec in[MOST];
#pragma GCC unroll 8
      for (int i = 0; i < SIDE; i++) in[i] = load(p + (i * SIDE + j) * position);
      gather_result(m, a + j, in, SIDE, 1);
   }
#pragma GCC unroll 6
   for (int i = 0; i < m; i++) {
      vec o[MOST_RESULTS];
      gather_result(m, o, a + i * SIDE, 1, 1);
#pragma GCC unroll 6
      for (int j = 0; j < m; j++)
         if (i < rows && j < cols) store(out + i * row + j * col, o[j] + bias);
   }
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
         a[j] = column[row < SIDE ? row : 0];
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
