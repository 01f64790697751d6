#include "iter.h"

#include <stdlib.h>

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
