#define _GNU_SOURCE
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

/* Memory that is a file. A process that touches what lies behind the file's end, since another has shortened it, or
 * writes into a hole that a full disk has no room for, gets SIGBUS. The handler puts a page of this process alone
 * there, which holds what the file can still give, and says so. */

/* Once listed, an entry stays, for a handler may read it at any time; one whose memory was given back is used again. */
typedef struct entry {
   struct entry *next;
   _Atomic(char *) address; /* NULL: not in use */
   _Atomic int64_t bytes;
   int file;
   char *text;            /* what is said when a page is lost; the handler may do no more than write it */
   atomic_uchar *is_lost; /* of each page: one handler replaces it, others wait */
   atomic_flag was_said;
} entry;

static _Atomic(entry *) entries;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;
static bool is_installed;

static int64_t page_bytes(void)
{
   return sysconf(_SC_PAGESIZE);
}

static entry *entry_at(const char *address)
{
   for (entry *e = entries; e; e = e->next) {
      char *start = e->address;
      if (start && address >= start && address < start + e->bytes && e->address == start) return e;
   }
   return NULL;
}

/* The page at `at` of the file becomes this process's own. false where the file cannot be read either. */
static bool replace_page(entry *e, int64_t at)
{
   size_t size = (size_t)page_bytes();
   char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   if (page == MAP_FAILED) return false;
   ssize_t there = pread(e->file, page, size, at); /* what is missing stays 0 */
   if (there >= 0 && mremap(page, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, e->address + at) != MAP_FAILED)
      return true;
   munmap(page, size);
   return false;
}

/* The signal does what it would do without this file. */
static void hand_over(int number, siginfo_t *info, void *context)
{
   struct sigaction plain = {.sa_handler = SIG_DFL};
   bool is_function = before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN;
   if (before.sa_handler == SIG_IGN && info->si_code <= 0) return;
   if (!is_function || before.sa_flags & (int)SA_RESETHAND) sigaction(number, &plain, NULL);
   if (before.sa_flags & SA_SIGINFO)
      before.sa_sigaction(number, info, context);
   else if (is_function)
      before.sa_handler(number);
   else
      hl_at_death(number);
}

/* Only what may be called in a signal handler. */
static void on_lost(int number, siginfo_t *info, void *context)
{
   int error = errno;
   char *touched = info->si_addr;
   entry *e = info->si_code == BUS_ADRERR ? entry_at(touched) : NULL;
   int64_t page = e ? (touched - e->address) / page_bytes() : 0;
   bool is_first = e && atomic_exchange(&e->is_lost[page], 1) == 0;
   if (!e || (is_first && !replace_page(e, page * page_bytes())))
      hand_over(number, info, context);
   else if (is_first && !atomic_flag_test_and_set(&e->was_said)) {
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
   static const char form[] =
       "hilo: %s, which is memory of this process, has become shorter, or its disk is full: what is "
       "missing reads as 0, and what is written there is not kept\n";
   const char *shown = hl_show_path(path);
   size_t size = sizeof form + strlen(shown);
   char *text = malloc(size);
   if (text) snprintf(text, size, form, shown);
   return text;
}

/* Keeps the file open where it succeeds. */
static int list(const char *path, int file, char *address, int64_t bytes)
{
   pthread_mutex_lock(&lock);
   int error = install();
   entry *e = error ? NULL : free_entry();
   char *text = e ? text_of(path) : NULL;
   atomic_uchar *is_lost = calloc((size_t)(bytes / page_bytes() + 1), sizeof *is_lost);
   bool done = text && is_lost;
   if (done) {
      free(e->text);
      free(e->is_lost);
      e->text = text;
      e->is_lost = is_lost;
      e->file = file;
      e->bytes = bytes;
      atomic_flag_clear(&e->was_said);
      e->address = address;
   } else {
      free(text);
      free(is_lost);
   }
   pthread_mutex_unlock(&lock);
   return done ? 0 : error ? error : ENOMEM;
}

HL_API int hl_host_map(const char *path, int64_t bytes, void **address)
{
   int file = open(path, O_RDWR | O_CLOEXEC);
   HL_CHECK(file >= 0, "%s: cannot open: %s", hl_show_path(path), strerror(errno));
   void *start = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
   int error = start == MAP_FAILED ? errno : list(path, file, start, bytes);
   if (error && start != MAP_FAILED) munmap(start, (size_t)bytes);
   if (error) close(file);
   HL_CHECK(!error, "%s: cannot map: %s", hl_show_path(path), strerror(error));
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
         close(e->file);
         break;
      }
   pthread_mutex_unlock(&lock);
}
