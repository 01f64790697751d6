#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include "../check.h"
#include "../host.h"

static volatile int32_t flag;
static _Atomic int64_t raised_at;  /* nanoseconds */
static volatile int32_t raised_by; /* the signal */
static struct sigaction before;
static int installed;

enum { PATIENCE_NS = 2000000000 };

static int64_t now(void)
{
   struct timespec t;
   clock_gettime(CLOCK_MONOTONIC, &t);
   return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void on_interrupt(int number)
{
   int saved = errno;
   if (!flag) {
      atomic_store(&raised_at, now());
      raised_by = number;
      flag = 1;
   } else if (number != SIGUSR1 && now() - atomic_load(&raised_at) > PATIENCE_NS) {
      struct sigaction plain = {.sa_handler = SIG_DFL};
      sigaction(number, &plain, NULL);
      raise(number);
   }
   errno = saved;
}

__attribute__((constructor)) static void poll_own_flag(void)
{
   hl_set_interrupt(&flag);
}

HL_API int hl_host_interrupt_install(void)
{
   /* SA_RESTART: other libraries' reads and writes need not know about the signal. */
   struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART}, old;
   sigemptyset(&action.sa_mask);
   HL_CHECK(sigaction(SIGINT, &action, &old) == 0, "interrupt_install: %s", strerror(errno));
   if (old.sa_handler != on_interrupt) before = old;
   installed = 1;
   return 0;
}

HL_API int hl_host_stop_install(void)
{
   struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};
   sigemptyset(&action.sa_mask);
   HL_CHECK(sigaction(SIGTERM, &action, NULL) == 0, "stop_install: %s", strerror(errno));
   HL_CHECK(sigaction(SIGUSR1, &action, NULL) == 0, "stop_install: %s", strerror(errno));
   return 0;
}

HL_API int hl_host_interrupt_remove(void)
{
   if (!installed) return 0;
   HL_CHECK(sigaction(SIGINT, &before, NULL) == 0, "interrupt_remove: %s", strerror(errno));
   installed = 0;
   return 0;
}

HL_API const volatile int32_t *hl_host_interrupt_flag(void)
{
   return &flag;
}

HL_API int hl_host_interrupted(void)
{
   return flag != 0;
}

HL_API int hl_host_interrupt_signal(void)
{
   return raised_by;
}

HL_API void hl_host_interrupt_clear(void)
{
   flag = 0;
}
