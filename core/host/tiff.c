#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include "image.h"
#include "interrupt.h"

/* The file in memory, as libtiff sees it, and what its header says. */
typedef struct {
   const hl_source *s;
   TIFF *tiff;
   char reason[200]; /* libtiff's first complaint that means lost pixels */
   uint64_t at;
   uint16_t samples, bits, photometric, planar, compression;
   bool lossy;
} reading;

/* Of a file that asks for memory. */
static const int64_t most_memory = (int64_t)1 << 30;

/* ---- the file in memory ---- */

static tmsize_t give(thandle_t handle, void *to, tmsize_t bytes)
{
   reading *r = handle;
   uint64_t left = r->at < r->s->bytes ? r->s->bytes - r->at : 0;
   tmsize_t n = (uint64_t)bytes < left ? bytes : (tmsize_t)left;
   memcpy(to, (const char *)r->s->buffer.data + (left ? r->at : 0), (size_t)n);
   r->at += (uint64_t)n;
   return n;
}

static tmsize_t take(thandle_t handle, void *data, tmsize_t bytes)
{
   (void)handle;
   (void)data;
   (void)bytes;
   return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int from)
{
   reading *r = handle;
   r->at = from == SEEK_SET ? offset : from == SEEK_CUR ? r->at + offset : r->s->bytes + offset;
   return r->at;
}

static int close_nothing(thandle_t handle)
{
   (void)handle;
   return 0;
}

static toff_t size_of(thandle_t handle)
{
   return ((reading *)handle)->s->bytes;
}

static int map(thandle_t handle, void **base, toff_t *size)
{
   reading *r = handle;
   *base = r->s->buffer.data;
   *size = r->s->bytes;
   return 1;
}

static void unmap(thandle_t handle, void *base, toff_t size)
{
   (void)handle;
   (void)base;
   (void)size;
}

/* ---- complaints ---- */

__attribute__((format(printf, 4, 0))) static int on_error(TIFF *tiff, void *user, const char *module,
                                                          const char *format, va_list arguments)
{
   reading *r = user;
   (void)tiff;
   (void)module;
   if (!*r->reason) vsnprintf(r->reason, sizeof r->reason, format, arguments);
   return 1;
}

/* Decoders that go on after lost pixels only warn. */
__attribute__((format(printf, 4, 0))) static int on_warning(TIFF *tiff, void *user, const char *module,
                                                            const char *format, va_list arguments)
{
   if (module && (strcmp(module, "JPEGLib") == 0 || strncmp(module, "Fax", 3) == 0))
      return on_error(tiff, user, module, format, arguments);
   return 1;
}

static int damaged(reading *r, const char *why)
{
   return hl_fail("%s: %s: damaged TIFF: %s", r->s->fn, hl_show_path(r->s->path), *r->reason ? r->reason : why);
}

static int cannot(const reading *r, const char *what)
{
   return hl_fail("%s: %s: a TIFF %s, which cannot be read; save it as grey or RGB of 8 or 16 bits", r->s->fn,
                  hl_show_path(r->s->path), what);
}

/* ---- the header ---- */

static int open_tiff(reading *r)
{
   TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
   HL_CHECK(options, "%s: %s: out of memory", r->s->fn, hl_show_path(r->s->path));
   TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)most_memory);
   TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, r);
   TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, r);
   r->tiff = TIFFClientOpenExt("", "r", r, give, take, seek, close_nothing, size_of, map, unmap, options);
   TIFFOpenOptionsFree(options);
   return r->tiff ? 0 : damaged(r, "it has no page");
}

static void read_palette(reading *r, hl_host_image *info)
{
   uint16_t *colours[3];
   if (!TIFFGetField(r->tiff, TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2])) return;
   info->palette_size = 1 << r->bits;
   bool wide = false; /* old programs write colours of 8 bits */
   for (int i = 0; i < info->palette_size; i++)
      for (int c = 0; c < 3; c++) wide |= colours[c][i] > 255;
   for (int i = 0; i < info->palette_size; i++)
      for (int c = 0; c < 3; c++) info->palette[3 * i + c] = (uint8_t)(wide ? colours[c][i] >> 8 : colours[c][i]);
}

/* The channels of HL_HOST_STORED, 0 where the kind cannot be read. */
static int channels_of(const reading *r)
{
   switch (r->photometric) {
   case PHOTOMETRIC_MINISWHITE:
   case PHOTOMETRIC_MINISBLACK:
      return r->samples <= 2 ? r->samples : 0;
   case PHOTOMETRIC_PALETTE:
      return r->samples == 1 && r->bits <= 8 ? 1 : 0;
   case PHOTOMETRIC_RGB:
      return r->samples == 3 || r->samples == 4 ? r->samples : 0;
   case PHOTOMETRIC_SEPARATED:
      return r->samples == 4 || r->samples == 5 ? 3 : 0;
   default:
      return 0;
   }
}

static int read_kind(reading *r)
{
   uint16_t format = SAMPLEFORMAT_UINT, inks = INKSET_CMYK;
   TIFF *t = r->tiff;
   r->samples = r->bits = 1;
   TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &r->samples);
   TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &r->bits);
   TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &r->planar);
   TIFFGetFieldDefaulted(t, TIFFTAG_COMPRESSION, &r->compression);
   TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLEFORMAT, &format);
   TIFFGetFieldDefaulted(t, TIFFTAG_INKSET, &inks);
   if (!TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &r->photometric))
      r->photometric = r->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
   r->lossy = r->compression == COMPRESSION_JPEG || r->compression == COMPRESSION_OJPEG ||
              r->compression == COMPRESSION_WEBP || r->compression == COMPRESSION_LERC;
   if (format == SAMPLEFORMAT_IEEEFP) return cannot(r, "of floating point numbers");
   if (format == SAMPLEFORMAT_INT) return cannot(r, "of signed numbers");
   if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) return cannot(r, "of complex numbers");
   if (r->bits < 1 || r->bits > 16) return cannot(r, "of more than 16 bits a sample");
   if (!TIFFIsCODECConfigured(r->compression)) return cannot(r, "with a compression that libtiff lacks here");
   if (r->photometric == PHOTOMETRIC_YCBCR && r->compression == COMPRESSION_JPEG && r->samples == 3 &&
       r->planar == PLANARCONFIG_CONTIG) {
      TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      r->photometric = PHOTOMETRIC_RGB;
   }
   if (r->photometric == PHOTOMETRIC_SEPARATED && inks != INKSET_CMYK) return cannot(r, "of inks other than CMYK");
   if (channels_of(r) == 0) {
      char what[80];
      snprintf(what, sizeof what, "of %d channels with the photometric interpretation %d", r->samples, r->photometric);
      return cannot(r, what);
   }
   return 0;
}

/* The most that a byte of the file can become; 0 where there is no bound worth having. */
static uint64_t expansion(const reading *r)
{
   switch (r->compression) {
   case COMPRESSION_NONE:
      return 1;
   case COMPRESSION_PACKBITS:
      return 128;
   case COMPRESSION_ADOBE_DEFLATE:
   case COMPRESSION_DEFLATE:
   case COMPRESSION_LZW:
      return 4096;
   default:
      return 0;
   }
}

/* A damaged header shall not ask for memory that the file cannot fill. */
static int check_length(reading *r, uint64_t pixels)
{
   uint64_t most = expansion(r), bytes = pixels * r->samples * r->bits / 8;
   return most && bytes > most * r->s->bytes ? damaged(r, "the file is cut short") : 0;
}

static int read_header(reading *r, hl_host_image *info)
{
   uint32_t width = 0, height = 0;
   uint16_t orientation = 1;
   HL_TRY(open_tiff(r));
   if (!TIFFGetField(r->tiff, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField(r->tiff, TIFFTAG_IMAGELENGTH, &height))
      return damaged(r, "its width or height is missing");
   HL_TRY(hl_check_pixels(r->s, width, height));
   HL_TRY(read_kind(r));
   HL_TRY(check_length(r, (uint64_t)width * height));
   TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ORIENTATION, &orientation);
   *info = (hl_host_image){.format = HL_HOST_TIFF,
                           .width = (int32_t)width,
                           .height = (int32_t)height,
                           .channels = channels_of(r),
                           .bits = r->bits,
                           .is_palette = r->photometric == PHOTOMETRIC_PALETTE};
   hl_set_orientation(info, orientation);
   if (info->is_palette) read_palette(r, info);
   if (info->is_palette && info->palette_size == 0) return damaged(r, "it has no palette");
   return 0;
}

/* ---- pixels ---- */

/* Where rows of samples go: from every pixel's samples the first `kept` become bytes, or words where wide is set. */
typedef struct {
   hl_image *image;
   int kept, bits;
   bool wide, plain; /* plain: the samples as they are */
   uint32_t most;    /* the largest sample of the file */
   uint32_t full;    /* what it becomes; most where samples are not stretched */
   bool invert;
   uint8_t byte[256]; /* of samples of at most 8 bits */
} target;

static uint32_t convert(const target *t, uint32_t v)
{
   if (t->invert) v = t->most - v;
   return t->full == t->most ? v : (v * t->full + t->most / 2) / t->most;
}

static uint32_t sample(const uint8_t *row, size_t i, int bits)
{
   if (bits == 8) return row[i];
   if (bits == 16) return ((const uint16_t *)(const void *)row)[i];
   size_t bit = i * (size_t)bits;
   uint32_t v = 0;
   for (int got = 0; got < bits;) {
      int offset = (int)(bit % 8), n = 8 - offset < bits - got ? 8 - offset : bits - got;
      v = v << n | (row[bit / 8] >> (8 - offset - n) & ((1u << n) - 1));
      got += n;
      bit += (size_t)n;
   }
   return v;
}

/* n pixels of `samples` samples each, to (x, y) on, from channel c on. */
static void store(const target *t, const uint8_t *row, int samples, int c, int x, int y, int n)
{
   size_t to = ((size_t)y * t->image->width + x) * t->kept + c;
   uint8_t *bytes = t->image->pixels.data;
   uint16_t *words = t->image->pixels.data;
   int keep = samples < t->kept ? samples : t->kept;
   if (t->plain && samples == t->kept) {
      size_t size = t->wide ? 2 : 1;
      memcpy(bytes + to * size, row, (size_t)n * samples * size);
      return;
   }
   if (t->bits == 8 && !t->wide) {
      for (int i = 0; i < n; i++, row += samples, to += t->kept)
         for (int k = 0; k < keep; k++) bytes[to + k] = t->byte[row[k]];
      return;
   }
   for (int i = 0; i < n; i++, to += t->kept)
      for (int k = 0; k < keep; k++) {
         uint32_t v = sample(row, (size_t)i * samples + k, t->bits);
         if (t->wide)
            words[to + k] = (uint16_t)convert(t, v);
         else
            bytes[to + k] = t->bits <= 8 ? t->byte[v] : (uint8_t)convert(t, v);
      }
}

static int read_strips(reading *r, const target *t, int samples, int plane, hl_buffer *block, size_t row)
{
   uint32_t per_strip = 0, height = (uint32_t)t->image->height;
   TIFFGetFieldDefaulted(r->tiff, TIFFTAG_ROWSPERSTRIP, &per_strip);
   if (per_strip == 0) return damaged(r, "its strips have no rows");
   if (per_strip > height) per_strip = height;
   size_t bytes = row * per_strip;
   bool direct = t->plain && samples == t->kept;
   if (!direct) HL_TRY(hl_buffer_need(r->s->fn, block, bytes));
   for (uint32_t y = 0; y < height; y += per_strip) {
      HL_TRY(hl_interrupt_poll());
      uint32_t rows = height - y < per_strip ? height - y : per_strip;
      uint8_t *to = direct ? (uint8_t *)t->image->pixels.data + row * y : block->data;
      tmsize_t need = (tmsize_t)(row * rows);
      uint32_t strip = TIFFComputeStrip(r->tiff, y, (uint16_t)plane);
      if (TIFFReadEncodedStrip(r->tiff, strip, to, need) != need || *r->reason)
         return damaged(r, "the file is cut short");
      if (direct) continue;
      for (uint32_t i = 0; i < rows; i++) store(t, to + row * i, samples, plane, 0, (int)(y + i), t->image->width);
   }
   return 0;
}

static int read_tiles(reading *r, const target *t, int samples, int plane, hl_buffer *block)
{
   uint32_t w = 0, h = 0, height = (uint32_t)t->image->height, width = (uint32_t)t->image->width;
   TIFFGetField(r->tiff, TIFFTAG_TILEWIDTH, &w);
   TIFFGetField(r->tiff, TIFFTAG_TILELENGTH, &h);
   if (w == 0 || h == 0 || w > HL_HOST_MAX_PIXELS / h) return damaged(r, "the size of its tiles makes no sense");
   size_t row = ((size_t)w * samples * t->bits + 7) / 8;
   tmsize_t bytes = TIFFTileSize(r->tiff);
   if ((size_t)w * h > 4 * (size_t)width * height + (1 << 22))
      return damaged(r, "its tiles are much larger than itself");
   if (bytes <= 0 || (size_t)bytes != row * h) return damaged(r, "the size of its tiles makes no sense");
   HL_TRY(hl_buffer_need(r->s->fn, block, (size_t)bytes));
   for (uint32_t y = 0; y < height; y += h)
      for (uint32_t x = 0; x < width; x += w) {
         HL_TRY(hl_interrupt_poll());
         uint32_t tile = TIFFComputeTile(r->tiff, x, y, 0, (uint16_t)plane);
         if (TIFFReadEncodedTile(r->tiff, tile, block->data, bytes) != bytes || *r->reason)
            return damaged(r, "the file is cut short");
         int n = (int)(width - x < w ? width - x : w);
         for (uint32_t i = 0; i < h && y + i < height; i++)
            store(t, (const uint8_t *)block->data + row * i, samples, plane, (int)x, (int)(y + i), n);
      }
   return 0;
}

static int read_planes(reading *r, const target *t, hl_buffer *block)
{
   bool apart = r->planar == PLANARCONFIG_SEPARATE && r->samples > 1;
   int samples = apart ? 1 : r->samples;
   size_t row = ((size_t)t->image->width * samples * r->bits + 7) / 8;
   bool tiled = TIFFIsTiled(r->tiff);
   if (!tiled && (size_t)TIFFScanlineSize(r->tiff) != row) return damaged(r, "the length of its rows makes no sense");
   for (int plane = 0; plane < (apart ? t->kept : 1); plane++)
      HL_TRY(tiled ? read_tiles(r, t, samples, plane, block) : read_strips(r, t, samples, plane, block, row));
   return 0;
}

static void inks_to_rgb(hl_image *image, uint32_t most)
{
   size_t n = (size_t)image->width * image->height;
   uint8_t *bytes = image->pixels.data;
   uint16_t *words = image->pixels.data;
   for (size_t i = 0; i < n; i++)
      for (int c = 0; c < 3; c++) {
         uint64_t ink = most == 255 ? bytes[4 * i + c] : words[4 * i + c];
         uint64_t black = most == 255 ? bytes[4 * i + 3] : words[4 * i + 3];
         uint64_t v = ((most - ink) * (most - black) + most / 2) / most;
         /* What is read lies at or behind what is written. */
         if (most == 255)
            bytes[3 * i + c] = (uint8_t)v;
         else
            words[3 * i + c] = (uint16_t)v;
      }
}

/* In place, from the end. */
static void grey_to_rgb(hl_image *image)
{
   uint8_t *p = image->pixels.data;
   for (size_t i = (size_t)image->width * image->height; i-- > 0;) p[3 * i] = p[3 * i + 1] = p[3 * i + 2] = p[i];
}

static int read_pixels(reading *r, int want, hl_image *image)
{
   const hl_host_image *info = &image->info;
   bool inks = r->photometric == PHOTOMETRIC_SEPARATED, rgb = hl_wants_rgb(want);
   bool raw = info->is_palette || want == HL_HOST_LABELS;
   target t = {.image = image,
               .bits = r->bits,
               .wide = r->bits > 8 && !rgb,
               .most = (1u << r->bits) - 1,
               .invert = r->photometric == PHOTOMETRIC_MINISWHITE};
   image->channels = rgb && !info->is_palette ? 3 : info->channels;
   t.kept = inks ? 4 : rgb && info->channels <= 2 ? 1 : image->channels;
   t.full = raw ? t.most : t.wide ? 65535 : 255;
   t.plain = !t.invert && t.full == t.most && (r->bits == 8 || r->bits == 16);
   for (uint32_t v = 0; r->bits <= 8 && v <= t.most; v++) t.byte[v] = (uint8_t)convert(&t, v);
   image->width = info->width;
   image->height = info->height;
   image->sample_bytes = t.wide ? 2 : 1;
   size_t room = t.kept > image->channels ? t.kept : image->channels;
   HL_TRY(hl_buffer_need(r->s->fn, &image->pixels, room * image->width * image->height * image->sample_bytes));
   *r->reason = 0; /* what the header lacked did not matter */
   hl_buffer block = {0};
   int rc = read_planes(r, &t, &block);
   hl_buffer_release(&block);
   if (rc) return rc;
   if (inks) inks_to_rgb(image, t.full);
   if (t.kept == 1 && image->channels == 3) grey_to_rgb(image);
   return 0;
}

int hl_tiff_info(const hl_source *s, hl_host_image *info)
{
   reading r = {.s = s};
   int rc = read_header(&r, info);
   if (r.tiff) TIFFClose(r.tiff);
   return rc;
}

int hl_tiff_decode(const hl_source *s, int want, hl_image *image)
{
   reading r = {.s = s};
   int rc = read_header(&r, &image->info);
   if (!rc && r.lossy) rc = hl_check_exact(s, "a TIFF with lossy compression", want);
   if (!rc && want == HL_HOST_LABELS) rc = hl_check_ids(s, "TIFF", &image->info);
   if (!rc) rc = read_pixels(&r, want, image);
   if (r.tiff) TIFFClose(r.tiff);
   if (rc) return rc;
   return image->info.is_palette && hl_wants_rgb(want) ? hl_apply_palette(s, "TIFF", image) : 0;
}
