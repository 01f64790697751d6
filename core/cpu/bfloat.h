/* bfloat.h: bfloat16, the upper half of a float32, between memory and loops that compute in float32. */
#ifndef HL_BFLOAT_H
#define HL_BFLOAT_H

#include <string.h>
#include "cpu.h"

static inline float hl_bf16_value(uint16_t x)
{
   uint32_t bits = (uint32_t)x << 16;
   float value;
   memcpy(&value, &bits, sizeof value);
   return value;
}

/* To the nearest; halves go to the even neighbour, NaN stays NaN. micro.h does so for vectors. */
static inline uint16_t hl_bf16_round(float value)
{
   uint32_t bits, up;
   memcpy(&bits, &value, sizeof bits);
   up = bits + 0x7fff + (bits >> 16 & 1);
   up = (bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : up;
   return (uint16_t)(up >> 16);
}

static inline void hl_bf16_values(float *restrict y, const uint16_t *restrict x, int64_t n)
{
#pragma omp simd
   for (int64_t i = 0; i < n; i++) y[i] = hl_bf16_value(x[i]);
}

static inline void hl_bf16_rounds(uint16_t *restrict y, const float *restrict x, int64_t n)
{
#pragma omp simd
   for (int64_t i = 0; i < n; i++) y[i] = hl_bf16_round(x[i]);
}

/* Dense memory, by all threads. */
void hl_bf16_read(float *y, const uint16_t *x, int64_t n);
void hl_bf16_write(uint16_t *y, const float *x, int64_t n);

/* y = x rounded to bfloat16 and back. */
void hl_bf16_round_all(float *y, const float *x, int64_t n);

/* float32 copies of the bfloat16 tensors of one call that has no loops for them. */
typedef struct {
   int n, failed;
   hl_tensor copy[6], *of[6]; /* of: NULL where nothing is written back */
} hl_floats;

/* t itself where it is NULL or no bfloat16. */
const hl_tensor *hl_float_in(hl_floats *f, const hl_tensor *t);
/* The same of what the call writes. */
hl_tensor *hl_float_out(hl_floats *f, hl_tensor *t);
/* Rounds and stores the results unless the call failed, and frees the copies; returns whether anything failed. */
int hl_float_end(hl_floats *f, int failed);

#endif
