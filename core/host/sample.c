#include <math.h>
#include <string.h>
#include "loader.h"

int hl_sample_check(const hl_host_sample *s, int position)
{
   static const char fn[] = "loader_submit: sample";
   HL_CHECK(s->image && *s->image, "%s %d has no image path", fn, position);
   HL_CHECK(s->image_out || s->label_out, "%s %d (%s): image_out and label_out are missing", fn, position,
            hl_show_path(s->image));
   HL_CHECK(!s->label || s->label_out, "%s %d (%s): it has a label path but no label_out", fn, position,
            hl_show_path(s->image));
   HL_CHECK(s->resize_h >= 0 && s->resize_w >= 0 && !s->resize_h == !s->resize_w && s->resize_h <= HL_HOST_MAX_PIXELS &&
                s->resize_w <= HL_HOST_MAX_PIXELS,
            "%s %d (%s): resize must be two sides of at least 1, or 0 and 0, got %d x %d", fn, position,
            hl_show_path(s->image), s->resize_h, s->resize_w);
   HL_CHECK(s->scale > 0 && s->scale <= 1e6, "%s %d (%s): scale must be above 0 and at most 1e6, got %g", fn, position,
            hl_show_path(s->image), s->scale);
   HL_CHECK(s->crop_h > 0 && s->crop_w > 0 && s->crop_h <= HL_HOST_MAX_PIXELS / s->crop_w,
            "%s %d (%s): crop must have 1 to %d pixels, got %d x %d", fn, position, hl_show_path(s->image),
            HL_HOST_MAX_PIXELS, s->crop_h, s->crop_w);
   HL_CHECK(s->brightness >= 0 && s->contrast >= 0 && s->saturation >= 0 && s->brightness <= 1e6 &&
                s->contrast <= 1e6 && s->saturation <= 1e6,
            "%s %d (%s): brightness, contrast and saturation must be 0..1e6 (1 for no change), got %g, %g, %g", fn,
            position, hl_show_path(s->image), s->brightness, s->contrast, s->saturation);
   HL_CHECK(s->hue >= -0.5 && s->hue <= 0.5, "%s %d (%s): hue must be -0.5..0.5, got %g", fn, position,
            hl_show_path(s->image), s->hue);
   unsigned kinds = 0;
   for (int i = 0; i < 4; i++)
      if (s->jitter_order[i] >= 0 && s->jitter_order[i] < 4) kinds |= 1u << s->jitter_order[i];
   HL_CHECK(kinds == 15, "%s %d (%s): jitter_order must be a permutation of 0, 1, 2, 3, got %d, %d, %d, %d", fn,
            position, hl_show_path(s->image), s->jitter_order[0], s->jitter_order[1], s->jitter_order[2],
            s->jitter_order[3]);
   HL_CHECK(s->blur >= 0 && s->blur <= 100, "%s %d (%s): blur must be 0..100 pixels, got %g", fn, position,
            hl_show_path(s->image), s->blur);
   for (int c = 0; c < 3; c++)
      HL_CHECK(isfinite(s->mean[c]) && isfinite(s->std[c]) && s->std[c] > 0,
               "%s %d (%s): mean must be finite and std above 0, got %g and %g", fn, position, hl_show_path(s->image),
               (double)s->mean[c], (double)s->std[c]);
   HL_CHECK(s->void_label >= 0 && s->void_label <= 255, "%s %d (%s): void_label must be 0..255, got %d", fn, position,
            hl_show_path(s->image), s->void_label);
   HL_CHECK(!s->label || (s->classes >= 1 && s->classes <= 256), "%s %d (%s): classes must be 1..256, got %d", fn,
            position, hl_show_path(s->image), s->classes);
   HL_CHECK(s->remap_size >= 0 && s->remap_size <= 65536, "%s %d (%s): remap_size must be 0..65536, got %d", fn,
            position, hl_show_path(s->image), s->remap_size);
   if (!s->colours) return 0;
   HL_CHECK(s->colour_ids && s->colour_count >= 1 && s->colour_count <= HL_LABEL_COLOURS,
            "%s %d (%s): a table of colours needs 1..%d colours and their ids, got %d", fn, position,
            hl_show_path(s->image), HL_LABEL_COLOURS, s->colour_count);
   HL_CHECK(s->other_colour >= -1 && s->other_colour <= 255, "%s %d (%s): other_colour must be -1..255, got %d", fn,
            position, hl_show_path(s->image), s->other_colour);
   return 0;
}

/* One axis of the crop, before mirroring: outputs skip .. skip + count lie inside the image and show its pixels from
 * begin on. */
typedef struct {
   int begin, count, skip;
} span;

static span inside(int crop, int crop_size, int size)
{
   int64_t from = crop > 0 ? crop : 0, to = (int64_t)crop + crop_size;
   if (to > size) to = size;
   if (to <= from) return (span){0, 0, 0};
   return (span){(int)from, (int)(to - from), (int)(from - crop)};
}

/* The mirrored crop has its inside elsewhere. */
static int left_of(const span *x, const hl_host_sample *s)
{
   return s->flip ? s->crop_w - x->skip - x->count : x->skip;
}

static int fill_image(const hl_host_sample *s, const hl_image *image, int h, int w, const span *y, const span *x,
                      hl_workspace *work)
{
   size_t n = (size_t)y->count * x->count, slot = (size_t)s->crop_h * s->crop_w;
   if (n < slot) memset(s->image_out, 0, 3 * slot * sizeof(float));
   if (n == 0) return 0;
   double step_y = (double)image->height / h, step_x = (double)image->width / w;
   HL_TRY(hl_buffer_need("loader", &work->planes, 3 * n * sizeof(float)));
   HL_TRY(hl_axis_make(&work->y, y->begin, y->count, step_y, image->height));
   HL_TRY(hl_axis_make(&work->x, x->begin, x->count, step_x, image->width));
   float *planes = work->planes.data;
   HL_TRY(hl_resample(planes, image, &work->y, y->count, &work->x, x->count, s->flip, &work->scratch));
   hl_jitter(planes, n, s);
   if (s->blur > 0) HL_TRY(hl_blur(planes, y->count, x->count, s->blur, &work->scratch));
   for (int c = 0; c < 3; c++) {
      float mean = s->mean[c], inverse = 1 / s->std[c];
      for (int i = 0; i < y->count; i++) {
         const float *restrict from = planes + c * n + (size_t)i * x->count;
         float *restrict to = s->image_out + c * slot + (size_t)(y->skip + i) * s->crop_w + left_of(x, s);
         for (int j = 0; j < x->count; j++) to[j] = (from[j] - mean) * inverse;
      }
   }
   return 0;
}

/* The input whose area holds the centre of output i. */
static int32_t nearest(int i, int size, int scaled)
{
   return (int32_t)((2 * (int64_t)i + 1) * size / (2 * (int64_t)scaled));
}

static int fill_label(const hl_host_sample *s, const hl_image *label, const uint8_t *classes, int h, int w,
                      const span *y, const span *x, hl_workspace *work)
{
   size_t slot = (size_t)s->crop_h * s->crop_w;
   if (!label || (size_t)y->count * x->count < slot) memset(s->label_out, s->void_label, slot);
   if (!label) return 0;
   HL_TRY(hl_buffer_need("loader", &work->columns, (size_t)x->count * sizeof(int32_t)));
   int32_t *column = work->columns.data;
   for (int j = 0; j < x->count; j++) column[s->flip ? x->count - 1 - j : j] = nearest(x->begin + j, label->width, w);
   for (int i = 0; i < y->count; i++) {
      const uint8_t *from =
          (const uint8_t *)label->pixels.data + (size_t)nearest(y->begin + i, label->height, h) * label->width;
      uint8_t *to = s->label_out + (size_t)(y->skip + i) * s->crop_w + left_of(x, s);
      for (int j = 0; j < x->count; j++) to[j] = classes[from[column[j]]];
   }
   return 0;
}

static void fill_mask(const hl_host_sample *s, const span *y, const span *x)
{
   memset(s->mask_out, 0, (size_t)s->crop_h * s->crop_w);
   for (int i = 0; i < y->count; i++)
      memset(s->mask_out + (size_t)(y->skip + i) * s->crop_w + left_of(x, s), 1, (size_t)x->count);
}

static int check_size(const hl_host_sample *s, const hl_host_image *info, const hl_image *map)
{
   int w = info->turned_width, h = info->turned_height;
   if (map->width == w && map->height == h) return 0;
   if (info->orientation > 1 && map->width == info->width && map->height == info->height)
      return hl_fail(
          "loader: %s has %d x %d pixels once turned as its EXIF orientation %d asks, but its label map %s has "
          "%d x %d; turn the label map, or take the orientation out of the picture",
          hl_show_path(s->image), w, h, info->orientation, hl_show_path(s->label), map->width, map->height);
   return hl_fail("loader: %s has %d x %d pixels but its label map %s has %d x %d", hl_show_path(s->image), w, h,
                  hl_show_path(s->label), map->width, map->height);
}

int hl_sample_fill(const hl_host_sample *s, const hl_sources *sources, hl_workspace *work)
{
   const hl_decoded *image = sources->image, *label = sources->label;
   const hl_host_image *info = &image->image.info;
   uint8_t classes[256];
   if (label) {
      HL_TRY(check_size(s, info, &label->image));
      HL_TRY(hl_label_classes(s, label, classes));
   }
   int h = hl_host_scaled_size(s->resize_h ? s->resize_h : info->turned_height, s->scale);
   int w = hl_host_scaled_size(s->resize_w ? s->resize_w : info->turned_width, s->scale);
   span y = inside(s->crop_y, s->crop_h, h), x = inside(s->crop_x, s->crop_w, w);
   if (y.count == 0 || x.count == 0) y.count = x.count = 0;
   if (s->image_out) HL_TRY(fill_image(s, &image->image, h, w, &y, &x, work));
   if (s->label_out) HL_TRY(fill_label(s, label ? &label->image : NULL, classes, h, w, &y, &x, work));
   if (s->mask_out) fill_mask(s, &y, &x);
   return 0;
}

static int read_image(const hl_host_sample *s, hl_cache *cache, hl_workspace *w, hl_sources *sources)
{
   if (s->image_out)
      return hl_cache_get(cache, s->image, HL_HOST_RGB, s, &w->file, &w->image, &sources->image, &sources->image_entry);
   return hl_source_read(&w->file, "loader", s->image) || hl_image_info(&w->file, &w->image.image.info);
}

int hl_sample_read(const hl_host_sample *s, hl_cache *cache, hl_workspace *w, hl_sources *sources)
{
   *sources = (hl_sources){.image = &w->image};
   HL_TRY(read_image(s, cache, w, sources));
   if (!s->label) return 0;
   return hl_cache_get(cache, s->label, hl_label_want(s), s, &w->file, &w->label, &sources->label,
                       &sources->label_entry);
}

void hl_sample_give_back(hl_cache *cache, hl_sources *sources)
{
   hl_cache_give_back(cache, sources->image_entry);
   hl_cache_give_back(cache, sources->label_entry);
}

void hl_workspace_release(hl_workspace *w)
{
   hl_buffer *all[] = {&w->file.buffer,
                       &w->image.image.pixels,
                       &w->label.image.pixels,
                       &w->x.memory,
                       &w->y.memory,
                       &w->planes,
                       &w->scratch,
                       &w->columns};
   for (size_t i = 0; i < sizeof all / sizeof *all; i++) hl_buffer_release(all[i]);
}
