/* relayout.cuh: 4-d tensors from one order of their dimensions to the other, by way of shared memory (relayout.cu). */
#ifndef HL_RELAYOUT_CUH
#define HL_RELAYOUT_CUH

#include "kernel.cuh"

/* Whether y and x, of one size, are dense, one with the channels innermost and the other not, and of types that
 * hl_relayout converts. */
bool hl_can_relayout(const hl_tensor *y, const hl_tensor *x);
/* y = x, or y += x where adds. */
int hl_relayout(const char *fn, hl_tensor *y, const hl_tensor *x, bool adds);

#endif
