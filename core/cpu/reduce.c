/* reduce.c: sums, extremes and their like over any set of dimensions, the place of an extreme, running sums.
 *
 * A task is a tile of outputs and a block of the terms that go into each. Tiles and blocks depend on the sizes alone
 * and blocks are added up in order, so results do not depend on the number of threads. */
#ifdef num

/* Of lanes: where partial results of at most BATCH terms are kept, in parallel; they are gathered in wide. */
#if NUM_IS_FLOAT
#define lane num
#define ADD(a, b) ((a) + (b))
#define MULTIPLY(a, b) ((a) * (b))
#define MAGNITUDE(x) MATH(fabs)(x)
#define LOWEST (-(num)INFINITY)
#define HIGHEST ((num)INFINITY)
#define IS_NAN(x) ((x) != (x))
#else
#define lane uint64_t
#define ADD(a, b) ((uint64_t)(a) + (uint64_t)(b))
#define MULTIPLY(a, b) ((uint64_t)(a) * (uint64_t)(b))
#define MAGNITUDE(x) ((x) < 0 ? 0 - (uint64_t)(x) : (uint64_t)(x))
#define LOWEST ((num)-1 < 0 ? (num)((uint64_t)1 << (8 * sizeof(num) - 1)) : (num)0)
#define HIGHEST ((num)-1 < 0 ? (num)(((uint64_t)1 << (8 * sizeof(num) - 1)) - 1) : (num)-1)
#define IS_NAN(x) 0
#endif

/* name_row folds n elements at stride s into *total, a wide; name_columns folds rows of n columns into total[n]. step
 * is the new value of lane l after element x, merge that of total t after lane l. Lanes are merged by halves, which is
 * short for short rows. */
#define REDUCTION(name, type, start, step, merge) \
   static inline __attribute__((always_inline)) wide FN(name##_lanes)(const num *from, int64_t m, int64_t s, \
                                                                      int width) \
   { \
      type lanes[LANES]; \
      wide sums[LANES]; \
      int64_t i = 0; \
      for (int j = 0; j < width; j++) lanes[j] = start; \
      if (s == 1) { \
         for (; i + width <= m; i += width) { \
            _Pragma("omp simd") for (int j = 0; j < width; j++) \
            { \
               type l = lanes[j]; \
               num x = from[i + j]; \
               lanes[j] = step; \
            } \
         } \
      } else { \
         for (; i + width <= m; i += width) \
            for (int j = 0; j < width; j++) { \
               type l = lanes[j]; \
               num x = from[(i + j) * s]; \
               lanes[j] = step; \
            } \
      } \
      for (int j = 0; j < width && i + j < m; j++) { \
         type l = lanes[j]; \
         num x = from[(i + j) * s]; \
         lanes[j] = step; \
      } \
      _Pragma("omp simd") for (int j = 0; j < width; j++) sums[j] = (wide)lanes[j]; \
      for (int half = width / 2; half > 0; half /= 2) { \
         _Pragma("omp simd") for (int j = 0; j < half; j++) \
         { \
            wide t = sums[j], l = sums[j + half]; \
            sums[j] = (wide)(merge); \
         } \
      } \
      return sums[0]; \
   } \
   static void FN(name##_row)(void *into, const void *x0, int64_t n, int64_t s) \
   { \
      wide *total = into, t = *total; \
      const num *from = x0; \
      for (int64_t m; n > 0; n -= m, from += m * s) { \
         m = n < LANES * BATCH ? n : LANES * BATCH; \
         wide l = m < SHORT_ROW ? FN(name##_lanes)(from, m, s, LANES / 4) : FN(name##_lanes)(from, m, s, LANES); \
         t = (wide)(merge); \
      } \
      *total = t; \
   } \
   static void FN(name##_columns)(void *into, const void *x0, int64_t n, int64_t s, int64_t rows, int64_t down) \
   { \
      wide *total = into; \
      const num *from = x0; \
      for (int64_t first = 0; first < rows; first += BATCH) { \
         type lanes[TILE]; \
         int64_t last = first + BATCH < rows ? first + BATCH : rows; \
         for (int64_t j = 0; j < n; j++) lanes[j] = start; \
         for (int64_t i = first; i < last; i++) { \
            const num *row = from + i * down; \
            if (s == 1) { \
               _Pragma("omp simd") for (int64_t j = 0; j < n; j++) \
               { \
                  type l = lanes[j]; \
                  num x = row[j]; \
                  lanes[j] = step; \
               } \
            } else { \
               for (int64_t j = 0; j < n; j++) { \
                  type l = lanes[j]; \
                  num x = row[j * s]; \
                  lanes[j] = step; \
               } \
            } \
         } \
         for (int64_t j = 0; j < n; j++) { \
            type l = lanes[j]; \
            wide t = total[j]; \
            total[j] = (wide)(merge); \
         } \
      } \
   }
REDUCTION(sum, lane, 0, ADD(l, x), ADD(t, l))
REDUCTION(prod, wide, 1, (wide)MULTIPLY(l, x), MULTIPLY(t, l))
REDUCTION(max, num, LOWEST, x > l || IS_NAN(x) ? x : l, l > t || IS_NAN(l) ? l : t)
REDUCTION(min, num, HIGHEST, x < l || IS_NAN(x) ? x : l, l < t || IS_NAN(l) ? l : t)
REDUCTION(sumsq, lane, 0, ADD(l, MULTIPLY(x, x)), ADD(t, l))
REDUCTION(sumabs, lane, 0, ADD(l, MAGNITUDE(x)), ADD(t, l))
REDUCTION(any, num, 0, x != 0 ? 1 : l, l != 0 ? 1 : t)
REDUCTION(all, num, 1, x != 0 ? l : 0, l != 0 ? t : 0)
#undef REDUCTION

static const kernels FN(table)[] = {
    [HL_SUM] = {FN(sum_row), FN(sum_columns)},          [HL_MEAN] = {FN(sum_row), FN(sum_columns)},
    [HL_PROD] = {FN(prod_row), FN(prod_columns)},       [HL_RMAX] = {FN(max_row), FN(max_columns)},
    [HL_RMIN] = {FN(min_row), FN(min_columns)},         [HL_SUMSQ] = {FN(sumsq_row), FN(sumsq_columns)},
    [HL_SUMABS] = {FN(sumabs_row), FN(sumabs_columns)}, [HL_ANY] = {FN(any_row), FN(any_columns)},
    [HL_ALL] = {FN(all_row), FN(all_columns)},
};

static void FN(begin)(void *into, int64_t n, int op)
{
   wide *total = into;
   wide start = op == HL_PROD || op == HL_ALL ? 1 : op == HL_RMAX ? (wide)LOWEST : op == HL_RMIN ? (wide)HIGHEST : 0;
   for (int64_t j = 0; j < n; j++) total[j] = start;
}

/* Totals of floats and of integers into y. */
static void FN(store_real)(void *to, int64_t stride, const void *from, int64_t n, double divisor)
{
   num *y = to;
   const double *total = from;
   for (int64_t j = 0; j < n; j++) y[j * stride] = TO_NUM(total[j] / divisor);
}

static void FN(store_whole)(void *to, int64_t stride, const void *from, int64_t n, double divisor)
{
   num *y = to;
   const int64_t *total = from;
#if NUM_IS_FLOAT
   for (int64_t j = 0; j < n; j++) y[j * stride] = (num)((double)total[j] / divisor);
#else
   int64_t d = divisor > 1. ? (int64_t)divisor : 1;
   for (int64_t j = 0; j < n; j++) y[j * stride] = (num)(total[j] / d);
#endif
}

/* n lines, each to its first largest or smallest element; NaN wins. */
#define PLACE(name, better) \
   static void FN(name##_place)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      (void)first; \
      const lines *q = arg; \
      int64_t *index = (int64_t *)p[0]; \
      const num *x = (const num *)p[1]; \
      num *values = q->values ? (num *)p[2] : NULL; \
      int64_t down = q->down; \
      if (n < 8 || llabs(down) <= llabs(s[1])) { \
         for (int64_t j = 0; j < n; j++) { \
            const num *from = x + j * s[1]; \
            wide total; \
            FN(begin)(&total, 1, HL_R##name); \
            for (int64_t i = 0; i < q->count; i += LOOK) { \
               if (hl_interrupted()) return; \
               FN(table)[HL_R##name].row(&total, from + i * down, i + LOOK < q->count ? LOOK : q->count - i, down); \
            } \
            num best = (num)total; \
            int64_t at = 0; \
            if (IS_NAN(best)) \
               while (!IS_NAN(from[at * down])) at++; \
            else \
               while (from[at * down] != best) at++; \
            index[j * s[0]] = at + 1; \
            if (values) values[j * s[2]] = from[at * down]; \
         } \
         return; \
      } \
      for (int64_t start = 0; start < n; start += TILE) { \
         int64_t width = n - start < TILE ? n - start : TILE; \
         num best[TILE]; \
         int32_t at[TILE]; \
         const num *from = x + start * s[1]; \
         int64_t at_base[TILE]; \
         for (int64_t j = 0; j < width; j++) { \
            best[j] = from[j * s[1]]; \
            at_base[j] = 0; \
         } \
         for (int64_t block = 0; block < q->count; block += INT32_MAX) { \
            int32_t rows = (int32_t)(q->count - block < INT32_MAX ? q->count - block : INT32_MAX); \
            for (int64_t j = 0; j < width; j++) at[j] = -1; \
            for (int32_t i = 0; i < rows; i++) { \
               if (i % (LOOK / TILE) == 0 && hl_interrupted()) return; \
               const num *row = from + (block + i) * down; \
               if (s[1] == 1) { \
                  _Pragma("omp simd") for (int64_t j = 0; j < width; j++) \
                  { \
                     num v = row[j], b = best[j]; \
                     int take = v better b || (IS_NAN(v) && !IS_NAN(b)); \
                     best[j] = take ? v : b; \
                     at[j] = take ? i : at[j]; \
                  } \
               } else { \
                  for (int64_t j = 0; j < width; j++) { \
                     num v = row[j * s[1]], b = best[j]; \
                     int take = v better b || (IS_NAN(v) && !IS_NAN(b)); \
                     best[j] = take ? v : b; \
                     at[j] = take ? i : at[j]; \
                  } \
               } \
            } \
            for (int64_t j = 0; j < width; j++) at_base[j] = at[j] < 0 ? at_base[j] : block + at[j]; \
         } \
         for (int64_t j = 0; j < width; j++) { \
            index[(start + j) * s[0]] = at_base[j] + 1; \
            if (values) values[(start + j) * s[2]] = best[j]; \
         } \
      } \
   }
PLACE(MAX, >)
PLACE(MIN, <)
#undef PLACE

/* n lines, each to its running sum or product, in wide. */
#define RUNNING(name, start, expression) \
   static void FN(running_##name)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      (void)first; \
      const lines *q = arg; \
      num *y = (num *)p[0]; \
      const num *x = (const num *)p[1]; \
      if (llabs(q->down) <= llabs(s[1])) { \
         for (int64_t j = 0; j < n; j++) { \
            wide t = start; \
            for (int64_t i = 0; i < q->count; i++) { \
               if (i % LOOK == 0 && hl_interrupted()) return; \
               num v = x[j * s[1] + i * q->down]; \
               t = (wide)expression; \
               y[j * s[0] + i * q->down_y] = (num)t; \
            } \
         } \
         return; \
      } \
      for (int64_t j0 = 0; j0 < n; j0 += TILE) { \
         int64_t width = n - j0 < TILE ? n - j0 : TILE; \
         wide total[TILE]; \
         for (int64_t j = 0; j < width; j++) total[j] = start; \
         for (int64_t i = 0; i < q->count; i++) { \
            if (i % (LOOK / TILE) == 0 && hl_interrupted()) return; \
            num *to = y + j0 * s[0] + i * q->down_y; \
            const num *from = x + j0 * s[1] + i * q->down; \
            for (int64_t j = 0; j < width; j++) { \
               wide t = total[j]; \
               num v = from[j * s[1]]; \
               total[j] = (wide)expression; \
               to[j * s[0]] = (num)total[j]; \
            } \
         } \
      } \
   }
RUNNING(sum, 0, ADD(t, v))
RUNNING(product, 1, MULTIPLY(t, v))
#undef RUNNING
#undef lane
#undef ADD
#undef MULTIPLY
#undef MAGNITUDE
#undef LOWEST
#undef HIGHEST
#undef IS_NAN

#else

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "bfloat.h"
#include "iter.h"

enum {
   LANES = 64,
   SHORT_ROW = 512,   /* elements, for which a quarter of the lanes does */
   BATCH = 256,       /* terms in one float partial sum */
   TILE = 256,        /* outputs that are made side by side */
   TASK = 65536,      /* elements that a task should have, about */
   MOST_BLOCKS = 256, /* of the terms of one output */
   LOOK = 1 << 20,    /* terms of a tile between two looks for Ctrl-C */
   ENOUGH_TILES = 32, /* from here on terms are not split into blocks */
};

/* Both fold into totals, which are double for floats and int64_t for integers. */
typedef struct {
   void (*row)(void *total, const void *x, int64_t n, int64_t stride);
   void (*columns)(void *total, const void *x, int64_t n, int64_t stride, int64_t rows, int64_t down);
} kernels;

/* What kernels of lines are told: elements of a line, their stride in x and in y. */
typedef struct {
   int64_t count, down, down_y;
   bool values;
} lines;

#define HL_TYPES "reduce.c"
#include "types.h"

typedef void (*begin_fn)(void *, int64_t, int);
typedef void (*store_fn)(void *, int64_t, const void *, int64_t, double);

static const kernels *const tables[] = {
    [HL_F32] = table_f32, [HL_F64] = table_f64, [HL_U8] = table_u8,   [HL_I32] = table_i32,
    [HL_I64] = table_i64, [HL_I8] = table_i8,   [HL_I16] = table_i16,
};
static const begin_fn begins[] = {
    [HL_F32] = begin_f32, [HL_F64] = begin_f64, [HL_U8] = begin_u8,   [HL_I32] = begin_i32,
    [HL_I64] = begin_i64, [HL_I8] = begin_i8,   [HL_I16] = begin_i16,
};
static const store_fn store_reals[] = {
    [HL_F32] = store_real_f32, [HL_F64] = store_real_f64, [HL_U8] = store_real_u8,   [HL_I32] = store_real_i32,
    [HL_I64] = store_real_i64, [HL_I8] = store_real_i8,   [HL_I16] = store_real_i16,
};
static const store_fn store_wholes[] = {
    [HL_F32] = store_whole_f32, [HL_F64] = store_whole_f64, [HL_U8] = store_whole_u8,   [HL_I32] = store_whole_i32,
    [HL_I64] = store_whole_i64, [HL_I8] = store_whole_i8,   [HL_I16] = store_whole_i16,
};

typedef struct {
   hl_iter kept, reduced; /* operands: kept x, y; reduced x */
   int64_t outputs, terms;
   bool columns;                          /* the innermost kept dimension runs side by side */
   int64_t inner, tile, tiles, per_inner; /* outputs along it, of a task, tiles in all and along it */
   int64_t block, blocks;                 /* terms of a task, number of them */
   kernels kernel;
} plan;

static void make_plan(plan *p, const hl_tensor *y, const hl_tensor *x, uint32_t dims)
{
   hl_tensor kept = *x, reduced = *x;
   for (int d = 0; d < x->ndim; d++) (dims >> d & 1 ? &kept : &reduced)->size[d] = 1;
   hl_iter_init(&p->kept, false, 2, (const hl_tensor *[]){&kept, y});
   hl_iter_init(&p->reduced, false, 1, (const hl_tensor *[]){&reduced});
   p->outputs = p->kept.total;
   p->terms = p->reduced.total;
   p->inner = p->kept.size[p->kept.ndim - 1];
   int64_t across = p->kept.stride[0][p->kept.ndim - 1];
   int64_t line = p->reduced.size[p->reduced.ndim - 1], down = p->reduced.stride[0][p->reduced.ndim - 1];
   /* Side by side where that is contiguous or less far than down the terms, unless it is too narrow to gain. */
   p->columns = p->inner > 1 && (line == 1 || llabs(across) < llabs(down));
   if (p->columns && p->inner < 16 && line > p->inner) p->columns = false;
   if (!p->columns && line < 16 && p->inner > line) p->columns = true;
   p->tile = p->columns ? TILE : TASK / (p->terms + 1);
   if (p->tile > TILE) p->tile = TILE;
   if (p->tile < 1) p->tile = 1;
   if (p->tile > p->inner) p->tile = p->inner;
   p->per_inner = (p->inner + p->tile - 1) / p->tile;
   p->tiles = p->outputs / p->inner * p->per_inner;
   int64_t blocks = p->tiles >= ENOUGH_TILES ? 1 : (p->terms * p->tile + TASK - 1) / TASK;
   if (blocks > MOST_BLOCKS) blocks = MOST_BLOCKS;
   if (blocks < 1) blocks = 1;
   p->block = (p->terms + blocks - 1) / blocks;
   p->blocks = p->block ? (p->terms + p->block - 1) / p->block : 1;
}

typedef struct {
   const plan *p;
   char *total;
   int64_t n, across; /* outputs of the tile, their stride in x */
   int64_t item;
} tile_job;

/* A row of terms into every output of the tile. */
static void fold(int64_t n, int64_t first, char *const *x, const int64_t *s, const void *arg)
{
   const tile_job *job = arg;
   (void)first;
   if (job->p->columns) {
      job->p->kernel.columns(job->total, x[0], job->n, job->across, n, s[0]);
      return;
   }
   for (int64_t j = 0; j < job->n; j++)
      job->p->kernel.row(job->total + 8 * j, x[0] + j * job->across * job->item, n, s[0]);
}

/* Where tile t begins in x and in y; *n: its outputs. */
static void locate(const plan *p, int64_t t, char **x, char **y, int64_t *n)
{
   const hl_iter *k = &p->kept;
   int inner = k->ndim - 1;
   int64_t at = t % p->per_inner * p->tile, rest = t / p->per_inner;
   *n = p->inner - at < p->tile ? p->inner - at : p->tile;
   *x = k->data[0];
   *y = k->data[1];
   for (int d = inner; d >= 0; d--) {
      *x += at * k->stride[0][d] * k->item[0];
      *y += at * k->stride[1][d] * k->item[1];
      if (d > 0) {
         at = rest % k->size[d - 1];
         rest /= k->size[d - 1];
      }
   }
}

HL_API int hl_reduce(hl_tensor *y, const hl_tensor *x, int op, uint32_t dims)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_reduce(y, x, op, dims));
   if (x->dtype == HL_BF16 || y->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x);
      hl_tensor *y_f = hl_float_out(&f, y);
      return hl_float_end(&f, f.failed || hl_reduce(y_f, x_f, op, dims));
   }
   if (hl_numel(y) == 0) return 0;
   plan p;
   make_plan(&p, y, x, dims);
   p.kernel = tables[x->dtype][op];
   begin_fn begin = begins[x->dtype];
   store_fn store = (hl_is_float(x) ? store_reals : store_wholes)[y->dtype];
   double divisor = op == HL_MEAN ? (double)p.terms : 1.;
   int64_t across = p.kept.stride[0][p.kept.ndim - 1], across_y = p.kept.stride[1][p.kept.ndim - 1];
   int64_t tasks = p.tiles * p.blocks;
   char *partial = NULL; /* [tile][block][TILE] */
   if (p.blocks > 1) {
      partial = hl_scratch(0, (size_t)(tasks * p.tile * 8));
      if (!partial) return 1;
   }
   int stopped = 0;
#pragma omp parallel for schedule(dynamic, 1) \
    reduction(| \
              : stopped) if (tasks > 1 && p.outputs * p.terms >= HL_PARALLEL_MIN)
   for (int64_t task = 0; task < tasks; task++) {
      int64_t t = task / p.blocks, first = task % p.blocks * p.block, last = first + p.block, n;
      if (last > p.terms) last = p.terms;
      double here[TILE]; /* or int64_t: begin decides */
      char *at, *to;
      locate(&p, t, &at, &to, &n);
      tile_job job = {&p, partial ? partial + task * p.tile * 8 : (char *)here, n, across, p.reduced.item[0]};
      hl_iter terms = p.reduced;
      terms.data[0] = at;
      begin(job.total, n, op);
      for (; first < last && !stopped; first += LOOK) {
         stopped = hl_poll();
         if (!stopped) hl_iter_range(&terms, first, first + LOOK < last ? first + LOOK : last, fold, &job);
      }
      if (!partial) store(to, across_y, job.total, n, divisor);
   }
   if (stopped) return hl_fail("interrupted");
   if (!partial) return 0;
   int same = op == HL_MEAN || op == HL_SUMSQ || op == HL_SUMABS ? HL_SUM : op;
   kernels merge = tables[hl_is_float(x) ? HL_F64 : HL_I64][same];
   for (int64_t t = 0; t < p.tiles; t++) {
      char *at, *to, *total = partial + t * p.blocks * p.tile * 8;
      int64_t n;
      locate(&p, t, &at, &to, &n);
      merge.columns(total, total + p.tile * 8, n, 1, p.blocks - 1, p.tile);
      store(to, across_y, total, n, divisor);
   }
   return 0;
}

HL_API int hl_reduce_index(hl_tensor *values, hl_tensor *index, const hl_tensor *x, int op, int dim)
{
   static const hl_row largest[] = {
       [HL_F32] = MAX_place_f32, [HL_F64] = MAX_place_f64, [HL_U8] = MAX_place_u8,   [HL_I32] = MAX_place_i32,
       [HL_I64] = MAX_place_i64, [HL_I8] = MAX_place_i8,   [HL_I16] = MAX_place_i16,
   };
   static const hl_row smallest[] = {
       [HL_F32] = MIN_place_f32, [HL_F64] = MIN_place_f64, [HL_U8] = MIN_place_u8,   [HL_I32] = MIN_place_i32,
       [HL_I64] = MIN_place_i64, [HL_I8] = MIN_place_i8,   [HL_I16] = MIN_place_i16,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_check_reduce_index(values, index, x, op, dim));
   if (x->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x);
      hl_tensor *values_f = hl_float_out(&f, values);
      return hl_float_end(&f, f.failed || hl_reduce_index(values_f, index, x_f, op, dim));
   }
   hl_iter it;
   int64_t along[HL_OPERANDS];
   hl_iter_lines(&it, values ? 3 : 2, (const hl_tensor *[]){index, x, values}, dim, along);
   it.cost = x->size[dim] + 1;
   lines q = {x->size[dim], along[1], 0, values != NULL};
   HL_TRY(hl_iter_run(&it, (op == HL_RMAX ? largest : smallest)[x->dtype], &q));
   return hl_poll();
}

HL_API int hl_cumulate(hl_tensor *y, const hl_tensor *x, int op, int dim)
{
   static const hl_row sums[] = {
       [HL_F32] = running_sum_f32, [HL_F64] = running_sum_f64, [HL_U8] = running_sum_u8,   [HL_I32] = running_sum_i32,
       [HL_I64] = running_sum_i64, [HL_I8] = running_sum_i8,   [HL_I16] = running_sum_i16,
   };
   static const hl_row products[] = {
       [HL_F32] = running_product_f32, [HL_F64] = running_product_f64, [HL_U8] = running_product_u8,
       [HL_I32] = running_product_i32, [HL_I64] = running_product_i64, [HL_I8] = running_product_i8,
       [HL_I16] = running_product_i16,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cumulate(y, x, op, dim));
   HL_TRY(hl_need_cpu_dtype(hl_reduce_name(op), x));
   hl_iter it;
   int64_t along[HL_OPERANDS];
   hl_iter_lines(&it, 2, (const hl_tensor *[]){y, x}, dim, along);
   it.cost = x->size[dim] + 1;
   lines q = {x->size[dim], along[1], along[0], true};
   HL_TRY(hl_iter_run(&it, (op == HL_SUM ? sums : products)[x->dtype], &q));
   return hl_poll();
}

#endif
