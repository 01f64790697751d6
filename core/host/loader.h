/* loader.h: the parts of the loader, each knowing those before it. pixels.c works on pixels, labels.c on label maps,
 * cache.c keeps decoded images, sample.c does one sample, loader.c runs the threads. */
#ifndef HL_HOST_LOADER_H
#define HL_HOST_LOADER_H

#include "image.h"

/* ---- pixels.c; planes are (3,h,w) float in [0,1] ---- */

/* One axis of a resampling: output i is the sum over k < taps of weight[i * taps + k] * input[first[i] + k]. */
typedef struct {
   int taps;
   int32_t *first;
   float *weight;
   hl_buffer memory;
} hl_axis;

/* Outputs begin .. begin + count of a triangle filter with half-pixel centres; step is the distance between outputs in
 * inputs, of which there are size. */
int hl_axis_make(hl_axis *axis, int begin, int count, double step, int size);
/* planes (3, rows, columns) = the part of image, RGB, that the axes describe; mirrored in x where flip is set. */
int hl_resample(float *planes, const hl_image *image, const hl_axis *y, int rows, const hl_axis *x, int columns,
                bool flip, hl_buffer *scratch);
/* In place, on n pixels. */
void hl_jitter(float *planes, size_t n, const hl_host_sample *s);
int hl_blur(float *planes, int h, int w, double sigma, hl_buffer *scratch);

/* ---- labels.c ---- */

enum { HL_LABEL_COLOURS = 4096 /* the largest table */ };

typedef struct {
   hl_image image;
   /* Of a label map, whose pixels become bytes: which bytes it holds, and the file's id that a byte stands for. */
   uint8_t seen[256];
   uint16_t id[256];
} hl_decoded;

/* How a label map is decoded for s. */
int hl_label_want(const hl_host_sample *s);
/* Equal for equal tables of colours; 0 for none. */
uint64_t hl_label_table(const hl_host_sample *s);
/* Of what was decoded: the bytes and their ids. Fails where a colour is not in the table. */
int hl_label_ids(const hl_source *file, const hl_host_sample *s, hl_decoded *label);
/* classes = what each byte becomes: a class or void. Fails where an id is neither. */
int hl_label_classes(const hl_host_sample *s, const hl_decoded *label, uint8_t classes[256]);

/* ---- cache.c ---- */

typedef struct hl_cache hl_cache;
typedef struct hl_entry hl_entry;

hl_cache *hl_cache_new(int64_t limit);
void hl_cache_free(hl_cache *cache);
/* The decoded file for sample s: from the cache, else decoded into scratch, of which the cache may keep a copy.
 * entry, if not NULL, is to be given back. cache may be NULL. */
int hl_cache_get(hl_cache *cache, const char *path, int want, const hl_host_sample *s, hl_source *file,
                 hl_decoded *scratch, const hl_decoded **decoded, hl_entry **entry);
void hl_cache_give_back(hl_cache *cache, hl_entry *entry);

/* ---- sample.c ---- */

/* What one thread works with; zeros to begin. */
typedef struct {
   hl_source file;
   hl_decoded image, label;
   hl_axis x, y;
   hl_buffer planes, scratch, columns;
} hl_workspace;

/* The decoded files of a sample: in the workspace or the cache, to which they are given back. */
typedef struct {
   const hl_decoded *image, *label;
   hl_entry *image_entry, *label_entry;
} hl_sources;

/* Fails where a sample's numbers make no sense; position counts from 1. */
int hl_sample_check(const hl_host_sample *s, int position);
/* Reads and decodes; what it got is to be given back also after a failure. Does not touch the outputs. */
int hl_sample_read(const hl_host_sample *s, hl_cache *cache, hl_workspace *w, hl_sources *sources);
/* Writes the outputs. */
int hl_sample_fill(const hl_host_sample *s, const hl_sources *sources, hl_workspace *w);
void hl_sample_give_back(hl_cache *cache, hl_sources *sources);
void hl_workspace_release(hl_workspace *w);

#endif
