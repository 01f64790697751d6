#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "image.h"

/* Memory that is a file. A process that touches what lies behind the file's end, since another has shortened it, or a
 * hole that a full disk has no room for, gets SIGBUS: the handler puts zeros there, of this process alone, and says so.
 */

/* Once listed, an entry stays, for a handler may read it at any time; one whose memory was given back is used again. */
typedef struct entry {
   struct entry *next;
   _Atomic(char *) address; /* NULL: not in use */
   int64_t bytes;
   char *text; /* what is said when a page is lost; the handler may do no more than write it */
   atomic_flag was_said;
} entry;

static _Atomic(entry *) entries;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;
static bool is_installed;

static entry *entry_at(const char *address)
{
   for (entry *e = entries; e; e = e->next) {
      const char *start = e->address;
      if (start && address >= start && address < start + e->bytes) return e;
   }
   return NULL;
}

/* Only what may be called in a signal handler. */
static void on_lost(int number, siginfo_t *info, void *context)
{
   (void)context;
   int error = errno;
   const bool is_touched = info->si_code > 0; /* and not sent by somebody */
   entry *e = is_touched ? entry_at(info->si_addr) : NULL;
   uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)info->si_addr / page * page;
   if (!e || mmap((void *)start, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                 MAP_FAILED) {
      sigaction(number, &before, NULL); /* what was touched is touched again, and then it is somebody else's */
      if (!is_touched) raise(number);
      return;
   }
   if (!atomic_flag_test_and_set(&e->was_said)) {
      ssize_t written = write(2, e->text, strlen(e->text));
      (void)written;
   }
   errno = error;
}

static int install(void)
{
   struct sigaction action = {.sa_sigaction = on_lost, .sa_flags = SA_SIGINFO | SA_NODEFER};
   sigemptyset(&action.sa_mask);
   if (!is_installed && sigaction(SIGBUS, &action, &before) != 0) return errno;
   is_installed = true;
   return 0;
}

/* One not in use, or a new one; NULL without memory. */
static entry *free_entry(void)
{
   for (entry *e = entries; e; e = e->next)
      if (!e->address) return e;
   entry *e = calloc(1, sizeof *e);
   if (!e) return NULL;
   e->next = entries;
   entries = e;
   return e;
}

static char *text_of(const char *path)
{
   static const char form[] = "hilo: %s lies in memory and has become shorter, or its disk is full: what is lost there "
                              "reads as 0, and what is written there is "
                              "not kept\n";
   const char *shown = hl_show_path(path);
   size_t size = sizeof form + strlen(shown);
   char *text = malloc(size);
   if (text) snprintf(text, size, form, shown);
   return text;
}

static int list(const char *path, char *address, int64_t bytes)
{
   pthread_mutex_lock(&lock);
   int error = install();
   entry *e = error ? NULL : free_entry();
   char *text = e ? text_of(path) : NULL;
   if (text) {
      free(e->text);
      e->text = text;
      e->bytes = bytes;
      atomic_flag_clear(&e->was_said);
      e->address = address;
   }
   pthread_mutex_unlock(&lock);
   return text ? 0 : error ? error : ENOMEM;
}

HL_API int hl_host_map(const char *path, int64_t bytes, void **address)
{
   int file = open(path, O_RDWR | O_CLOEXEC);
   HL_CHECK(file >= 0, "map: %s: cannot open: %s", hl_show_path(path), strerror(errno));
   void *start = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
   int error = start == MAP_FAILED ? errno : list(path, start, bytes);
   close(file);
   if (error && start != MAP_FAILED) munmap(start, (size_t)bytes);
   HL_CHECK(!error, "map: %s: %s", hl_show_path(path), strerror(error));
   *address = start;
   return 0;
}

HL_API void hl_host_unmap(void *address)
{
   if (!address) return;
   pthread_mutex_lock(&lock);
   for (entry *e = entries; e; e = e->next)
      if (e->address == address) {
         e->address = NULL;
         munmap(address, (size_t)e->bytes);
         break;
      }
   pthread_mutex_unlock(&lock);
}
