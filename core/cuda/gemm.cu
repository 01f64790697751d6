/* gemm.cu: matrix products, by cuBLAS. core/emu/libraries.cpp has the host's. */
#include "kernel.cuh"

#include <cublas_v2.h>

namespace
{

enum { WORKSPACE = 32 << 20 }; /* bytes: what cuBLAS asks for on the largest cards, taken once */

bool tf32_on;

int blas(const char *what, cublasStatus_t status)
{
   if (status == CUBLAS_STATUS_SUCCESS) return 0;
   return hl_fail("matmul: %s: %s", what, cublasGetStatusString(status));
}

/* The library's only handle, on its stream. */
int open_blas(cublasHandle_t *handle)
{
   static cublasHandle_t opened;
   if (!opened) {
      cublasHandle_t fresh;
      void *workspace;
      HL_TRY(blas("opening cuBLAS", cublasCreate(&fresh)));
      HL_TRY(blas("giving cuBLAS the stream", cublasSetStream(fresh, hl_stream())));
      HL_TRY(hl_alloc(&workspace, WORKSPACE, 0)); /* for the life of the process */
      HL_TRY(blas("giving cuBLAS its work space", cublasSetWorkspace(fresh, workspace, WORKSPACE)));
      opened = fresh;
   }
   *handle = opened;
   return 0;
}

/* A matrix, or a batch of them, as cuBLAS takes it: neighbours along columns, or transposed along rows. */
struct operand {
   hl_tensor t;
   cublasOperation_t op;
   int64_t ld, batch; /* elements between neighbouring columns (rows where transposed), between matrices */
   hl_scratch copy;

   bool fits()
   {
      int d = t.ndim - 2;
      int64_t rows = t.size[d], cols = t.size[d + 1], down = t.stride[d], across = t.stride[d + 1];
      batch = d ? t.stride[0] : 0;
      op = CUBLAS_OP_N;
      ld = cols == 1 ? rows : across;
      if ((rows == 1 || down == 1) && ld >= rows && ld <= INT32_MAX) return true;
      op = CUBLAS_OP_T;
      ld = rows == 1 ? cols : down;
      return (cols == 1 || across == 1) && ld >= cols && ld <= INT32_MAX;
   }

   /* x, or where its strides do not fit a copy of its sizes; filled: with its values. */
   int take(const hl_tensor *x, bool filled)
   {
      t = *x;
      if (fits()) return 0;
      HL_TRY(copy.take(hl_numel(x) * hl_dtype_size(x->dtype)));
      t.data = copy.data;
      int64_t stride = 1;
      for (int d = t.ndim - 1; d >= 0; d--) {
         t.stride[d] = stride;
         stride *= t.size[d];
      }
      fits();
      return filled ? hl_copy(&t, x) : 0;
   }

   /* The same matrix transposed. */
   void flip()
   {
      op = op == CUBLAS_OP_N ? CUBLAS_OP_T : CUBLAS_OP_N;
   }
};

int multiply(const operand &c, const operand &a, const operand &b, int64_t m, int64_t n, int64_t k, double alpha,
             double beta)
{
   bool wide = c.t.dtype == HL_F64;
   float alpha32 = static_cast<float>(alpha), beta32 = static_cast<float>(beta);
   const void *p = wide ? static_cast<const void *>(&alpha) : &alpha32;
   const void *q = wide ? static_cast<const void *>(&beta) : &beta32;
   cudaDataType type = wide ? CUDA_R_64F : c.t.dtype == HL_BF16 ? CUDA_R_16BF : CUDA_R_32F;
   cublasComputeType_t compute = wide                             ? CUBLAS_COMPUTE_64F
                                 : tf32_on && c.t.dtype == HL_F32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                                  : CUBLAS_COMPUTE_32F;
   cublasHandle_t handle;
   HL_TRY(open_blas(&handle));
   int batches = c.t.ndim == 3 ? static_cast<int>(c.t.size[0]) : 1;
   return blas("the product",
               cublasGemmStridedBatchedEx(handle, a.op, b.op, static_cast<int>(m), static_cast<int>(n),
                                          static_cast<int>(k), p, a.t.data, type, static_cast<int>(a.ld), a.batch,
                                          b.t.data, type, static_cast<int>(b.ld), b.batch, q, c.t.data, type,
                                          static_cast<int>(c.ld), c.batch, batches, compute, CUBLAS_GEMM_DEFAULT));
}

} // namespace

bool hl_tf32(void)
{
   return tf32_on;
}

HL_EXPORT int hl_set_tf32(int on)
{
   tf32_on = on != 0;
   return 0;
}

HL_EXPORT int hl_matmul(hl_tensor *c, const hl_tensor *a, const hl_tensor *b, double alpha, double beta)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_matmul(c, a, b));
   if (hl_numel(c) == 0) return 0;
   int d = c->ndim - 2;
   int64_t m = c->size[d], n = c->size[d + 1], k = a->size[d + 1];
   if (k == 0) return beta == 0 ? hl_fill(c, 0) : hl_unary(c, c, HL_AFFINE, beta, 0);
   HL_CHECK(m <= INT32_MAX && n <= INT32_MAX && k <= INT32_MAX && c->size[0] <= INT32_MAX,
            "matmul: %s times %s is larger than BLAS can index", hl_show(a), hl_show(b));
   operand left, right, result;
   HL_TRY(left.take(a, true));
   HL_TRY(right.take(b, true));
   HL_TRY(result.take(c, beta != 0));
   if (result.op == CUBLAS_OP_N) {
      HL_TRY(multiply(result, left, right, m, n, k, alpha, beta));
   } else { /* cuBLAS writes columns: c' = b' a' */
      left.flip();
      right.flip();
      HL_TRY(multiply(result, right, left, n, m, k, alpha, beta));
   }
   return result.copy.data ? hl_copy(c, &result.t) : 0;
}
