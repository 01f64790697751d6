#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "image.h"

/* What file each thread works on, so that one that is waited for too long, or that ends its thread, can be told. */

enum { PLACES = 300, ROOM = 1024, LINE = ROOM + 200 };

typedef struct hl_place {
   pthread_mutex_t lock;
   char path[ROOM];
   const char *what; /* is done with it: "read" or "written" */
   double since;     /* 0: it is not waited for */
   double next;      /* seconds after which it is told */
   atomic_bool taken;
   bool is_worker;
} place;

static place places[PLACES] = {[0 ... PLACES - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};
static _Thread_local place *own;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct {
   pthread_mutex_t lock;
   pthread_cond_t changed;
   double patience; /* seconds; 0: nobody watches */
   bool running;
} watcher = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void give_back(void *p)
{
   place *mine = p;
   mine->since = 0;
   mine->is_worker = false;
   atomic_store(&mine->taken, false);
}

static void start(void)
{
   pthread_condattr_t monotonic;
   pthread_condattr_init(&monotonic);
   pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
   pthread_cond_init(&watcher.changed, &monotonic);
   pthread_condattr_destroy(&monotonic);
   pthread_key_create(&key, give_back);
}

/* The thread's own place; NULL where all are taken: its files are not told then. */
static place *mine(void)
{
   if (own) return own;
   pthread_once(&once, start);
   for (int i = 0; i < PLACES; i++)
      if (!atomic_exchange(&places[i].taken, true)) {
         own = &places[i];
         pthread_setspecific(key, own);
         break;
      }
   return own;
}

hl_place *hl_wait_begins(const char *what, const char *path)
{
   place *p = mine();
   if (!p) return NULL;
   size_t n = strlen(path), skip = n < ROOM ? 0 : n - ROOM + 1;
   pthread_mutex_lock(&p->lock);
   memcpy(p->path, path + skip, n - skip + 1);
   p->what = what;
   p->next = 0;
   p->since = hl_host_time();
   pthread_mutex_unlock(&p->lock);
   return p;
}

void hl_wait_ends(hl_place *const *at)
{
   place *p = *at;
   if (!p) return;
   pthread_mutex_lock(&p->lock);
   p->since = 0;
   pthread_mutex_unlock(&p->lock);
}

/* ---- files that are waited for ---- */

/* A line of its own, in one write; what a terminal shows in its last line goes. */
static void tell(const char *text)
{
   char line[LINE + 8];
   int n = snprintf(line, sizeof line, "%s%s\n", isatty(2) ? "\r\33[K" : "", text);
   ssize_t written = write(2, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
   (void)written;
}

static void look_at(place *p, double patience)
{
   char text[LINE];
   text[0] = 0;
   pthread_mutex_lock(&p->lock);
   double waited = p->since > 0 ? hl_host_time() - p->since : 0;
   if (waited >= (p->next > 0 ? p->next : patience) && p->since > 0) {
      p->next = 2 * waited;
      snprintf(text, sizeof text, "hilo: %s has been waited for for %.0f s to be %s: does its disk or network answer?",
               p->path, waited, p->what);
   }
   pthread_mutex_unlock(&p->lock);
   if (text[0]) tell(text);
}

static void *watch(void *unused)
{
   (void)unused;
   pthread_mutex_lock(&watcher.lock);
   while (watcher.patience > 0) {
      double patience = watcher.patience, pause = patience < 4 ? patience / 4 : 1;
      struct timespec until;
      clock_gettime(CLOCK_MONOTONIC, &until);
      int64_t ns = until.tv_nsec + (int64_t)(pause * 1e9);
      until.tv_sec += ns / 1000000000;
      until.tv_nsec = ns % 1000000000;
      pthread_cond_timedwait(&watcher.changed, &watcher.lock, &until);
      pthread_mutex_unlock(&watcher.lock);
      for (int i = 0; i < PLACES; i++)
         if (atomic_load(&places[i].taken)) look_at(&places[i], patience);
      pthread_mutex_lock(&watcher.lock);
   }
   watcher.running = false;
   pthread_mutex_unlock(&watcher.lock);
   return NULL;
}

HL_API int hl_host_watch_files(double seconds)
{
   int error = 0;
   pthread_once(&once, start);
   pthread_mutex_lock(&watcher.lock);
   watcher.patience = seconds > 0 ? seconds : 0;
   if (watcher.patience > 0 && !watcher.running) {
      pthread_t thread;
      sigset_t all, before;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
      error = pthread_create(&thread, NULL, watch, NULL);
      pthread_sigmask(SIG_SETMASK, &before, NULL);
      if (!error) pthread_detach(thread);
      watcher.running = !error;
   }
   pthread_cond_broadcast(&watcher.changed);
   pthread_mutex_unlock(&watcher.lock);
   HL_CHECK(!error, "watch_files: cannot start a thread: %s", strerror(error));
   return 0;
}

/* ---- threads that die ---- */

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

enum { DEADLY = sizeof deadly / sizeof *deadly };

static char *append(char *at, const char *end, const char *text)
{
   while (at < end && *text) *at++ = *text++;
   return at;
}

void hl_at_death(int number)
{
   if (own && own->is_worker) {
      char text[LINE], digits[3] = {(char)('0' + number / 10), (char)('0' + number % 10), 0};
      const char *end = text + sizeof text;
      char *at = append(text, end, "hilo: a thread that loads pictures died (signal ");
      at = append(at, end, number < 10 ? digits + 1 : digits);
      at = append(at, end, ") at ");
      at = append(at, end, own->path);
      at = append(at, end, "; the process ends with it. Take that file out of the set, and report this\n");
      ssize_t written = write(2, text, (size_t)(at - text));
      (void)written;
   }
   raise(number);
}

void hl_at_worker(void)
{
   if (mine()) own->is_worker = true;
   sigset_t set;
   sigemptyset(&set);
   for (int i = 0; i < DEADLY; i++) {
      struct sigaction old, new = {.sa_handler = hl_at_death, .sa_flags = SA_RESETHAND | SA_NODEFER};
      sigaddset(&set, deadly[i]);
      /* a debugger's or a sanitizer's handlers stay, and map.c's, which calls hl_at_death itself */
      if (sigaction(deadly[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL) sigaction(deadly[i], &new, NULL);
   }
   pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
