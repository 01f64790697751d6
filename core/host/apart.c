#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../check.h"
#include "../host.h"
#include "interrupt.h"

/* A call that looks at no flag is left by the end of its process alone. So a thread starts a process that makes the
 * call in a copy of this one's memory, but for what the call writes, which both see. The thread is a new one: OpenMP
 * keeps a thread's helpers with it, and those of an older thread would not be in the copy. */

enum { ALIGNMENT = 64, LOOK_MS = 20 };

typedef struct {
   const hl_host_call *call;
   void *arguments[HL_HOST_CALL_ARGUMENTS]; /* with the addresses in the shared memory */
   atomic_int *ended;                       /* in the shared memory: the call has returned */
   _Atomic pid_t process;                   /* 0: not started yet; -1: cannot be started */
   pid_t parent;
   int pipe[2]; /* closed on the thread's side when the process is gone */
} work;

static void make(const hl_host_call *call, void *const *a)
{
   typedef void function(void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *, void *,
                         void *, void *, void *, void *, void *, void *, void *, void *);
   ((function *)call->function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13],
                                a[14], a[15], a[16], a[17], a[18], a[19]);
}

static void in_process(const work *w)
{
   typedef int set_threads(int n);
   prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with the thread that started it */
   if (getppid() != w->parent) _exit(1);
   if (w->call->set_threads) ((set_threads *)w->call->set_threads)(w->call->threads);
   make(w->call, w->arguments);
   atomic_store(w->ended, 1);
   _exit(0);
}

static void *in_thread(void *argument)
{
   work *w = argument;
   pid_t process = fork();
   if (process == 0) in_process(w);
   atomic_store(&w->process, process);
   if (process > 0)
      while (waitpid(process, NULL, 0) < 0 && errno == EINTR) continue;
   close(w->pipe[1]);
   return NULL;
}

/* All signals are this thread's: those of a terminal come to the process of the call too. */
static int start(work *w, pthread_t *thread)
{
   sigset_t all, before;
   sigfillset(&all);
   pthread_sigmask(SIG_SETMASK, &all, &before);
   int error = pthread_create(thread, NULL, in_thread, w);
   pthread_sigmask(SIG_SETMASK, &before, NULL);
   return error;
}

/* 0: it is over, 1: Ctrl-C came. */
static int wait_for(const work *w)
{
   struct pollfd end = {.fd = w->pipe[0], .events = POLLIN};
   while (poll(&end, 1, LOOK_MS) <= 0)
      if (hl_interrupt_is_wanted()) return 1;
   return 0;
}

static int64_t room_for(int64_t bytes)
{
   return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* -1: there is no room for another process. */
static int run(work *w)
{
   pthread_t thread;
   w->parent = getpid();
   if (pipe2(w->pipe, O_CLOEXEC)) return -1;
   if (start(w, &thread)) {
      close(w->pipe[0]);
      close(w->pipe[1]);
      return -1;
   }
   int stopped = wait_for(w);
   while (stopped && atomic_load(&w->process) == 0) sched_yield();
   if (stopped && w->process > 0) kill(w->process, SIGKILL);
   pthread_join(thread, NULL);
   close(w->pipe[0]);
   if (w->process < 0) return -1;
   HL_CHECK(!stopped, "interrupted");
   HL_CHECK(atomic_load(w->ended), "call_apart: the process that computes was killed; is there enough memory?");
   return 0;
}

static int in_shared_memory(const hl_host_call *call)
{
   work w = {.call = call};
   int64_t bytes = ALIGNMENT, at = ALIGNMENT;
   for (int i = 0; i < HL_HOST_CALL_ARGUMENTS; i++) bytes += room_for(call->bytes[i]);
   char *shared = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
   if (shared == MAP_FAILED) return -1;
   w.ended = (atomic_int *)shared;
   for (int i = 0; i < HL_HOST_CALL_ARGUMENTS; i++) {
      w.arguments[i] = call->arguments[i];
      if (call->bytes[i] == 0) continue;
      w.arguments[i] = memcpy(shared + at, call->arguments[i], (size_t)call->bytes[i]);
      at += room_for(call->bytes[i]);
   }
   int failed = run(&w);
   for (int i = 0; i < HL_HOST_CALL_ARGUMENTS && !failed; i++)
      if (call->bytes[i]) memcpy(call->arguments[i], w.arguments[i], (size_t)call->bytes[i]);
   munmap(shared, (size_t)bytes);
   return failed;
}

HL_API int hl_host_call_apart(const hl_host_call *call)
{
   int failed = hl_interrupt_is_installed() ? in_shared_memory(call) : -1;
   if (failed < 0) make(call, call->arguments);
   return failed > 0;
}
