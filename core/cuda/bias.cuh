/* bias.cuh: what convolutions do with their biases (bias.cu). */
#ifndef HL_BIAS_CUH
#define HL_BIAS_CUH

#include "kernel.cuh"

/* y (N,K,...) += the sum of the n vectors b[i] (K), of hl_param_dtype(y); NULL ones are left out. */
int hl_add_channels(const char *fn, hl_tensor *y, int n, hl_tensor *const *b);
/* Each of the n vectors db[i] (K), of hl_param_dtype(dy), += the sums of dy (N,K,...) over all but the channels; NULL
 * ones are left out. */
int hl_sum_channels(const char *fn, int n, hl_tensor *const *db, const hl_tensor *dy);

#endif
