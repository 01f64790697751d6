/* emu.cpp: the threads of a block, as fibers or as threads of the system. */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <vector>
#include "cuda_runtime.h"
extern "C" {
#include "../check.h"
}
#ifdef HL_EMU_THREADS
#include <atomic>
#include <barrier>
#include <memory>
#include <mutex>
#include <thread>
#else
#ifndef __x86_64__
#include <ucontext.h>
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#endif

EMU_LOCAL uint3 threadIdx, blockIdx;
EMU_LOCAL dim3 blockDim, gridDim;

namespace emu
{
/* What the threads of one block share. Variables are laid out with room between them, which AddressSanitizer guards. */
struct block_memory {
   struct variable {
      const void *tag;
      size_t at, bytes;
   };
   enum { GAP = 64, VARIABLES = 32 };
   variable variables[VARIABLES];
   int count;
   size_t used, bytes; /* bytes: used without the gaps, what the card would need */
   alignas(16) char data[SHARED_BYTES + VARIABLES * GAP * 2];
   alignas(16) char slots[MAX_THREADS][16];
};

static struct {
   const char *kernel;
   dim3 grid, block;
   unsigned threads;
   size_t dynamic;
   void (*body)(void *);
   void *arg;
} job;

void give_up(const char *what)
{
   fprintf(stderr, "emulated kernel %s: %s\n", job.kernel ? job.kernel : "?", what);
   abort();
}

static void set_block(uint64_t b)
{
   blockIdx = {(unsigned)(b % job.grid.x), (unsigned)(b / job.grid.x % job.grid.y),
               (unsigned)(b / job.grid.x / job.grid.y)};
}

static void set_thread(unsigned t)
{
   threadIdx = {t % job.block.x, t / job.block.x % job.block.y, t / job.block.x / job.block.y};
}

unsigned thread_in_block()
{
   return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
}

static void clear(block_memory *m)
{
#ifdef __SANITIZE_ADDRESS__
   ASAN_POISON_MEMORY_REGION(m->data, sizeof m->data);
#endif
   m->count = 0;
   m->used = block_memory::GAP;
   m->bytes = 0;
}

static void *find(block_memory *m, const void *tag, size_t bytes, size_t align)
{
   for (int i = 0; i < m->count; i++)
      if (m->variables[i].tag == tag) return m->data + m->variables[i].at;
   size_t at = (m->used + align - 1) / align * align;
   m->bytes += bytes;
   if (m->count == block_memory::VARIABLES || m->bytes > SHARED_BYTES) give_up("more shared memory than a block has");
#ifdef __SANITIZE_ADDRESS__
   ASAN_UNPOISON_MEMORY_REGION(m->data + at, bytes);
#endif
   memset(m->data + at, 0xff, bytes);
   m->variables[m->count++] = {tag, at, bytes};
   m->used = at + bytes + block_memory::GAP;
   return m->data + at;
}

#ifdef HL_EMU_THREADS

/* ---- threads of the system ----
 * Several blocks are under way: a thread goes on to its next block without waiting, so that nothing but barriers orders
 * accesses, within a block and between blocks. */

enum { WINDOW = 4 };

struct block_state {
   std::mutex lock;
   block_memory memory;
   std::unique_ptr<std::barrier<>> all, warps[MAX_THREADS / 32];
};

static thread_local block_state *state;

void *shared(const void *tag, size_t bytes, size_t align)
{
   std::lock_guard<std::mutex> held(state->lock);
   return find(&state->memory, tag, bytes, align);
}

void *dynamic_shared()
{
   static const char tag = 0;
   return shared(&tag, job.dynamic, 16);
}

char *slot(unsigned thread)
{
   return state->memory.slots[thread];
}

void block_barrier()
{
   state->all->arrive_and_wait();
}

void warp_barrier()
{
   state->warps[thread_in_block() / 32]->arrive_and_wait();
}

static int run_blocks()
{
   uint64_t blocks = (uint64_t)job.grid.x * job.grid.y * job.grid.z;
   std::vector<block_state> states(WINDOW);
   for (uint64_t first = 0; first < blocks; first += WINDOW) {
      uint64_t n = blocks - first < WINDOW ? blocks - first : WINDOW;
      for (uint64_t i = 0; i < n; i++) {
         clear(&states[i].memory);
         states[i].all = std::make_unique<std::barrier<>>((ptrdiff_t)job.threads);
         for (unsigned w = 0; w < job.threads / 32; w++) states[i].warps[w] = std::make_unique<std::barrier<>>(32);
      }
      std::vector<std::thread> threads;
      for (unsigned t = 0; t < job.threads; t++)
         threads.emplace_back([&states, t, n, first] {
            gridDim = job.grid;
            blockDim = job.block;
            set_thread(t);
            for (uint64_t i = 0; i < n; i++) {
               state = &states[i];
               set_block(first + i);
               job.body(job.arg);
               state->all->arrive_and_drop(); /* a barrier that this thread never reaches shall not hang the others */
               state->warps[t / 32]->arrive_and_drop();
            }
         });
      for (auto &thread : threads) thread.join();
   }
   return 0;
}

#else

/* ---- fibers ---- */

struct fiber {
   char *stack;
#ifdef __x86_64__
   void *sp;
#else
   ucontext_t context;
#endif
   void *fake_stack; /* AddressSanitizer's */
   unsigned thread;
};

#ifdef __SANITIZE_ADDRESS__
enum { STACK_BYTES = 512 * 1024 };
#else
enum { STACK_BYTES = 64 * 1024 };
#endif

/* The threads that wait at a barrier: of the block, or of a warp. */
struct waiting {
   unsigned count;
   fiber *list[MAX_THREADS];
};

static fiber scheduler, *current;
static std::vector<fiber *> idle;
static fiber *ready[MAX_THREADS];
static unsigned ready_count, next_thread;
static waiting block_wait, warp_wait[MAX_THREADS / 32];
static block_memory memory;

void *shared(const void *tag, size_t bytes, size_t align)
{
   return find(&memory, tag, bytes, align);
}

void *dynamic_shared()
{
   static const char tag = 0;
   return shared(&tag, job.dynamic, 16);
}

char *slot(unsigned thread)
{
   return memory.slots[thread];
}

#ifdef __x86_64__
/* emu_switch(save, to): keeps the registers that a call keeps on the stack, its pointer in *save, and goes on at to. */
extern "C" void emu_switch(void **save, void *to);
asm(R"(
.text
.hidden emu_switch
.globl emu_switch
.type emu_switch, @function
emu_switch:
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
.size emu_switch, .-emu_switch
)");
#endif

static void switch_to(fiber *from, fiber *to)
{
#ifdef __SANITIZE_ADDRESS__
   static const void *main_stack;
   static size_t main_bytes;
   __sanitizer_start_switch_fiber(&from->fake_stack, to == &scheduler ? main_stack : to->stack,
                                  to == &scheduler ? main_bytes : (size_t)STACK_BYTES);
#endif
   current = to;
#ifdef __x86_64__
   emu_switch(&from->sp, to->sp);
#else
   swapcontext(&from->context, &to->context);
#endif
#ifdef __SANITIZE_ADDRESS__
   const void *stack;
   size_t bytes;
   __sanitizer_finish_switch_fiber(from->fake_stack, &stack, &bytes);
   if (from != &scheduler) main_stack = stack, main_bytes = bytes; /* who switched here is the scheduler */
#endif
}

/* A fiber runs threads until there are no more, then waits to be asked again. */
static void fiber_main()
{
#ifdef __SANITIZE_ADDRESS__
   const void *stack;
   size_t bytes;
   __sanitizer_finish_switch_fiber(NULL, &stack, &bytes);
#endif
   for (;;) {
      fiber *me = current;
      while (next_thread < job.threads) {
         me->thread = next_thread++;
         set_thread(me->thread);
         job.body(job.arg);
      }
      idle.push_back(me);
      switch_to(me, &scheduler);
   }
}

static fiber *new_fiber()
{
   fiber *f = new fiber();
   void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
   if (stack == MAP_FAILED) give_up("no memory for a fiber's stack");
   f->stack = (char *)stack;
#ifdef __x86_64__
   void **top = (void **)(f->stack + STACK_BYTES) - 2; /* at entry the stack pointer is 8 past a multiple of 16 */
   *--top = NULL;
   *--top = (void *)fiber_main;
   f->sp = top - 6;
#else
   getcontext(&f->context);
   f->context.uc_stack.ss_sp = f->stack;
   f->context.uc_stack.ss_size = STACK_BYTES;
   makecontext(&f->context, fiber_main, 0);
#endif
   return f;
}

static void wait(waiting *w, unsigned expected)
{
   fiber *me = current;
   w->list[w->count++] = me;
   if (w->count == expected) { /* the last to come goes on first: the order turns around at each barrier */
      for (unsigned i = 0; i < w->count; i++) ready[ready_count++] = w->list[i];
      w->count = 0;
   }
   switch_to(me, &scheduler);
   set_thread(me->thread);
}

void block_barrier()
{
   wait(&block_wait, job.threads);
}

void warp_barrier()
{
   wait(&warp_wait[thread_in_block() / 32], 32);
}

/* Fibers that wait for ever are given up: their stacks serve new ones. */
static void forget(waiting *w)
{
   for (unsigned i = 0; i < w->count; i++) {
      munmap(w->list[i]->stack, STACK_BYTES);
      delete w->list[i];
   }
   w->count = 0;
}

static int run_block()
{
   clear(&memory);
   next_thread = 0;
   for (;;) {
      fiber *next;
      if (ready_count > 0) {
         next = ready[--ready_count];
      } else if (next_thread < job.threads) {
         if (idle.empty()) idle.push_back(new_fiber());
         next = idle.back();
         idle.pop_back();
      } else {
         break;
      }
      switch_to(&scheduler, next);
   }
   unsigned at_block = block_wait.count, at_warp = 0;
   for (unsigned w = 0; w < job.threads / 32; w++) at_warp += warp_wait[w].count;
   if (at_block == 0 && at_warp == 0) return 0;
   forget(&block_wait);
   for (unsigned w = 0; w < job.threads / 32; w++) forget(&warp_wait[w]);
   return hl_fail("kernel %s: block (%u,%u,%u): of %u threads, %u wait at a barrier of the block and %u at one of their "
                  "warp that the others never reach",
                  job.kernel, blockIdx.x, blockIdx.y, blockIdx.z, job.threads, at_block, at_warp);
}

static int run_blocks()
{
   uint64_t blocks = (uint64_t)job.grid.x * job.grid.y * job.grid.z;
   gridDim = job.grid;
   blockDim = job.block;
   for (uint64_t b = 0; b < blocks; b++) {
      set_block(b);
      HL_TRY(run_block());
   }
   return 0;
}

#endif

int run(const char *kernel, dim3 grid, dim3 block, size_t dynamic, void (*body)(void *), void *arg)
{
   static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
   uint64_t threads = (uint64_t)block.x * block.y * block.z;
   HL_CHECK(threads > 0 && threads <= MAX_THREADS && threads % 32 == 0 && block.z <= 64,
            "kernel %s: blocks of (%u,%u,%u) threads; a multiple of 32 is needed, at most 1024", kernel, block.x,
            block.y, block.z);
   HL_CHECK(grid.x > 0 && grid.x <= 0x7fffffff && grid.y > 0 && grid.y <= 65535 && grid.z > 0 && grid.z <= 65535,
            "kernel %s: a grid of (%u,%u,%u) blocks; 1 to 2147483647 x 65535 x 65535 are possible", kernel, grid.x,
            grid.y, grid.z);
   HL_CHECK(dynamic <= SHARED_BYTES, "kernel %s: %zu bytes of shared memory; a block has %d", kernel, dynamic,
            SHARED_BYTES);
   pthread_mutex_lock(&lock);
   job = {kernel, grid, block, (unsigned)threads, dynamic, body, arg};
   int failed = run_blocks();
   pthread_mutex_unlock(&lock);
   return failed;
}
} // namespace emu
