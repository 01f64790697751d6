/* sort.c: stable sorting of lines. Elements become unsigned keys whose order is theirs, NaN above all, so that one sort
 * of keys serves every type and both directions: by insertion for short lines, else by radix, a byte a pass, where
 * bytes that all keys share take none. Of the first k of many, only those that can be among them are sorted. */
#ifdef num

/* Negative floats order backwards, so all their bits turn; others rise above them. -0 equals 0. */
static inline pattern FN(key)(num x)
{
   const pattern top = (pattern)((pattern)1 << (8 * sizeof(num) - 1));
#if NUM_IS_FLOAT
   x = x == 0 ? 0 : x;
   pattern raw;
   memcpy(&raw, &x, sizeof raw);
   return x != x ? (pattern) ~(pattern)0 : raw ^ (raw & top ? (pattern) ~(pattern)0 : top);
#else
   return (num)-1 < 0 ? (pattern)x ^ top : (pattern)x;
#endif
}

typedef struct {
   pattern *keys, *spare;
   uint32_t *order, *spare_order; /* position of each key in its line */
} FN(work);

static void FN(by_insertion)(const FN(work) * w, int64_t n)
{
   for (int64_t i = 1; i < n; i++) {
      pattern key = w->keys[i];
      uint32_t position = w->order[i];
      int64_t j = i;
      for (; j > 0 && w->keys[j - 1] > key; j--) {
         w->keys[j] = w->keys[j - 1];
         w->order[j] = w->order[j - 1];
      }
      w->keys[j] = key;
      w->order[j] = position;
   }
}

/* Leaves the result in keys and order, which may have changed places with the spare ones. This and the functions below
 * return 1 after Ctrl-C. */
static int FN(by_radix)(FN(work) * w, int64_t n)
{
   enum { BYTES = sizeof(pattern) };
   uint32_t counts[BYTES][256] = {{0}};
   for (int64_t first = 0; first < n; first += PIECE) {
      HL_TRY(hl_poll());
      for (int64_t i = first, end = piece_end(first, n); i < end; i++)
         for (int b = 0; b < BYTES; b++) counts[b][w->keys[i] >> (8 * b) & 255]++;
   }
   for (int b = 0; b < BYTES; b++) {
      if (counts[b][w->keys[0] >> (8 * b) & 255] == n) continue;
      uint32_t next[256], sum = 0;
      for (int digit = 0; digit < 256; digit++) {
         next[digit] = sum;
         sum += counts[b][digit];
      }
      for (int64_t first = 0; first < n; first += PIECE) {
         HL_TRY(hl_poll());
         for (int64_t i = first, end = piece_end(first, n); i < end; i++) {
            pattern key = w->keys[i];
            uint32_t at = next[key >> (8 * b) & 255]++;
            w->spare[at] = key;
            w->spare_order[at] = w->order[i];
         }
      }
      pattern *keys = w->keys;
      uint32_t *order = w->order;
      w->keys = w->spare;
      w->order = w->spare_order;
      w->spare = keys;
      w->spare_order = order;
   }
   return 0;
}

/* Moves what belongs to the k smallest of n to the front, in its old order: finds the k-th key byte by byte from the
 * top. */
static int FN(keep_first)(const FN(work) * w, int64_t n, int64_t k)
{
   pattern prefix = 0;
   int64_t equal = k; /* how many keys that equal the k-th in the bytes so far are wanted */
   for (int b = (int)sizeof(pattern) - 1; b >= 0; b--) {
      uint32_t counts[256] = {0};
      pattern known = b + 1 < (int)sizeof(pattern) ? (pattern) ~(pattern)0 << (8 * (b + 1)) : 0;
      for (int64_t first = 0; first < n; first += PIECE) {
         HL_TRY(hl_poll());
         for (int64_t i = first, end = piece_end(first, n); i < end; i++)
            if ((w->keys[i] & known) == prefix) counts[w->keys[i] >> (8 * b) & 255]++;
      }
      int digit = 0;
      while (counts[digit] < equal) equal -= counts[digit++];
      prefix |= (pattern)digit << (8 * b);
   }
   int64_t kept = 0;
   for (int64_t i = 0; kept < k; i++) {
      if (i % PIECE == 0) HL_TRY(hl_poll());
      pattern key = w->keys[i];
      if (key > prefix || (key == prefix && equal-- <= 0)) continue;
      w->keys[kept] = key;
      w->order[kept++] = w->order[i];
   }
   return 0;
}

static int FN(first_of)(FN(work) * w, int64_t n, int64_t k)
{
   if (k < n / 2) {
      HL_TRY(FN(keep_first)(w, n, k));
      n = k;
   }
   if (n > SHORT) return FN(by_radix)(w, n);
   FN(by_insertion)(w, n);
   return 0;
}

/* values and index of a line, from its work; values may be x. */
static int FN(write)(const lines *q, const FN(work) * w, num *values, int64_t *index, const num *x)
{
   num *sorted = (num *)w->spare;
   for (int64_t first = 0; first < q->wanted; first += PIECE) {
      HL_TRY(hl_poll());
      for (int64_t i = first, end = piece_end(first, q->wanted); i < end; i++) sorted[i] = x[w->order[i] * q->down];
   }
   for (int64_t i = 0; i < q->wanted; i++) {
      if (i % PIECE == 0) HL_TRY(hl_poll());
      values[i * q->down_values] = sorted[i];
      index[i * q->down_index] = (int64_t)w->order[i] + 1;
   }
   return 0;
}

/* n lines; p: values, index, x. */
static void FN(sort)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   (void)first;
   const lines *q = arg;
   for (int64_t j = 0; j < n; j++) {
      num *values = (num *)p[0] + j * s[0];
      int64_t *index = (int64_t *)p[1] + j * s[1];
      const num *x = (const num *)p[2] + j * s[2];
      char *mine = q->space + omp_get_thread_num() * q->share;
      char *order = mine + 2 * q->padded * (int64_t)sizeof(pattern);
      FN(work) w = {(pattern *)mine, (pattern *)mine + q->padded, (uint32_t *)order, (uint32_t *)order + q->padded};
      for (int64_t i = 0; i < q->count; i++) {
         if (i % PIECE == 0 && hl_interrupted()) break;
         pattern key = FN(key)(x[i * q->down]);
         w.keys[i] = q->descending ? (pattern)~key : key;
         w.order[i] = (uint32_t)i;
      }
      if (hl_interrupted() || FN(first_of)(&w, q->count, q->wanted) || FN(write)(q, &w, values, index, x)) {
#pragma omp atomic write
         *q->stopped = 1;
         return;
      }
   }
}

#else

#include <string.h>
#include "iter.h"

enum {
   SHORT = 48,      /* keys, up to which insertion is the faster sort */
   PIECE = 1 << 20, /* keys of a pass between two looks for Ctrl-C */
};

static inline int64_t piece_end(int64_t first, int64_t n)
{
   return first + PIECE < n ? first + PIECE : n;
}

/* Elements of a line, the same rounded up to 16, how many of the sorted ones are wanted, strides along a line, and work
 * space: a share for each thread. */
typedef struct {
   int64_t count, padded, wanted, down, down_values, down_index;
   bool descending;
   char *space;
   int64_t share;
   int *stopped;
} lines;

#define HL_TYPES "sort.c"
#include "types.h"

HL_API int hl_sort(hl_tensor *values, hl_tensor *index, const hl_tensor *x, int dim, int descending)
{
   static const hl_row rows[] = {
       [HL_F32] = sort_f32, [HL_F64] = sort_f64, [HL_U8] = sort_u8,   [HL_I32] = sort_i32,
       [HL_I64] = sort_i64, [HL_I8] = sort_i8,   [HL_I16] = sort_i16,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_check_sort(values, index, x, dim));
   HL_TRY(hl_need_cpu_dtype("sort", x));
   if (hl_numel(values) == 0) return 0;
   hl_iter it;
   int64_t along[HL_OPERANDS];
   hl_iter_lines(&it, 3, (const hl_tensor *[]){values, index, x}, dim, along);
   int stopped = 0;
   lines q = {x->size[dim],
              (x->size[dim] + 15) / 16 * 16,
              values->size[dim],
              along[2],
              along[0],
              along[1],
              descending != 0,
              NULL,
              0,
              &stopped};
   it.cost = 8 * q.count;
   q.share = 2 * q.padded * (hl_dtype_size(x->dtype) + (int64_t)sizeof(uint32_t));
   q.space = hl_scratch(0, (size_t)(q.share * omp_get_max_threads()));
   if (!q.space) return 1;
   HL_TRY(hl_iter_run(&it, rows[x->dtype], &q));
   return stopped ? hl_fail("interrupted") : 0;
}

#endif
