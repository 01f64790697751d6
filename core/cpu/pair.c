/* pair.c: what a discriminator sees: a map beside its image, written in one pass. */
#ifdef real

/* Least value and range of n values. */
static void FN(range)(real *low, real *range, const real *x, int64_t n)
{
   real least = INFINITY, most = -INFINITY;
#pragma omp simd reduction(min : least) reduction(max : most)
   for (int64_t i = 0; i < n; i++) {
      least = x[i] < least ? x[i] : least;
      most = x[i] > most ? x[i] : most;
   }
   *low = least;
   *range = most - least > (real)1e-8 ? most - least : (real)1e-8;
}

static void FN(one_hot_block)(real *y, const int32_t *label, int64_t classes, int64_t step, int64_t n,
                              const uint8_t *mask)
{
   for (int64_t c = 0; c < classes; c++, y += step) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) y[i] = label[i] == (int32_t)c;
      for (int64_t i = 0; mask && i < n; i++) y[i] = mask[i] ? y[i] : 0;
   }
}

/* The map is the softmax of x, or where x is NULL that of labels. */
static int FN(pair)(const char *fn, hl_tensor *y, const hl_tensor *x, const hl_tensor *labels, const hl_tensor *images,
                    const hl_tensor *mask, int void_label)
{
   pair_layout l = layout_of(y, y->size[1] - images->size[1]);
   real *ranges = hl_scratch(0, (size_t)(l.images + 1) * 2 * sizeof *ranges);
   if (!ranges) return 1;
   const real *from = images->data;
   int64_t others = l.channels - l.classes, bad = INT64_MAX;
#pragma omp parallel for if (hl_numel(images) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < l.images; n++)
      FN(range)(ranges + 2 * n, ranges + 2 * n + 1, from + n * others * l.pixels, others * l.pixels);
#pragma omp parallel for collapse(2) schedule(static) reduction(min : bad) if (hl_numel(y) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < l.images; n++)
      for (int64_t block = 0; block < l.blocks; block++) {
         if (hl_interrupted()) continue;
         int64_t at = block * l.block, count = l.pixels - at < l.block ? l.pixels - at : l.block;
         real *to = (real *)y->data + n * l.channels * l.pixels + at, low = ranges[2 * n], range = ranges[2 * n + 1];
         const uint8_t *shown = mask ? (const uint8_t *)mask->data + n * l.pixels + at : NULL;
         if (x) {
            const real *logits = (const real *)x->data + n * l.classes * l.pixels + at;
            hl_softmax_block(y->dtype, to, logits, l.classes, l.pixels, count, shown);
         } else {
            int32_t label[BLOCK];
            int64_t found = hl_read_labels(label, labels, n * l.pixels + at, count, l.classes, void_label);
            if (found >= 0 && found < bad) bad = found;
            FN(one_hot_block)(to, label, l.classes, l.pixels, count, shown);
         }
         for (int64_t c = 0; c < others; c++) {
            const real *channel = from + (n * others + c) * l.pixels + at;
            real *scaled = to + (l.classes + c) * l.pixels;
#pragma omp simd
            for (int64_t i = 0; i < count; i++) scaled[i] = (channel[i] - low) / range;
         }
      }
   if (bad == INT64_MAX) return hl_poll();
   return hl_fail_label(fn, "labels", labels, bad, hl_label_at(labels, bad), l.classes, void_label);
}

static void FN(softmax_pair_back)(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y)
{
   pair_layout l = layout_of(y, dx->size[1]);
#pragma omp parallel for collapse(2) schedule(static) if (hl_numel(y) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < l.images; n++)
      for (int64_t block = 0; block < l.blocks; block++) {
         if (hl_interrupted()) continue;
         int64_t at = block * l.block, count = l.pixels - at < l.block ? l.pixels - at : l.block;
         int64_t in_y = n * l.channels * l.pixels + at;
         hl_softmax_block_back(y->dtype, (real *)dx->data + n * l.classes * l.pixels + at,
                               (const real *)dy->data + in_y, (const real *)y->data + in_y, l.classes, l.pixels, count);
      }
}

#else
#include "classes.h"
#include "labels.h"

/* y (images,channels,pixels), whose first classes channels are the map, in blocks of pixels. */
typedef struct {
   int64_t images, channels, classes, pixels, block, blocks;
} pair_layout;

static pair_layout layout_of(const hl_tensor *y, int64_t classes)
{
   pair_layout l = {y->size[0], y->size[1], classes, 1, hl_class_block(classes), 0};
   for (int d = 2; d < y->ndim; d++) l.pixels *= y->size[d];
   l.blocks = (l.pixels + l.block - 1) / l.block;
   return l;
}

#define HL_GENERIC "pair.c"
#include "generic.h"

HL_API int hl_softmax_pair(hl_tensor *y, const hl_tensor *x, const hl_tensor *images, const hl_tensor *mask)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax_pair(y, x, images, mask));
   return (y->dtype == HL_F64 ? pair_f64 : pair_f32)("softmax_pair", y, x, NULL, images, mask, 0);
}

HL_API int hl_one_hot_pair(hl_tensor *y, const hl_tensor *labels, const hl_tensor *images, const hl_tensor *mask,
                           int void_label)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_one_hot_pair(y, labels, images, mask));
   return (y->dtype == HL_F64 ? pair_f64 : pair_f32)("one_hot_pair", y, NULL, labels, images, mask, void_label);
}

HL_API int hl_softmax_pair_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax_pair_back(dx, dy, y));
   (y->dtype == HL_F64 ? softmax_pair_back_f64 : softmax_pair_back_f32)(dx, dy, y);
   return hl_poll();
}
#endif
