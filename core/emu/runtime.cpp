/* runtime.cpp: the runtime calls of cuda_runtime.h. The card has as much memory as the environment's HL_EMU_MEMORY says
 * (bytes), 4 GiB if it does not. */
#include <atomic>
#include <malloc.h>
#include <stdio.h>
#include "cuda_runtime.h"

static std::atomic<size_t> used;

static size_t card_bytes()
{
   const char *bytes = getenv("HL_EMU_MEMORY");
   return bytes ? (size_t)strtoull(bytes, NULL, 10) : (size_t)4 << 30;
}

const char *cudaGetErrorString(cudaError_t status)
{
   return status == cudaSuccess ? "no error" : status == cudaErrorMemoryAllocation ? "out of memory" : "invalid value";
}

cudaError_t cudaGetDeviceCount(int *n)
{
   *n = 1;
   return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int)
{
   *p = {};
   snprintf(p->name, sizeof p->name, "emulation on the host");
   return cudaSuccess;
}

/* Few: the loops of kernels over a grid come to a second round at small sizes. */
cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr, int)
{
   *value = 1;
   return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total)
{
   *total = card_bytes();
   *free = *total - used;
   return cudaSuccess;
}

/* Memory that was never written holds NaN. */
cudaError_t cudaMalloc(void **p, size_t bytes)
{
   *p = NULL;
   if (used + bytes > card_bytes()) return cudaErrorMemoryAllocation;
   *p = aligned_alloc(256, (bytes + 255) / 256 * 256);
   if (!*p) return cudaErrorMemoryAllocation;
   memset(*p, 0xff, bytes);
   used += malloc_usable_size(*p);
   return cudaSuccess;
}

cudaError_t cudaFree(void *p)
{
   if (p) used -= malloc_usable_size(p);
   free(p);
   return cudaSuccess;
}

cudaError_t cudaHostAlloc(void **p, size_t bytes, unsigned)
{
   *p = aligned_alloc(256, (bytes + 255) / 256 * 256);
   return *p ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind, cudaStream_t)
{
   memcpy(to, from, bytes);
   return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void *p, int value, size_t bytes, cudaStream_t)
{
   memset(p, value, bytes);
   return cudaSuccess;
}
