/* team.c: the threads that run `#pragma omp parallel`, in the place of libgomp's. gcc calls the functions below by
 * their names.
 *
 * The shares of a region belong to nobody beforehand: the thread that meets the region takes the first, and whoever is
 * free takes the next, that thread too. So it waits for shares that others have begun, never for a thread that others
 * keep from running, and a region shorter than the time that waking takes is over before anyone wakes. This holds
 * where no share waits for another: regions of this library have no barriers.
 *
 * Who waits looks for PATIENCE first, about as long as going to sleep and being woken takes, then sleeps on a futex.
 * Where the other runs on the same processor, looking would only keep it from running: who waits sleeps at once.
 * OMP_WAIT_POLICY=passive always sleeps at once, active looks a thousand times as long. */
#if defined __GNUC__ && !defined __clang__ /* other compilers call other functions */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "cpu.h"

#define HIDDEN __attribute__((visibility("hidden"))) /* OpenBLAS goes on with libgomp's */

enum {
   PATIENCE = 20000, /* ns */
   LOOKS = 32        /* between two looks at the clock */
};

/* The shares of a region that can be taken: its number, how many there are in all, the next. One word, so that a share
 * is taken of the region that was read. */
#define WORD(region, shares, next) ((uint64_t)(region) << 32 | (uint64_t)(shares) << 16 | (uint64_t)(next))
#define REGION(word) ((uint32_t)((word) >> 32))
#define SHARES(word) ((unsigned)((word) >> 16 & 0xffff))
#define NEXT(word) ((unsigned)((word)&0xffff))

static struct {
   _Alignas(64) _Atomic uint64_t word;
   void (*_Atomic f)(void *);
   void *_Atomic data;
   _Atomic int64_t chunks; /* of the region's loop, given out so far */

   _Alignas(64) _Atomic uint32_t left; /* shares from the second on that are not done; a futex */
   _Atomic uint32_t asleep;            /* whether the thread that met the region sleeps on it */

   _Alignas(64) _Atomic uint32_t bell; /* counts regions; a futex */
   _Atomic uint32_t sleepers;          /* on it */
   _Atomic int met_on;                 /* processor of the thread that met the region */
   _Atomic int taken_on;               /* and of the last one that came to take a share */

   _Atomic int busy; /* a region is under way */
   int threads;      /* that were started */
   int64_t patience; /* ns */
} team = {.patience = -1, .met_on = -1, .taken_on = -1};

/* What a thread is at. */
typedef struct {
   unsigned number, of;          /* its share of a region, of so many */
   long first, end, step, chunk; /* the region's loop */
   int64_t chunks;               /* of that loop, given out so far, where the thread has all of it */
} my_share;

static _Thread_local my_share share = {.of = 1};

static void sleep_on(_Atomic uint32_t *futex, uint32_t value)
{
   syscall(SYS_futex, futex, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *futex, int threads)
{
   syscall(SYS_futex, futex, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

static int64_t clock_ns(void)
{
   struct timespec t;
   clock_gettime(CLOCK_MONOTONIC, &t);
   return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void relax(void)
{
#if defined __x86_64__
   __builtin_ia32_pause();
#elif defined __aarch64__
   __asm__ volatile("yield");
#endif
}

/* Whether *futex leaves `value` while the caller is patient. */
static int changes(_Atomic uint32_t *futex, uint32_t value, const _Atomic int *other_on)
{
   int64_t until = 0;
   if (team.patience == 0 || *other_on == sched_getcpu()) return *futex != value;
   do {
      for (int i = 0; i < LOOKS; i++) {
         if (atomic_load_explicit(futex, memory_order_acquire) != value) return 1;
         relax();
      }
      if (!until) until = clock_ns() + team.patience;
   } while (clock_ns() < until);
   return 0;
}

/* Runs a share of the region that is under way; 0 if all are taken. */
static int take_share(void)
{
   uint64_t word = team.word;
   void (*f)(void *);
   void *data;
   do {
      if (NEXT(word) >= SHARES(word)) return 0;
      f = team.f;
      data = team.data;
   } while (!atomic_compare_exchange_weak(&team.word, &word, word + 1)); /* else they may be another region's */
   share = (my_share){.number = NEXT(word), .of = SHARES(word)};
   f(data);
   share = (my_share){.of = 1};
   return 1;
}

static void *work(void *unused)
{
   (void)unused;
   omp_set_num_threads(1); /* OpenBLAS, where a share calls it */
   for (;;) {
      uint32_t bell = team.bell;
      team.taken_on = sched_getcpu();
      while (take_share())
         if (atomic_fetch_sub(&team.left, 1) == 1 && team.asleep) wake(&team.left, 1);
      if (changes(&team.bell, bell, &team.met_on)) continue;
      team.sleepers++;
      if (team.bell == bell) sleep_on(&team.bell, bell);
      team.sleepers--;
   }
   return NULL;
}

/* Threads besides the caller; fewer than asked for where the system has no more. */
static void enlist(int threads)
{
   if (team.patience < 0) {
      const char *policy = getenv("OMP_WAIT_POLICY");
      int passive = policy && !strcasecmp(policy, "passive"), active = policy && !strcasecmp(policy, "active");
      team.patience = passive ? 0 : active ? 1000 * PATIENCE : PATIENCE;
   }
   for (; team.threads < threads; team.threads++) {
      pthread_t thread;
      if (pthread_create(&thread, NULL, work, NULL) != 0) return;
      pthread_detach(thread);
   }
}

static void wait_for_others(void)
{
   uint32_t left;
   while ((left = team.left) != 0) {
      if (changes(&team.left, left, &team.taken_on)) continue;
      team.asleep = 1;
      if (team.left == left) sleep_on(&team.left, left);
      team.asleep = 0;
   }
}

HIDDEN void GOMP_parallel(void (*f)(void *), void *data, unsigned threads, unsigned flags)
{
   (void)flags;
   int before = omp_get_max_threads(), idle = 0;
   if (threads == 0) threads = (unsigned)before;
   if (threads > USHRT_MAX) threads = USHRT_MAX;
   /* A region within a share, or of another thread at the same time: the caller alone. */
   if (threads == 1 || share.of > 1 || !atomic_compare_exchange_strong(&team.busy, &idle, 1)) {
      my_share outer = share;
      share = (my_share){.of = 1};
      f(data);
      share = outer;
      return;
   }
   enlist((int)threads - 1);
   team.f = f;
   team.data = data;
   team.chunks = 0;
   team.left = threads - 1;
   team.met_on = sched_getcpu();
   team.word = WORD(REGION(team.word) + 1, threads, 1);
   team.bell++;
   if (team.sleepers) wake(&team.bell, (int)threads - 1);
   omp_set_num_threads(1);
   share = (my_share){.of = threads};
   f(data);
   share = (my_share){.of = 1};
   while (take_share()) team.left--;
   wait_for_others();
   omp_set_num_threads(before);
   team.busy = 0;
}

HIDDEN int omp_get_thread_num(void)
{
   return (int)share.number;
}

HIDDEN int omp_get_num_threads(void)
{
   return (int)share.of;
}

/* ---- `for schedule(dynamic)`: one such loop a region, without a barrier behind it ---- */

HIDDEN bool GOMP_loop_nonmonotonic_dynamic_next(long *first, long *end)
{
   int64_t n = share.of > 1 ? atomic_fetch_add(&team.chunks, 1) : share.chunks++;
   int64_t from = share.first + n * share.chunk * share.step, to = from + share.chunk * share.step;
   if (share.step > 0 ? from >= share.end : from <= share.end) return false;
   *first = from;
   *end = (share.step > 0 ? to > share.end : to < share.end) ? share.end : to;
   return true;
}

HIDDEN bool GOMP_loop_nonmonotonic_dynamic_start(long from, long to, long step, long chunk, long *first, long *end)
{
   share.first = from;
   share.end = to;
   share.step = step;
   share.chunk = chunk;
   share.chunks = 0;
   return GOMP_loop_nonmonotonic_dynamic_next(first, end);
}

HIDDEN void GOMP_loop_end_nowait(void)
{
}
#endif
