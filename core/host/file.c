#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "image.h"
#include "interrupt.h"

const char *hl_show_path(const char *path)
{
   enum { ROOM = 160 };
   static _Thread_local char texts[4][ROOM + 4];
   static _Thread_local unsigned next;
   size_t n = strlen(path);
   if (n <= ROOM) return path;
   char *text = texts[next++ % 4];
   snprintf(text, ROOM + 4, "...%s", path + n - ROOM);
   return text;
}

enum { PIECE = 1 << 24 }; /* bytes between two looks for Ctrl-C */

/* ---- writing ---- */

struct hl_host_file {
   char *path;      /* what is replaced: the target of a symbolic link */
   char *temporary; /* in the same folder */
   int fd;          /* -1 after a failure */
};

static void free_file(hl_host_file *f)
{
   free(f->path);
   free(f->temporary);
   free(f);
}

static void drop_temporary(hl_host_file *f)
{
   if (f->fd < 0) return;
   close(f->fd);
   unlink(f->temporary);
   f->fd = -1;
}

/* Fails with errno's text, after the temporary file is gone. */
static int fail_write(hl_host_file *f, const char *fn, const char *what)
{
   int error = errno;
   drop_temporary(f);
   return hl_fail("%s: %s: cannot %s: %s", fn, hl_show_path(f->path), what, strerror(error));
}

static int open_temporary(hl_host_file *f)
{
   static atomic_uint counter;
   const char *slash = strrchr(f->path, '/');
   int folder = slash ? (int)(slash - f->path) + 1 : 0;
   for (int attempt = 0; attempt < 100; attempt++) {
      free(f->temporary);
      if (asprintf(&f->temporary, "%.*s.hilo-%ld-%u.tmp", folder, f->path, (long)getpid(),
                   atomic_fetch_add(&counter, 1)) < 0) {
         f->temporary = NULL;
         errno = ENOMEM;
         return -1;
      }
      f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (f->fd >= 0 || errno != EEXIST) break;
   }
   return f->fd;
}

HL_API int hl_host_file_create(hl_host_file **file, const char *path)
{
   static const char fn[] = "file_create";
   struct stat old;
   *file = NULL;
   HL_CHECK(path && *path, "%s: a path is needed", fn);
   HL_WAIT_FOR("written", path);
   bool exists = stat(path, &old) == 0;
   HL_CHECK(exists || errno == ENOENT, "%s: %s: cannot create: %s", fn, hl_show_path(path), strerror(errno));
   HL_CHECK(!exists || S_ISREG(old.st_mode), "%s: %s is not a regular file, so it is not replaced", fn,
            hl_show_path(path));
   hl_host_file *f = calloc(1, sizeof *f);
   HL_CHECK(f, "%s: %s: out of memory", fn, hl_show_path(path));
   f->fd = -1;
   f->path = exists ? realpath(path, NULL) : strdup(path);
   if (!f->path || open_temporary(f) < 0) {
      hl_fail("%s: %s: cannot create a file in its folder: %s", fn, hl_show_path(path), strerror(errno));
      free_file(f);
      return 1;
   }
   if (exists && fchmod(f->fd, old.st_mode & 07777)) {
      fail_write(f, fn, "keep its permissions");
      free_file(f);
      return 1;
   }
   *file = f;
   return 0;
}

HL_API int hl_host_file_write(hl_host_file *f, const void *data, int64_t bytes)
{
   static const char fn[] = "file_write";
   const char *at = data;
   HL_CHECK(f, "%s: the file is not open", fn);
   HL_WAIT_FOR("written", f->path);
   HL_CHECK(f->fd >= 0, "%s: %s: an earlier write failed", fn, hl_show_path(f->path));
   HL_CHECK(bytes >= 0 && (data || bytes == 0), "%s: %s: cannot write %lld bytes", fn, hl_show_path(f->path),
            (long long)bytes);
   while (bytes > 0) {
      if (hl_interrupt_poll()) {
         drop_temporary(f);
         return 1;
      }
      size_t piece = bytes < PIECE ? (size_t)bytes : PIECE;
      ssize_t n = write(f->fd, at, piece);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
         if (n == 0) errno = ENOSPC;
         return fail_write(f, fn, "write");
      }
      at += n;
      bytes -= n;
   }
   return 0;
}

/* The rename is on the disk only once the folder is. Some file systems cannot sync folders (EINVAL): there it is
 * enough. */
static int sync_folder(const char *path)
{
   const char *slash = strrchr(path, '/');
   char *folder = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
   if (!folder) return -1;
   int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
   free(folder);
   if (fd < 0) return errno == EACCES ? 0 : -1;
   int rc = fsync(fd), error = errno;
   close(fd);
   errno = error;
   return rc && error != EINVAL ? -1 : 0;
}

HL_API int hl_host_file_commit(hl_host_file *f)
{
   static const char fn[] = "file_commit";
   HL_CHECK(f, "%s: the file is not open", fn);
   HL_WAIT_FOR("written", f->path);
   int rc = 1;
   if (f->fd < 0) {
      hl_fail("%s: %s: an earlier write failed", fn, hl_show_path(f->path));
   } else if (fsync(f->fd)) {
      fail_write(f, fn, "sync");
   } else if (rename(f->temporary, f->path)) {
      fail_write(f, fn, "rename the temporary file");
   } else {
      rc = close(f->fd) || sync_folder(f->path);
      if (rc) hl_fail("%s: %s: written, but syncing its folder failed: %s", fn, hl_show_path(f->path), strerror(errno));
   }
   free_file(f);
   return rc;
}

HL_API void hl_host_file_abort(hl_host_file *f)
{
   if (!f) return;
   drop_temporary(f);
   free_file(f);
}

/* ---- reading ---- */

/* Opens a regular file; a pipe or a device could block for ever. */
static int open_regular(const char *fn, const char *path, int *fd, int64_t *bytes)
{
   struct stat st;
   HL_CHECK(path && *path, "%s: a path is needed", fn);
   HL_WAIT_FOR("read", path);
   *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
   HL_CHECK(*fd >= 0, "%s: %s: cannot open: %s", fn, hl_show_path(path), strerror(errno));
   if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) {
      *bytes = st.st_size;
      return 0;
   }
   close(*fd);
   return hl_fail("%s: %s is %s, not a regular file", fn, hl_show_path(path),
                  S_ISDIR(st.st_mode) ? "a folder" : "something else");
}

static int read_all(const char *fn, const char *path, int fd, void *data, int64_t offset, int64_t bytes)
{
   HL_WAIT_FOR("read", path);
   char *at = data;
   while (bytes > 0) {
      HL_TRY(hl_interrupt_poll());
      ssize_t n = pread(fd, at, bytes < PIECE ? (size_t)bytes : PIECE, offset);
      if (n < 0 && errno == EINTR) continue;
      HL_CHECK(n >= 0, "%s: %s: cannot read: %s", fn, hl_show_path(path), strerror(errno));
      HL_CHECK(n > 0, "%s: %s: the file ends %lld bytes too early", fn, hl_show_path(path), (long long)bytes);
      at += n;
      offset += n;
      bytes -= n;
   }
   return 0;
}

HL_API int hl_host_file_size(const char *path, int64_t *bytes)
{
   int fd;
   HL_TRY(open_regular("file_size", path, &fd, bytes));
   close(fd);
   return 0;
}

HL_API int hl_host_file_open(const char *path, int *fd, int64_t *bytes)
{
   return open_regular("file_open", path, fd, bytes);
}

HL_API void hl_host_file_close(int fd)
{
   if (fd >= 0) close(fd);
}

HL_API int hl_host_file_read_open(int fd, const char *path, void *data, int64_t offset, int64_t bytes)
{
   static const char fn[] = "file_read";
   struct stat st;
   HL_CHECK(fstat(fd, &st) == 0, "%s: %s: %s", fn, hl_show_path(path), strerror(errno));
   HL_CHECK(offset >= 0 && bytes >= 0 && bytes <= st.st_size && offset <= st.st_size - bytes && (data || bytes == 0),
            "%s: %s has %lld bytes; %lld from offset %lld were asked for", fn, hl_show_path(path),
            (long long)st.st_size, (long long)bytes, (long long)offset);
   return read_all(fn, path, fd, data, offset, bytes);
}

HL_API int hl_host_file_read(const char *path, void *data, int64_t offset, int64_t bytes)
{
   int fd;
   int64_t size;
   HL_TRY(open_regular("file_read", path, &fd, &size));
   int rc = hl_host_file_read_open(fd, path, data, offset, bytes);
   close(fd);
   return rc;
}

enum { MAX_SOURCE = 1 << 30 /* bytes of a picture's file */ };

static int read_source(hl_source *s, int fd, int64_t size)
{
   char head[HL_IMAGE_HEAD];
   int64_t first = size < HL_IMAGE_HEAD ? size : HL_IMAGE_HEAD;
   HL_TRY(read_all(s->fn, s->path, fd, head, 0, first));
   /* Of what is no picture the head is enough to say so. */
   if (hl_image_format(head, (size_t)first) < 0) size = first;
   HL_CHECK(size <= MAX_SOURCE, "%s: %s: the file has %lld bytes; pictures of at most %d are read", s->fn,
            hl_show_path(s->path), (long long)size, MAX_SOURCE);
   HL_TRY(hl_buffer_need(s->fn, &s->buffer, (size_t)size));
   s->bytes = (size_t)size;
   if (size == 0) return 0;
   memcpy(s->buffer.data, head, (size_t)first);
   return read_all(s->fn, s->path, fd, (char *)s->buffer.data + first, first, size - first);
}

int hl_source_read(hl_source *s, const char *fn, const char *path)
{
   int fd;
   int64_t size;
   s->fn = fn;
   s->path = path;
   HL_TRY(open_regular(fn, path, &fd, &size));
   int rc = read_source(s, fd, size);
   close(fd);
   return rc;
}

int hl_buffer_need(const char *fn, hl_buffer *b, size_t bytes)
{
   if (bytes <= b->capacity) return 0;
   hl_buffer_release(b);
   b->data = malloc(bytes);
   HL_CHECK(b->data, "%s: out of memory (%zu bytes)", fn, bytes);
   b->capacity = bytes;
   return 0;
}

void hl_buffer_release(hl_buffer *b)
{
   free(b->data);
   *b = (hl_buffer){0};
}

/* ---- folders ---- */

HL_API int hl_host_path_kind(const char *path)
{
   struct stat st;
   if (!path) return 0;
   HL_WAIT_FOR("read", path);
   if (stat(path, &st)) return 0;
   return S_ISREG(st.st_mode) ? 1 : S_ISDIR(st.st_mode) ? 2 : 3;
}

HL_API int hl_host_make_folder(const char *path)
{
   static const char fn[] = "make_folder";
   char part[PATH_MAX];
   HL_CHECK(path && *path, "%s: a path is needed", fn);
   HL_CHECK(strlen(path) < sizeof part, "%s: %s: the path is too long", fn, hl_show_path(path));
   for (size_t n = 1; n <= strlen(path); n++) {
      if (path[n] && path[n] != '/') continue;
      memcpy(part, path, n);
      part[n] = 0;
      if (mkdir(part, 0777) == 0) continue;
      int why = errno;
      if (hl_host_path_kind(part) == 2) continue;
      return hl_fail("%s: %s: cannot make %s: %s", fn, hl_show_path(path), hl_show_path(part),
                     why == EEXIST ? "it exists and is no folder" : strerror(why));
   }
   return 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
   return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_real(const struct dirent *e)
{
   return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

HL_API int hl_host_list_folder(const char *path, char **names, int64_t *bytes)
{
   static const char fn[] = "list_folder";
   struct dirent **entries;
   *names = NULL;
   *bytes = 0;
   HL_CHECK(path && *path, "%s: a path is needed", fn);
   HL_WAIT_FOR("read", path);
   int n = scandir(path, &entries, is_real, by_bytes);
   HL_CHECK(n >= 0, "%s: %s: cannot list: %s", fn, hl_show_path(path), strerror(errno));
   for (int i = 0; i < n; i++) *bytes += (int64_t)strlen(entries[i]->d_name) + 1;
   char *at = *names = malloc((size_t)*bytes + 1);
   for (int i = 0; i < n; i++) {
      if (at) at = stpcpy(at, entries[i]->d_name) + 1;
      free(entries[i]);
   }
   free(entries);
   HL_CHECK(*names, "%s: %s: out of memory", fn, hl_show_path(path));
   return 0;
}

HL_API void hl_host_release(char *names)
{
   free(names);
}

/* ---- zlib; its counters have 32 bits, so long data goes in pieces ---- */

HL_API uint32_t hl_host_crc32(uint32_t crc, const void *data, int64_t bytes)
{
   const Bytef *at = data;
   while (bytes > 0 && !hl_interrupt_poll()) { /* at a prompt an error follows at once */
      uInt n = bytes < PIECE ? (uInt)bytes : PIECE;
      crc = (uint32_t)crc32(crc, at, n);
      at += n;
      bytes -= n;
   }
   return crc;
}

HL_API int hl_host_inflate(void *dst, int64_t dst_bytes, const void *src, int64_t src_bytes)
{
   static const char fn[] = "inflate";
   z_stream z = {0};
   HL_CHECK(dst_bytes >= 0 && src_bytes >= 0, "%s: sizes must not be negative", fn);
   HL_CHECK((dst || dst_bytes == 0) && (src || src_bytes == 0), "%s: source and destination are needed", fn);
   HL_CHECK(inflateInit2(&z, -MAX_WBITS) == Z_OK, "%s: out of memory", fn);
   Bytef nothing;
   z.next_in = (Bytef *)(uintptr_t)src;
   z.next_out = dst ? dst : &nothing;
   int rc;
   do {
      int64_t in = src_bytes - (int64_t)z.total_in, out = dst_bytes - (int64_t)z.total_out;
      z.avail_in = in < PIECE ? (uInt)in : PIECE;
      z.avail_out = out < PIECE ? (uInt)out : PIECE;
      rc = inflate(&z, Z_NO_FLUSH);
   } while (rc == Z_OK && !hl_interrupt_poll());
   int64_t came = (int64_t)z.total_out;
   const char *reason = rc == Z_STREAM_END  ? "it ends"
                        : z.msg             ? z.msg
                        : came == dst_bytes ? "there is more of it"
                                            : "it is cut short";
   inflateEnd(&z);
   HL_TRY(hl_interrupt_poll());
   HL_CHECK(rc == Z_STREAM_END && came == dst_bytes, "%s: the data must unpack to %lld bytes, but after %lld: %s", fn,
            (long long)dst_bytes, (long long)came, reason);
   return 0;
}
