#include <string.h>
#include "image.h"

int hl_image_info(const hl_source *s, hl_host_image *info)
{
   switch (hl_image_format(s->buffer.data, s->bytes)) {
   case HL_HOST_PNG:
      return hl_png_info(s, info);
   case HL_HOST_JPEG:
      return hl_jpeg_info(s, info);
   case HL_HOST_WEBP:
      return hl_webp_info(s, info);
   case HL_HOST_TIFF:
      return hl_tiff_info(s, info);
   case HL_HOST_BMP:
      return hl_bmp_info(s, info);
   }
   return hl_fail("%s: %s: none of PNG, JPEG, WebP, TIFF and BMP%s", s->fn, hl_show_path(s->path),
                  s->bytes ? "" : " (it is empty)");
}

static int decode(const hl_source *s, int format, int want, hl_image *image)
{
   switch (format) {
   case HL_HOST_PNG:
      return hl_png_decode(s, want, image);
   case HL_HOST_JPEG:
      return hl_jpeg_decode(s, want, image);
   case HL_HOST_WEBP:
      return hl_webp_decode(s, want, image);
   case HL_HOST_TIFF:
      return hl_tiff_decode(s, want, image);
   default:
      return hl_bmp_decode(s, want, image);
   }
}

/* In place: of grey with alpha, or grey as RGB, the grey. */
static int grey_of(const hl_source *s, hl_image *image)
{
   size_t n = (size_t)image->width * image->height;
   int channels = image->channels;
   uint8_t *narrow = image->pixels.data;
   uint16_t *wide = image->pixels.data;
   for (size_t i = 0; i < n; i++) {
      if (image->sample_bytes == 2) {
         wide[i] = wide[i * channels];
         continue;
      }
      const uint8_t *p = narrow + i * channels;
      if (channels >= 3 && (p[1] != p[0] || p[2] != p[0]))
         return hl_fail(
             "%s: %s: a label map must be a palette or grey image of at most 16 bits; this one has the colour "
             "%d %d %d at (x %zu, y %zu); where its colours are classes, give a table of colours",
             s->fn, hl_show_path(s->path), p[0], p[1], p[2], i % image->width, i / image->width);
      narrow[i] = p[0];
   }
   image->channels = 1;
   return 0;
}

int hl_image_decode(const hl_source *s, const hl_host_image *info, int want, hl_image *image)
{
   if (want == HL_HOST_LABELS && info->channels > 1 && (info->bits == 8 || (info->bits == 16 && info->channels == 2))) {
      HL_TRY(decode(s, info->format, info->bits == 8 ? HL_HOST_COLOURS : HL_HOST_STORED, image));
      return grey_of(s, image);
   }
   HL_TRY(decode(s, info->format, want, image));
   return want == HL_HOST_RGB ? hl_turn(s->fn, image) : 0;
}

HL_API int hl_host_image_info(const char *path, hl_host_image *info)
{
   hl_source s = {0};
   int rc = hl_source_read(&s, "image_info", path) || hl_image_info(&s, info);
   hl_buffer_release(&s.buffer);
   return rc;
}

static int check_output(const hl_source *s, const hl_tensor *y, const hl_image *image)
{
   int dtype = image->sample_bytes == 2 ? HL_I32 : HL_U8;
   hl_tensor expected = {.dtype = dtype, .ndim = 3, .size = {image->height, image->width, image->channels}};
   hl_tensor flat = {.dtype = dtype, .ndim = 2, .size = {image->height, image->width}};
   HL_CHECK(y->dtype == dtype && (hl_same_size(y, &expected) || (image->channels == 1 && hl_same_size(y, &flat))),
            "%s: %s needs a %s tensor, got %s", s->fn, hl_show_path(s->path), hl_show(&expected), hl_show(y));
   return 0;
}

static int read_into(const hl_source *s, hl_image *image, hl_tensor *y, int want)
{
   hl_host_image info;
   HL_TRY(hl_image_info(s, &info));
   HL_TRY(hl_image_decode(s, &info, want, image));
   HL_TRY(check_output(s, y, image));
   int64_t n = hl_numel(y);
   if (image->sample_bytes == 1) {
      memcpy(y->data, image->pixels.data, (size_t)n);
   } else {
      const uint16_t *from = image->pixels.data;
      int32_t *to = y->data;
      for (int64_t i = 0; i < n; i++) to[i] = from[i];
   }
   return 0;
}

HL_API int hl_host_image_read(const char *path, hl_tensor *y, int want)
{
   static const char fn[] = "image_read";
   hl_source s = {0};
   hl_image image = {0};
   HL_CHECK(want >= HL_HOST_STORED && want <= HL_HOST_COLOURS,
            "%s: want must be stored, labels, rgb or colours, got %d", fn, want);
   HL_TRY(hl_need_host(fn, "y", y));
   int rc = hl_source_read(&s, fn, path) || read_into(&s, &image, y, want);
   hl_buffer_release(&s.buffer);
   hl_buffer_release(&image.pixels);
   return rc;
}
