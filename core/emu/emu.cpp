/* emu.cpp: runs the threads of a block as fibers. ThreadSanitizer does not look
 * at this file (see the Makefile): with HILO_EMU_TSAN it tells the sanitizer
 * which fiber runs and what a barrier orders. */
#include "emu.h"
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
extern "C" {
#include "../check.h"
}
#ifndef __x86_64__
#include <ucontext.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HILO_EMU_TSAN
extern "C" {
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_switch_to_fiber(void *fiber, unsigned flags); /* flag 1: the switch orders nothing */
void __tsan_acquire(void *address);
void __tsan_release(void *address);
}
#endif

/* What was done before leave(x) is done for who meets x later. Nothing else orders threads for the sanitizer. */
#ifdef HILO_EMU_TSAN
constexpr bool seeks_races = true;
static void leave(void *x)
{
   __tsan_release(x);
}
static void meet(void *x)
{
   __tsan_acquire(x);
}
#else
constexpr bool seeks_races = false;
static void leave(void *)
{
}
static void meet(void *)
{
}
#endif

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace
{
enum {
   WARP = 32,
   MOST_THREADS = 1024,
   SHARED_BYTES = 48 * 1024,
   VARIABLES = 64, /* shared ones of a kernel */
   GAP = 64,       /* bytes between them, which AddressSanitizer guards */
#ifdef __SANITIZE_ADDRESS__
   STACK_BYTES = 1 << 20
#else
   STACK_BYTES = 128 * 1024
#endif
};

struct fiber {
   char *stack;
#ifdef __x86_64__
   void *sp;
#else
   ucontext_t context;
#endif
   void *fake_stack; /* AddressSanitizer's */
   void *tsan;
   unsigned thread;
};

/* The threads that wait at a barrier, of the block or of a warp; file, line:
 * where. */
struct barrier {
   unsigned count, turn; /* turn: 0 and 1 in turns, for who goes on may come again before others have gone on */
   char order[2];
   const char *file;
   int line;
   fiber *list[MOST_THREADS];
};

struct shared_variable {
   const void *key;
   size_t at;
};

struct memory {
   char shared[SHARED_BYTES + VARIABLES * (GAP + 16)];
   char slots[MOST_THREADS][16];
};

/* The launch that is under way. */
struct {
   const char *fn, *kernel;
   dim3 grid, block;
   unsigned threads;
   size_t dynamic_bytes;
   void (*body)(void *);
   void *arg;

   unsigned next_thread, ready_count, variable_count;
   size_t used, taken; /* of shared: with and without the gaps */
   bool failed;        /* with the text left for hl_error */
   fiber scheduler, *current, *ready[MOST_THREADS];
   barrier all, warps[MOST_THREADS / WARP];
   shared_variable variables[VARIABLES];
   memory *block_memory;
   const void *main_stack; /* the scheduler's, which AddressSanitizer asks for */
   size_t main_bytes;
   fiber *idle[MOST_THREADS];
   unsigned idle_count;
   fiber *ring[2 * MOST_THREADS + 1]; /* see take_fiber */
   unsigned next_in_ring;
   char begin, end; /* of threads, for leave and meet */
} gpu;

/* ---- fibers ---- */

#ifdef __x86_64__
/* Keeps the registers that a call keeps on the stack and the stack's place in
 * *save, and goes on at to. */
extern "C" void hl_emu_switch(void **save, void *to);
asm(R"(
.text
.type hl_emu_switch, @function
hl_emu_switch:
   pushq %rbp
   pushq %rbx
   pushq %r12
   pushq %r13
   pushq %r14
   pushq %r15
   movq %rsp, (%rdi)
   movq %rsi, %rsp
   popq %r15
   popq %r14
   popq %r13
   popq %r12
   popq %rbx
   popq %rbp
   ret
.size hl_emu_switch, .-hl_emu_switch
)");
#endif

void set_thread(unsigned t)
{
   threadIdx = {t % gpu.block.x, t / gpu.block.x % gpu.block.y, t / gpu.block.x / gpu.block.y};
}

void switch_to(fiber *from, fiber *to)
{
#ifdef __SANITIZE_ADDRESS__
   bool home = to == &gpu.scheduler;
   __sanitizer_start_switch_fiber(&from->fake_stack, home ? gpu.main_stack : to->stack,
                                  home ? gpu.main_bytes : static_cast<size_t>(STACK_BYTES));
#endif
#ifdef HILO_EMU_TSAN
   __tsan_switch_to_fiber(to->tsan, 1);
#endif
   gpu.current = to;
#ifdef __x86_64__
   hl_emu_switch(&from->sp, to->sp);
#else
   swapcontext(&from->context, &to->context);
#endif
#ifdef __SANITIZE_ADDRESS__
   const void *stack;
   size_t bytes;
   __sanitizer_finish_switch_fiber(from->fake_stack, &stack, &bytes);
   if (from != &gpu.scheduler) gpu.main_stack = stack, gpu.main_bytes = bytes;
#endif
}

/* Runs threads until there are no more; under ThreadSanitizer one. Then waits
 * to be asked again. */
void fiber_main()
{
#ifdef __SANITIZE_ADDRESS__
   __sanitizer_finish_switch_fiber(nullptr, &gpu.main_stack, &gpu.main_bytes);
#endif
   for (;;) {
      fiber *me = gpu.current;
      do {
         me->thread = gpu.next_thread++;
         set_thread(me->thread);
         meet(&gpu.begin);
         gpu.body(gpu.arg);
         leave(&gpu.end);
      } while (gpu.next_thread < gpu.threads && !seeks_races);
      if (!seeks_races) gpu.idle[gpu.idle_count++] = me;
      switch_to(me, &gpu.scheduler);
   }
}

fiber *new_fiber()
{
   void *stack = mmap(nullptr, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
   if (stack == MAP_FAILED) return nullptr;
   fiber *f = new fiber();
   f->stack = static_cast<char *>(stack);
#ifdef HILO_EMU_TSAN
   f->tsan = __tsan_create_fiber(0);
#endif
#ifdef __x86_64__
   void **top = reinterpret_cast<void **>(f->stack + STACK_BYTES) - 2; /* at entry 8 past a multiple of 16 */
   *--top = nullptr;
   *--top = reinterpret_cast<void *>(fiber_main);
   f->sp = top - 6;
#else
   getcontext(&f->context);
   f->context.uc_stack.ss_sp = f->stack;
   f->context.uc_stack.ss_size = STACK_BYTES;
   makecontext(&f->context, fiber_main, 0);
#endif
   /* cppcheck-suppress uninitStructMember ; new fiber() clears it */
   return f;
}

/* A fiber for the next thread. Where races are sought each thread of a block has its own, and threads of the same
 * number in neighbouring blocks have different ones: what one fiber does is in order. */
fiber *take_fiber()
{
   if (!seeks_races) return gpu.idle_count > 0 ? gpu.idle[--gpu.idle_count] : new_fiber();
   unsigned at = gpu.next_in_ring++ % (2 * gpu.threads + 1);
   if (!gpu.ring[at]) gpu.ring[at] = new_fiber();
   return gpu.ring[at];
}

/* ---- barriers ---- */

void wait(barrier *b, unsigned expected, const char *kind, const char *file, int line)
{
   fiber *me = gpu.current;
   if (b->count == 0) {
      b->file = file;
      b->line = line;
   } else if (line != b->line || strcmp(file, b->file) != 0) {
      hl_fail("%s: kernel %s: block (%u,%u,%u): thread %u waits at the %s "
              "barrier at %s:%d, thread %u at the one at %s:%d",
              gpu.fn, gpu.kernel, blockIdx.x, blockIdx.y, blockIdx.z, b->list[0]->thread, kind, b->file, b->line,
              me->thread, file, line);
      gpu.failed = true;
   }
   char *order = &b->order[b->turn];
   leave(order);
   b->list[b->count++] = me;
   if (b->count == expected && !gpu.failed) { /* the last to come goes on first: the order turns around
                                                 each time */
      for (unsigned i = 0; i < expected; i++) gpu.ready[gpu.ready_count++] = b->list[i];
      b->count = 0;
      b->turn ^= 1;
   }
   if (gpu.failed) leave(&gpu.end);
   switch_to(me, &gpu.scheduler);
   meet(order);
   set_thread(me->thread);
}

void check_all_came(const barrier *b, unsigned expected, const char *kind)
{
   if (b->count == 0 || gpu.failed) return;
   hl_fail("%s: kernel %s: block (%u,%u,%u): %u of %u threads wait at the %s "
           "barrier at %s:%d, thread %u among them, that "
           "the others never reach",
           gpu.fn, gpu.kernel, blockIdx.x, blockIdx.y, blockIdx.z, b->count, expected, kind, b->file, b->line,
           b->list[0]->thread);
   gpu.failed = true;
}

/* Fibers that wait for ever are given up. */
void forget(fiber *const *list, unsigned count)
{
   for (unsigned i = 0; i < count; i++) {
      for (fiber *&f : gpu.ring)
         if (f == list[i]) f = nullptr;
      munmap(list[i]->stack, STACK_BYTES);
      delete list[i];
   }
}

void abandon(barrier *b)
{
   forget(b->list, b->count);
   b->count = 0;
   meet(&b->order[0]);
   meet(&b->order[1]);
}

/* ---- a block ---- */

/* Shared memory that no block has used: ThreadSanitizer forgets what was
 * accessed when it is mapped anew. */
int renew_memory()
{
   if (seeks_races || !gpu.block_memory) {
      void *p = mmap(gpu.block_memory, sizeof(memory), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | (gpu.block_memory ? MAP_FIXED : 0), -1, 0);
      HL_CHECK(p != MAP_FAILED, "%s: kernel %s: no memory for a block's shared memory", gpu.fn, gpu.kernel);
      gpu.block_memory = static_cast<memory *>(p);
   }
#ifdef __SANITIZE_ADDRESS__
   ASAN_POISON_MEMORY_REGION(gpu.block_memory->shared, sizeof gpu.block_memory->shared);
#endif
   if (seeks_races) memset(gpu.block_memory->shared, 0xff, sizeof gpu.block_memory->shared);
   leave(&gpu.begin);
   return 0;
}

int run_block()
{
   gpu.next_thread = gpu.ready_count = gpu.variable_count = 0;
   gpu.used = GAP;
   gpu.taken = 0;
   gpu.failed = false;
   if (renew_memory()) return 1;
   while (!gpu.failed && (gpu.ready_count > 0 || gpu.next_thread < gpu.threads)) {
      fiber *next = gpu.ready_count > 0 ? gpu.ready[--gpu.ready_count] : take_fiber();
      if (!next) {
         hl_fail("%s: kernel %s: no memory for the stacks of %u threads", gpu.fn, gpu.kernel, gpu.threads);
         gpu.failed = true;
         break;
      }
      switch_to(&gpu.scheduler, next);
   }
   check_all_came(&gpu.all, gpu.threads, "block's");
   for (unsigned w = 0; w < gpu.threads / WARP; w++) check_all_came(&gpu.warps[w], WARP, "warp's");
   if (!gpu.failed) return 0;
   forget(gpu.ready, gpu.ready_count);
   abandon(&gpu.all);
   for (barrier &b : gpu.warps) abandon(&b);
   return 1;
}

int run_blocks()
{
   uint64_t blocks = static_cast<uint64_t>(gpu.grid.x) * gpu.grid.y * gpu.grid.z;
   gridDim = gpu.grid;
   blockDim = gpu.block;
#ifdef HILO_EMU_TSAN
   gpu.scheduler.tsan = __tsan_get_current_fiber();
#endif
   int failed = 0;
   for (uint64_t b = 0; b < blocks && !failed; b++) {
      uint64_t row = b / gpu.grid.x;
      blockIdx = {static_cast<unsigned>(b % gpu.grid.x), static_cast<unsigned>(row % gpu.grid.y),
                  static_cast<unsigned>(row / gpu.grid.y)};
      failed = run_block();
   }
   meet(&gpu.end);
   return failed;
}

/* Ends the launch from within a thread, whose fiber is given up. */
[[noreturn]] void stop_thread()
{
   gpu.failed = true;
   leave(&gpu.end);
   gpu.all.list[gpu.all.count++] = gpu.current;
   switch_to(gpu.current, &gpu.scheduler);
   __builtin_unreachable();
}
} // namespace

/* ---- what emu.h promises ---- */

void hl_emu_block_barrier(const char *file, int line)
{
   wait(&gpu.all, gpu.threads, "block's", file, line);
}

void hl_emu_warp_barrier(unsigned mask, const char *file, int line)
{
   if (mask != 0xffffffffu) {
      hl_fail("%s: kernel %s: %s:%d: part of a warp, mask %08x, meets; only "
              "whole warps can here",
              gpu.fn, gpu.kernel, file, line, mask);
      stop_thread();
   }
   wait(&gpu.warps[gpu.current->thread / WARP], WARP, "warp's", file, line);
}

unsigned hl_emu_lane(void)
{
   return gpu.current->thread % WARP;
}

char *hl_emu_slot(unsigned lane)
{
   return gpu.block_memory->slots[gpu.current->thread / WARP * WARP + lane];
}

void *hl_emu_shared(const void *key, size_t bytes)
{
   for (unsigned i = 0; i < gpu.variable_count; i++)
      if (gpu.variables[i].key == key) return gpu.block_memory->shared + gpu.variables[i].at;
   gpu.taken += (bytes + 15) / 16 * 16;
   if (gpu.taken > SHARED_BYTES || gpu.variable_count == VARIABLES) {
      hl_fail("%s: kernel %s: %zu bytes of shared memory are more than 48 KiB", gpu.fn, gpu.kernel, gpu.taken);
      stop_thread();
   }
   char *p = gpu.block_memory->shared + gpu.used;
   gpu.variables[gpu.variable_count++] = {key, gpu.used};
   gpu.used += (bytes + 15) / 16 * 16 + GAP;
#ifdef __SANITIZE_ADDRESS__
   ASAN_UNPOISON_MEMORY_REGION(p, bytes);
#endif
   if (!seeks_races) memset(p, 0xff, bytes); /* else before the threads began */
   return p;
}

void *hl_emu_dynamic(void)
{
   static const char key = 0;
   return hl_emu_shared(&key, gpu.dynamic_bytes);
}

int hl_emu_run(const char *fn, const char *kernel, dim3 grid, dim3 block, size_t dynamic_bytes, void (*body)(void *),
               void *arg)
{
   static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
   uint64_t threads = static_cast<uint64_t>(block.x) * block.y * block.z;
   HL_CHECK(threads > 0 && threads <= MOST_THREADS && threads % WARP == 0 && block.z <= 64,
            "%s: kernel %s: a block of %ux%ux%u threads cannot be launched; a "
            "multiple of 32 is needed, at most 1024",
            fn, kernel, block.x, block.y, block.z);
   HL_CHECK(grid.x > 0 && grid.x <= INT32_MAX && grid.y > 0 && grid.y <= 65535 && grid.z > 0 && grid.z <= 65535,
            "%s: kernel %s: a grid of %ux%ux%u blocks cannot be launched", fn, kernel, grid.x, grid.y, grid.z);
   HL_CHECK(dynamic_bytes <= SHARED_BYTES, "%s: kernel %s: %zu bytes of shared memory are more than 48 KiB", fn, kernel,
            dynamic_bytes);
   pthread_mutex_lock(&lock);
   gpu.fn = fn;
   gpu.kernel = kernel;
   gpu.grid = grid;
   gpu.block = block;
   gpu.threads = static_cast<unsigned>(threads);
   gpu.dynamic_bytes = dynamic_bytes;
   gpu.body = body;
   gpu.arg = arg;
   int failed = run_blocks();
   pthread_mutex_unlock(&lock);
   return failed;
}
