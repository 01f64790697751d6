/* iter.h: loops over views of any strides. A kernel handles one row, n elements of each operand at its own stride; the
 * walk around it merges dimensions, so that tensors laid out alike are a single row, and splits the elements among
 * threads. */
#ifndef HL_ITER_H
#define HL_ITER_H

#include "cpu.h"

enum { HL_OPERANDS = 4 };

typedef struct {
   int operands, ndim;  /* ndim >= 1 */
   int64_t total, cost; /* elements, and what one costs in elementary operations: 1, or more as set by the caller */
   int64_t size[HL_MAX_DIM], stride[HL_OPERANDS][HL_MAX_DIM], item[HL_OPERANDS]; /* item: bytes */
   char *data[HL_OPERANDS];
} hl_iter;

/* first: position of the row's first element in row-major order (meaningful after hl_iter_init with keep_order). */
typedef void (*hl_row)(int64_t n, int64_t first, char *const *p, const int64_t *stride, const void *arg);

/* Operand 0 gives the sizes, the others stretch to them. Unless keep_order, dimensions are visited in the order of
 * operand 0's strides, the smallest innermost. */
void hl_iter_init(hl_iter *it, bool keep_order, int operands, const hl_tensor *const *t);
void hl_iter_run(const hl_iter *it, hl_row row, const void *arg);
/* Elements first .. last - 1 on the calling thread. */
void hl_iter_range(const hl_iter *it, int64_t first, int64_t last, hl_row row, const void *arg);

/* The same for lines along one dimension: visits the lines of operand 0, each an element of the walk, and gives each
 * operand's stride along dim in along[]. The operands have equal sizes but for dim. */
void hl_iter_lines(hl_iter *it, int operands, const hl_tensor *const *t, int dim, int64_t *along);

/* The dtypes that this device computes with: all but HL_BF16. */
int hl_need_cpu_dtype(const char *fn, const hl_tensor *t);

/* Truncates; what does not fit becomes the nearest bound, NaN becomes 0. */
static inline int64_t hl_to_i64(double x)
{
   int64_t whole = (int64_t)(x > -0x1p63 && x < 0x1p63 ? x : 0.);
   whole = x >= 0x1p63 ? INT64_MAX : whole;
   return x <= -0x1p63 ? INT64_MIN : whole;
}

static inline int32_t hl_to_i32(double x)
{
   x = x > 0x1.fffffffcp30 ? 0x1.fffffffcp30 : x;
   x = x < -0x1p31 ? -0x1p31 : x;
   return (int32_t)(x == x ? x : 0.);
}

static inline uint8_t hl_to_u8(double x)
{
   x = x > 255. ? 255. : x;
   return (uint8_t)(int32_t)(x > 0. ? x : 0.);
}

static inline float hl_to_f32(double x)
{
   return (float)x;
}

static inline double hl_to_f64(double x)
{
   return x;
}

/* x^e modulo 2^64 by squaring; a negative e truncates the fraction that it gives. */
static inline uint64_t hl_whole_power(int64_t x, int64_t e)
{
   if (e < 0) return x == 1 ? 1u : x == -1 ? (e % 2 ? UINT64_MAX : 1u) : 0u;
   uint64_t y = 1, square = (uint64_t)x;
   for (; e; e >>= 1, square *= square)
      if (e & 1) y *= square;
   return y;
}

#endif
