/* copy.c: fill, copy and conversion, ranges, choice by mask. */
#ifdef num

/* Rows of num to rows of another type; NaN and values out of range are met by hl_to_* where a float becomes an integer.
 */
#define CONVERT(to, type, cast) \
   static void FN(to)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      (void)first, (void)arg; \
      type *y = (type *)p[0]; \
      const num *x = (const num *)p[1]; \
      int64_t sy = s[0], sx = s[1]; \
      if (sy == 1 && sx == 1) { \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) y[i] = (type)cast(x[i]); \
      } else { \
         for (int64_t i = 0; i < n; i++) y[i * sy] = (type)cast(x[i * sx]); \
      } \
   }
#if NUM_IS_FLOAT
CONVERT(to_u8, uint8_t, hl_to_u8)
CONVERT(to_i8, int8_t, hl_to_i8)
CONVERT(to_i16, int16_t, hl_to_i16)
CONVERT(to_i32, int32_t, hl_to_i32)
CONVERT(to_i64, int64_t, hl_to_i64)
#else
CONVERT(to_u8, uint8_t, )
CONVERT(to_i8, int8_t, )
CONVERT(to_i16, int16_t, )
CONVERT(to_i32, int32_t, )
CONVERT(to_i64, int64_t, )
#endif
CONVERT(to_f32, float, )
CONVERT(to_f64, double, )
#undef CONVERT

static const hl_row FN(converters)[] = {
    [HL_F32] = FN(to_f32), [HL_F64] = FN(to_f64), [HL_U8] = FN(to_u8),   [HL_I32] = FN(to_i32),
    [HL_I64] = FN(to_i64), [HL_I8] = FN(to_i8),   [HL_I16] = FN(to_i16),
};

static void FN(range)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   num *y = (num *)p[0];
   double start = ((const double *)arg)[0], step = ((const double *)arg)[1];
   for (int64_t i = 0; i < n; i++) y[i * s[0]] = TO_NUM(start + (double)(first + i) * step);
}

static void FN(set_bits)(const double *value, void *bits)
{
   num v = TO_NUM(*value);
   memcpy(bits, &v, sizeof v);
}

#else

#include <string.h>
#include "bfloat.h"
#include "iter.h"
#define HL_TYPES "copy.c"
#include "types.h"

/* Rows that only move elements, by their width in bytes. */
#define MOVERS(type, width) \
   static void fill_##width(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      (void)first; \
      type *y = (type *)p[0], v; \
      memcpy(&v, arg, sizeof v); \
      int64_t sy = s[0]; \
      if (sy == 1) { \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) y[i] = v; \
      } else { \
         for (int64_t i = 0; i < n; i++) y[i * sy] = v; \
      } \
   } \
   static void copy_##width(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      (void)first, (void)arg; \
      type *y = (type *)p[0]; \
      const type *x = (const type *)p[1]; \
      int64_t sy = s[0], sx = s[1]; \
      if (sy == 1 && sx == 1) { \
         memmove(y, x, (size_t)n * sizeof *y); \
      } else if (sy == 1 && sx == 0) { \
         type v = *x; \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) y[i] = v; \
      } else { \
         for (int64_t i = 0; i < n; i++) y[i * sy] = x[i * sx]; \
      } \
   } \
   static void where_##width(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      (void)first, (void)arg; \
      type *y = (type *)p[0]; \
      const uint8_t *m = (const uint8_t *)p[1]; \
      const type *a = (const type *)p[2], *b = (const type *)p[3]; \
      int64_t sy = s[0], sm = s[1], sa = s[2], sb = s[3]; \
      if (sy == 1 && sm == 1 && sa == 1 && sb == 1) { \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) \
         { \
            type u = a[i], v = b[i]; \
            y[i] = m[i] ? u : v; \
         } \
      } else { \
         for (int64_t i = 0; i < n; i++) y[i * sy] = m[i * sm] ? a[i * sa] : b[i * sb]; \
      } \
   } \
   /* y[i][j] = x[j][i]: rows of x are contiguous in i, rows of y in j. */ \
   static void transpose_##width(type *restrict y, int64_t sy, const type *restrict x, int64_t sx, int64_t rows, \
                                 int64_t columns) \
   { \
      for (int64_t i = 0; i < rows; i++) \
         for (int64_t j = 0; j < columns; j++) y[i * sy + j] = x[j * sx + i]; \
   }
MOVERS(uint8_t, 1)
MOVERS(uint16_t, 2)
MOVERS(uint32_t, 4)
MOVERS(uint64_t, 8)

static const struct {
   hl_row fill, copy, where;
} movers[] = {
    [1] = {fill_1, copy_1, where_1},
    [2] = {fill_2, copy_2, where_2},
    [4] = {fill_4, copy_4, where_4},
    [8] = {fill_8, copy_8, where_8},
};

static void set_bits_bf16(const double *value, void *bits)
{
   uint16_t v = hl_bf16_round((float)*value);
   memcpy(bits, &v, sizeof v);
}

HL_API int hl_fill(hl_tensor *y, double value)
{
   static void (*const set_bits[])(const double *, void *) = {
       [HL_F32] = set_bits_f32, [HL_F64] = set_bits_f64, [HL_U8] = set_bits_u8,   [HL_I32] = set_bits_i32,
       [HL_I64] = set_bits_i64, [HL_I8] = set_bits_i8,   [HL_I16] = set_bits_i16, [HL_BF16] = set_bits_bf16,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_need_output("fill", "y", y));
   uint64_t bits = 0;
   set_bits[y->dtype](&value, &bits);
   hl_iter it;
   hl_iter_init(&it, false, 1, (const hl_tensor *[]){y});
   return hl_iter_run(&it, movers[it.item[0]].fill, &bits);
}

enum { TILE = 32 }; /* elements: the lines of a tile's rows and columns stay in the first-level cache */

/* Copies whose rows are contiguous in y and columns in x, plane by plane, in tiles. across: the dimension along which x
 * is contiguous. */
static void copy_transposed(const hl_iter *it, int across)
{
   int inner = it->ndim - 1;
   hl_iter planes = *it; /* over all other dimensions; these two count as 1 */
   planes.size[inner] = planes.size[across] = 1;
   int64_t rows = it->size[across], columns = it->size[inner], width = it->item[0];
   int64_t sy = it->stride[0][across], sx = it->stride[1][inner];
   int64_t down = (rows + TILE - 1) / TILE, wide = (columns + TILE - 1) / TILE;
   int64_t tiles = it->total / (rows * columns) * down * wide;
#pragma omp parallel for if (it->total >= HL_PARALLEL_MIN)
   for (int64_t tile = 0; tile < tiles; tile++) {
      if (hl_interrupted()) continue;
      int64_t row = tile / wide % down * TILE, column = tile % wide * TILE, rest = tile / (down * wide);
      char *y = it->data[0] + (row * sy + column) * width, *x = it->data[1] + (column * sx + row) * width;
      for (int d = inner; d >= 0; d--) {
         int64_t at = rest % planes.size[d];
         rest /= planes.size[d];
         y += at * it->stride[0][d] * width;
         x += at * it->stride[1][d] * width;
      }
      int64_t h = rows - row < TILE ? rows - row : TILE, w = columns - column < TILE ? columns - column : TILE;
      if (width == 4)
         transpose_4((uint32_t *)y, sy, (const uint32_t *)x, sx, h, w);
      else if (width == 8)
         transpose_8((uint64_t *)y, sy, (const uint64_t *)x, sx, h, w);
      else if (width == 2)
         transpose_2((uint16_t *)y, sy, (const uint16_t *)x, sx, h, w);
      else
         transpose_1((uint8_t *)y, sy, (const uint8_t *)x, sx, h, w);
   }
}

HL_API int hl_copy(hl_tensor *y, const hl_tensor *x)
{
   static const hl_row *const converters[] = {
       [HL_F32] = converters_f32, [HL_F64] = converters_f64, [HL_U8] = converters_u8,   [HL_I32] = converters_i32,
       [HL_I64] = converters_i64, [HL_I8] = converters_i8,   [HL_I16] = converters_i16, [HL_BF16] = converters_f32,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_check_copy(y, x));
   hl_iter it;
   hl_iter_init(&it, false, 2, (const hl_tensor *[]){y, x});
   if (y->dtype != x->dtype) {
      bool rounds = x->dtype == HL_BF16 || y->dtype == HL_BF16;
      return hl_iter_run_in(rounds ? HL_BF16 : x->dtype, &it,
                            converters[x->dtype][y->dtype == HL_BF16 ? HL_F32 : y->dtype], NULL);
   }
   int inner = it.ndim - 1, across = -1;
   for (int d = 0; d < inner; d++)
      if (it.stride[1][d] == 1 && it.size[d] >= 4) across = d;
   if (across >= 0 && it.stride[0][inner] == 1 && it.stride[1][inner] > 1 && it.total > 0)
      copy_transposed(&it, across);
   else
      return hl_iter_run(&it, movers[it.item[0]].copy, NULL);
   return hl_poll();
}

HL_API int hl_range(hl_tensor *y, double start, double step)
{
   static const hl_row rows[] = {
       [HL_F32] = range_f32, [HL_F64] = range_f64, [HL_U8] = range_u8,   [HL_I32] = range_i32,
       [HL_I64] = range_i64, [HL_I8] = range_i8,   [HL_I16] = range_i16,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_need_output("range", "y", y));
   HL_TRY(hl_need_cpu_dtype("range", y));
   hl_iter it;
   hl_iter_init(&it, true, 1, (const hl_tensor *[]){y});
   return hl_iter_run(&it, rows[y->dtype], (const double[]){start, step});
}

HL_API int hl_where(hl_tensor *y, const hl_tensor *mask, const hl_tensor *a, const hl_tensor *b)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_where(y, mask, a, b));
   hl_iter it;
   hl_iter_init(&it, false, 4, (const hl_tensor *[]){y, mask, a, b});
   return hl_iter_run(&it, movers[it.item[0]].where, NULL);
}

#endif
