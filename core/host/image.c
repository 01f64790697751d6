#include <string.h>
#include "image.h"

int hl_need_host(const char *fn, const char *name, const hl_tensor *t)
{
   HL_CHECK(t && t->data, "%s: %s must be a tensor with elements", fn, name);
   HL_CHECK(t->device == HL_CPU, "%s: %s must be in host memory; copy it to the CPU first", fn, name);
   return hl_need_contiguous(fn, name, t);
}

int hl_check_pixels(const hl_source *s, uint64_t width, uint64_t height)
{
   HL_CHECK(width > 0 && height > 0 && width <= HL_HOST_MAX_PIXELS / height,
            "%s: %s: its header says %llu x %llu pixels; 1 to %d pixels can be read", s->fn, hl_show_path(s->path),
            (unsigned long long)width, (unsigned long long)height, HL_HOST_MAX_PIXELS);
   return 0;
}

int hl_check_ids(const hl_source *s, const char *kind, const hl_host_image *info)
{
   HL_CHECK(
       info->channels == 1,
       "%s: %s: a label map must be a palette or grey image of at most 16 bits; this %s has %d channels of %d bits; "
       "where its colours are classes, give a table of colours",
       s->fn, hl_show_path(s->path), kind, info->channels, info->bits);
   return 0;
}

int hl_check_exact(const hl_source *s, const char *kind, int want)
{
   HL_CHECK(want != HL_HOST_LABELS && want != HL_HOST_COLOURS,
            "%s: %s: a label map must be a PNG or another lossless file; %s does not keep exact values", s->fn,
            hl_show_path(s->path), kind);
   return 0;
}

bool hl_wants_rgb(int want)
{
   return want == HL_HOST_RGB || want == HL_HOST_COLOURS;
}

/* Indices become colours here rather than in the libraries, which take indices beyond the palette for black. */
int hl_apply_palette(const hl_source *s, const char *kind, hl_image *image)
{
   const hl_host_image *info = &image->info;
   size_t n = (size_t)image->width * image->height;
   hl_buffer colours = {0};
   HL_TRY(hl_buffer_need(s->fn, &colours, 3 * n));
   const uint8_t *index = image->pixels.data;
   uint8_t *out = colours.data;
   for (size_t i = 0; i < n; i++) {
      if (index[i] >= info->palette_size) {
         hl_buffer_release(&colours);
         return hl_fail("%s: %s: damaged %s: colour %d at (%zu,%zu) is not among the palette's %d", s->fn,
                        hl_show_path(s->path), kind, index[i], i % image->width, i / image->width, info->palette_size);
      }
      memcpy(out + 3 * i, info->palette + 3 * index[i], 3);
   }
   hl_buffer_release(&image->pixels);
   image->pixels = colours;
   image->channels = 3;
   return 0;
}
