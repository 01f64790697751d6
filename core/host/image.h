/* image.h: shared by the files of libhilo_host.so: files in memory, decoded images, work on pixels. */
#ifndef HL_HOST_IMAGE_H
#define HL_HOST_IMAGE_H

#include "../check.h"
#include "../host.h"

/* Memory that grows and is used again. */
typedef struct {
   void *data;
   size_t capacity;
} hl_buffer;

/* Room for that many bytes; what was there is lost. fn is for the message. */
int hl_buffer_need(const char *fn, hl_buffer *b, size_t bytes);
void hl_buffer_release(hl_buffer *b);

/* The path, or its end if it is long, so that the reason still fits into a message. Lives as hl_show's text does. */
const char *hl_show_path(const char *path);

/* A tensor that this library may read or write: in host memory and contiguous. */
int hl_need_host(const char *fn, const char *name, const hl_tensor *t);

/* A whole file; fn is the function to name in messages. */
typedef struct {
   const char *fn, *path;
   hl_buffer buffer;
   size_t bytes;
} hl_source;

/* The file is read whole, once its first bytes are those of a picture. */
int hl_source_read(hl_source *s, const char *fn, const char *path);

typedef struct {
   hl_host_image info;              /* of the file */
   int32_t width, height, channels; /* as decoded */
   int32_t sample_bytes;            /* 1, or 2 in the machine's byte order */
   hl_buffer pixels;                /* interleaved, rows without gaps */
} hl_image;

/* ---- watch.c: which file a thread works on, for messages when it is waited for too long or the thread dies ---- */

typedef struct hl_place hl_place;
hl_place *hl_wait_begins(const char *what, const char *path);
void hl_wait_ends(hl_place *const *place);
/* From now on the thread works on that file, and waits for it to be `what`, "read" or "written", until the block ends.
 */
#define HL_WAIT_FOR(what, path) \
   __attribute__((cleanup(hl_wait_ends), unused)) hl_place *const hl_waits = hl_wait_begins(what, path)
/* The calling thread loads pictures: where a signal ends it, its file is told on stderr. */
void hl_at_worker(void);
/* To be called by the handler of a deadly signal that has its default action again: tells what file a worker died at,
 * then the signal does what it would have done. */
void hl_at_death(int number);

/* ---- format.c: what files say of themselves at their beginning ---- */

/* Bytes that are enough to tell. */
enum { HL_IMAGE_HEAD = 12 };
/* HL_HOST_PNG, ...; -1: none of those that are read. */
int hl_image_format(const void *head, size_t bytes);

/* ---- image.c: what the decoders share ---- */

/* Fails if the header's size is beyond HL_HOST_MAX_PIXELS. */
int hl_check_pixels(const hl_source *s, uint64_t width, uint64_t height);
/* For want HL_HOST_LABELS: fails unless the file holds one number a pixel. kind names the format: "PNG". */
int hl_check_ids(const hl_source *s, const char *kind, const hl_host_image *info);
/* Fails for HL_HOST_LABELS and HL_HOST_COLOURS: kind, such as "JPEG", does not keep exact values. */
int hl_check_exact(const hl_source *s, const char *kind, int want);
/* Indices become the colours of image->info. */
int hl_apply_palette(const hl_source *s, const char *kind, hl_image *image);
/* Colours of want: 3 channels of 8 bits. */
bool hl_wants_rgb(int want);

/* ---- turn.c ---- */

/* The orientation in an EXIF block, which is a TIFF header and its tags, perhaps after "Exif\0\0"; 1 where there is
 * none. */
int hl_exif_orientation(const uint8_t *exif, size_t bytes);
void hl_set_orientation(hl_host_image *info, int orientation);
/* Turns decoded RGB as image->info.orientation asks. */
int hl_turn(const char *fn, hl_image *image);

/* ---- the decoders, a file each ---- */

int hl_png_info(const hl_source *s, hl_host_image *info);
int hl_png_decode(const hl_source *s, int want, hl_image *image);
int hl_jpeg_info(const hl_source *s, hl_host_image *info);
int hl_jpeg_decode(const hl_source *s, int want, hl_image *image);
int hl_webp_info(const hl_source *s, hl_host_image *info);
int hl_webp_decode(const hl_source *s, int want, hl_image *image);
int hl_tiff_info(const hl_source *s, hl_host_image *info);
int hl_tiff_decode(const hl_source *s, int want, hl_image *image);
int hl_bmp_info(const hl_source *s, hl_host_image *info);
int hl_bmp_decode(const hl_source *s, int want, hl_image *image);

/* ---- decode.c: whichever of them the first bytes ask for ---- */

int hl_image_info(const hl_source *s, hl_host_image *info);
/* Turned for HL_HOST_RGB; the numbers of HL_HOST_LABELS also where grey has more channels. */
int hl_image_decode(const hl_source *s, const hl_host_image *info, int want, hl_image *image);

#endif
