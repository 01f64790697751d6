/* index.c: elements and slices chosen by position or by mask. Positions count from 1; all are checked before anything
 * is written. */
#ifdef num

/* Lines along the indexed dimension; p: big, small, index. Adding goes down a line in order, so repeated positions add
 * up the same way whatever the threads. */
#define LINES(name, statement) \
   static void FN(name)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      const lines *q = arg; \
      (void)first; \
      if (llabs(s[0]) <= llabs(q->big) && n > 1) { /* neighbouring lines lie closer than a line's elements */ \
         for (int64_t i = 0; i < q->count; i++) { \
            if (i % LOOK == 0 && hl_interrupted()) return; \
            num *big = (num *)p[0], *small = (num *)p[1] + i * q->small; \
            const int64_t *index = (const int64_t *)p[2] + i * q->index; \
            for (int64_t j = 0; j < n; j++) { \
               num *b = big + (index[j * s[2]] - 1) * q->big + j * s[0], *y = small + j * s[1]; \
               statement; \
            } \
         } \
         return; \
      } \
      for (int64_t j = 0; j < n; j++) { \
         num *big = (num *)p[0] + j * s[0], *small = (num *)p[1] + j * s[1]; \
         const int64_t *index = (const int64_t *)p[2] + j * s[2]; \
         for (int64_t i = 0; i < q->count; i++) { \
            if (i % LOOK == 0 && hl_interrupted()) return; \
            num *b = big + (index[i * q->index] - 1) * q->big, *y = small + i * q->small; \
            statement; \
         } \
      } \
   } \
   /* The same where one index serves all lines. */ \
   static void FN(name##_slices)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      const lines *q = arg; \
      (void)first; \
      if (n > 1 && (s[0] == 1 || llabs(s[0]) < llabs(q->big))) { \
         for (int64_t i = 0; i < q->count; i++) { \
            if (i % LOOK == 0 && hl_interrupted()) return; \
            num *big = (num *)p[0] + (q->positions[i * q->index] - 1) * q->big, *small = (num *)p[1] + i * q->small; \
            if (s[0] == 1 && s[1] == 1) { \
               _Pragma("omp simd") for (int64_t j = 0; j < n; j++) \
               { \
                  num *b = big + j, *y = small + j; \
                  statement; \
               } \
            } else { \
               for (int64_t j = 0; j < n; j++) { \
                  num *b = big + j * s[0], *y = small + j * s[1]; \
                  statement; \
               } \
            } \
         } \
         return; \
      } \
      for (int64_t j = 0; j < n; j++) { \
         num *big = (num *)p[0] + j * s[0], *small = (num *)p[1] + j * s[1]; \
         for (int64_t i = 0; i < q->count; i++) { \
            if (i % LOOK == 0 && hl_interrupted()) return; \
            num *b = big + (q->positions[i * q->index] - 1) * q->big, *y = small + i * q->small; \
            statement; \
         } \
      } \
   }
LINES(take, *y = *b)
LINES(put, *b = *y)
LINES(add, *b = (num)((wrap)*b + (wrap)*y))
#undef LINES

static void FN(count)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   const num *x = (const num *)p[0];
   int64_t found = 0;
   (void)first;
   for (int64_t i = 0; i < n; i++) found += x[i * s[0]] != 0;
   **(int64_t *const *)arg += found;
}

/* The positions of what is not 0, from *next on. */
static void FN(locate)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   const num *x = (const num *)p[0];
   const places *q = arg;
   int64_t *row = *q->next;
   for (int64_t i = 0; i < n; i++) {
      if (x[i * s[0]] == 0) continue;
      int64_t rest = first + i;
      for (int d = q->ndim - 1; d >= 0; d--) {
         row[d * q->across] = rest % q->size[d] + 1;
         rest /= q->size[d];
      }
      row += q->down;
   }
   *q->next = row;
}

/* p: x, mask; *next walks through the selected ones. */
static void FN(select)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   const selection *q = arg;
   const num *x = (const num *)p[0];
   const uint8_t *mask = (const uint8_t *)p[1];
   num *y = *q->next;
   (void)first;
   for (int64_t i = 0; i < n; i++) {
      if (!mask[i * s[1]]) continue;
      *y = x[i * s[0]];
      y += q->stride;
   }
   *q->next = y;
}

static void FN(deal)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   const selection *q = arg;
   num *x = (num *)p[0];
   const uint8_t *mask = (const uint8_t *)p[1];
   const num *y = *q->next;
   (void)first;
   for (int64_t i = 0; i < n; i++) {
      if (!mask[i * s[1]]) continue;
      x[i * s[0]] = *y;
      y += q->stride;
   }
   *q->next = (void *)y;
}

static const kernels FN(table) = {FN(take),       FN(put),   FN(add),    FN(take_slices), FN(put_slices),
                                  FN(add_slices), FN(count), FN(locate), FN(select),      FN(deal)};

#else

#include <stdlib.h>
#include "iter.h"

enum { LOOK = 4096 }; /* elements of a line, or rows of such, between two looks for Ctrl-C */

/* Elements of a line of small, strides along it; positions: of slices. */
typedef struct {
   int64_t count, big, small, index;
   const int64_t *positions;
} lines;

typedef struct {
   int64_t **next, across, down;
   int ndim;
   const int64_t *size;
} places;

typedef struct {
   void **next;
   int64_t stride;
} selection;

typedef struct {
   hl_row take, put, add, take_slices, put_slices, add_slices, count, locate, select, deal;
} kernels;

#define HL_TYPES "index.c"
#include "types.h"

static const kernels *const tables[] = {
    [HL_F32] = &table_f32, [HL_F64] = &table_f64, [HL_U8] = &table_u8,   [HL_I32] = &table_i32,
    [HL_I64] = &table_i64, [HL_I8] = &table_i8,   [HL_I16] = &table_i16,
};

typedef struct {
   int64_t size, *wrong;
   bool *found;
} range;

static void find_wrong(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   const range *q = arg;
   const int64_t *index = (const int64_t *)p[0];
   bool wrong = false;
   (void)first;
   for (int64_t i = 0; i < n; i++) wrong |= index[i * s[0]] < 1 || index[i * s[0]] > q->size;
   if (!wrong) return;
   for (int64_t i = 0; i < n; i++)
      if (index[i * s[0]] < 1 || index[i * s[0]] > q->size) {
#pragma omp critical(hl_wrong_index)
         if (!*q->found) {
            *q->wrong = index[i * s[0]];
            *q->found = true;
         }
         return;
      }
}

static int need_positions(const char *fn, const hl_tensor *index, int64_t size, int dim)
{
   int64_t wrong = 0;
   bool found = false;
   range q = {size, &wrong, &found};
   hl_iter it;
   hl_iter_init(&it, false, 1, (const hl_tensor *[]){index});
   HL_TRY(hl_iter_run(&it, find_wrong, &q));
   return found ? hl_fail_index(fn, wrong, size, dim) : 0;
}

static int slices(const char *fn, const hl_tensor *big, const hl_tensor *small, const hl_tensor *index, int dim,
                  hl_row row)
{
   HL_TRY(need_positions(fn, index, big->size[dim], dim));
   if (hl_numel(small) == 0) return 0;
   hl_iter it;
   int64_t along[HL_OPERANDS];
   hl_iter_lines(&it, 2, (const hl_tensor *[]){big, small}, dim, along);
   lines q = {hl_numel(index), along[0], along[1], index->stride[0], index->data};
   it.cost = q.count;
   HL_TRY(hl_iter_run(&it, row, &q));
   return hl_poll();
}

HL_API int hl_index_select(hl_tensor *y, const hl_tensor *x, const hl_tensor *index, int dim)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_index("index_select", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("index_select", "y", y));
   HL_TRY(hl_need_cpu_dtype("index_select", x));
   return slices("index_select", x, y, index, dim, tables[x->dtype]->take_slices);
}

HL_API int hl_index_put(hl_tensor *x, const hl_tensor *y, const hl_tensor *index, int dim, int add)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_index("index_put", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("index_put", "x", x));
   HL_TRY(hl_need_cpu_dtype("index_put", x));
   const kernels *k = tables[x->dtype];
   return slices("index_put", x, y, index, dim, add ? k->add_slices : k->put_slices);
}

/* big is cut to small's sizes, but for dim. */
static int gathered(const char *fn, const hl_tensor *big, const hl_tensor *small, const hl_tensor *index, int dim,
                    hl_row row)
{
   HL_TRY(need_positions(fn, index, big->size[dim], dim));
   if (hl_numel(small) == 0) return 0;
   hl_tensor part = *big;
   for (int d = 0; d < big->ndim; d++) part.size[d] = small->size[d];
   hl_iter it;
   int64_t along[HL_OPERANDS];
   hl_iter_lines(&it, 3, (const hl_tensor *[]){&part, small, index}, dim, along);
   lines q = {small->size[dim], along[0], along[1], along[2], NULL};
   it.cost = q.count;
   HL_TRY(hl_iter_run(&it, row, &q));
   return hl_poll();
}

HL_API int hl_gather(hl_tensor *y, const hl_tensor *x, const hl_tensor *index, int dim)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_gather("gather", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("gather", "y", y));
   HL_TRY(hl_need_cpu_dtype("gather", x));
   return gathered("gather", x, y, index, dim, tables[x->dtype]->take);
}

HL_API int hl_scatter(hl_tensor *x, const hl_tensor *y, const hl_tensor *index, int dim, int add)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_gather("scatter", "x", x, "y", y, index, dim));
   HL_TRY(hl_need_output("scatter", "x", x));
   HL_TRY(hl_need_cpu_dtype("scatter", x));
   return gathered("scatter", x, y, index, dim, add ? tables[x->dtype]->add : tables[x->dtype]->put);
}

enum { BLOCK = 32768 }; /* elements whose hits are counted together */

/* How many elements that are not 0 come before each block of x, in work space, the total last; NULL with an error set
 * when memory is out or after Ctrl-C. */
static int64_t *count_blocks(const hl_iter *it, hl_row count)
{
   int64_t blocks = (it->total + BLOCK - 1) / BLOCK, total = 0;
   int64_t *before = hl_scratch(0, (size_t)(blocks + 1) * sizeof *before);
   if (!before) return NULL;
#pragma omp parallel for if (blocks > 1)
   for (int64_t b = 0; b < blocks; b++) {
      int64_t last = (b + 1) * BLOCK, found = 0, *place = &found;
      if (hl_interrupted()) continue;
      hl_iter_range(it, b * BLOCK, last < it->total ? last : it->total, count, &place);
      before[b] = found;
   }
   if (hl_poll()) return NULL;
   for (int64_t b = 0; b < blocks; b++) {
      int64_t here = before[b];
      before[b] = total;
      total += here;
   }
   before[blocks] = total;
   return before;
}

static int masked(const char *fn, const hl_tensor *x, const hl_tensor *y, const hl_tensor *mask, hl_row row)
{
   hl_iter it;
   hl_iter_init(&it, true, 1, (const hl_tensor *[]){mask});
   int64_t *before = count_blocks(&it, table_u8.count), blocks = (it.total + BLOCK - 1) / BLOCK;
   if (!before) return 1;
   HL_CHECK(before[blocks] == hl_numel(y), "%s: mask selects %lld elements, y has %lld", fn, (long long)before[blocks],
            (long long)hl_numel(y));
   if (before[blocks] == 0) return 0;
   hl_iter_init(&it, true, 2, (const hl_tensor *[]){x, mask});
   int64_t step = y->stride[0] * hl_dtype_size(y->dtype);
#pragma omp parallel for if (blocks > 1)
   for (int64_t b = 0; b < blocks; b++) {
      void *next = (char *)y->data + before[b] * step;
      int64_t last = (b + 1) * BLOCK;
      if (hl_interrupted()) continue;
      hl_iter_range(&it, b * BLOCK, last < it.total ? last : it.total, row, &(selection){&next, y->stride[0]});
   }
   return hl_poll();
}

HL_API int hl_masked_select(hl_tensor *y, const hl_tensor *x, const hl_tensor *mask)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_masked("masked_select", x, y, mask));
   HL_TRY(hl_need_output("masked_select", "y", y));
   HL_TRY(hl_need_cpu_dtype("masked_select", x));
   return masked("masked_select", x, y, mask, tables[x->dtype]->select);
}

HL_API int hl_masked_put(hl_tensor *x, const hl_tensor *y, const hl_tensor *mask)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_masked("masked_put", x, y, mask));
   HL_TRY(hl_need_output("masked_put", "x", x));
   HL_TRY(hl_need_cpu_dtype("masked_put", x));
   return masked("masked_put", x, y, mask, tables[x->dtype]->deal);
}

HL_API int hl_nonzero(hl_tensor *index, int64_t *n, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_view("nonzero", "x", x));
   HL_CHECK(n, "nonzero: no place for the number");
   HL_TRY(hl_need_cpu_dtype("nonzero", x));
   hl_iter it;
   hl_iter_init(&it, true, 1, (const hl_tensor *[]){x});
   const kernels *k = tables[x->dtype];
   int64_t *before = count_blocks(&it, k->count), blocks = (it.total + BLOCK - 1) / BLOCK;
   if (!before) return 1;
   *n = before[blocks];
   if (!index) return 0;
   HL_TRY(hl_check_nonzero(index, x, *n));
   if (*n == 0) return 0;
#pragma omp parallel for if (blocks > 1)
   for (int64_t b = 0; b < blocks; b++) {
      int64_t *next = (int64_t *)index->data + before[b] * index->stride[0], last = (b + 1) * BLOCK;
      places q = {&next, index->stride[1], index->stride[0], x->ndim, x->size};
      if (hl_interrupted()) continue;
      hl_iter_range(&it, b * BLOCK, last < it.total ? last : it.total, k->locate, &q);
   }
   return hl_poll();
}

#endif
