/* memory.cu: the library's start, storage with a cache by size class, copies between host and device. */
#include "faults.cuh"

#include <stdlib.h>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>
#include "../size_class.h"
#include "runtime.cuh"

namespace
{

constexpr int64_t SMALL = 1 << 20, LEAST = 512; /* bytes */
/* Under AddressSanitizer every tensor is a block of its own, of its exact size, so that a step beyond it is seen. */
#if defined __SANITIZE_ADDRESS__
constexpr bool exact = true;
#else
constexpr bool exact = false;
#endif

struct block {
   int64_t bytes;
   int size_class;
   bool live;
};

struct {
   std::mutex lock;
   std::unordered_map<void *, block> blocks;
   std::vector<void *> cached[HL_SIZE_CLASSES];
   hl_memory info;
   bool open, sync_each;
} heap;

double mib(int64_t bytes)
{
   return static_cast<double>(bytes) / 0x1p20;
}

/* ---- the lock is held ---- */

void release_cached()
{
   for (std::vector<void *> &list : heap.cached) {
      for (void *p : list) {
         auto found = heap.blocks.find(p);
         heap.info.cached -= found->second.bytes;
         heap.blocks.erase(found);
         hl_gpu_give(p);
      }
      list.clear();
   }
}

/* A block of that class from the cache, a large one also of the next few; NULL where there is none. */
void *from_cache(int size_class, int64_t bytes)
{
   int last = size_class + (bytes < SMALL ? 0 : HL_WIDER);
   while (size_class < last && heap.cached[size_class].empty()) size_class++;
   std::vector<void *> &list = heap.cached[size_class];
   if (list.empty()) return nullptr;
   void *p = list.back();
   list.pop_back();
   heap.info.cached -= heap.blocks[p].bytes;
   return p;
}

void *from_system(int size_class, int64_t bytes)
{
   void *p = hl_gpu_take(bytes);
   if (!p) {
      release_cached();
      p = hl_gpu_take(bytes);
   }
   if (!p) return nullptr;
   heap.blocks[p] = block{bytes, size_class, false};
   heap.cached[size_class].reserve(heap.cached[size_class].size() + 1); /* so that a free cannot fail */
   heap.info.allocations++;
   return p;
}

int take(void **data, int64_t bytes)
{
   int64_t rounded = bytes;
   int size_class = hl_size_class(bytes < LEAST ? LEAST : bytes, &rounded);
   if (exact) rounded = bytes;
   std::lock_guard<std::mutex> guard(heap.lock);
   void *p = exact ? nullptr : from_cache(size_class, rounded);
   if (!p) p = from_system(size_class, rounded);
   if (!p) {
      int64_t left, all;
      hl_gpu_room(&left, &all);
      return hl_fail("out of memory: a tensor asked for %.1f MiB; %.1f MiB are live here, none cached, and %.1f of the "
                     "card's %.1f MiB are free",
                     mib(bytes), mib(heap.info.live), mib(left), mib(all));
   }
   block &b = heap.blocks[p];
   b.live = true;
   heap.info.live += b.bytes;
   if (heap.info.live > heap.info.peak) heap.info.peak = heap.info.live;
   *data = p;
   return 0;
}

int copy_arguments(const char *fn, const void *to, const void *from, int64_t bytes)
{
   HL_TRY(hl_poll());
   HL_CHECK(bytes >= 0, "%s: expected 0 or more bytes, got %lld", fn, static_cast<long long>(bytes));
   HL_CHECK(bytes == 0 || (to && from), "%s: NULL address for %lld bytes", fn, static_cast<long long>(bytes));
   return 0;
}

} // namespace

/* ---- for the other files ---- */

cudaStream_t hl_stream(void)
{
   return hl_gpu_stream();
}

int hl_processors(void)
{
   return hl_gpu_processors();
}

bool hl_sync_each(void)
{
   return heap.sync_each;
}

int hl_scratch::take(int64_t bytes)
{
   hl_free(data);
   return hl_alloc(&data, bytes, 0);
}

hl_scratch::~hl_scratch()
{
   hl_free(data);
}

/* ---- library ---- */

HL_EXPORT int hl_init(const volatile int32_t *interrupt)
{
   hl_set_interrupt(interrupt);
   if (heap.open) return HL_ABI;
   if (hl_gpu_open() || hl_open_faults()) return -1;
   const char *sync = getenv("HL_SYNC");
   heap.sync_each = sync && *sync && *sync != '0';
   hl_take_channels_last();
   heap.open = true;
   return HL_ABI;
}

/* The host's threads have no part in this device's work. */
HL_EXPORT int hl_threads(void)
{
   return 1;
}

HL_EXPORT int hl_set_threads(int n)
{
   HL_CHECK(n >= 1, "set_threads: expected 1 or more threads, got %d", n);
   return 0;
}

HL_EXPORT const char *hl_device_name(void)
{
   return hl_gpu_name();
}

/* ---- memory ---- */

HL_EXPORT int hl_alloc(void **data, int64_t bytes, int zero)
{
   HL_CHECK(data, "alloc: no place for the address");
   *data = nullptr;
   HL_CHECK(bytes >= 0, "alloc: expected a size of 0 or more bytes, got %lld", static_cast<long long>(bytes));
   HL_CHECK(bytes <= static_cast<int64_t>(1) << 56, "alloc: %.4g bytes are more than any card has",
            static_cast<double>(bytes));
   HL_TRY(hl_poll());
   if (bytes == 0) return 0;
   try {
      HL_TRY(take(data, bytes));
   } catch (const std::bad_alloc &) {
      return hl_fail("out of memory: the host has none left for its list of the device's blocks");
   }
   if (!zero) hl_gpu_spoil(*data, bytes);
   if (zero && hl_gpu_zero("alloc", *data, bytes)) {
      hl_free(*data);
      *data = nullptr;
      return 1;
   }
   return 0;
}

/* A pointer that is no live block of ours, such as one freed before, is left alone. */
HL_EXPORT void hl_free(void *data)
{
   if (!data) return;
   std::lock_guard<std::mutex> guard(heap.lock);
   auto found = heap.blocks.find(data);
   if (found == heap.blocks.end() || !found->second.live) return;
   block &b = found->second;
   b.live = false;
   heap.info.live -= b.bytes;
   heap.info.cached += b.bytes;
   heap.cached[b.size_class].push_back(data);
   if (exact) release_cached();
}

HL_EXPORT int hl_empty_cache(void)
{
   std::lock_guard<std::mutex> guard(heap.lock);
   release_cached();
   return 0;
}

HL_EXPORT int hl_memory_info(hl_memory *info)
{
   HL_CHECK(info, "memory_info: no place for the result");
   std::lock_guard<std::mutex> guard(heap.lock);
   *info = heap.info;
   return 0;
}

HL_EXPORT int hl_reset_peak(void)
{
   std::lock_guard<std::mutex> guard(heap.lock);
   heap.info.peak = heap.info.live;
   return 0;
}

HL_EXPORT int hl_synchronize(void)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_gpu_wait("synchronize"));
   return hl_tell_faults();
}

HL_EXPORT int hl_upload(void *device, const void *host, int64_t bytes)
{
   HL_TRY(copy_arguments("upload", device, host, bytes));
   return bytes ? hl_gpu_upload("upload", device, host, bytes) : 0;
}

HL_EXPORT int hl_download(void *host, const void *device, int64_t bytes)
{
   HL_TRY(copy_arguments("download", host, device, bytes));
   if (bytes == 0) return 0;
   HL_TRY(hl_gpu_download("download", host, device, bytes));
   return hl_tell_faults();
}
