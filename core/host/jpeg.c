#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>
#include "image.h"
#include "interrupt.h"

/* libjpeg reports errors through error_exit, which must not return: it jumps back to the one entry point that set the
 * jump. What the jump must find again lives in a structure of the entry point's caller. */
typedef struct {
   struct jpeg_error_mgr base; /* first: libjpeg's pointer to it is a pointer to this */
   struct jpeg_progress_mgr progress;
   jmp_buf jump;
   const char *fn, *path;
   bool said; /* hl_fail was called already */
   union {
      struct jpeg_decompress_struct in;
      struct jpeg_compress_struct out;
   } codec;
   unsigned char *written; /* by jpeg_mem_dest */
   unsigned long written_bytes;
} session;

static void on_error(j_common_ptr codec)
{
   session *s = (session *)codec->err;
   char reason[JMSG_LENGTH_MAX];
   if (!s->said) {
      s->base.format_message(codec, reason);
      hl_fail("%s: %s: %s%s", s->fn, hl_show_path(s->path), codec->is_decompressor ? "damaged JPEG: " : "", reason);
   }
   longjmp(s->jump, 1);
}

/* libjpeg goes on after warnings; those that mean lost pixels end the decoding here. */
static void on_message(j_common_ptr codec, int level)
{
   if (level >= 0) return;
   switch (codec->err->msg_code) {
   case JWRN_JPEG_EOF:
   case JWRN_HIT_MARKER:
   case JWRN_HUFF_BAD_CODE:
   case JWRN_ARITH_BAD_CODE:
   case JWRN_MUST_RESYNC:
   case JWRN_NOT_SEQUENTIAL:
   case JWRN_BOGUS_PROGRESSION:
      codec->err->error_exit(codec);
   }
}

static void on_output(j_common_ptr codec)
{
   (void)codec;
}

static void stop(session *s)
{
   s->said = true;
   s->base.error_exit((j_common_ptr)&s->codec);
}

/* A few kilobytes can ask for thousands of passes over a huge image. */
static void on_progress(j_common_ptr codec)
{
   enum { MAX_SCANS = 500 };
   session *s = (session *)codec->err;
   if (hl_interrupt_poll()) stop(s);
   if (!codec->is_decompressor || s->codec.in.input_scan_number <= MAX_SCANS) return;
   hl_fail("%s: %s: damaged JPEG: more than %d scans", s->fn, hl_show_path(s->path), MAX_SCANS);
   stop(s);
}

static void set_errors(session *s)
{
   s->codec.in.err = jpeg_std_error(&s->base);
   s->base.error_exit = on_error;
   s->base.emit_message = on_message;
   s->base.output_message = on_output;
   s->progress.progress_monitor = on_progress;
}

static int orientation(const struct jpeg_decompress_struct *in)
{
   for (const struct jpeg_marker_struct *m = in->marker_list; m; m = m->next)
      if (m->data_length >= 6 && memcmp(m->data, "Exif\0", 6) == 0) return hl_exif_orientation(m->data, m->data_length);
   return 1;
}

static void read_header(session *s, const hl_source *from, hl_host_image *info)
{
   struct jpeg_decompress_struct *in = &s->codec.in;
   jpeg_create_decompress(in);
   in->progress = &s->progress;
   jpeg_mem_src(in, from->buffer.data, from->bytes);
   jpeg_save_markers(in, JPEG_APP0 + 1, 0xffff);
   jpeg_read_header(in, TRUE);
   if (hl_check_pixels(from, in->image_width, in->image_height)) stop(s);
   if (in->jpeg_color_space == JCS_UNKNOWN) {
      hl_fail("%s: %s: a JPEG of %d channels of unknown meaning; convert it to RGB", s->fn, hl_show_path(s->path),
              in->num_components);
      stop(s);
   }
   *info = (hl_host_image){.format = HL_HOST_JPEG,
                           .width = (int32_t)in->image_width,
                           .height = (int32_t)in->image_height,
                           .channels = in->jpeg_color_space == JCS_GRAYSCALE ? 1 : 3,
                           .bits = 8};
   hl_set_orientation(info, orientation(in));
}

/* Adobe's programs store inverted inks and say so by their marker. */
static void inks_to_rgb(uint8_t *rgb, const uint8_t *cmyk, int width, bool adobe)
{
   int flip = adobe ? 0 : 255;
   for (int x = 0; x < width; x++) {
      int white = cmyk[4 * x + 3] ^ flip;
      for (int c = 0; c < 3; c++) rgb[3 * x + c] = (uint8_t)(((cmyk[4 * x + c] ^ flip) * white + 127) / 255);
   }
}

static void read_pixels(session *s, const hl_source *from, int want, hl_image *image)
{
   struct jpeg_decompress_struct *in = &s->codec.in;
   bool inks = in->jpeg_color_space == JCS_CMYK || in->jpeg_color_space == JCS_YCCK;
   bool grey = in->jpeg_color_space == JCS_GRAYSCALE && want == HL_HOST_STORED;
   in->out_color_space = inks ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
   jpeg_start_decompress(in);
   image->width = (int32_t)in->output_width;
   image->height = (int32_t)in->output_height;
   image->channels = grey ? 1 : 3;
   image->sample_bytes = 1;
   size_t row = (size_t)image->width * image->channels;
   if (hl_buffer_need(from->fn, &image->pixels, row * image->height)) stop(s);
   uint8_t *out = image->pixels.data;
   JSAMPARRAY four =
       inks ? in->mem->alloc_sarray((j_common_ptr)in, JPOOL_IMAGE, 4 * (JDIMENSION)image->width, 1) : NULL;
   while (in->output_scanline < in->output_height) {
      uint8_t *to = out + row * in->output_scanline;
      jpeg_read_scanlines(in, inks ? four : &to, 1);
      if (inks) inks_to_rgb(to, four[0], image->width, in->saw_Adobe_marker);
   }
   jpeg_finish_decompress(in);
}

/* The header, and the pixels where image is not NULL. */
static int read_jpeg(session *s, const hl_source *from, int want, hl_host_image *info, hl_image *image)
{
   if (setjmp(s->jump)) {
      jpeg_destroy_decompress(&s->codec.in);
      return 1;
   }
   read_header(s, from, info);
   if (image) read_pixels(s, from, want, image);
   jpeg_destroy_decompress(&s->codec.in);
   return 0;
}

int hl_jpeg_info(const hl_source *from, hl_host_image *info)
{
   session s = {.fn = from->fn, .path = from->path};
   set_errors(&s);
   return read_jpeg(&s, from, HL_HOST_STORED, info, NULL);
}

int hl_jpeg_decode(const hl_source *from, int want, hl_image *image)
{
   session s = {.fn = from->fn, .path = from->path};
   HL_TRY(hl_check_exact(from, "JPEG", want));
   set_errors(&s);
   return read_jpeg(&s, from, want, &image->info, image);
}

/* ---- writing ---- */

static int write_jpeg(session *s, const hl_tensor *x, int quality)
{
   struct jpeg_compress_struct *out = &s->codec.out;
   if (setjmp(s->jump)) {
      jpeg_destroy_compress(out);
      return 1;
   }
   jpeg_create_compress(out);
   out->progress = &s->progress;
   jpeg_mem_dest(out, &s->written, &s->written_bytes);
   out->image_height = (JDIMENSION)x->size[0];
   out->image_width = (JDIMENSION)x->size[1];
   out->input_components = x->ndim == 3 ? (int)x->size[2] : 1;
   out->in_color_space = out->input_components == 3 ? JCS_RGB : JCS_GRAYSCALE;
   jpeg_set_defaults(out);
   jpeg_set_quality(out, quality, TRUE);
   jpeg_start_compress(out, TRUE);
   while (out->next_scanline < out->image_height) {
      JSAMPROW row =
          (JSAMPROW)x->data + (size_t)out->next_scanline * out->image_width * (unsigned)out->input_components;
      jpeg_write_scanlines(out, &row, 1);
   }
   jpeg_finish_compress(out);
   jpeg_destroy_compress(out);
   return 0;
}

HL_API int hl_host_jpeg_write(const char *path, const hl_tensor *x, int quality)
{
   static const char fn[] = "jpeg_write";
   session s = {.fn = fn, .path = path};
   hl_host_file *file;
   HL_CHECK(path && *path, "%s: a path is needed", fn);
   HL_TRY(hl_need_host(fn, "x", x));
   HL_TRY(hl_need_dtype(fn, "x", x, HL_U8));
   HL_CHECK(x->ndim == 2 || (x->ndim == 3 && (x->size[2] == 1 || x->size[2] == 3)),
            "%s: x must be (height,width) or (height,width,channels) with 1 or 3 channels, got %s", fn, hl_show(x));
   HL_CHECK(x->size[0] > 0 && x->size[1] > 0 && x->size[0] <= JPEG_MAX_DIMENSION && x->size[1] <= JPEG_MAX_DIMENSION,
            "%s: the sides must be 1 to %ld, got %s", fn, JPEG_MAX_DIMENSION, hl_show(x));
   HL_CHECK(quality >= 1 && quality <= 100, "%s: quality must be 1..100, got %d", fn, quality);
   set_errors(&s);
   int rc = write_jpeg(&s, x, quality) || hl_host_file_create(&file, path);
   if (!rc) {
      rc = hl_host_file_write(file, s.written, (int64_t)s.written_bytes);
      if (rc)
         hl_host_file_abort(file);
      else
         rc = hl_host_file_commit(file);
   }
   free(s.written);
   return rc;
}
