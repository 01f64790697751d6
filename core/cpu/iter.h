/* iter.h: loops over views of any strides, as core/iter.h plans them. A kernel handles one row, n elements of each
 * operand at its own stride; the walk around it splits the elements among threads. */
#ifndef HL_ITER_H
#define HL_ITER_H

#include "cpu.h"
#include "../iter.h"
#include "../number.h"

/* first: position of the row's first element in row-major order (meaningful after hl_iter_init with keep_order). */
typedef void (*hl_row)(int64_t n, int64_t first, char *const *p, const int64_t *stride, const void *arg);

/* Fails with "interrupted" after Ctrl-C; then some elements are left out. */
int hl_iter_run(const hl_iter *it, hl_row row, const void *arg);
/* Elements first .. last - 1 on the calling thread. */
void hl_iter_range(const hl_iter *it, int64_t first, int64_t last, hl_row row, const void *arg);

/* hl_iter_run for rows of that type; of HL_BF16 row takes floats in the places of operands of that type. Operand 0
 * alone is written. */
int hl_iter_run_in(int dtype, const hl_iter *it, hl_row row, const void *arg);

/* The types that most ops compute with: all but HL_BF16. */
int hl_need_cpu_dtype(const char *fn, const hl_tensor *t);

#endif
