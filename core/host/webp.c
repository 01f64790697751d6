#include <string.h>
#include <webp/decode.h>
#include "image.h"
#include "interrupt.h"

static uint32_t little(const uint8_t *p)
{
   return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A RIFF file is a list of chunks: name, length, data, a byte more where the length is odd. */
static int orientation(const hl_source *s)
{
   const uint8_t *data = s->buffer.data;
   size_t at = 12;
   while (s->bytes - at >= 8) {
      size_t length = little(data + at + 4), left = s->bytes - at - 8;
      if (length > left) return 1;
      if (memcmp(data + at, "EXIF", 4) == 0) return hl_exif_orientation(data + at + 8, length);
      at += 8 + length + (length % 2 && length < left);
   }
   return 1;
}

static int failed(const hl_source *s, VP8StatusCode status)
{
   const char *why = status == VP8_STATUS_NOT_ENOUGH_DATA       ? "the file is cut short"
                     : status == VP8_STATUS_UNSUPPORTED_FEATURE ? "it asks for what the library cannot do"
                     : status == VP8_STATUS_OUT_OF_MEMORY       ? "there is no memory for it"
                                                                : "its data make no sense";
   return hl_fail("%s: %s: damaged WebP: %s", s->fn, hl_show_path(s->path), why);
}

static int read_header(const hl_source *s, hl_host_image *info, WebPBitstreamFeatures *features)
{
   VP8StatusCode status = WebPGetFeatures(s->buffer.data, s->bytes, features);
   if (status != VP8_STATUS_OK) return failed(s, status);
   HL_CHECK(!features->has_animation, "%s: %s: an animated WebP; save the frame that is meant as an image", s->fn,
            hl_show_path(s->path));
   HL_TRY(hl_check_pixels(s, (uint64_t)features->width, (uint64_t)features->height));
   *info = (hl_host_image){.format = HL_HOST_WEBP,
                           .width = features->width,
                           .height = features->height,
                           .channels = features->has_alpha ? 4 : 3,
                           .bits = 8};
   hl_set_orientation(info, orientation(s));
   return 0;
}

int hl_webp_info(const hl_source *s, hl_host_image *info)
{
   WebPBitstreamFeatures features;
   return read_header(s, info, &features);
}

/* The file in parts, so that Ctrl-C is seen in between. */
static int decode_parts(const hl_source *s, WebPDecoderConfig *config)
{
   enum { PART = 1 << 16 };
   WebPIDecoder *decoder = WebPIDecode(NULL, 0, config);
   HL_CHECK(decoder, "%s: %s: out of memory", s->fn, hl_show_path(s->path));
   VP8StatusCode status = VP8_STATUS_SUSPENDED;
   for (size_t end = 0; status == VP8_STATUS_SUSPENDED && end < s->bytes && !hl_interrupt_poll();) {
      end = s->bytes - end < PART ? s->bytes : end + PART;
      status = WebPIUpdate(decoder, s->buffer.data, end);
   }
   WebPIDelete(decoder);
   if (status == VP8_STATUS_SUSPENDED) status = VP8_STATUS_NOT_ENOUGH_DATA;
   return hl_interrupt_poll() || (status != VP8_STATUS_OK && failed(s, status));
}

int hl_webp_decode(const hl_source *s, int want, hl_image *image)
{
   enum { LOSSLESS = 2 };
   WebPDecoderConfig config;
   HL_CHECK(WebPInitDecoderConfig(&config), "%s: this libwebp is older than the one that hilo was built with", s->fn);
   HL_TRY(read_header(s, &image->info, &config.input));
   if (config.input.format != LOSSLESS) HL_TRY(hl_check_exact(s, "lossy WebP", want));
   if (want == HL_HOST_LABELS) HL_TRY(hl_check_ids(s, "WebP", &image->info));
   image->width = image->info.width;
   image->height = image->info.height;
   image->channels = hl_wants_rgb(want) ? 3 : image->info.channels;
   image->sample_bytes = 1;
   size_t row = (size_t)image->width * image->channels, bytes = row * image->height;
   HL_CHECK(row <= INT32_MAX, "%s: %s: its rows are too long", s->fn, hl_show_path(s->path));
   HL_TRY(hl_buffer_need(s->fn, &image->pixels, bytes));
   config.output.colorspace = image->channels == 4 ? MODE_RGBA : MODE_RGB;
   config.output.is_external_memory = 1;
   config.output.u.RGBA = (WebPRGBABuffer){image->pixels.data, (int)row, bytes};
   int rc = decode_parts(s, &config);
   WebPFreeDecBuffer(&config.output);
   return rc;
}
