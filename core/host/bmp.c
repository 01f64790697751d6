#include <string.h>
#include "image.h"
#include "interrupt.h"

/* What the headers say. All numbers are little endian. */
typedef struct {
   const hl_source *s;
   const uint8_t *data;
   int width, height, bits, compression;
   bool top_down;
   size_t pixels;    /* where they begin */
   uint32_t mask[4]; /* of red, green, blue and alpha in pixels of 16 and 32 bits; 0 for none */
} bmp;

enum { PLAIN = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3, ALPHA_BITFIELDS = 6 };

static uint32_t number(const uint8_t *p, int bytes)
{
   uint32_t v = 0;
   for (int i = bytes - 1; i >= 0; i--) v = v << 8 | p[i];
   return v;
}

static int damaged(const bmp *b, const char *why)
{
   return hl_fail("%s: %s: damaged BMP: %s", b->s->fn, hl_show_path(b->s->path), why);
}

static int read_masks(bmp *b, size_t header)
{
   static const uint32_t rgb555[] = {0x7c00, 0x3e0, 0x1f, 0}, rgb888[] = {0xff0000, 0xff00, 0xff, 0};
   memcpy(b->mask, b->bits == 16 ? rgb555 : rgb888, sizeof b->mask);
   if (b->compression != BITFIELDS && b->compression != ALPHA_BITFIELDS) return 0;
   int masks = b->compression == ALPHA_BITFIELDS || header >= 56 ? 4 : 3;
   if (b->s->bytes < 54 + 4 * (size_t)masks) return damaged(b, "the file is cut short");
   for (int c = 0; c < masks; c++) {
      uint32_t mask = b->mask[c] = number(b->data + 54 + 4 * c, 4);
      /* Its ones lie side by side, within a pixel's bits. */
      uint32_t ones = mask ? mask >> __builtin_ctz(mask) : 0;
      if ((ones & (ones + 1)) || (b->bits == 16 && mask >> 16) || (c < 3 && !mask))
         return damaged(b, "its masks of colours make no sense");
   }
   return 0;
}

static int read_palette(bmp *b, size_t header, uint32_t used, hl_host_image *info)
{
   size_t bytes = header == 12 ? 3 : 4;
   size_t from = 14 + header + (header == 40 && b->compression == ALPHA_BITFIELDS ? 16 : 0);
   int all = 1 << b->bits;
   info->is_palette = 1;
   info->palette_size = used > 0 && used < (uint32_t)all ? (int)used : all;
   /* Some programs write fewer colours than they say. */
   size_t room = (b->pixels < b->s->bytes ? b->pixels : b->s->bytes);
   room = room > from ? (room - from) / bytes : 0;
   if (room < (size_t)info->palette_size) info->palette_size = (int)room;
   if (room == 0) return damaged(b, "it has no palette");
   for (int i = 0; i < info->palette_size; i++)
      for (int c = 0; c < 3; c++) info->palette[3 * i + c] = b->data[from + bytes * (size_t)i + 2 - (size_t)c];
   return 0;
}

static int64_t row_bytes(const bmp *b)
{
   return ((int64_t)b->width * b->bits + 31) / 32 * 4;
}

static int check_kind(const bmp *b)
{
   int c = b->compression, bits = b->bits;
   bool plain = c == PLAIN && (bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32);
   bool rle = !b->top_down && ((c == RLE8 && bits == 8) || (c == RLE4 && bits == 4));
   bool fields = (c == BITFIELDS || c == ALPHA_BITFIELDS) && (bits == 16 || bits == 32);
   HL_CHECK(
       plain || rle || fields,
       "%s: %s: a BMP of %d bits a pixel and compression %d, which cannot be read; save it as a plain BMP or a PNG",
       b->s->fn, hl_show_path(b->s->path), bits, c);
   return 0;
}

static int read_header(bmp *b, const hl_source *s, hl_host_image *info)
{
   *b = (bmp){.s = s, .data = s->buffer.data};
   if (s->bytes < 26) return damaged(b, "the file is cut short");
   size_t header = number(b->data + 14, 4);
   if (header != 12 && (header < 40 || header > 4096)) return damaged(b, "its header has an unknown length");
   if (s->bytes < 14 + header) return damaged(b, "the file is cut short");
   b->pixels = number(b->data + 10, 4);
   uint32_t used = 0;
   int64_t width, height;
   if (header == 12) {
      width = number(b->data + 18, 2);
      height = number(b->data + 20, 2);
      b->bits = (int)number(b->data + 24, 2);
   } else {
      width = (int32_t)number(b->data + 18, 4);
      height = (int32_t)number(b->data + 22, 4);
      b->bits = (int)number(b->data + 28, 2);
      b->compression = (int)number(b->data + 30, 4);
      used = number(b->data + 46, 4);
   }
   if (width <= 0) return damaged(b, "its width is not positive");
   b->top_down = height < 0;
   height = height < 0 ? -height : height;
   HL_TRY(hl_check_pixels(s, (uint64_t)width, (uint64_t)height));
   b->width = (int)width;
   b->height = (int)height;
   HL_TRY(check_kind(b));
   *info =
       (hl_host_image){.format = HL_HOST_BMP, .width = b->width, .height = b->height, .channels = 1, .bits = b->bits};
   hl_set_orientation(info, 1);
   if (b->bits <= 8) {
      HL_TRY(read_palette(b, header, used, info));
   } else {
      HL_TRY(read_masks(b, header));
      info->channels = b->mask[3] ? 4 : 3;
      info->bits = 8;
   }
   bool rle = b->compression == RLE8 || b->compression == RLE4;
   if (b->pixels < 14 + header || b->pixels > s->bytes) return damaged(b, "its pixels begin outside of the file");
   /* A pair of bytes becomes 255 pixels at most; steps may leave out more, which no program makes much use of. */
   int64_t most = (int64_t)(s->bytes - b->pixels),
           bytes = rle ? (int64_t)b->width * b->height : row_bytes(b) * b->height;
   if (bytes > (rle ? 4096 * most : most)) return damaged(b, "the file is cut short");
   return 0;
}

static void unpack_indices(uint8_t *to, const uint8_t *from, int width, int bits)
{
   int in_byte = 8 / bits, mask = (1 << bits) - 1;
   for (int x = 0; x < width; x++) to[x] = (uint8_t)(from[x / in_byte] >> (8 - bits - x % in_byte * bits) & mask);
}

static void unpack_fields(uint8_t *to, const uint8_t *from, const bmp *b, int channels)
{
   int bytes = b->bits / 8, shift[4] = {0};
   uint32_t most[4] = {0};
   for (int c = 0; c < channels; c++) {
      shift[c] = __builtin_ctz(b->mask[c]);
      most[c] = b->mask[c] >> shift[c];
   }
   for (int x = 0; x < b->width; x++, from += bytes, to += channels) {
      uint32_t pixel = number(from, bytes);
      for (int c = 0; c < channels; c++) {
         uint64_t v = (pixel & b->mask[c]) >> shift[c];
         to[c] = (uint8_t)(most[c] == 255 ? v : (v * 255 + most[c] / 2) / most[c]);
      }
   }
}

static void unpack_bytes(uint8_t *to, const uint8_t *from, int width, int bytes)
{
   for (int x = 0; x < width; x++, from += bytes, to += 3) {
      to[0] = from[2];
      to[1] = from[1];
      to[2] = from[0];
   }
}

static int read_plain(const bmp *b, uint8_t *out, int channels)
{
   static const uint32_t rgb888[] = {0xff0000, 0xff00, 0xff};
   size_t stride = (size_t)row_bytes(b), row = (size_t)b->width * channels;
   bool whole_bytes = b->bits == 24 || (b->bits == 32 && channels == 3 && !memcmp(b->mask, rgb888, sizeof rgb888));
   for (int i = 0; i < b->height; i++) {
      HL_TRY(hl_interrupt_poll());
      const uint8_t *from = b->data + b->pixels + stride * i;
      uint8_t *to = out + row * (b->top_down ? i : b->height - 1 - i);
      if (b->bits <= 8)
         unpack_indices(to, from, b->width, b->bits);
      else if (whole_bytes)
         unpack_bytes(to, from, b->width, b->bits / 8);
      else
         unpack_fields(to, from, b, channels);
   }
   return 0;
}

/* Pairs of bytes: count and colour, or 0 and 0 end of row, 1 end of image, 2 a step right and up, else so many pixels
 * as they are. What is left out is colour 0. */
static int read_runs(const bmp *b, uint8_t *out)
{
   const uint8_t *p = b->data + b->pixels, *end = b->data + b->s->bytes;
   int x = 0, y = b->height - 1, nibbles = b->compression == RLE4;
   memset(out, 0, (size_t)b->width * b->height);
   while (end - p >= 2) {
      int count = p[0], code = p[1];
      p += 2;
      if (count == 0 && code == 1) return 0;
      if (count == 0 && code == 0) {
         x = 0;
         y--;
         continue;
      }
      if (count == 0 && code == 2) {
         if (end - p < 2) break;
         x += p[0];
         y -= p[1];
         p += 2;
         if (x > b->width || y < 0) return damaged(b, "a step leads out of the image");
         continue;
      }
      int n = count ? count : code;
      if (y < 0 || n > b->width - x) return damaged(b, "a run of pixels is longer than its row");
      uint8_t *to = out + (size_t)b->width * y + x;
      if (count) {
         for (int i = 0; i < n; i++) to[i] = (uint8_t)(!nibbles ? code : i % 2 ? code & 15 : code >> 4);
      } else {
         int bytes = nibbles ? (n + 1) / 2 : n;
         if (end - p < bytes) break;
         for (int i = 0; i < n; i++) to[i] = (uint8_t)(!nibbles ? p[i] : i % 2 ? p[i / 2] & 15 : p[i / 2] >> 4);
         p += bytes + bytes % 2 <= end - p ? bytes + bytes % 2 : bytes;
      }
      x += n;
   }
   return damaged(b, "the file is cut short");
}

int hl_bmp_info(const hl_source *s, hl_host_image *info)
{
   bmp b;
   return read_header(&b, s, info);
}

int hl_bmp_decode(const hl_source *s, int want, hl_image *image)
{
   bmp b;
   HL_TRY(read_header(&b, s, &image->info));
   if (want == HL_HOST_LABELS) HL_TRY(hl_check_ids(s, "BMP", &image->info));
   image->width = b.width;
   image->height = b.height;
   image->channels = image->info.channels == 4 && hl_wants_rgb(want) ? 3 : image->info.channels;
   image->sample_bytes = 1;
   HL_TRY(hl_buffer_need(s->fn, &image->pixels, (size_t)b.width * b.height * image->channels));
   if (b.compression == RLE8 || b.compression == RLE4)
      HL_TRY(read_runs(&b, image->pixels.data));
   else
      HL_TRY(read_plain(&b, image->pixels.data, image->channels));
   return image->info.is_palette && hl_wants_rgb(want) ? hl_apply_palette(s, "BMP", image) : 0;
}
