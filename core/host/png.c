#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image.h"
#include "interrupt.h"

/* libpng reports errors by longjmp. Each entry point below sets the jump once and keeps everything that the jump must
 * find again in a structure of its caller's. */
typedef struct {
   const hl_source *source;
   size_t at;
   char reason[160];
} reading;

static void on_error(png_structp png, png_const_charp message)
{
   reading *r = png_get_error_ptr(png);
   snprintf(r->reason, sizeof r->reason, "%s", message);
   png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
   (void)png;
   (void)message;
}

static void give(png_structp png, png_bytep data, size_t bytes)
{
   reading *r = png_get_io_ptr(png);
   if (bytes > r->source->bytes - r->at) png_error(png, "the file is cut short");
   memcpy(data, (const char *)r->source->buffer.data + r->at, bytes);
   r->at += bytes;
}

static void read_header(png_structp png, png_infop head, const hl_source *s, hl_host_image *info)
{
   png_read_info(png, head);
   uint32_t width = png_get_image_width(png, head), height = png_get_image_height(png, head);
   if (hl_check_pixels(s, width, height)) png_error(png, "");
   *info = (hl_host_image){.format = HL_HOST_PNG,
                           .width = (int32_t)width,
                           .height = (int32_t)height,
                           .channels = png_get_channels(png, head),
                           .bits = png_get_bit_depth(png, head),
                           .is_palette = png_get_color_type(png, head) == PNG_COLOR_TYPE_PALETTE};
   png_colorp colours;
   if (info->is_palette && png_get_PLTE(png, head, &colours, &info->palette_size))
      for (int i = 0; i < info->palette_size; i++)
         memcpy(info->palette + 3 * i, (uint8_t[]){colours[i].red, colours[i].green, colours[i].blue}, 3);
   png_bytep exif;
   png_uint_32 bytes;
   bool has_exif = png_get_eXIf_1(png, head, &bytes, &exif);
   hl_set_orientation(info, has_exif ? hl_exif_orientation(exif, bytes) : 1);
}

static void read_pixels(png_structp png, png_infop head, const hl_source *s, int want, hl_image *image)
{
   const hl_host_image *info = &image->info;
   if (want == HL_HOST_LABELS && hl_check_ids(s, "PNG", info)) png_error(png, "");
   if (info->is_palette || (want == HL_HOST_LABELS && info->bits <= 8)) {
      png_set_packing(png);
   } else {
      if (info->bits < 8) png_set_expand_gray_1_2_4_to_8(png);
      if (info->bits == 16 && hl_wants_rgb(want)) png_set_scale_16(png);
      if (info->bits == 16 && !hl_wants_rgb(want) &&
          (union {
             uint16_t word;
             uint8_t low;
          }){1}
              .low)
         png_set_swap(png);
      if (hl_wants_rgb(want)) {
         png_set_strip_alpha(png);
         if (info->channels <= 2) png_set_gray_to_rgb(png);
      }
   }
   int passes = png_set_interlace_handling(png);
   png_read_update_info(png, head);
   size_t row = png_get_rowbytes(png, head);
   image->width = info->width;
   image->height = info->height;
   image->channels = png_get_channels(png, head);
   image->sample_bytes = png_get_bit_depth(png, head) / 8;
   if (row != (size_t)image->width * image->channels * image->sample_bytes) png_error(png, "unexpected row size");
   if (hl_buffer_need(s->fn, &image->pixels, row * image->height)) png_error(png, "");
   for (int pass = 0; pass < passes; pass++)
      for (int y = 0; y < image->height; y++) {
         if (hl_interrupt_poll()) png_error(png, "");
         png_read_row(png, (png_bytep)image->pixels.data + row * y, NULL);
      }
   png_read_end(png, NULL);
}

/* The header, and the pixels where image is not NULL. */
static int read_png(reading *r, int want, hl_host_image *info, hl_image *image)
{
   const hl_source *s = r->source;
   png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
   png_infop head = png ? png_create_info_struct(png) : NULL;
   if (!head) {
      png_destroy_read_struct(&png, NULL, NULL);
      return hl_fail("%s: %s: out of memory", s->fn, hl_show_path(s->path));
   }
   if (setjmp(png_jmpbuf(png))) {
      png_destroy_read_struct(&png, &head, NULL);
      /* Without a reason of libpng's the text is set already. */
      return *r->reason ? hl_fail("%s: %s: damaged PNG: %s", s->fn, hl_show_path(s->path), r->reason) : 1;
   }
   png_set_read_fn(png, r, give);
   png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
   read_header(png, head, s, info);
   if (image) read_pixels(png, head, s, want, image);
   png_destroy_read_struct(&png, &head, NULL);
   return 0;
}

int hl_png_info(const hl_source *s, hl_host_image *info)
{
   reading r = {.source = s};
   return read_png(&r, HL_HOST_STORED, info, NULL);
}

int hl_png_decode(const hl_source *s, int want, hl_image *image)
{
   reading r = {.source = s};
   HL_TRY(read_png(&r, want, &image->info, image));
   return image->info.is_palette && hl_wants_rgb(want) ? hl_apply_palette(s, "PNG", image) : 0;
}

/* ---- writing ---- */

typedef struct {
   const char *path;
   hl_host_file *file;
   const hl_tensor *x;
   const uint8_t *palette;
   int palette_size;
   uint8_t *row; /* 16 bit values in PNG's byte order */
} writing;

static void on_write_error(png_structp png, png_const_charp message)
{
   writing *w = png_get_error_ptr(png);
   if (*message) hl_fail("png_write: %s: %s", hl_show_path(w->path), message);
   png_longjmp(png, 1);
}

static void take(png_structp png, png_bytep data, size_t bytes)
{
   writing *w = png_get_io_ptr(png);
   if (hl_host_file_write(w->file, data, (int64_t)bytes)) png_error(png, "");
}

static void flush(png_structp png)
{
   (void)png;
}

static void write_all(png_structp png, png_infop head, writing *w)
{
   static const int kinds[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                               PNG_COLOR_TYPE_RGB_ALPHA};
   const hl_tensor *x = w->x;
   int channels = x->ndim == 3 ? (int)x->size[2] : 1;
   size_t row = (size_t)x->size[1] * channels;
   png_set_write_fn(png, w, take, flush);
   png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
   png_set_IHDR(png, head, (png_uint_32)x->size[1], (png_uint_32)x->size[0], x->dtype == HL_U8 ? 8 : 16,
                w->palette ? PNG_COLOR_TYPE_PALETTE : kinds[channels], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                PNG_FILTER_TYPE_DEFAULT);
   if (w->palette) {
      png_color colours[256];
      for (int i = 0; i < w->palette_size; i++)
         colours[i] = (png_color){w->palette[3 * i], w->palette[3 * i + 1], w->palette[3 * i + 2]};
      png_set_PLTE(png, head, colours, w->palette_size);
   }
   png_write_info(png, head);
   for (int64_t y = 0; y < x->size[0]; y++) {
      const uint8_t *from = (const uint8_t *)x->data + row * y;
      if (x->dtype == HL_I32) {
         const int32_t *values = (const int32_t *)x->data + row * y;
         for (size_t i = 0; i < row; i++) png_save_uint_16(w->row + 2 * i, (unsigned)values[i]);
         from = w->row;
      }
      if (hl_interrupt_poll()) png_error(png, "");
      png_write_row(png, from);
   }
   png_write_end(png, head);
}

static int write_png(writing *w)
{
   png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w, on_write_error, on_warning);
   png_infop head = png ? png_create_info_struct(png) : NULL;
   if (!head) {
      png_destroy_write_struct(&png, NULL);
      return hl_fail("png_write: %s: out of memory", hl_show_path(w->path));
   }
   if (setjmp(png_jmpbuf(png))) {
      png_destroy_write_struct(&png, &head);
      return 1;
   }
   write_all(png, head, w);
   png_destroy_write_struct(&png, &head);
   return 0;
}

static int check_values(const char *fn, const writing *w)
{
   const hl_tensor *x = w->x;
   int64_t n = hl_numel(x), width = x->size[1] * (x->ndim == 3 ? x->size[2] : 1);
   for (int64_t i = 0; i < n; i++) {
      int32_t v = x->dtype == HL_I32 ? ((const int32_t *)x->data)[i] : ((const uint8_t *)x->data)[i];
      int32_t limit = w->palette ? w->palette_size : 65536;
      HL_CHECK(v >= 0 && v < limit, "%s: %s: values must be 0..%d, x holds %d in row %lld", fn, hl_show_path(w->path),
               limit - 1, v, (long long)(i / width));
   }
   return 0;
}

HL_API int hl_host_png_write(const char *path, const hl_tensor *x, const uint8_t *palette, int palette_size)
{
   static const char fn[] = "png_write";
   writing w = {.path = path, .x = x, .palette = palette, .palette_size = palette_size};
   HL_CHECK(path && *path, "%s: a path is needed", fn);
   HL_TRY(hl_need_host(fn, "x", x));
   HL_CHECK(x->dtype == HL_U8 || x->dtype == HL_I32, "%s: x must be uint8 (8 bits) or int32 (16 bits), got %s", fn,
            hl_show(x));
   HL_CHECK(x->ndim == 2 || (x->ndim == 3 && x->size[2] >= 1 && x->size[2] <= 4),
            "%s: x must be (height,width) or (height,width,channels) with 1 to 4 channels, got %s", fn, hl_show(x));
   HL_CHECK(x->size[0] > 0 && x->size[1] > 0 && x->size[0] <= HL_HOST_MAX_PIXELS / x->size[1],
            "%s: x must have 1 to %d pixels, got %s", fn, HL_HOST_MAX_PIXELS, hl_show(x));
   if (palette) {
      HL_CHECK(x->dtype == HL_U8 && (x->ndim == 2 || x->size[2] == 1),
               "%s: with a palette x must be (height,width) uint8, got %s", fn, hl_show(x));
      HL_CHECK(palette_size >= 1 && palette_size <= 256, "%s: a palette has 1 to 256 colours, got %d", fn,
               palette_size);
   }
   if (palette || x->dtype == HL_I32) HL_TRY(check_values(fn, &w));
   if (x->dtype == HL_I32) {
      w.row = malloc((size_t)x->size[1] * 4 * 2);
      HL_CHECK(w.row, "%s: %s: out of memory", fn, hl_show_path(path));
   }
   int rc = hl_host_file_create(&w.file, path);
   if (!rc) {
      rc = write_png(&w);
      if (rc)
         hl_host_file_abort(w.file);
      else
         rc = hl_host_file_commit(w.file);
   }
   free(w.row);
   return rc;
}
