#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "../check.h"
#include "../host.h"
#include "interrupt.h"
#include "leave.h"
#include "traces.h"

static volatile int32_t flag;
static _Atomic int64_t raised_at;  /* nanoseconds */
static volatile int32_t raised_by; /* the signal */
static struct sigaction before;
static int installed;

/* The Lua that Ctrl-C stops, at a prompt. */
typedef void lua_hook(void *state, void *activation);
typedef int lua_set_hook(void *state, lua_hook *hook, int mask, int count);
typedef int lua_error(void *state, const char *format, ...);

static void *volatile lua_prompt, *volatile lua_work;
static pthread_t prompt_thread;
static lua_set_hook *set_hook;
static lua_error *raise_error;
static volatile int32_t held, presses;
static volatile int64_t pressed_at; /* nanoseconds */

/* What calls no hook is looked at from time to time after a press, by a signal that does nothing where nobody asks. The
 * kernel's own calls: glibc before 2.34 has timers in a library apart. */
static int looks, has_looks;

enum {
   LUA_HOOKS = 15, /* calls, returns, lines and counts */
   PROMPT_WINDOW_NS = 1000000000,
   LOOK_SIGNAL = SIGURG,
   LOOK_NS = 2000000
};
static const int64_t PATIENCE_NS = 2000000000;

static int64_t now(void)
{
   struct timespec t;
   clock_gettime(CLOCK_MONOTONIC, &t);
   return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void look_every(int64_t nanoseconds)
{
   struct itimerspec t = {.it_value.tv_nsec = nanoseconds, .it_interval.tv_nsec = nanoseconds};
   if (has_looks) syscall(SYS_timer_settime, looks, 0, &t, NULL);
}

/* Whether work is to end now. From the second press on every instruction fails until the prompt has its turn, so that
 * no pcall goes on. */
static int is_wanted(const void *state, int hard)
{
   return state != lua_prompt && lua_work && (hard || (flag && !held));
}

static void raise_in(void *state, int hard)
{
   if (!hard) set_hook(state, NULL, 0, 0);
   flag = 0;
   raise_error(state, "interrupted");
}

/* Runs in the interpreter, before an instruction. */
static void stop_lua(void *state, void *activation)
{
   (void)activation;
   int hard = presses > 1;
   look_every(0);
   if (is_wanted(state, hard)) raise_in(state, hard);
   set_hook(state, NULL, 0, 0);
}

static void on_look(int number, siginfo_t *info, void *context)
{
   (void)number, (void)info;
   int saved = errno, hard = presses > 1;
   void *state = lua_work && (hard || !held) ? hl_host_leave_state(context) : NULL;
   if (state && is_wanted(state, hard)) {
      look_every(0);
      pthread_sigmask(SIG_SETMASK, &((ucontext_t *)context)->uc_sigmask, NULL); /* the handler is left by an error */
      raise_in(state, hard);
   }
   errno = saved;
}

static void on_prompt_interrupt(void)
{
   int64_t t = now();
   presses = presses && t - pressed_at < PROMPT_WINDOW_NS ? presses + 1 : 1;
   pressed_at = t;
   if (held && presses == 1) return;
   hl_host_traces_open();
   set_hook(lua_work, stop_lua, LUA_HOOKS, 1);
   look_every(LOOK_NS);
}

static void die(int number)
{
   struct sigaction plain = {.sa_handler = SIG_DFL};
   sigaction(number, &plain, NULL);
   raise(number);
}

static void on_interrupt(int number)
{
   int saved = errno;
   int at_prompt = lua_work && number == SIGINT;
   if (!flag || at_prompt) {
      atomic_store(&raised_at, now());
      raised_by = number;
      flag = 1;
   } else if (number != SIGUSR1 && now() - atomic_load(&raised_at) > PATIENCE_NS) {
      die(number);
   }
   if (at_prompt) {
      on_prompt_interrupt();
      if (presses > 2) die(number);
   }
   errno = saved;
}

__attribute__((constructor)) static void poll_own_flag(void)
{
   hl_set_interrupt(&flag);
}

/* A write that cannot be done fails then, and does not kill; programs that are started do not inherit this. */
static void on_failed_write(int number)
{
   (void)number;
}

/* Beyond the size that files may have here (ulimit -f), unless the process has its own way. */
__attribute__((constructor)) static void outlive_file_limit(void)
{
   struct sigaction action = {.sa_handler = on_failed_write, .sa_flags = SA_RESTART}, old;
   sigemptyset(&action.sa_mask);
   if (sigaction(SIGXFSZ, NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(SIGXFSZ, &action, NULL);
}

static int install(int flags)
{
   struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = flags}, old;
   sigemptyset(&action.sa_mask);
   HL_CHECK(sigaction(SIGINT, &action, &old) == 0, "interrupt_install: %s", strerror(errno));
   if (old.sa_handler != on_interrupt) before = old;
   return 0;
}

HL_API int hl_host_interrupt_install(void)
{
   /* SA_RESTART: other libraries' reads and writes need not know about the signal. */
   if (!lua_prompt && install(SA_RESTART)) return 1;
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
   installed = 0;
   if (lua_prompt) return 0;
   HL_CHECK(sigaction(SIGINT, &before, NULL) == 0, "interrupt_remove: %s", strerror(errno));
   return 0;
}

static int install_looks(void)
{
   struct sigaction action = {.sa_sigaction = on_look, .sa_flags = SA_SIGINFO | SA_RESTART};
   struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = LOOK_SIGNAL};
   event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
   sigemptyset(&action.sa_mask);
   HL_CHECK(sigaction(LOOK_SIGNAL, &action, NULL) == 0, "interrupt_prompt: %s", strerror(errno));
   if (!has_looks) has_looks = syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &looks) == 0;
   return 0;
}

HL_API int hl_host_interrupt_prompt(const hl_host_lua *lua)
{
   HL_CHECK(lua && lua->state, "interrupt_prompt: expects the functions of Lua and a lua_State");
   set_hook = (lua_set_hook *)lua->lua_sethook;
   raise_error = (lua_error *)lua->luaL_error;
   lua_prompt = lua->state;
   prompt_thread = pthread_self();
   hl_host_leave_learn(lua);
   if (install_looks()) return 1;
   struct sigaction closed_pipe = {.sa_handler = on_failed_write, .sa_flags = SA_RESTART};
   sigemptyset(&closed_pipe.sa_mask);
   HL_CHECK(sigaction(SIGPIPE, &closed_pipe, NULL) == 0, "interrupt_prompt: %s", strerror(errno));
   return install(0);
}

HL_API int hl_host_interrupt_work(void *state)
{
   int what = (hl_host_traces_opened() ? HL_HOST_CODE_SPOILT : 0) | (lua_work && flag ? HL_HOST_UNANSWERED : 0);
   lua_work = NULL;
   look_every(0);
   presses = 0;
   held = 0;
   if (set_hook) set_hook(lua_prompt, NULL, 0, 0);
   flag = 0;
   lua_work = state;
   return what;
}

HL_API void hl_host_interrupt_hold(int on)
{
   held = on;
}

int hl_interrupt_is_installed(void)
{
   return installed || lua_prompt;
}

int hl_interrupt_is_wanted(void)
{
   return flag && (!held || presses > 1);
}

int hl_interrupt_poll(void)
{
   int ends = flag && lua_work && hl_interrupt_is_wanted() && pthread_equal(pthread_self(), prompt_thread);
   return ends ? hl_fail("interrupted") : 0;
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
