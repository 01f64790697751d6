#include <string.h>
#include "image.h"

int hl_image_info(const hl_source *s, hl_host_image *info)
{
   static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, jpeg[] = {0xff, 0xd8, 0xff};
   if (s->bytes >= sizeof png && memcmp(s->buffer.data, png, sizeof png) == 0) return hl_png_info(s, info);
   if (s->bytes >= sizeof jpeg && memcmp(s->buffer.data, jpeg, sizeof jpeg) == 0) return hl_jpeg_info(s, info);
   return hl_fail("%s: %s: neither a PNG nor a JPEG%s", s->fn, hl_show_path(s->path), s->bytes ? "" : " (it is empty)");
}

int hl_image_decode(const hl_source *s, const hl_host_image *info, int want, int reduction, hl_image *image)
{
   return info->format == HL_HOST_PNG ? hl_png_decode(s, want, image) : hl_jpeg_decode(s, want, reduction, image);
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
   HL_TRY(hl_image_decode(s, &info, want, 1, image));
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
   HL_CHECK(want >= HL_HOST_STORED && want <= HL_HOST_RGB, "%s: want must be stored, labels or rgb, got %d", fn, want);
   HL_TRY(hl_need_host(fn, "y", y));
   int rc = hl_source_read(&s, fn, path) || read_into(&s, &image, y, want);
   hl_buffer_release(&s.buffer);
   hl_buffer_release(&image.pixels);
   return rc;
}
