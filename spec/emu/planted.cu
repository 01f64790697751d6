/* planted.cu: kernels with one mistake each, and the same without it, on the emulation; spec/emu_spec.lua checks what
 * is found. */
#include <stdio.h>
#include "../../core/cuda/kernel.cuh"

enum { N = 64, BLOCKS = 3 };

/* y (BLOCKS,N) = x, each block's turned around. Without the barrier a thread may read what is not there yet. */
template <bool MISTAKE> __global__ void turn(float *y, const float *x)
{
   HL_SHARED(tile, float[N]);
   unsigned i = threadIdx.x, first = blockIdx.x * N;
   tile[i] = x[first + i];
   if (!MISTAKE) __syncthreads();
   y[first + i] = tile[N - 1 - i];
}

/* y (BLOCKS,N) = 1; the mistaken one writes to the element after the last. */
template <bool MISTAKE> __global__ void ones(float *y)
{
   unsigned i = blockIdx.x * N + threadIdx.x;
   y[i + (MISTAKE ? 1 : 0)] = 1;
}

/* As ones, through shared memory. */
template <bool MISTAKE> __global__ void shared_ones(float *y)
{
   HL_SHARED(row, float[N]);
   row[threadIdx.x + (MISTAKE ? 1 : 0)] = 1;
   __syncthreads();
   y[blockIdx.x * N + threadIdx.x] = row[threadIdx.x];
}

/* y (BLOCKS,N) = the sum of the block's x; the mistaken one's first warp does not come to the barriers within. */
template <bool MISTAKE> __global__ void sums(float *y, const float *x)
{
   unsigned i = blockIdx.x * N + threadIdx.x;
   if (MISTAKE && threadIdx.x < 32) return;
   y[i] = hl_reduce_block(x[i], hl_sum(), 0.f);
}

/* The halves of a block wait at different barriers. */
template <bool MISTAKE> __global__ void apart(float *y)
{
   if (MISTAKE && threadIdx.x < 32)
      __syncthreads();
   else
      __syncthreads();
   y[blockIdx.x * N + threadIdx.x] = 1;
}

/* Half of a warp shuffles. */
template <bool MISTAKE> __global__ void half_warp(float *y)
{
   float v = 1;
   if (!MISTAKE || threadIdx.x % 32 < 16) v = __shfl_xor_sync(0xffffffffu, v, 1);
   y[blockIdx.x * N + threadIdx.x] = v;
}

/* y (1): all blocks add to it; the mistaken one without an atomic. */
template <bool MISTAKE> __global__ void count(float *y)
{
   if (threadIdx.x > 0) return;
   if (MISTAKE)
      y[0] += 1;
   else
      atomicAdd(y, 1.f);
}

template <bool MISTAKE> static int run(const char *name, float *y, const float *x)
{
   if (!strcmp(name, "turn")) {
      HL_LAUNCH("planted", BLOCKS, N, 0, (turn<MISTAKE>), y, x);
      for (int i = 0; i < BLOCKS * N; i++)
         HL_CHECK(y[i] == x[i / N * N + N - 1 - i % N], "element %d is %g", i, static_cast<double>(y[i]));
   } else if (!strcmp(name, "ones")) {
      HL_LAUNCH("planted", BLOCKS, N, 0, (ones<MISTAKE>), y);
   } else if (!strcmp(name, "shared_ones")) {
      HL_LAUNCH("planted", BLOCKS, N, 0, (shared_ones<MISTAKE>), y);
   } else if (!strcmp(name, "sums")) {
      HL_LAUNCH("planted", BLOCKS, N, 0, (sums<MISTAKE>), y, x);
   } else if (!strcmp(name, "apart")) {
      HL_LAUNCH("planted", BLOCKS, N, 0, (apart<MISTAKE>), y);
   } else if (!strcmp(name, "half_warp")) {
      HL_LAUNCH("planted", BLOCKS, N, 0, (half_warp<MISTAKE>), y);
   } else if (!strcmp(name, "count")) {
      HL_LAUNCH("planted", BLOCKS, N, 0, (count<MISTAKE>), y);
   } else {
      return hl_fail("planted: there is no kernel %s", name);
   }
   return 0;
}

/* planted <kernel> mistaken|sound: runs it, and where the launch fails prints why and returns 1. */
int main(int argc, char **argv)
{
   const volatile int32_t calm = 0;
   void *x = NULL, *y = NULL;
   bool mistaken = argc == 3 && !strcmp(argv[2], "mistaken");
   int failed = argc != 3 || hl_init(&calm) != HL_ABI || hl_alloc(&x, sizeof(float) * BLOCKS * N, 1) ||
                hl_alloc(&y, sizeof(float) * BLOCKS * N, 1);
   for (int i = 0; i < BLOCKS * N && !failed; i++) static_cast<float *>(x)[i] = static_cast<float>(i);
   if (!failed) {
      float *to = static_cast<float *>(y);
      const float *from = static_cast<float *>(x);
      failed = mistaken ? run<true>(argv[1], to, from) : run<false>(argv[1], to, from);
   }
   if (failed) printf("%s\n", hl_error());
   hl_free(x);
   hl_free(y);
   hl_empty_cache();
   return failed;
}
