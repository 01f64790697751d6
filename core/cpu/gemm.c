#ifdef real

/* One product of matrices in row-major order or transposed; see plan. */
static void FN(multiply)(const plan *p, int64_t row, int64_t rows, int64_t batch, double alpha, double beta)
{
   const real *a = (const real *)p->a.data + batch * p->a.batch + row * p->a.row;
   const real *b = (const real *)p->b.data + batch * p->b.batch;
   real *c = (real *)p->c.data + batch * p->c.batch + row * p->c.row;
#if REAL_IS_FLOAT
   cblas_sgemm(
#else
   cblas_dgemm(
#endif
       CblasRowMajor, p->a.transposed ? CblasTrans : CblasNoTrans, p->b.transposed ? CblasTrans : CblasNoTrans,
       (blasint)rows, (blasint)p->n, (blasint)p->k, (real)alpha, a, (blasint)p->a.ld, b, (blasint)p->b.ld, (real)beta,
       c, (blasint)p->c.ld);
}

#else

/* gemm.c: matrix products, by OpenBLAS. */
#include <cblas.h>
#include <limits.h>
#include "bfloat.h"

/* A batch of matrices as BLAS takes them: neighbours along a row or, transposed, along a column. */
typedef struct {
   void *data;
   int64_t batch, row,
       ld; /* elements from one matrix to the next, from one row to the next, between neighbouring lines */
   bool transposed;
} matrices;

/* c (m,n) = a (m,k) b (k,n) */
typedef struct {
   int64_t m, n, k;
   matrices a, b, c;
} plan;

#define HL_GENERIC "gemm.c"
#include "generic.h"

enum { COPY_A, COPY_B, COPY_C }; /* scratch slots */

static const double SMALL = 4e6, /* flops: below this the products of a batch are shared out, not each one cut up */
    READ = 32,                   /* flops: what a number of a takes to read, where it is used but once or twice */
    PIECE = 4e9;                 /* flops: a large product is cut up, so that Ctrl-C is seen in between */

/* False where BLAS cannot read t as it is. */
static bool as_it_is(matrices *m, const hl_tensor *t)
{
   int d = t->ndim - 2;
   int64_t rows = t->size[d], cols = t->size[d + 1], row = t->stride[d], col = t->stride[d + 1];
   bool plain = cols == 1 || col == 1, transposed = rows == 1 || row == 1;
   int64_t ld = rows == 1 ? cols : row, tld = cols == 1 ? rows : col;
   *m = (matrices){t->data, d ? t->stride[0] : 0, row, ld, false};
   if (plain && ld >= cols && ld <= INT_MAX) return true;
   m->ld = tld;
   m->transposed = true;
   return transposed && tld >= rows && tld <= INT_MAX;
}

/* A contiguous tensor of t's sizes in scratch memory. */
static int make_room(hl_tensor *copy, const hl_tensor *t, int slot)
{
   int64_t bytes;
   *copy = *t;
   copy->data = NULL;
   if (!__builtin_mul_overflow(hl_numel(t), hl_dtype_size(t->dtype), &bytes))
      copy->data = hl_scratch(slot, (size_t)bytes);
   HL_CHECK(copy->data, "matmul: no memory to copy %s with unusual strides; call :contiguous() on a part of it",
            hl_show(t));
   int64_t stride = 1;
   for (int d = t->ndim - 1; d >= 0; d--) {
      copy->stride[d] = stride;
      stride *= t->size[d];
   }
   return 0;
}

static int readable(matrices *m, const hl_tensor *t, int slot)
{
   if (as_it_is(m, t)) return 0;
   hl_tensor copy;
   HL_TRY(make_room(&copy, t, slot));
   HL_TRY(hl_copy(&copy, t));
   as_it_is(m, &copy);
   return 0;
}

static void swap(hl_tensor *t)
{
   int d = t->ndim - 2;
   int64_t size = t->size[d], stride = t->stride[d];
   t->size[d] = t->size[d + 1];
   t->stride[d] = t->stride[d + 1];
   t->size[d + 1] = size;
   t->stride[d + 1] = stride;
}

static int scale(hl_tensor *c, double beta)
{
   return beta == 0 ? hl_fill(c, 0) : hl_unary(c, c, HL_AFFINE, beta, 0);
}

HL_API int hl_set_tf32(int on)
{
   (void)on;
   return 0;
}

HL_API int hl_matmul(hl_tensor *c, const hl_tensor *a, const hl_tensor *b, double alpha, double beta)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_matmul(c, a, b));
   if (a->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *left = hl_float_in(&f, a), *right = hl_float_in(&f, b),
                      *before = beta != 0 ? hl_float_in(&f, c) : NULL;
      hl_tensor *sums = hl_float_out(&f, c);
      int failed = f.failed || (before && hl_copy(sums, before)) || hl_matmul(sums, left, right, alpha, beta);
      return hl_float_end(&f, failed);
   }
   for (int d = 0; d < c->ndim; d++)
      HL_CHECK(c->size[d] <= 1 || c->stride[d] != 0,
               "matmul: the result's dimension %d is expanded (stride 0): its elements share memory", d + 1);
   if (hl_numel(c) == 0) return 0;
   int64_t batches = c->ndim == 3 ? c->size[0] : 1, depth = a->size[a->ndim - 1];
   if (depth == 0) return scale(c, beta);
   HL_TRY(hl_blas_room());

   hl_tensor left = *a, right = *b, out = *c, copy;
   plan p;
   if (!as_it_is(&p.c, &out)) {
      HL_TRY(make_room(&copy, c, COPY_C));
      if (beta != 0) HL_TRY(hl_copy(&copy, c));
      out = copy;
      as_it_is(&p.c, &out);
   }
   if (p.c.transposed) { /* c' = b' a' */
      hl_tensor t = left;
      left = right;
      right = t;
      swap(&left);
      swap(&right);
      swap(&out);
      as_it_is(&p.c, &out);
   }
   int d = out.ndim - 2;
   p.m = out.size[d];
   p.n = out.size[d + 1];
   p.k = depth;
   HL_CHECK(p.m <= INT_MAX && p.n <= INT_MAX && p.k <= INT_MAX, "matmul: %s times %s is larger than BLAS can index",
            hl_show(a), hl_show(b));
   HL_TRY(readable(&p.a, &left, COPY_A));
   HL_TRY(readable(&p.b, &right, COPY_B));

   double flops = 2. * (double)p.m * (double)p.n * (double)p.k;
   if (batches > 1 && flops < SMALL) {
#pragma omp parallel for
      for (int64_t i = 0; i < batches; i++) {
         if (out.dtype == HL_F64)
            multiply_f64(&p, 0, p.m, i, alpha, beta);
         else
            multiply_f32(&p, 0, p.m, i, alpha, beta);
      }
   } else {
      double cost = flops + READ * (double)p.m * (double)p.k;
      int64_t rows = cost > PIECE ? (int64_t)((double)p.m * PIECE / cost) + 1 : p.m;
      for (int64_t i = 0; i < batches; i++)
         for (int64_t row = 0; row < p.m; row += rows) {
            HL_TRY(hl_poll());
            int64_t n = p.m - row < rows ? p.m - row : rows;
            if (out.dtype == HL_F64)
               multiply_f64(&p, row, n, i, alpha, beta);
            else
               multiply_f32(&p, row, n, i, alpha, beta);
         }
   }
   return p.c.data == c->data ? 0 : hl_copy(c, &copy);
}

#endif
