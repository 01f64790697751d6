#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "image.h"

HL_API int hl_host_lock(const char *path, int *fd)
{
   *fd = -1;
   /* Closed on exec: a child must not keep the lock of a parent that has ended. */
   int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
   HL_CHECK(file >= 0, "lock: %s: cannot open: %s", hl_show_path(path), strerror(errno));
   int rc;
   do rc = flock(file, LOCK_EX | LOCK_NB);
   while (rc != 0 && errno == EINTR);
   if (rc == 0) {
      *fd = file;
      return 0;
   }
   int error = errno;
   close(file);
   HL_CHECK(error == EWOULDBLOCK, "lock: %s: %s", hl_show_path(path), strerror(error));
   return 0;
}

HL_API void hl_host_unlock(int fd)
{
   if (fd >= 0) close(fd);
}
