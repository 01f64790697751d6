#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "image.h"

/* 0, or the errno of a lock that another has (EWOULDBLOCK) or that fails. */
static int try_lock(int file, int kind)
{
   int rc;
   do rc = flock(file, kind | LOCK_NB);
   while (rc != 0 && errno == EINTR);
   return rc == 0 ? 0 : errno;
}

HL_API int hl_host_lock_kept(const char *path, int fd)
{
   struct stat own, there;
   return fstat(fd, &own) == 0 && stat(path, &there) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

/* One that asks whether the lock is held has a shared lock for a moment: it goes, an owner stays. */
static int take(int file)
{
   int error;
   while ((error = try_lock(file, LOCK_EX)) == EWOULDBLOCK) {
      if (try_lock(file, LOCK_SH)) return EWOULDBLOCK;
      flock(file, LOCK_UN);
      nanosleep(&(struct timespec){.tv_nsec = 1000000 + getpid() % 16 * 100000}, NULL);
   }
   return error;
}

HL_API int hl_host_lock(const char *path, int *fd)
{
   *fd = -1;
   for (;;) {
      /* Closed on exec: a child must not keep the lock of a parent that has ended. */
      int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      HL_CHECK(file >= 0, "lock: %s: cannot open: %s", hl_show_path(path), strerror(errno));
      int error = take(file);
      if (!error && hl_host_lock_kept(path, file)) {
         *fd = file;
         return 0;
      }
      close(file);
      if (error == EWOULDBLOCK) return 0;
      HL_CHECK(!error, "lock: %s: %s", hl_show_path(path), strerror(error));
      /* The file was removed between open and lock: the one that is there now counts. */
   }
}

HL_API int hl_host_lock_held(const char *path, int *held)
{
   *held = 0;
   int file = open(path, O_RDONLY | O_CLOEXEC);
   if (file < 0 && errno == ENOENT) return 0;
   HL_CHECK(file >= 0, "lock: %s: cannot open: %s", hl_show_path(path), strerror(errno));
   int error = try_lock(file, LOCK_SH);
   *held = error == EWOULDBLOCK;
   close(file);
   HL_CHECK(!error || *held, "lock: %s: %s", hl_show_path(path), strerror(error));
   return 0;
}

HL_API void hl_host_unlock(int fd)
{
   if (fd >= 0) close(fd);
}
