#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "loader.h"

/* Decoded files by path. Nothing is evicted to make room: an epoch visits every file once in a random order, where
 * keeping whatever fits hits more often than keeping what was used last. */

enum { BUCKETS = 16384 };

/* A file that changes gets another one of these. */
typedef struct {
   int64_t device, inode, size, seconds, nanoseconds;
} identity;

struct hl_entry {
   hl_entry *next;
   char *path;
   identity id;
   int want;
   uint64_t colours; /* the table by which a label map was decoded */
   hl_decoded decoded;
   int64_t bytes;
   int users;
   bool dropped; /* no longer in the table; freed by the last user */
};

struct hl_cache {
   pthread_mutex_t lock;
   int64_t limit, held; /* bytes */
   hl_entry *table[BUCKETS];
};

hl_cache *hl_cache_new(int64_t limit)
{
   hl_cache *c = calloc(1, sizeof *c);
   if (!c) return NULL;
   pthread_mutex_init(&c->lock, NULL);
   c->limit = limit;
   return c;
}

static void free_entry(hl_entry *e)
{
   hl_buffer_release(&e->decoded.image.pixels);
   free(e->path);
   free(e);
}

void hl_cache_free(hl_cache *c)
{
   if (!c) return;
   for (int i = 0; i < BUCKETS; i++)
      for (hl_entry *e = c->table[i], *next; e; e = next) {
         next = e->next;
         free_entry(e);
      }
   pthread_mutex_destroy(&c->lock);
   free(c);
}

/* FNV-1a */
static unsigned bucket(const char *path)
{
   uint32_t hash = 2166136261u;
   for (; *path; path++) hash = (hash ^ (uint8_t)*path) * 16777619u;
   return hash % BUCKETS;
}

/* Under the lock. Entries of the path whose file has changed are dropped on the way. */
static hl_entry *find(hl_cache *c, const char *path, const identity *id, int want, const hl_host_sample *s)
{
   for (hl_entry **link = &c->table[bucket(path)], *e = *link; e; e = *link) {
      if (strcmp(e->path, path) != 0) {
         link = &e->next;
      } else if (memcmp(&e->id, id, sizeof *id) != 0) {
         *link = e->next;
         c->held -= e->bytes;
         e->dropped = true;
         if (e->users == 0) free_entry(e);
      } else if (e->want == want && (want == HL_HOST_RGB || e->colours == hl_label_table(s))) {
         return e;
      } else {
         link = &e->next;
      }
   }
   return NULL;
}

/* Under the lock. Keeps a copy, unless there is no room or no memory. */
static void insert(hl_cache *c, const char *path, const identity *id, int want, uint64_t colours,
                   const hl_decoded *decoded)
{
   const hl_image *image = &decoded->image;
   int64_t pixels = (int64_t)image->width * image->height * image->channels;
   int64_t bytes = pixels + (int64_t)sizeof(hl_entry) + (int64_t)strlen(path);
   if (bytes > c->limit - c->held) return;
   hl_entry *e = calloc(1, sizeof *e);
   char *copy = strdup(path);
   void *exact = malloc((size_t)pixels);
   if (!e || !copy || !exact) {
      free(e);
      free(copy);
      free(exact);
      return;
   }
   e->path = copy;
   e->id = *id;
   e->want = want;
   e->colours = colours;
   e->decoded = *decoded;
   e->decoded.image.pixels = (hl_buffer){exact, (size_t)pixels};
   e->bytes = bytes;
   memcpy(exact, image->pixels.data, (size_t)pixels);
   unsigned b = bucket(path);
   e->next = c->table[b];
   c->table[b] = e;
   c->held += bytes;
   /* cppcheck-suppress memleak ; the entry holds it */
}

static int decode(const char *path, int want, const hl_host_sample *s, hl_source *file, hl_decoded *d)
{
   hl_host_image info;
   HL_TRY(hl_source_read(file, "loader", path));
   HL_TRY(hl_image_info(file, &info));
   HL_TRY(hl_image_decode(file, &info, want, &d->image));
   return want == HL_HOST_RGB ? 0 : hl_label_ids(file, s, d);
}

static int stat_file(const char *path, struct stat *st)
{
   HL_WAIT_FOR("read", path);
   return stat(path, st);
}

int hl_cache_get(hl_cache *c, const char *path, int want, const hl_host_sample *s, hl_source *file, hl_decoded *scratch,
                 const hl_decoded **decoded, hl_entry **entry)
{
   *entry = NULL;
   *decoded = scratch;
   if (!c) return decode(path, want, s, file, scratch);
   struct stat st;
   HL_CHECK(stat_file(path, &st) == 0, "loader: %s: cannot open: %s", hl_show_path(path), strerror(errno));
   identity id = {(int64_t)st.st_dev, (int64_t)st.st_ino, st.st_size, st.st_mtim.tv_sec, st.st_mtim.tv_nsec};
   pthread_mutex_lock(&c->lock);
   hl_entry *e = find(c, path, &id, want, s);
   if (e) e->users++;
   pthread_mutex_unlock(&c->lock);
   if (!e) {
      HL_TRY(decode(path, want, s, file, scratch));
      pthread_mutex_lock(&c->lock);
      /* Another thread may have been faster. */
      if (!find(c, path, &id, want, s))
         insert(c, path, &id, want, want == HL_HOST_RGB ? 0 : hl_label_table(s), scratch);
      pthread_mutex_unlock(&c->lock);
      return 0;
   }
   *entry = e;
   *decoded = &e->decoded;
   return 0;
}

void hl_cache_give_back(hl_cache *c, hl_entry *e)
{
   if (!e) return;
   pthread_mutex_lock(&c->lock);
   bool last = --e->users == 0 && e->dropped;
   pthread_mutex_unlock(&c->lock);
   if (last) free_entry(e);
}
