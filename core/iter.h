/* iter.h: views of any strides as a plan of loops, shared by the devices: dimensions are ordered and merged, so that
 * tensors laid out alike are a single row. */
#ifndef HL_ITER_PLAN_H
#define HL_ITER_PLAN_H

#include "check.h"

enum { HL_OPERANDS = 4 };

typedef struct {
   int operands, ndim;  /* ndim >= 1 */
   int64_t total, cost; /* elements, and what one costs in elementary operations: 1, or more as set by the caller */
   int64_t size[HL_MAX_DIM], stride[HL_OPERANDS][HL_MAX_DIM], item[HL_OPERANDS]; /* item: bytes */
   char *data[HL_OPERANDS];
} hl_iter;

/* Operand 0 gives the sizes, the others stretch to them. Unless keep_order, dimensions are visited in the order of
 * operand 0's strides, the smallest innermost. */
void hl_iter_init(hl_iter *it, bool keep_order, int operands, const hl_tensor *const *t);

/* The same for lines along one dimension: visits the lines of operand 0, each an element of the walk, and gives each
 * operand's stride along dim in along[]. The operands have equal sizes but for dim. */
void hl_iter_lines(hl_iter *it, int operands, const hl_tensor *const *t, int dim, int64_t *along);

#endif
