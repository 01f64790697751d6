#include <string.h>
#include "image.h"
#include "interrupt.h"

/* ---- EXIF: a TIFF header and tags ---- */

typedef struct {
   const uint8_t *data;
   size_t bytes;
   bool big_endian;
} block;

/* bytes 2 or 4; 0 beyond the end. */
static uint32_t number(const block *b, size_t at, int bytes)
{
   uint32_t v = 0;
   if (at > b->bytes || b->bytes - at < (size_t)bytes) return 0;
   for (int i = 0; i < bytes; i++) v = v << 8 | b->data[at + (size_t)(b->big_endian ? i : bytes - 1 - i)];
   return v;
}

int hl_exif_orientation(const uint8_t *exif, size_t bytes)
{
   enum { ORIENTATION = 0x112, SHORT = 3 };
   block b = {exif, bytes, false};
   if (bytes >= 6 && memcmp(exif, "Exif\0", 6) == 0) b = (block){exif + 6, bytes - 6, false};
   if (b.bytes < 8 || (memcmp(b.data, "II", 2) != 0 && memcmp(b.data, "MM", 2) != 0)) return 1;
   b.big_endian = b.data[0] == 'M';
   size_t at = number(&b, 4, 4);
   uint32_t tags = number(&b, at, 2);
   for (at += 2; tags > 0; tags--, at += 12)
      if (number(&b, at, 2) == ORIENTATION && number(&b, at + 2, 2) == SHORT) return (int)number(&b, at + 8, 2);
   return 1;
}

void hl_set_orientation(hl_host_image *info, int orientation)
{
   info->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
   info->turned_width = info->orientation >= 5 ? info->height : info->width;
   info->turned_height = info->orientation >= 5 ? info->width : info->height;
}

/* ---- turning ---- */

int hl_turn(const char *fn, hl_image *image)
{
   enum { TILE = 32 };
   int o = image->info.orientation;
   if (o == 1) return 0;
   int h = image->height, w = image->width;
   bool swap = o >= 5, right = o == 2 || o == 3 || o == 7 || o == 8, down = o == 3 || o == 4 || o == 6 || o == 7;
   ptrdiff_t row = 3 * (ptrdiff_t)w;
   /* From the pixel that comes first, one step to the right and one down in the turned image. */
   ptrdiff_t step_x = 3 * (right ? -1 : 1), step_y = down ? -row : row;
   hl_buffer turned = {0};
   HL_TRY(hl_buffer_need(fn, &turned, (size_t)row * h));
   const uint8_t *from = image->pixels.data;
   from += (right ? row - 3 : 0) + (down ? row * (h - 1) : 0);
   int rows = swap ? w : h, columns = swap ? h : w;
   if (swap) {
      ptrdiff_t other = step_x;
      step_x = step_y;
      step_y = other;
   }
   uint8_t *to = turned.data;
   for (int top = 0; top < rows; top += TILE) {
      if (hl_interrupt_poll()) {
         hl_buffer_release(&turned);
         return 1;
      }
      for (int left = 0; left < columns; left += TILE)
         for (int y = top; y < rows && y < top + TILE; y++) {
            const uint8_t *p = from + y * step_y + left * step_x;
            uint8_t *q = to + 3 * ((size_t)y * columns + left);
            for (int x = left; x < columns && x < left + TILE; x++, p += step_x, q += 3) {
               q[0] = p[0];
               q[1] = p[1];
               q[2] = p[2];
            }
         }
   }
   hl_buffer_release(&image->pixels);
   image->pixels = turned;
   image->height = rows;
   image->width = columns;
   return 0;
}
