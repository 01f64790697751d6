/* memory.c: the library's start, threads, storage with a cache by size class, scratch space. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cpu.h"
#include "../size_class.h"

#ifdef __AVX512BF16__
#define PRODUCTS_OF_BF16 1
#define AVX512_NAME "AVX-512 with BF16"
#else
#define PRODUCTS_OF_BF16 0
#define AVX512_NAME "AVX-512"
#endif

enum {
   MAPPED = 1 << 20,        /* blocks from this size on come from mmap: fresh ones are zero already */
   HUGE_PAGE = 2 << 20,     /* blocks from twice this size on are aligned to it and ask for huge pages */
   ZERO_CHUNK = 256 * 1024, /* bytes that one thread clears at a time */
   MAX_THREADS = 1024
};

/* What is known of a block, live or cached. Pointers that come in are looked up here, never followed. */
typedef struct block {
   void *data;
   int64_t bytes;
   int32_t class_, live;
   struct block *next_in_bucket, *next_cached;
} block;

static struct {
   pthread_mutex_t lock;
   block **buckets; /* by data, a power of two of them */
   size_t capacity, blocks;
   block *cached[HL_SIZE_CLASSES]; /* last freed first: its lines may still be in cache */
   hl_memory info;                 /* cached includes scratch space */
   int64_t limit;                  /* bytes that this process may have */
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- library ---- */

#ifdef __x86_64__
__attribute__((target("arch=x86-64"))) /* must run where the rest of this library would not */
#endif
HL_API int
hl_init(const volatile int32_t *interrupt)
{
#ifdef __AVX512F__
   if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") ||
       !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512dq") ||
       (PRODUCTS_OF_BF16 && !__builtin_cpu_supports("avx512bf16")))
      return hl_fail("this library is built for " AVX512_NAME ", which this processor lacks"), -1;
#elif defined __AVX2__
   if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
      return hl_fail("this library is built for AVX2, which this processor lacks"), -1;
#endif
   hl_set_interrupt(interrupt);
   return HL_ABI;
}

HL_API int hl_threads(void)
{
   return omp_get_max_threads();
}

/* OpenBLAS, in its OpenMP build, asks OpenMP at each call. */
HL_API int hl_set_threads(int n)
{
   HL_CHECK(n >= 1 && n <= MAX_THREADS, "set_threads: expected 1 to %d threads, got %d", MAX_THREADS, n);
   omp_set_num_threads(n);
   return 0;
}

HL_API const char *hl_device_name(void)
{
#if defined __AVX512F__
   return PRODUCTS_OF_BF16 ? "avx512bf16" : "avx512";
#elif defined __AVX2__
   return "avx2";
#elif defined __x86_64__
   return "x86-64";
#else
   return "cpu";
#endif
}

/* ---- blocks from the system ---- */

static int64_t read_number(const char *path)
{
   long long n = 0;
   FILE *file = fopen(path, "re");
   if (!file) return INT64_MAX;
   if (fscanf(file, "%lld", &n) != 1 || n <= 0) n = INT64_MAX; /* "max" */
   fclose(file);
   return n;
}

/* The machine's memory or the container's, whichever is less: beyond it the kernel kills instead of refusing. */
static int64_t memory_limit(void)
{
   const char *limits[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
   int64_t limit = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
   for (int i = 0; i < 2; i++) {
      int64_t n = read_number(limits[i]);
      if (n < limit) limit = n;
   }
   return limit;
}

static void *system_alloc(int64_t bytes)
{
   if (bytes < MAPPED) return aligned_alloc(HL_SMALLEST_BLOCK, (size_t)bytes);
   size_t n = (size_t)bytes, extra = n >= 2 * HUGE_PAGE ? HUGE_PAGE : 0;
   char *p = mmap(NULL, n + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   if (p == MAP_FAILED) return NULL;
   if (extra) {
      size_t head = -(uintptr_t)p % HUGE_PAGE;
      if (head) munmap(p, head);
      if (extra > head) munmap(p + head + n, extra - head);
      p += head;
      madvise(p, n, MADV_HUGEPAGE);
   }
   return p;
}

static void system_free(void *data, int64_t bytes)
{
   if (bytes < MAPPED)
      free(data);
   else
      munmap(data, (size_t)bytes);
}

/* ---- table of blocks; the lock is held ---- */

static size_t bucket_of(const void *data)
{
   return (size_t)(((uintptr_t)data >> 6) * 0x9E3779B97F4A7C15ull >> 20) & (heap.capacity - 1);
}

static block *find_block(const void *data)
{
   block *b = heap.capacity ? heap.buckets[bucket_of(data)] : NULL;
   while (b && b->data != data) b = b->next_in_bucket;
   return b;
}

static bool grow_table(void)
{
   size_t old = heap.capacity, capacity = old ? 2 * old : 1024;
   block **buckets = calloc(capacity, sizeof *buckets), **before = heap.buckets;
   if (!buckets) return false;
   heap.buckets = buckets;
   heap.capacity = capacity;
   for (size_t i = 0; i < old; i++)
      for (block *b = before[i], *next; b; b = next) {
         next = b->next_in_bucket;
         block **bucket = &buckets[bucket_of(b->data)];
         b->next_in_bucket = *bucket;
         *bucket = b;
      }
   free(before);
   return true;
}

static block *add_block(int64_t bytes, int class_)
{
   if (heap.blocks >= heap.capacity && !grow_table()) return NULL;
   block *b = calloc(1, sizeof *b);
   if (!b) return NULL;
   b->data = system_alloc(bytes);
   if (!b->data) {
      free(b);
      return NULL;
   }
   b->bytes = bytes;
   b->class_ = class_;
   block **bucket = &heap.buckets[bucket_of(b->data)];
   b->next_in_bucket = *bucket;
   *bucket = b;
   heap.blocks++;
   heap.info.allocations++;
   return b;
}

/* The block freed last of that class; for one worth mapping also of the next few classes, at most half again as large.
 */
static block *cached_block(int class_, int64_t bytes)
{
   int last = class_ + (bytes < MAPPED ? 0 : HL_WIDER);
   while (class_ < last && !heap.cached[class_]) class_++;
   return heap.cached[class_];
}

static void release_block(block *b)
{
   block **link = &heap.buckets[bucket_of(b->data)];
   while (*link != b) link = &(*link)->next_in_bucket;
   *link = b->next_in_bucket;
   heap.blocks--;
   heap.info.cached -= b->bytes;
   system_free(b->data, b->bytes);
   free(b);
}

static void release_cached(void)
{
   for (int class_ = 0; class_ < HL_SIZE_CLASSES; class_++)
      while (heap.cached[class_]) {
         block *b = heap.cached[class_];
         heap.cached[class_] = b->next_cached;
         release_block(b);
      }
}

static bool within_limit(int64_t bytes)
{
   if (!heap.limit) heap.limit = memory_limit();
   return bytes <= heap.limit - heap.info.live - heap.info.cached;
}

/* ---- memory ---- */

static void clear(char *data, int64_t bytes)
{
   int64_t chunks = (bytes + ZERO_CHUNK - 1) / ZERO_CHUNK;
#pragma omp parallel for if (chunks > 1)
   for (int64_t i = 0; i < chunks; i++) {
      int64_t first = i * ZERO_CHUNK, n = bytes - first < ZERO_CHUNK ? bytes - first : ZERO_CHUNK;
      memset(data + first, 0, (size_t)n);
   }
}

static int out_of_memory(const char *what, int64_t bytes, const hl_memory *info)
{
   return hl_fail("out of memory: %s asked for %.1f MiB; %.1f MiB are live, %.1f MiB cached, of %.1f MiB", what,
                  (double)bytes / 0x1p20, (double)info->live / 0x1p20, (double)info->cached / 0x1p20,
                  (double)heap.limit / 0x1p20);
}

HL_API int hl_alloc(void **data, int64_t bytes, int zero)
{
   HL_CHECK(data, "alloc: no place for the address");
   *data = NULL;
   HL_CHECK(bytes >= 0, "alloc: expected a size of 0 or more bytes, got %lld", (long long)bytes);
   HL_CHECK(bytes <= (int64_t)1 << 56, "alloc: %.4g bytes are more than any machine has", (double)bytes);
   HL_TRY(hl_poll());
   if (bytes == 0) return 0;

   int64_t rounded;
   int class_ = hl_size_class(bytes, &rounded);
   pthread_mutex_lock(&heap.lock);
   block *b = cached_block(class_, rounded);
   bool fresh = !b;
   if (b) {
      heap.cached[b->class_] = b->next_cached;
      heap.info.cached -= b->bytes;
   } else {
      if (!within_limit(rounded)) release_cached();
      if (within_limit(rounded)) {
         b = add_block(rounded, class_);
         if (!b) {
            release_cached();
            b = add_block(rounded, class_);
         }
      }
   }
   if (b) {
      b->live = 1;
      heap.info.live += b->bytes;
      if (heap.info.live > heap.info.peak) heap.info.peak = heap.info.live;
   }
   hl_memory info = heap.info;
   pthread_mutex_unlock(&heap.lock);

   if (!b) return out_of_memory("a tensor", bytes, &info);
   *data = b->data;
   if (zero && !(fresh && rounded >= MAPPED)) clear(b->data, bytes);
   return 0;
}

/* A pointer that is no live block of ours, such as one freed before, is left alone. */
HL_API void hl_free(void *data)
{
   if (!data) return;
   pthread_mutex_lock(&heap.lock);
   block *b = find_block(data);
   if (b && b->live) {
      b->live = 0;
      b->next_cached = heap.cached[b->class_];
      heap.cached[b->class_] = b;
      heap.info.live -= b->bytes;
      heap.info.cached += b->bytes;
   }
   pthread_mutex_unlock(&heap.lock);
}

HL_API int hl_memory_info(hl_memory *info)
{
   HL_CHECK(info, "memory_info: no place for the result");
   pthread_mutex_lock(&heap.lock);
   *info = heap.info;
   pthread_mutex_unlock(&heap.lock);
   return 0;
}

HL_API int hl_reset_peak(void)
{
   pthread_mutex_lock(&heap.lock);
   heap.info.peak = heap.info.live;
   pthread_mutex_unlock(&heap.lock);
   return 0;
}

HL_API int hl_synchronize(void)
{
   return 0;
}

static int copy_bytes(const char *fn, void *to, const void *from, int64_t bytes)
{
   HL_TRY(hl_poll());
   HL_CHECK(bytes >= 0, "%s: expected 0 or more bytes, got %lld", fn, (long long)bytes);
   HL_CHECK(bytes == 0 || (to && from), "%s: NULL address for %lld bytes", fn, (long long)bytes);
   if (bytes) memmove(to, from, (size_t)bytes);
   return 0;
}

HL_API int hl_upload(void *device, const void *host, int64_t bytes)
{
   return copy_bytes("upload", device, host, bytes);
}

/* The CPU has no recordings. */
HL_API int hl_alloc_apart(void **data, int64_t bytes)
{
   return hl_alloc(data, bytes, 0);
}

HL_API int hl_upload_ahead(void *device, const void *host, int64_t bytes)
{
   return copy_bytes("upload_ahead", device, host, bytes);
}

HL_API int hl_await_uploads(void)
{
   return 0;
}

HL_API int hl_download(void *host, const void *device, int64_t bytes)
{
   return copy_bytes("download", host, device, bytes);
}

/* ---- scratch space ---- */

typedef struct {
   void *data;
   int64_t bytes;
} scratch_slot;

static _Thread_local scratch_slot scratch[HL_SCRATCH_SLOTS];
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void free_slot(scratch_slot *slot)
{
   if (!slot->data) return;
   system_free(slot->data, slot->bytes);
   pthread_mutex_lock(&heap.lock);
   heap.info.cached -= slot->bytes;
   pthread_mutex_unlock(&heap.lock);
   *slot = (scratch_slot){0};
}

static void free_slots(void *slots)
{
   for (int i = 0; i < HL_SCRATCH_SLOTS; i++) free_slot((scratch_slot *)slots + i);
}

static void make_key(void)
{
   pthread_key_create(&scratch_key, free_slots); /* runs when a thread ends */
}

void *hl_scratch(int slot, size_t bytes)
{
   if (slot < 0 || slot >= HL_SCRATCH_SLOTS) {
      hl_fail("scratch: expected slot 0 to %d, got %d", HL_SCRATCH_SLOTS - 1, slot);
      return NULL;
   }
   scratch_slot *s = &scratch[slot];
   if (bytes <= (size_t)s->bytes && s->data) return s->data;

   free_slot(s);
   pthread_once(&scratch_once, make_key);
   pthread_setspecific(scratch_key, scratch);
   int64_t rounded = 0;
   bool fits = bytes <= (size_t)1 << 56;
   if (fits) hl_size_class(bytes ? (int64_t)bytes : 1, &rounded);
   pthread_mutex_lock(&heap.lock);
   if (fits && !within_limit(rounded)) release_cached();
   fits = fits && within_limit(rounded);
   if (fits) {
      heap.info.cached += rounded;
      heap.info.allocations++;
   }
   hl_memory info = heap.info;
   pthread_mutex_unlock(&heap.lock);
   void *data = fits ? system_alloc(rounded) : NULL;
   if (!data) {
      pthread_mutex_lock(&heap.lock);
      if (fits) heap.info.cached -= rounded;
      pthread_mutex_unlock(&heap.lock);
      out_of_memory("work space", (int64_t)bytes, &info);
      return NULL;
   }
   *s = (scratch_slot){data, rounded};
   return data;
}

/* The scratch space of other threads, which may be in use, stays. */
HL_API int hl_empty_cache(void)
{
   free_slots(scratch);
   pthread_mutex_lock(&heap.lock);
   release_cached();
   pthread_mutex_unlock(&heap.lock);
   return 0;
}
