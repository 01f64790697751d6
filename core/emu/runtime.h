/* runtime.h: for the host, what core/cuda/runtime.cuh is for the GPU. */
#ifndef HL_EMU_RUNTIME_H
#define HL_EMU_RUNTIME_H

#include <stdlib.h>
#include <string.h>

static inline int hl_gpu_open(void)
{
   return 0;
}

static inline const char *hl_gpu_name(void)
{
   return "emulation of CUDA on the host";
}

static inline int hl_gpu_processors(void)
{
   return 2;
}

static inline cudaStream_t hl_gpu_stream(void)
{
   return 0;
}

static inline void *hl_gpu_take(int64_t bytes)
{
   void *p = NULL;
   return posix_memalign(&p, 64, (size_t)bytes) == 0 ? p : NULL;
}

static inline void hl_gpu_give(void *p)
{
   free(p);
}

/* Bytes that the device still has, and has in all: as far as the host will promise. */
static inline void hl_gpu_room(int64_t *left, int64_t *all)
{
   *left = *all = (int64_t)1 << 40;
}

static inline int hl_gpu_zero(const char *, void *p, int64_t bytes)
{
   memset(p, 0, (size_t)bytes);
   return 0;
}

static inline int hl_gpu_upload(const char *, void *to, const void *from, int64_t bytes)
{
   memcpy(to, from, (size_t)bytes);
   return 0;
}

static inline int hl_gpu_download(const char *, void *to, const void *from, int64_t bytes)
{
   memcpy(to, from, (size_t)bytes);
   return 0;
}

static inline int hl_gpu_wait(const char *)
{
   return 0;
}

#endif
