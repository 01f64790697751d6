/* runtime.cuh: the few calls of the CUDA runtime that memory.cu makes; core/emu/runtime.h has their twins for the host.
 */
#ifndef HL_RUNTIME_CUH
#define HL_RUNTIME_CUH

#ifdef HILO_EMU
#include "../emu/runtime.h"
#else

#include <string.h>

constexpr int HL_STAGES = 16; /* 64 MiB: a few batches */
constexpr int64_t HL_STAGE_BYTES = 4 << 20;

/* Page-locked memory through which host data travels: the card reads it while the host goes on. */
struct hl_stage {
   void *data;
   cudaEvent_t done;
};

static struct {
   cudaStream_t stream, uploads;
   cudaEvent_t reached, arrived; /* how far the stream was when an upload was asked for; the last upload */
   cudaDeviceProp card;
   hl_stage stages[HL_STAGES];
   int next;
} hl_gpu;

static inline int hl_gpu_open(void)
{
   int count = 0, driver = 0;
   cudaError_t status = cudaGetDeviceCount(&count);
   if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0)
      return hl_fail("no NVIDIA driver is installed on this machine");
   if (status == cudaErrorInsufficientDriver)
      return hl_fail("the NVIDIA driver is for CUDA %d.%d, older than this library's %d.%d; update the driver",
                     driver / 1000, driver / 10 % 100, CUDART_VERSION / 1000, CUDART_VERSION / 10 % 100);
   if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) return hl_fail("no CUDA card is visible");
   HL_TRY(hl_cuda("init", "looking for cards", status));
   HL_TRY(hl_cuda("init", "opening card 0", cudaSetDevice(0)));
   HL_TRY(hl_cuda("init", "reading what card 0 is", cudaGetDeviceProperties(&hl_gpu.card, 0)));
   HL_CHECK(hl_gpu.card.major * 10 + hl_gpu.card.minor >= 75,
            "%s is of compute capability %d.%d; 7.5 or later is needed", hl_gpu.card.name, hl_gpu.card.major,
            hl_gpu.card.minor);
   for (cudaStream_t *s : {&hl_gpu.stream, &hl_gpu.uploads})
      HL_TRY(hl_cuda("init", "making a stream", cudaStreamCreateWithFlags(s, cudaStreamNonBlocking)));
   for (cudaEvent_t *e : {&hl_gpu.reached, &hl_gpu.arrived})
      HL_TRY(hl_cuda("init", "an event", cudaEventCreateWithFlags(e, cudaEventDisableTiming)));
   return 0;
}

static inline const char *hl_gpu_name(void)
{
   return hl_gpu.card.name;
}

static inline int hl_gpu_processors(void)
{
   return hl_gpu.card.multiProcessorCount;
}

static inline cudaStream_t hl_gpu_stream(void)
{
   return hl_gpu.stream;
}

static inline void *hl_gpu_take(int64_t bytes)
{
   void *p = NULL;
   if (cudaMalloc(&p, static_cast<size_t>(bytes)) == cudaSuccess) return p;
   cudaGetLastError(); /* forget it: the caller reports */
   return NULL;
}

/* Waits for what still uses the memory. */
static inline void hl_gpu_give(void *p)
{
   cudaFree(p);
}

static inline void hl_gpu_room(int64_t *left, int64_t *all)
{
   size_t f = 0, t = 0;
   if (cudaMemGetInfo(&f, &t) != cudaSuccess) cudaGetLastError();
   *left = static_cast<int64_t>(f);
   *all = static_cast<int64_t>(t);
}

/* The emulation fills new memory with NaN. */
static inline void hl_gpu_spoil(void *, int64_t)
{
}

static inline int hl_gpu_zero(const char *fn, void *p, int64_t bytes)
{
   return hl_cuda(fn, "clearing memory", cudaMemsetAsync(p, 0, static_cast<size_t>(bytes), hl_gpu.stream));
}

/* The next piece of page-locked memory, once the card has read what was in it. */
static inline int hl_gpu_stage(const char *fn, hl_stage **stage)
{
   hl_stage *s = *stage = &hl_gpu.stages[hl_gpu.next];
   hl_gpu.next = (hl_gpu.next + 1) % HL_STAGES;
   if (s->data) return hl_cuda(fn, "waiting for page-locked memory", cudaEventSynchronize(s->done));
   HL_TRY(hl_cuda(fn, "an event", cudaEventCreateWithFlags(&s->done, cudaEventDisableTiming)));
   return hl_cuda(fn, "page-locked memory", cudaMallocHost(&s->data, HL_STAGE_BYTES));
}

/* Returns when the host's memory has been read, not when the card has it. */
static inline int hl_gpu_send(const char *fn, void *to, const void *from, int64_t bytes, cudaStream_t stream)
{
   for (int64_t done = 0; done < bytes;) {
      int64_t n = bytes - done < HL_STAGE_BYTES ? bytes - done : HL_STAGE_BYTES;
      hl_stage *s;
      HL_TRY(hl_gpu_stage(fn, &s));
      memcpy(s->data, static_cast<const char *>(from) + done, static_cast<size_t>(n));
      HL_TRY(hl_cuda(fn, "copying to the card",
                     cudaMemcpyAsync(static_cast<char *>(to) + done, s->data, static_cast<size_t>(n),
                                     cudaMemcpyHostToDevice, stream)));
      HL_TRY(hl_cuda(fn, "an event", cudaEventRecord(s->done, stream)));
      done += n;
   }
   return 0;
}

static inline int hl_gpu_upload(const char *fn, void *to, const void *from, int64_t bytes)
{
   return hl_gpu_send(fn, to, from, bytes, hl_gpu.stream);
}

/* The memory may still be in use by what was asked for before. */
static inline int hl_gpu_upload_ahead(const char *fn, void *to, const void *from, int64_t bytes)
{
   HL_TRY(hl_cuda(fn, "an event", cudaEventRecord(hl_gpu.reached, hl_gpu.stream)));
   HL_TRY(hl_cuda(fn, "ordering the upload", cudaStreamWaitEvent(hl_gpu.uploads, hl_gpu.reached, 0)));
   HL_TRY(hl_gpu_send(fn, to, from, bytes, hl_gpu.uploads));
   return hl_cuda(fn, "an event", cudaEventRecord(hl_gpu.arrived, hl_gpu.uploads));
}

static inline int hl_gpu_await(const char *fn)
{
   return hl_cuda(fn, "waiting for uploads", cudaStreamWaitEvent(hl_gpu.stream, hl_gpu.arrived, 0));
}

static inline int hl_gpu_download(const char *fn, void *to, const void *from, int64_t bytes)
{
   HL_TRY(hl_cuda(fn, "copying from the card",
                  cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost, hl_gpu.stream)));
   return hl_cuda(fn, "waiting for the card", cudaStreamSynchronize(hl_gpu.stream));
}

static inline int hl_gpu_wait(const char *fn)
{
   return hl_cuda(fn, "waiting for the card", cudaStreamSynchronize(hl_gpu.stream));
}

#endif
#endif
