/* decode.c: what spec/bench/decode.lua measures hilo's reading of pictures against: each library's own loop, with
 * nothing around it, and pictures of the kinds that hilo does not write. Errors end in -1; the pictures are known to be
 * sound. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>
#include <webp/encode.h>

static uint8_t *file, *row;
static size_t file_room, row_room;

static void *room(uint8_t **p, size_t *have, size_t need)
{
   if (need > *have) *p = realloc(*p, *have = need);
   return *p;
}

/* The bytes of a file, in memory that is used again. */
static size_t read_file(const char *path)
{
   FILE *f = fopen(path, "rb");
   if (!f) return 0;
   fseek(f, 0, SEEK_END);
   size_t bytes = (size_t)ftell(f);
   rewind(f);
   bytes = fread(room(&file, &file_room, bytes), 1, bytes, f);
   fclose(f);
   return bytes;
}

/* ---- reading: rgb is (H,W,3) ---- */

int bare_jpeg(const char *path, uint8_t *rgb)
{
   struct jpeg_decompress_struct in;
   struct jpeg_error_mgr errors;
   size_t bytes = read_file(path);
   in.err = jpeg_std_error(&errors);
   jpeg_create_decompress(&in);
   jpeg_mem_src(&in, file, bytes);
   jpeg_read_header(&in, TRUE);
   in.out_color_space = JCS_RGB;
   jpeg_start_decompress(&in);
   while (in.output_scanline < in.output_height) {
      JSAMPROW to = rgb + (size_t)in.output_scanline * in.output_width * 3;
      jpeg_read_scanlines(&in, &to, 1);
   }
   jpeg_finish_decompress(&in);
   jpeg_destroy_decompress(&in);
   return 0;
}

static void give(png_structp png, png_bytep to, size_t bytes)
{
   uint8_t **at = png_get_io_ptr(png);
   memcpy(to, *at, bytes);
   *at += bytes;
}

int bare_png(const char *path, uint8_t *rgb)
{
   if (!read_file(path)) return -1;
   uint8_t *at = file;
   png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
   png_infop head = png_create_info_struct(png);
   if (setjmp(png_jmpbuf(png))) return -1;
   png_set_read_fn(png, &at, give);
   png_read_info(png, head);
   size_t bytes = png_get_rowbytes(png, head);
   for (uint32_t y = 0; y < png_get_image_height(png, head); y++) png_read_row(png, rgb + bytes * y, NULL);
   png_read_end(png, NULL);
   png_destroy_read_struct(&png, &head, NULL);
   return 0;
}

int bare_webp(const char *path, uint8_t *rgb)
{
   int width, height;
   size_t bytes = read_file(path);
   if (!WebPGetInfo(file, bytes, &width, &height)) return -1;
   return WebPDecodeRGBInto(file, bytes, rgb, (size_t)width * height * 3, width * 3) ? 0 : -1;
}

/* libtiff reads the file itself. */
int bare_tiff(const char *path, uint8_t *rgb)
{
   TIFF *t = TIFFOpen(path, "r");
   if (!t) return -1;
   for (uint32_t strip = 0; strip < TIFFNumberOfStrips(t); strip++) {
      tmsize_t got = TIFFReadEncodedStrip(t, strip, rgb, -1);
      if (got < 0) return -1;
      rgb += got;
   }
   TIFFClose(t);
   return 0;
}

static uint32_t little(const uint8_t *p)
{
   return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* BMP has no library: rows from the last, blue before red. */
int bare_bmp(const char *path, uint8_t *rgb)
{
   if (read_file(path) < 54) return -1;
   uint32_t width = little(file + 18), height = little(file + 22), bytes = (width * 3 + 3) & ~3u;
   for (uint32_t y = 0; y < height; y++) {
      const uint8_t *from = file + little(file + 10) + (size_t)bytes * (height - 1 - y);
      for (uint32_t x = 0; x < width; x++, rgb += 3, from += 3) {
         rgb[0] = from[2];
         rgb[1] = from[1];
         rgb[2] = from[0];
      }
   }
   return 0;
}

/* ---- writing ---- */

int make_webp(const char *path, const uint8_t *rgb, int width, int height, int lossless)
{
   uint8_t *out = NULL;
   size_t bytes = lossless ? WebPEncodeLosslessRGB(rgb, width, height, width * 3, &out)
                           : WebPEncodeRGB(rgb, width, height, width * 3, 90, &out);
   FILE *f = bytes ? fopen(path, "wb") : NULL;
   int ok = f && fwrite(out, 1, bytes, f) == bytes;
   if (f) ok &= fclose(f) == 0;
   WebPFree(out);
   return ok ? 0 : -1;
}

/* compression: libtiff's; strips of 8 KB, as libtiff chooses. */
int make_tiff(const char *path, const uint8_t *rgb, int width, int height, int compression)
{
   TIFF *t = TIFFOpen(path, "w");
   if (!t) return -1;
   TIFFSetField(t, TIFFTAG_IMAGEWIDTH, width);
   TIFFSetField(t, TIFFTAG_IMAGELENGTH, height);
   TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
   TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 3);
   TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
   TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
   TIFFSetField(t, TIFFTAG_COMPRESSION, compression);
   TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, TIFFDefaultStripSize(t, 0));
   room(&row, &row_room, (size_t)width * 3);
   for (int y = 0; y < height; y++) {
      memcpy(row, rgb + (size_t)y * width * 3, (size_t)width * 3);
      if (TIFFWriteScanline(t, row, (uint32_t)y, 0) < 0) return -1;
   }
   TIFFClose(t);
   return 0;
}

int make_bmp(const char *path, const uint8_t *rgb, int width, int height)
{
   uint32_t bytes = ((uint32_t)width * 3 + 3) & ~3u, size = 54 + bytes * (uint32_t)height;
   uint8_t head[54] = {'B', 'M'};
   uint32_t fields[][2] = {{2, size},         {10, 54}, {14, 40}, {18, (uint32_t)width}, {22, (uint32_t)height},
                           {26, 1 | 24 << 16}};
   for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
      for (int b = 0; b < 4; b++) head[fields[i][0] + b] = (uint8_t)(fields[i][1] >> 8 * b);
   FILE *f = fopen(path, "wb");
   if (!f) return -1;
   fwrite(head, 1, sizeof head, f);
   memset(room(&row, &row_room, bytes), 0, bytes);
   for (int y = height - 1; y >= 0; y--) {
      const uint8_t *from = rgb + (size_t)y * width * 3;
      for (int i = 0; i < width * 3; i++) row[i] = from[i - i % 3 + 2 - i % 3];
      fwrite(row, 1, bytes, f);
   }
   return fclose(f) == 0 ? 0 : -1;
}
