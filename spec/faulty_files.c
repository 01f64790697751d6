/* A machine that fails, for specs: preloaded into a process. In threads other than the main one, reading a picture whose
 * name begins with "hang" does not come back for a minute, and "crash" ends the thread by a signal; label maps of that
 * name are read. The clock is off by FAULTY_CLOCK seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int is_of(int fd, const char *word)
{
   char link[64], path[4096];
   snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
   ssize_t n = readlink(link, path, sizeof path - 1);
   if (n <= 0) return 0;
   path[n] = 0;
   return strstr(path, word) != NULL;
}

ssize_t pread(int fd, void *data, size_t bytes, off_t offset)
{
   static ssize_t (*next)(int, void *, size_t, off_t);
   if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pread");
   int is_main = syscall(SYS_gettid) == getpid();
   if (!is_main && is_of(fd, "/JPEGImages/hang")) sleep(60);
   if (!is_main && is_of(fd, "/JPEGImages/crash")) *(volatile int *)8 = 1;
   return next(fd, data, bytes, offset);
}

time_t time(time_t *out)
{
   const char *off = getenv("FAULTY_CLOCK");
   struct timespec now;
   clock_gettime(CLOCK_REALTIME, &now);
   time_t t = now.tv_sec + (off ? atol(off) : 0);
   if (out) *out = t;
   return t;
}
