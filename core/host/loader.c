#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "loader.h"

enum { MAX_WORKERS = 256, POLL_NS = 20000000, PATIENCE = 2 /* seconds that cancelling waits for a file */ };

typedef struct {
   hl_host_sample sample; /* owns its strings and its table */
   char *error;           /* NULL if all went well */
   bool filling, ended;   /* filling: its files are read, the outputs are touched until it has ended */
} job;

typedef struct batch {
   struct batch *next;
   int64_t ticket;
   int n, begun, ended; /* jobs; taken in order */
   bool given_up;       /* no longer in the list; its outputs are not touched, and the last job frees it */
   job *jobs;
} batch;

struct hl_host_loader {
   pthread_mutex_t lock;
   pthread_cond_t work;  /* jobs came, or stop */
   pthread_cond_t ended; /* a job ended */
   batch *batches;       /* by ticket */
   int64_t last_ticket;
   hl_cache *cache;
   hl_workspace own; /* of the caller's thread, when there are no workers */
   bool stop;
   int workers, working; /* threads, and those that have a job */
   pthread_t threads[MAX_WORKERS];
};

static char no_memory[] = "loader: out of memory";

static void free_batch(batch *b)
{
   for (int i = 0; i < b->n && b->jobs; i++) {
      job *j = &b->jobs[i];
      free((char *)j->sample.image);
      free((char *)j->sample.label);
      free((int16_t *)j->sample.remap);
      free((uint8_t *)j->sample.colours);
      free((uint8_t *)j->sample.colour_ids);
      if (j->error != no_memory) free(j->error);
   }
   free(b->jobs);
   free(b);
}

static void *copy_of(const void *from, size_t bytes)
{
   void *to = from ? malloc(bytes) : NULL;
   if (to) memcpy(to, from, bytes);
   return to;
}

/* Copies what the samples point at, but not the outputs. NULL without memory. */
static batch *copy_batch(const hl_host_sample *samples, int n)
{
   batch *b = calloc(1, sizeof *b);
   if (!b) return NULL;
   b->jobs = calloc((size_t)n, sizeof *b->jobs);
   bool ok = b->jobs;
   for (int i = 0; i < n && ok; i++) {
      hl_host_sample *to = &b->jobs[i].sample;
      const hl_host_sample *from = &samples[i];
      b->n = i + 1;
      *to = *from;
      size_t colours = from->colours ? (size_t)from->colour_count : 0;
      to->remap = copy_of(from->remap, sizeof *to->remap * (from->remap_size ? (size_t)from->remap_size : 256));
      to->colours = copy_of(from->colours, 3 * colours);
      to->colour_ids = copy_of(colours ? from->colour_ids : NULL, colours);
      to->image = strdup(from->image);
      to->label = from->label ? strdup(from->label) : NULL;
      ok = to->image && !to->label == !from->label && !to->remap == !from->remap && !to->colours == !from->colours &&
           !to->colour_ids == !to->colours;
   }
   if (ok) return b;
   free_batch(b);
   return NULL;
}

static void run_job(hl_host_loader *l, batch *b, job *j, hl_workspace *w)
{
   hl_sources sources;
   int rc = hl_sample_read(&j->sample, l->cache, w, &sources);
   pthread_mutex_lock(&l->lock);
   j->filling = !rc && !b->given_up;
   pthread_mutex_unlock(&l->lock);
   if (j->filling) rc = hl_sample_fill(&j->sample, &sources, w);
   hl_sample_give_back(l->cache, &sources);
   if (!rc) return;
   j->error = strdup(hl_error());
   if (!j->error) j->error = no_memory;
}

static void *work(void *argument)
{
   hl_host_loader *l = argument;
   hl_workspace w = {0};
   hl_at_worker();
   pthread_mutex_lock(&l->lock);
   while (!l->stop) {
      batch *b = l->batches;
      while (b && b->begun == b->n) b = b->next;
      if (!b) {
         pthread_cond_wait(&l->work, &l->lock);
         continue;
      }
      job *j = &b->jobs[b->begun++];
      l->working++;
      pthread_mutex_unlock(&l->lock);
      run_job(l, b, j, &w);
      pthread_mutex_lock(&l->lock);
      l->working--;
      j->ended = true;
      if (++b->ended == b->n && b->given_up) free_batch(b);
      pthread_cond_broadcast(&l->ended);
   }
   pthread_mutex_unlock(&l->lock);
   hl_workspace_release(&w);
   return NULL;
}

/* Ctrl-C and all else is for the caller's threads: the workers inherit a full mask. */
static int start_threads(hl_host_loader *l, int workers)
{
   sigset_t all, before;
   sigfillset(&all);
   pthread_sigmask(SIG_SETMASK, &all, &before);
   int error = 0;
   while (l->workers < workers && !error) {
      error = pthread_create(&l->threads[l->workers], NULL, work, l);
      if (!error) l->workers++;
   }
   pthread_sigmask(SIG_SETMASK, &before, NULL);
   HL_CHECK(!error, "loader_new: cannot start thread %d of %d: %s", l->workers + 1, workers, strerror(error));
   return 0;
}

HL_API int hl_host_loader_new(hl_host_loader **loader, int workers, int64_t cache_bytes)
{
   static const char fn[] = "loader_new";
   *loader = NULL;
   HL_CHECK(workers >= 0 && workers <= MAX_WORKERS, "%s: workers must be 0..%d, got %d", fn, MAX_WORKERS, workers);
   HL_CHECK(cache_bytes >= 0, "%s: cache_bytes must not be negative, got %lld", fn, (long long)cache_bytes);
   hl_host_loader *l = calloc(1, sizeof *l);
   HL_CHECK(l, "%s: out of memory", fn);
   pthread_condattr_t monotonic;
   pthread_condattr_init(&monotonic);
   pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
   pthread_mutex_init(&l->lock, NULL);
   pthread_cond_init(&l->work, NULL);
   pthread_cond_init(&l->ended, &monotonic);
   pthread_condattr_destroy(&monotonic);
   int rc = 0;
   if (cache_bytes > 0 && !(l->cache = hl_cache_new(cache_bytes))) rc = hl_fail("%s: out of memory", fn);
   if (!rc) rc = start_threads(l, workers);
   if (rc)
      hl_host_loader_free(l);
   else
      *loader = l;
   return rc;
}

HL_API int hl_host_loader_submit(hl_host_loader *l, const hl_host_sample *samples, int n, int64_t *ticket)
{
   static const char fn[] = "loader_submit";
   HL_CHECK(l && ticket, "%s: a loader and a place for the ticket are needed", fn);
   HL_CHECK(samples && n >= 1, "%s: a batch has at least one sample, got %d", fn, n);
   for (int i = 0; i < n; i++) HL_TRY(hl_sample_check(&samples[i], i + 1));
   batch *b = copy_batch(samples, n);
   HL_CHECK(b, "%s: out of memory", fn);
   if (l->workers == 0) {
      for (; b->ended < n; b->ended++) {
         if (hl_poll()) {
            free_batch(b);
            return 1;
         }
         run_job(l, b, &b->jobs[b->ended], &l->own);
      }
      b->begun = n;
   }
   pthread_mutex_lock(&l->lock);
   *ticket = b->ticket = ++l->last_ticket;
   batch **end = &l->batches;
   while (*end) end = &(*end)->next;
   *end = b;
   pthread_cond_broadcast(&l->work);
   pthread_mutex_unlock(&l->lock);
   return 0;
}

static batch **find(hl_host_loader *l, int64_t ticket)
{
   batch **link = &l->batches;
   while (*link && (*link)->ticket != ticket) link = &(*link)->next;
   return *link ? link : NULL;
}

/* For a fiftieth of a second at most. */
static void pause_for_job(hl_host_loader *l)
{
   struct timespec until;
   clock_gettime(CLOCK_MONOTONIC, &until);
   until.tv_nsec += POLL_NS;
   if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
   }
   pthread_cond_timedwait(&l->ended, &l->lock, &until);
}

static int no_such(const char *fn, int64_t ticket)
{
   return hl_fail("%s: no batch has the ticket %lld; it was waited for or cancelled", fn, (long long)ticket);
}

/* Takes the batch out of the list. Fails with its first error. */
static int finish(batch **link)
{
   batch *b = *link;
   int rc = 0;
   for (int i = 0; i < b->n && !rc; i++)
      if (b->jobs[i].error) rc = hl_fail("%s", b->jobs[i].error);
   *link = b->next;
   free_batch(b);
   return rc;
}

HL_API int hl_host_loader_wait(hl_host_loader *l, int64_t ticket)
{
   static const char fn[] = "loader_wait";
   HL_CHECK(l, "%s: a loader is needed", fn);
   int rc = 0;
   pthread_mutex_lock(&l->lock);
   batch **link = find(l, ticket);
   while (link && (*link)->ended < (*link)->n && !rc) {
      rc = hl_poll();
      if (!rc) pause_for_job(l);
      link = find(l, ticket);
   }
   if (!link)
      rc = no_such(fn, ticket);
   else if (!rc)
      rc = finish(link);
   pthread_mutex_unlock(&l->lock);
   return rc;
}

HL_API int hl_host_loader_ended(hl_host_loader *l, int64_t ticket, double seconds)
{
   double until = hl_host_time() + seconds;
   if (!l) return 1;
   pthread_mutex_lock(&l->lock);
   batch **link;
   while ((link = find(l, ticket)) && (*link)->ended < (*link)->n && hl_host_time() < until) pause_for_job(l);
   int ended = !link || (*link)->ended == (*link)->n;
   pthread_mutex_unlock(&l->lock);
   return ended;
}

HL_API const char *hl_host_loader_file(hl_host_loader *l, int64_t ticket)
{
   static _Thread_local char path[PATH_MAX];
   path[0] = 0;
   if (!l) return path;
   pthread_mutex_lock(&l->lock);
   batch **link = find(l, ticket);
   for (int i = 0; link && i < (*link)->begun && !path[0]; i++) {
      const job *j = &(*link)->jobs[i];
      if (!j->ended) snprintf(path, sizeof path, "%s", j->sample.image);
   }
   pthread_mutex_unlock(&l->lock);
   return path;
}

static bool is_filling(const batch *b)
{
   for (int i = 0; i < b->n; i++)
      if (b->jobs[i].filling && !b->jobs[i].ended) return true;
   return false;
}

/* Under the lock. Jobs not begun are given up, which leaves the begun ones to wait for; whoever still waits for a file
 * at the time `until` keeps the batch and frees it. */
static void cancel(hl_host_loader *l, batch *b, double until)
{
   int64_t ticket = b->ticket;
   int not_begun = b->n - b->begun;
   b->begun = b->n;
   b->ended += not_begun;
   while (b->ended < b->n && (hl_host_time() < until || is_filling(b))) pause_for_job(l);
   batch **link = find(l, ticket);
   if (b->ended == b->n) {
      finish(link);
   } else {
      b->given_up = true;
      *link = b->next;
   }
}

HL_API int hl_host_loader_cancel(hl_host_loader *l, int64_t ticket)
{
   static const char fn[] = "loader_cancel";
   HL_CHECK(l, "%s: a loader is needed", fn);
   pthread_mutex_lock(&l->lock);
   batch **link = find(l, ticket);
   if (link) cancel(l, *link, hl_host_time() + PATIENCE);
   pthread_mutex_unlock(&l->lock);
   return link ? 0 : no_such(fn, ticket);
}

HL_API void hl_host_loader_free(hl_host_loader *l)
{
   if (!l) return;
   double until = hl_host_time() + PATIENCE;
   pthread_mutex_lock(&l->lock);
   while (l->batches) cancel(l, l->batches, until);
   l->stop = true;
   pthread_cond_broadcast(&l->work);
   while (l->working > 0 && hl_host_time() < until) pause_for_job(l);
   bool stuck = l->working > 0;
   pthread_mutex_unlock(&l->lock);
   if (stuck) { /* in the system: threads and all that they use stay behind */
      for (int i = 0; i < l->workers; i++) pthread_detach(l->threads[i]);
      return;
   }
   for (int i = 0; i < l->workers; i++) pthread_join(l->threads[i], NULL);
   hl_cache_free(l->cache);
   hl_workspace_release(&l->own);
   pthread_cond_destroy(&l->ended);
   pthread_cond_destroy(&l->work);
   pthread_mutex_destroy(&l->lock);
   free(l);
}
