#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "image.h"

enum { MAX_THREADS = 256, SLOTS = 1024, SIDE = HL_HOST_SURVEY_SIDE, HASH_ROWS = 8, HASH_COLUMNS = 9 };

typedef struct {
   hl_host_survey *files;
   int n;
   atomic_int next;
} job;

/* ---- values of a label map: ids, or colours as 0xRRGGBB; the most that are kept apart is HL_HOST_SURVEY_VALUES ----
 */

typedef struct {
   int32_t at[SLOTS]; /* position in the survey's values, -1 for none */
   hl_host_survey *s;
} counter;

static void count(counter *c, int32_t value, int64_t pixels)
{
   hl_host_survey *s = c->s;
   uint32_t slot = (uint32_t)value * 2654435761u >> 22;
   while (c->at[slot] >= 0 && s->value[c->at[slot]] != value) slot = (slot + 1) % SLOTS;
   if (c->at[slot] < 0) {
      if (s->values == HL_HOST_SURVEY_VALUES) {
         s->others += pixels;
         return;
      }
      c->at[slot] = s->values;
      s->value[s->values] = value;
      s->pixels[s->values++] = 0;
   }
   s->pixels[c->at[slot]] += pixels;
}

/* Neighbours are mostly alike, so runs are counted. bytes: of a sample, 1 or 4. */
static void count_values(hl_host_survey *s, const void *data, int64_t n, int channels, int bytes)
{
   counter c = {.s = s};
   memset(c.at, -1, sizeof c.at);
   const uint8_t *narrow = data;
   const int32_t *wide = data;
   int colours = channels >= 3 ? 3 : 1;
   int32_t last = 0;
   int64_t run = 0;
   for (int64_t i = 0; i < n; i++) {
      int32_t value = 0;
      for (int k = 0; k < colours; k++) {
         int64_t at = i * channels + k;
         value = colours == 1 ? (bytes == 1 ? narrow[at] : wide[at])
                              : value << 8 | (bytes == 1 ? narrow[at] : wide[at] >> 8);
      }
      if (value != last && run) {
         count(&c, last, run);
         run = 0;
      }
      last = value;
      run++;
   }
   if (run) count(&c, last, run);
}

static void count_bytes(hl_host_survey *s, const uint8_t *ids, int64_t n)
{
   int64_t pixels[4][256] = {{0}};
   int64_t i = 0;
   for (; i + 4 <= n; i += 4)
      for (int k = 0; k < 4; k++) pixels[k][ids[i + k]]++;
   for (; i < n; i++) pixels[0][ids[i]]++;
   for (int id = 0; id < 256; id++) {
      int64_t sum = pixels[0][id] + pixels[1][id] + pixels[2][id] + pixels[3][id];
      if (!sum) continue;
      s->value[s->values] = id;
      s->pixels[s->values++] = sum;
   }
}

/* ---- a picture ---- */

/* y (rows, columns) = means of grey over equal areas of the picture, RGB; where it is smaller, of the nearest pixel. */
static void shrink(float *y, int rows, int columns, const uint8_t *rgb, int h, int w)
{
   for (int i = 0; i < rows; i++) {
      int top = (int)((int64_t)i * h / rows), bottom = (int)((int64_t)(i + 1) * h / rows);
      if (bottom <= top) bottom = top + 1;
      for (int j = 0; j < columns; j++) {
         int left = (int)((int64_t)j * w / columns), right = (int)((int64_t)(j + 1) * w / columns);
         if (right <= left) right = left + 1;
         uint64_t sum = 0;
         for (int r = top; r < bottom; r++) {
            const uint8_t *p = rgb + ((size_t)r * w + left) * 3;
            for (int k = left; k < right; k++, p += 3) sum += 299u * p[0] + 587u * p[1] + 114u * p[2];
         }
         y[i * columns + j] = (float)((double)sum / 1000.0 / ((double)(bottom - top) * (right - left)));
      }
   }
}

/* Difference hash: a bit for each pair of neighbours in a row of 9, set where the right one is brighter. */
static uint64_t hash_of(const uint8_t *rgb, int h, int w)
{
   float grey[HASH_ROWS * HASH_COLUMNS];
   uint64_t hash = 0;
   shrink(grey, HASH_ROWS, HASH_COLUMNS, rgb, h, w);
   for (int i = 0; i < HASH_ROWS; i++)
      for (int j = 0; j + 1 < HASH_COLUMNS; j++) {
         const float *p = grey + i * HASH_COLUMNS + j;
         hash = hash << 1 | (p[1] > p[0]);
      }
   return hash;
}

static void look_at_picture(hl_host_survey *s, const uint8_t *rgb)
{
   int h = s->info.turned_height, w = s->info.turned_width;
   int64_t n = (int64_t)h * w;
   uint64_t sum[3] = {0}, square[3] = {0};
   for (int64_t i = 0; i < n; i++)
      for (int c = 0; c < 3; c++) {
         uint32_t v = rgb[3 * i + c];
         sum[c] += v;
         square[c] += v * v;
      }
   for (int c = 0; c < 3; c++) {
      s->sum[c] = (double)sum[c];
      s->square[c] = (double)square[c];
   }
   float small[SIDE * SIDE];
   shrink(small, SIDE, SIDE, rgb, h, w);
   for (int i = 0; i < SIDE * SIDE; i++) s->small[i] = (uint8_t)(small[i] + 0.5f);
   s->hash = hash_of(rgb, h, w);
}

/* ---- a file ---- */

static int read_pixels(hl_host_survey *s, hl_buffer *pixels, int want, int channels, int wide)
{
   bool turned = want == HL_HOST_RGB;
   int64_t h = turned ? s->info.turned_height : s->info.height, w = turned ? s->info.turned_width : s->info.width;
   HL_TRY(hl_buffer_need("survey", pixels, (size_t)(h * w * channels) * (wide ? 4 : 1)));
   hl_tensor y = {.data = pixels->data,
                  .dtype = wide ? HL_I32 : HL_U8,
                  .ndim = 3,
                  .size = {h, w, channels},
                  .stride = {w * channels, channels, 1}};
   return hl_host_image_read(s->path, &y, want);
}

/* Colours that are all grey are ids. */
static void take_grey(hl_host_survey *s)
{
   if (!s->coloured || s->others) return;
   for (int i = 0; i < s->values; i++)
      if (s->value[i] != (s->value[i] & 255) * 0x010101) return;
   for (int i = 0; i < s->values; i++) s->value[i] &= 255;
   s->coloured = 0;
}

static int look_at_label(hl_host_survey *s, hl_buffer *pixels)
{
   int64_t n = (int64_t)s->info.height * s->info.width;
   int plain = s->info.bits <= 8 && (s->info.channels == 1 || s->info.is_palette);
   if (plain && s->kind != HL_HOST_SURVEY_COLOURS) {
      HL_TRY(read_pixels(s, pixels, HL_HOST_LABELS, 1, 0));
      count_bytes(s, pixels->data, n);
      return 0;
   }
   int wide = s->info.bits > 8, channels = s->info.channels;
   int want = HL_HOST_STORED;
   if (s->kind == HL_HOST_SURVEY_COLOURS) {
      want = HL_HOST_COLOURS;
      channels = 3;
      wide = 0;
   }
   HL_TRY(read_pixels(s, pixels, want, channels, wide));
   count_values(s, pixels->data, n, channels, wide ? 4 : 1);
   s->coloured = channels >= 3;
   if (s->kind == HL_HOST_SURVEY_IDS && s->info.bits == 8) take_grey(s);
   return 0;
}

static int look(hl_host_survey *s, hl_buffer *pixels)
{
   HL_TRY(hl_host_image_info(s->path, &s->info));
   s->has_header = 1;
   if (s->kind != HL_HOST_SURVEY_PICTURE) return look_at_label(s, pixels);
   HL_TRY(read_pixels(s, pixels, HL_HOST_RGB, 3, 0));
   look_at_picture(s, pixels->data);
   return 0;
}

static void *work(void *argument)
{
   job *j = argument;
   hl_buffer pixels = {0};
   for (int i; (i = atomic_fetch_add(&j->next, 1)) < j->n;) {
      hl_host_survey *s = &j->files[i];
      s->failed = s->has_header = s->values = s->coloured = 0;
      s->others = 0;
      s->error[0] = 0;
      if (!look(s, &pixels)) continue;
      s->failed = 1;
      strncpy(s->error, hl_error(), sizeof s->error - 1);
      s->error[sizeof s->error - 1] = 0;
   }
   hl_buffer_release(&pixels);
   return NULL;
}

HL_API int hl_host_survey_files(hl_host_survey *files, int n, int threads)
{
   static const char fn[] = "survey";
   HL_CHECK(files || n == 0, "%s: files are needed", fn);
   HL_CHECK(threads >= 1 && threads <= MAX_THREADS, "%s: threads must be 1..%d, got %d", fn, MAX_THREADS, threads);
   job j = {.files = files, .n = n};
   pthread_t others[MAX_THREADS];
   int started = 0;
   sigset_t all, before;
   sigfillset(&all);
   pthread_sigmask(SIG_SETMASK, &all, &before);
   while (started < threads - 1 && started < n - 1 && !pthread_create(&others[started], NULL, work, &j)) started++;
   pthread_sigmask(SIG_SETMASK, &before, NULL);
   work(&j);
   for (int i = 0; i < started; i++) pthread_join(others[i], NULL);
   return 0;
}
