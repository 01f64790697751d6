/* bfloat.c: copies between bfloat16 and float32. */
#include "bfloat.h"

enum { PIECE = 16384 };

void hl_bf16_read(float *y, const uint16_t *x, int64_t n)
{
#pragma omp parallel for schedule(static) if (n > HL_PARALLEL_MIN)
   for (int64_t i = 0; i < n; i += PIECE) hl_bf16_values(y + i, x + i, n - i < PIECE ? n - i : PIECE);
}

void hl_bf16_write(uint16_t *y, const float *x, int64_t n)
{
#pragma omp parallel for schedule(static) if (n > HL_PARALLEL_MIN)
   for (int64_t i = 0; i < n; i += PIECE) hl_bf16_rounds(y + i, x + i, n - i < PIECE ? n - i : PIECE);
}

void hl_bf16_round_all(float *y, const float *x, int64_t n)
{
#pragma omp parallel for simd schedule(static) if (n > HL_PARALLEL_MIN)
   for (int64_t i = 0; i < n; i++) y[i] = hl_bf16_value(hl_bf16_round(x[i]));
}

/* A contiguous float32 tensor of t's sizes. */
static hl_tensor *make_copy(hl_floats *f, const hl_tensor *t)
{
   hl_tensor *copy = &f->copy[f->n];
   int64_t stride = 1;
   *copy = *t;
   copy->dtype = HL_F32;
   for (int d = t->ndim - 1; d >= 0; d--) {
      copy->stride[d] = stride;
      stride *= t->size[d];
   }
   f->of[f->n++] = NULL;
   f->failed |= hl_alloc(&copy->data, hl_numel(t) * (int64_t)sizeof(float), 0);
   return copy;
}

const hl_tensor *hl_float_in(hl_floats *f, const hl_tensor *t)
{
   if (!t || t->dtype != HL_BF16) return t;
   hl_tensor *copy = make_copy(f, t);
   if (!f->failed) f->failed = hl_copy(copy, t);
   return copy;
}

hl_tensor *hl_float_out(hl_floats *f, hl_tensor *t)
{
   if (!t || t->dtype != HL_BF16) return t;
   hl_tensor *copy = make_copy(f, t);
   f->of[f->n - 1] = t;
   return copy;
}

int hl_float_end(hl_floats *f, int failed)
{
   for (int i = 0; i < f->n; i++) {
      if (f->of[i] && !failed) failed = hl_copy(f->of[i], &f->copy[i]);
      hl_free(f->copy[i].data);
   }
   return failed || f->failed;
}
