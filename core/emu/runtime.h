/* runtime.h: for the host, what core/cuda/runtime.cuh is for the GPU. */
#ifndef HL_EMU_RUNTIME_H
#define HL_EMU_RUNTIME_H

#include <malloc.h>
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

enum : int64_t { HL_EMU_CARD = 2ll << 30 }; /* bytes that the card pretends to have */
static int64_t hl_emu_taken;

static inline void *hl_gpu_take(int64_t bytes)
{
   void *p = NULL;
   if (bytes > HL_EMU_CARD - hl_emu_taken || posix_memalign(&p, 64, (size_t)bytes) != 0) return NULL;
   hl_emu_taken += (int64_t)malloc_usable_size(p);
   return p;
}

static inline void hl_gpu_give(void *p)
{
   hl_emu_taken -= (int64_t)malloc_usable_size(p);
   free(p);
}

static inline void hl_gpu_room(int64_t *left, int64_t *all)
{
   *left = HL_EMU_CARD - hl_emu_taken;
   *all = HL_EMU_CARD;
}

/* Bytes 0xFF, NaN to floats: results that no kernel writes show. Large blocks, which only the memory's own specs ask
 * for, are left untouched. */
static inline void hl_gpu_spoil(void *p, int64_t bytes)
{
   if (bytes <= 64 << 20) memset(p, 0xff, (size_t)bytes);
}

static inline int hl_gpu_zero(const char *, void *p, int64_t bytes)
{
   return hl_emu_do([=] {
      memset(p, 0, (size_t)bytes);
      return 0;
   });
}

static inline int hl_gpu_upload(const char *, void *to, const void *from, int64_t bytes)
{
   memcpy(to, from, (size_t)bytes);
   return 0;
}

static inline int hl_gpu_upload_ahead(const char *fn, void *to, const void *from, int64_t bytes)
{
   return hl_gpu_upload(fn, to, from, bytes);
}

static inline int hl_gpu_await(const char *)
{
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
