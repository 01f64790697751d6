/* memory.cu: the library's start, storage with a cache by size class, copies between host and device. A recording has a
 * cache of its own, so that nobody else uses the memory that its work is done in. */
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
#if defined __SANITIZE_ADDRESS__
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

} // namespace

/* Where freed blocks wait for their next use. */
struct hl_arena {
   std::vector<void *> cached[HL_SIZE_CLASSES];
};

namespace
{

struct block {
   int64_t bytes;
   int size_class;
   hl_arena *home;  /* where it goes when it is freed */
   bool live, used; /* used: since the recording began */
};

struct {
   std::mutex lock;
   std::unordered_map<void *, block> blocks;
   hl_arena common, *arena = &common; /* arena: where memory comes from */
   bool recording;
   std::vector<void *> arriving; /* what uploads write to that nobody has waited for */
   hl_memory info;
   bool open, sync_each;
   bool exact; /* each tensor is a block of its own, of its exact size, so that a step beyond it is seen: under
                * AddressSanitizer, and where HL_EXACT asks for it, for compute-sanitizer */
} heap;

bool is_asked_for(const char *variable)
{
   const char *value = getenv(variable);
   return value && *value && *value != '0';
}

double mib(int64_t bytes)
{
   return static_cast<double>(bytes) / 0x1p20;
}

/* ---- the lock is held ---- */

void release_cached()
{
   if (heap.recording) return; /* the card must not be waited for */
   for (std::vector<void *> &list : heap.common.cached) {
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
   std::vector<void *> *cached = heap.arena->cached;
   while (size_class < last && cached[size_class].empty()) size_class++;
   std::vector<void *> &list = cached[size_class];
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
   heap.blocks[p] = block{bytes, size_class, heap.arena, false, false};
   for (hl_arena *arena :
        {heap.arena, &heap.common}) { /* so that a free cannot fail, before the arena is closed or after */
      std::vector<void *> &list = arena->cached[size_class];
      if (list.capacity() < heap.blocks.size()) list.reserve(2 * heap.blocks.size());
   }
   heap.info.allocations++;
   return p;
}

int take(void **data, int64_t bytes)
{
   int64_t rounded = bytes;
   int size_class = hl_size_class(bytes < LEAST ? LEAST : bytes, &rounded);
   if (heap.exact) rounded = bytes;
   std::lock_guard<std::mutex> guard(heap.lock);
   void *p = heap.exact ? nullptr : from_cache(size_class, rounded);
   if (!p) p = from_system(size_class, rounded);
   if (!p) {
      int64_t left, all;
      hl_gpu_room(&left, &all);
      return hl_fail("out of memory: a tensor asked for %.1f MiB; %.1f MiB are live here, none cached, and %.1f of the "
                     "card's %.1f MiB are free",
                     mib(bytes), mib(heap.info.live), mib(left), mib(all));
   }
   block &b = heap.blocks[p];
   b.live = b.used = true;
   heap.info.live += b.bytes;
   if (heap.info.live > heap.info.peak) heap.info.peak = heap.info.live;
   *data = p;
   return 0;
}

int copy_arguments(const char *fn, const void *to, const void *from, int64_t bytes)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_answers(fn));
   HL_CHECK(bytes >= 0, "%s: expected 0 or more bytes, got %lld", fn, static_cast<long long>(bytes));
   HL_CHECK(bytes == 0 || (to && from), "%s: NULL address for %lld bytes", fn, static_cast<long long>(bytes));
   return 0;
}

/* What comes now waits for the uploads so far; the lock is held. */
int await_uploads()
{
   if (heap.arriving.empty()) return 0;
   heap.arriving.clear();
   return hl_gpu_await("await_uploads");
}

} // namespace

/* ---- for the other files ---- */

int hl_need_answers(const char *fn)
{
   HL_CHECK(!hl_recording(),
            "%s: a step that is being recorded can neither wait for the device nor bring it the host's memory; "
            "do it before the step",
            fn);
   return 0;
}

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
   return heap.sync_each && !hl_recording();
}

bool hl_recording(void)
{
   return heap.recording;
}

hl_arena *hl_arena_open(void)
{
   hl_arena *arena = new (std::nothrow) hl_arena;
   if (!arena) return nullptr;
   std::lock_guard<std::mutex> guard(heap.lock);
   std::swap(arena->cached, heap.common.cached);
   for (int k = 0; k < HL_SIZE_CLASSES; k++)
      heap.common.cached[k].reserve(arena->cached[k].capacity()); /* so that a free cannot fail */
   for (auto &[p, b] : heap.blocks) {
      b.used = false;
      if (!b.live) b.home = arena;
   }
   heap.arena = arena;
   heap.recording = true;
   return arena;
}

namespace
{
/* The arena's blocks for which `wanted` holds become the common ones'; the lock is held. */
template <typename F> void hand_back(hl_arena *arena, F wanted)
{
   for (int k = 0; k < HL_SIZE_CLASSES; k++) {
      std::vector<void *> &from = arena->cached[k], &to = heap.common.cached[k];
      auto leaves = [&](void *p) { return wanted(heap.blocks[p]); };
      auto kept = std::stable_partition(from.begin(), from.end(), [&](void *p) { return !leaves(p); });
      to.insert(to.end(), kept, from.end());
      from.erase(kept, from.end());
   }
   for (auto &[p, b] : heap.blocks)
      if (b.home == arena && wanted(b)) b.home = &heap.common;
}
} // namespace

void hl_arena_close(hl_arena *arena)
{
   std::lock_guard<std::mutex> guard(heap.lock);
   heap.arena = &heap.common;
   heap.recording = false;
   hand_back(arena, [](const block &b) { return !b.used; });
}

void hl_arena_drop(hl_arena *arena)
{
   if (!arena) return;
   std::lock_guard<std::mutex> guard(heap.lock);
   if (heap.arena == arena) {
      heap.arena = &heap.common;
      heap.recording = false;
   }
   hand_back(arena, [](const block &) { return true; });
   delete arena;
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
   heap.sync_each = is_asked_for("HL_SYNC");
   heap.exact = sanitized || is_asked_for("HL_EXACT");
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

HL_EXPORT int hl_alloc_apart(void **data, int64_t bytes)
{
   hl_arena *arena = heap.arena;
   heap.arena = &heap.common;
   const int failed = hl_alloc(data, bytes, 0);
   heap.arena = arena;
   return failed;
}

/* A pointer that is no live block of ours, such as one freed before, is left alone. */
HL_EXPORT void hl_free(void *data)
{
   if (!data) return;
   std::lock_guard<std::mutex> guard(heap.lock);
   auto found = heap.blocks.find(data);
   if (found == heap.blocks.end() || !found->second.live) return;
   block &b = found->second;
   if (std::find(heap.arriving.begin(), heap.arriving.end(), data) != heap.arriving.end()) await_uploads();
   b.live = false;
   heap.info.live -= b.bytes;
   heap.info.cached += b.bytes;
   b.home->cached[b.size_class].push_back(data);
   if (heap.exact) release_cached();
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
   HL_TRY(hl_need_answers("synchronize"));
   HL_TRY(hl_gpu_wait("synchronize"));
   return hl_tell_faults();
}

HL_EXPORT int hl_upload(void *device, const void *host, int64_t bytes)
{
   HL_TRY(copy_arguments("upload", device, host, bytes));
   return bytes ? hl_gpu_upload("upload", device, host, bytes) : 0;
}

HL_EXPORT int hl_upload_ahead(void *device, const void *host, int64_t bytes)
{
   HL_TRY(copy_arguments("upload_ahead", device, host, bytes));
   if (bytes == 0) return 0;
   std::lock_guard<std::mutex> guard(heap.lock);
   try {
      heap.arriving.push_back(device);
   } catch (const std::bad_alloc &) {
      return hl_fail("upload_ahead: the host has no memory left to note the upload");
   }
   return hl_gpu_upload_ahead("upload_ahead", device, host, bytes);
}

HL_EXPORT int hl_await_uploads(void)
{
   std::lock_guard<std::mutex> guard(heap.lock);
   return await_uploads();
}

HL_EXPORT int hl_download(void *host, const void *device, int64_t bytes)
{
   HL_TRY(copy_arguments("download", host, device, bytes));
   if (bytes == 0) return 0;
   HL_TRY(hl_gpu_download("download", host, device, bytes));
   return hl_tell_faults();
}
