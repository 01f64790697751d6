#include <string.h>
#include "loader.h"

int hl_label_want(const hl_host_sample *s)
{
   return s->colours ? HL_HOST_COLOURS : HL_HOST_LABELS;
}

/* FNV-1a */
static uint64_t hash(uint64_t h, const uint8_t *data, size_t bytes)
{
   for (size_t i = 0; i < bytes; i++) h = (h ^ data[i]) * 1099511628211u;
   return h;
}

uint64_t hl_label_table(const hl_host_sample *s)
{
   if (!s->colours) return 0;
   uint64_t h = hash(14695981039346656037u + (uint64_t)(s->other_colour + 1), s->colours, 3 * (size_t)s->colour_count);
   return hash(h, s->colour_ids, (size_t)s->colour_count) | 1;
}

/* ---- colours ---- */

enum { SLOTS = 4 * HL_LABEL_COLOURS };

static uint32_t slot_of(uint32_t colour)
{
   return colour * 2654435761u >> 18;
}

static uint32_t colour_at(const uint8_t *p)
{
   return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* The position in the table, -1 where the colour is not in it. */
static int find(const int16_t *slots, const hl_host_sample *s, uint32_t colour)
{
   uint32_t at = slot_of(colour);
   while (slots[at] >= 0 && colour_at(s->colours + 3 * slots[at]) != colour) at = (at + 1) % SLOTS;
   return slots[at];
}

static void fill_slots(int16_t *slots, const hl_host_sample *s)
{
   memset(slots, -1, SLOTS * sizeof *slots);
   for (int i = 0; i < s->colour_count; i++) {
      uint32_t colour = colour_at(s->colours + 3 * i), at = slot_of(colour);
      if (find(slots, s, colour) >= 0) continue; /* the first of two counts */
      while (slots[at] >= 0) at = (at + 1) % SLOTS;
      slots[at] = (int16_t)i;
   }
}

/* In place: 3 bytes a pixel become one. */
static int colours_to_ids(const hl_source *file, const hl_host_sample *s, hl_image *image)
{
   int16_t slots[SLOTS];
   fill_slots(slots, s);
   uint8_t *data = image->pixels.data;
   size_t n = (size_t)image->width * image->height;
   uint32_t last = UINT32_MAX;
   int id = 0;
   for (size_t i = 0; i < n; i++) {
      uint32_t colour = colour_at(data + 3 * i);
      if (colour != last) {
         int at = find(slots, s, colour);
         id = at >= 0 ? s->colour_ids[at] : s->other_colour;
         if (id < 0)
            return hl_fail("%s: %s: the colour %d %d %d at (x %zu, y %zu) is not in the table of %d colours; add a "
                           "line `name %d %d "
                           "%d` to it, `void %d %d %d`, or `void *` for all others",
                           file->fn, hl_show_path(file->path), colour >> 16, colour >> 8 & 255, colour & 255,
                           i % (size_t)image->width, i / (size_t)image->width, s->colour_count, colour >> 16,
                           colour >> 8 & 255, colour & 255, colour >> 16, colour >> 8 & 255, colour & 255);
         last = colour;
      }
      data[i] = (uint8_t)id;
   }
   image->channels = 1;
   return 0;
}

/* ---- ids ---- */

/* In place: a byte for each of the different ids, 2 bytes each. */
static int pack_ids(const hl_source *file, hl_decoded *label)
{
   enum { NONE = 256 };
   hl_image *image = &label->image;
   const uint16_t *from = image->pixels.data;
   uint8_t *to = image->pixels.data;
   size_t n = (size_t)image->width * image->height;
   uint16_t byte[65536];
   int count = 0;
   for (int i = 0; i < 65536; i++) byte[i] = NONE;
   for (size_t i = 0; i < n; i++) {
      uint16_t id = from[i];
      if (byte[id] == NONE) {
         if (count == 256)
            return hl_fail(
                "%s: %s: a label map of more than 256 different ids (%d at (x %zu, y %zu) is the next); is it one "
                "of instances or depth?",
                file->fn, hl_show_path(file->path), id, i % (size_t)image->width, i / (size_t)image->width);
         label->id[count] = id;
         byte[id] = (uint16_t)count++;
      }
      to[i] = (uint8_t)byte[id];
   }
   image->sample_bytes = 1;
   return 0;
}

int hl_label_ids(const hl_source *file, const hl_host_sample *s, hl_decoded *label)
{
   hl_image *image = &label->image;
   for (int i = 0; i < 256; i++) label->id[i] = (uint16_t)i;
   if (s->colours)
      HL_TRY(colours_to_ids(file, s, image));
   else if (image->sample_bytes == 2)
      HL_TRY(pack_ids(file, label));
   memset(label->seen, 0, sizeof label->seen);
   const uint8_t *bytes = image->pixels.data;
   size_t n = (size_t)image->width * image->height;
   for (size_t i = 0; i < n; i++) label->seen[bytes[i]] = 1;
   return 0;
}

/* -1 for an id that the table does not know. */
static int mapped(const hl_host_sample *s, int id)
{
   if (!s->remap) return id;
   return id < (s->remap_size ? s->remap_size : 256) ? s->remap[id] : -1;
}

static int wrong_id(const hl_host_sample *s, const hl_decoded *label, uint8_t byte)
{
   const uint8_t *bytes = label->image.pixels.data;
   int id = label->id[byte], to = mapped(s, id);
   size_t i = 0, width = (size_t)label->image.width;
   while (bytes[i] != byte) i++;
   if (to < 0)
      return hl_fail("loader: %s: label %d at (x %zu, y %zu) is not in the table that maps ids; add %d:class to it, or "
                     "*:%d for all others",
                     hl_show_path(s->label), id, i % width, i / width, id, s->void_label);
   if (s->remap)
      return hl_fail(
          "loader: %s: label %d at (x %zu, y %zu) is mapped to %d, which is neither a class (0..%d) nor void "
          "(%d); mend the table or the number of classes",
          hl_show_path(s->label), id, i % width, i / width, to, s->classes - 1, s->void_label);
   return hl_fail("loader: %s: label %d at (x %zu, y %zu) is neither a class (0..%d) nor void (%d); mend the number of "
                  "classes or map ids by a table",
                  hl_show_path(s->label), id, i % width, i / width, s->classes - 1, s->void_label);
}

int hl_label_classes(const hl_host_sample *s, const hl_decoded *label, uint8_t classes[256])
{
   const uint8_t *bytes = label->image.pixels.data;
   size_t n = (size_t)label->image.width * label->image.height;
   bool bad[256], any = false;
   for (int i = 0; i < 256; i++) {
      int to = mapped(s, label->id[i]);
      bad[i] = label->seen[i] && !(to >= 0 && to < s->classes) && to != s->void_label;
      any |= bad[i];
      classes[i] = (uint8_t)to;
   }
   if (!any) return 0;
   /* The first in the order of pixels. */
   for (size_t i = 0; i < n; i++)
      if (bad[bytes[i]]) return wrong_id(s, label, bytes[i]);
   return 0;
}
