#include "iter.h"

#include <stdlib.h>

int hl_need_cpu_dtype(const char *fn, const hl_tensor *t)
{
   HL_CHECK(t->dtype >= HL_F32 && t->dtype <= HL_I64, "%s: %s is not a type that the CPU computes with; convert first",
            fn, hl_show(t));
   return 0;
}

static void swap_dims(hl_iter *it, int a, int b)
{
   int64_t size = it->size[a];
   it->size[a] = it->size[b];
   it->size[b] = size;
   for (int k = 0; k < it->operands; k++) {
      int64_t stride = it->stride[k][a];
      it->stride[k][a] = it->stride[k][b];
      it->stride[k][b] = stride;
   }
}

/* Stable insertion sort: the largest stride of operand 0 first. */
static void order_dims(hl_iter *it)
{
   for (int i = 1; i < it->ndim; i++)
      for (int d = i; d > 0 && llabs(it->stride[0][d - 1]) < llabs(it->stride[0][d]); d--) swap_dims(it, d - 1, d);
}

static bool mergeable(const hl_iter *it, int outer, int inner)
{
   for (int k = 0; k < it->operands; k++)
      if (it->stride[k][outer] != it->size[inner] * it->stride[k][inner]) return false;
   return true;
}

static void merge_dims(hl_iter *it)
{
   int last = 0;
   for (int d = 1; d < it->ndim; d++) {
      if (mergeable(it, last, d))
         it->size[d] *= it->size[last];
      else
         last++;
      it->size[last] = it->size[d];
      for (int k = 0; k < it->operands; k++) it->stride[k][last] = it->stride[k][d];
   }
   it->ndim = last + 1;
}

void hl_iter_init(hl_iter *it, bool keep_order, int operands, const hl_tensor *const *t)
{
   const hl_tensor *y = t[0];
   *it = (hl_iter){.operands = operands, .total = hl_numel(y), .cost = 1};
   for (int k = 0; k < operands; k++) {
      it->data[k] = t[k]->data;
      it->item[k] = hl_dtype_size(t[k]->dtype);
   }
   for (int d = 0; d < y->ndim; d++) {
      if (y->size[d] == 1) continue;
      it->size[it->ndim] = y->size[d];
      for (int k = 0; k < operands; k++) {
         int own = d - (y->ndim - t[k]->ndim); /* this operand's dimension, negative where it has none */
         it->stride[k][it->ndim] = own >= 0 && t[k]->size[own] != 1 ? t[k]->stride[own] : 0;
      }
      it->ndim++;
   }
   if (it->ndim == 0) {
      it->ndim = 1;
      it->size[0] = 1;
      return;
   }
   if (!keep_order) order_dims(it);
   merge_dims(it);
}

void hl_iter_lines(hl_iter *it, int operands, const hl_tensor *const *t, int dim, int64_t *along)
{
   hl_tensor lines[HL_OPERANDS];
   const hl_tensor *list[HL_OPERANDS];
   for (int k = 0; k < operands; k++) {
      lines[k] = *t[k];
      lines[k].size[dim] = 1;
      along[k] = t[k]->stride[dim];
      list[k] = &lines[k];
   }
   hl_iter_init(it, false, operands, list);
}

void hl_iter_range(const hl_iter *it, int64_t first, int64_t last, hl_row row, const void *arg)
{
   if (first >= last) return;
   int inner = it->ndim - 1;
   int64_t at[HL_MAX_DIM], rest = first, step[HL_OPERANDS];
   char *p[HL_OPERANDS];
   for (int k = 0; k < it->operands; k++) {
      p[k] = it->data[k];
      step[k] = it->stride[k][inner];
   }
   for (int d = inner; d >= 0; d--) {
      at[d] = rest % it->size[d];
      rest /= it->size[d];
      for (int k = 0; k < it->operands; k++) p[k] += at[d] * it->stride[k][d] * it->item[k];
   }
   while (first < last) {
      int64_t n = it->size[inner] - at[inner];
      if (n > last - first) n = last - first;
      row(n, first, p, step, arg);
      first += n;
      if (first >= last) break;
      for (int k = 0; k < it->operands; k++) p[k] -= at[inner] * step[k] * it->item[k];
      at[inner] = 0;
      for (int d = inner - 1; d >= 0; d--) {
         bool carry = ++at[d] == it->size[d];
         int64_t steps = carry ? 1 - it->size[d] : 1;
         for (int k = 0; k < it->operands; k++) p[k] += steps * it->stride[k][d] * it->item[k];
         if (!carry) break;
         at[d] = 0;
      }
   }
}

/* Shares of cheap elements begin at multiples of 64, so that threads do not meet in a cache line of a contiguous
 * output. */
void hl_iter_run(const hl_iter *it, hl_row row, const void *arg)
{
   if (it->total <= 0) return;
   int64_t threads = it->total < HL_PARALLEL_MIN / it->cost + 1 ? 1 : omp_get_max_threads();
   if (threads > it->total) threads = it->total;
   if (threads == 1) {
      hl_iter_range(it, 0, it->total, row, arg);
      return;
   }
   int64_t grain = it->cost < 64 ? 64 : 1;
   int64_t share = ((it->total + threads - 1) / threads + grain - 1) / grain * grain;
#pragma omp parallel for schedule(static, 1) num_threads((int)threads)
   for (int64_t i = 0; i < threads; i++) {
      int64_t first = i * share, last = first + share < it->total ? first + share : it->total;
      if (first < last) hl_iter_range(it, first, last, row, arg);
   }
}
