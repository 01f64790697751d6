/* labels.c: label maps from scores, one-hot maps from labels, confusion matrices. */
#ifdef real

/* The first largest class of n pixels; NaN counts as largest. x is class 0 of the first pixel, step the distance of
 * classes. */
static void FN(largest)(int32_t *label, real *value, const real *x, int64_t step, int64_t classes, int64_t n)
{
   memcpy(value, x, (size_t)n * sizeof *x);
   memset(label, 0, (size_t)n * sizeof *label);
   for (int64_t c = 1; c < classes; c++) {
      const real *from = x + c * step;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
         real v = from[i], top = value[i];
         bool better = (v > top) | ((v != v) & (top == top));
         value[i] = better ? v : top;
         label[i] = better ? (int32_t)c : label[i];
      }
   }
}

static void FN(label_map)(hl_tensor *labels, hl_tensor *confidence, const hl_tensor *x)
{
   int64_t images = x->size[0], classes = x->size[1], pixels = images ? hl_numel(labels) / images : 0;
   int64_t blocks = (pixels + BLOCK - 1) / BLOCK;
#pragma omp parallel for collapse(2) schedule(static) if (hl_numel(x) > HL_PARALLEL_MIN)
   for (int64_t image = 0; image < images; image++)
      for (int64_t block = 0; block < blocks; block++) {
         if (hl_interrupted()) continue;
         int32_t label[BLOCK];
         real value[BLOCK];
         int64_t at = block * BLOCK, n = pixels - at < BLOCK ? pixels - at : BLOCK, out = image * pixels + at;
         FN(largest)(label, value, (const real *)x->data + image * classes * pixels + at, pixels, classes, n);
         write_labels(labels, out, label, n);
         if (confidence) memcpy((real *)confidence->data + out, value, (size_t)n * sizeof *value);
      }
}

/* Returns the position of a label that is not a class, or -1. */
static int64_t FN(one_hot)(hl_tensor *y, const hl_tensor *labels, int void_label)
{
   int64_t images = y->size[0], classes = y->size[1], pixels = images ? hl_numel(labels) / images : 0;
   int64_t blocks = (pixels + BLOCK - 1) / BLOCK, bad = INT64_MAX;
#pragma omp parallel for collapse(2) schedule(static) reduction(min : bad) if (hl_numel(y) > HL_PARALLEL_MIN)
   for (int64_t image = 0; image < images; image++)
      for (int64_t block = 0; block < blocks; block++) {
         if (hl_interrupted()) continue;
         int32_t label[BLOCK];
         int64_t at = block * BLOCK, n = pixels - at < BLOCK ? pixels - at : BLOCK;
         int64_t found = hl_read_labels(label, labels, image * pixels + at, n, classes, void_label);
         if (found >= 0 && found < bad) bad = found;
         real *to = (real *)y->data + image * classes * pixels + at;
         for (int64_t c = 0; c < classes; c++, to += pixels)
#pragma omp simd
            for (int64_t i = 0; i < n; i++) to[i] = label[i] == (int32_t)c;
      }
   return bad == INT64_MAX ? -1 : bad;
}

#else
#include <string.h>
#include "labels.h"

enum { BLOCK = 1024 /* pixels */, LOOK = 64 /* blocks between two looks for Ctrl-C */ };

int64_t hl_read_labels(int32_t *to, const hl_tensor *labels, int64_t first, int64_t n, int64_t classes, int void_label)
{
   int bad = 0;
#define READ(type) \
   { \
      const type *from = (const type *)labels->data + first; \
      _Pragma("omp simd reduction(| : bad)") for (int64_t i = 0; i < n; i++) \
      { \
         int64_t v = (int64_t)from[i]; \
         bool is_void = v == void_label, is_class = (v >= 0) & (v < classes); \
         to[i] = is_class & !is_void ? (int32_t)v : HL_LABEL_VOID; \
         bad |= !(is_class | is_void); \
      } \
   }
   switch (labels->dtype) {
   case HL_U8:
      READ(uint8_t) break;
   case HL_I32:
      READ(int32_t) break;
   default:
      READ(int64_t)
   }
#undef READ
   for (int64_t i = first; bad; i++) {
      int64_t v = hl_label_at(labels, i);
      if ((v < 0 || v >= classes) && v != void_label) return i;
   }
   return -1;
}

static void write_labels(hl_tensor *labels, int64_t first, const int32_t *from, int64_t n)
{
#define WRITE(type) \
   for (int64_t i = 0; i < n; i++) ((type *)labels->data)[first + i] = (type)from[i];
   switch (labels->dtype) {
   case HL_U8:
      WRITE(uint8_t) break;
   case HL_I32:
      WRITE(int32_t) break;
   default:
      WRITE(int64_t)
   }
#undef WRITE
}

#define HL_GENERIC "labels.c"
#include "generic.h"

HL_API int hl_label_map(hl_tensor *labels, hl_tensor *confidence, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_label_map(labels, confidence, x));
   if (x->dtype == HL_F64)
      label_map_f64(labels, confidence, x);
   else
      label_map_f32(labels, confidence, x);
   return hl_poll();
}

HL_API int hl_one_hot(hl_tensor *y, const hl_tensor *labels, int void_label)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_one_hot(y, labels));
   int64_t bad = y->dtype == HL_F64 ? one_hot_f64(y, labels, void_label) : one_hot_f32(y, labels, void_label);
   if (bad >= 0)
      return hl_fail_label("one_hot", "labels", labels, bad, hl_label_at(labels, bad), y->size[1], void_label);
   return hl_poll();
}

/* Adds the pixels first .. first + n - 1 to matrix. bad: the first positions of a truth and of a prediction that are no
 * class. */
static void count_block(int64_t *matrix, int64_t bad[2], const hl_tensor *truth, const hl_tensor *prediction,
                        int64_t first, int64_t n, int64_t classes, int void_label)
{
   int32_t t[BLOCK], p[BLOCK];
   int64_t found = hl_read_labels(t, truth, first, n, classes, void_label);
   if (found >= 0 && found < bad[0]) bad[0] = found;
   /* Predictions know no void; those under void pixels may be anything. */
   hl_read_labels(p, prediction, first, n, classes, HL_LABEL_VOID);
   for (int64_t i = 0; i < n; i++) {
      if (t[i] == HL_LABEL_VOID) continue;
      if (p[i] != HL_LABEL_VOID)
         matrix[t[i] * classes + p[i]]++;
      else if (first + i < bad[1])
         bad[1] = first + i;
   }
}

HL_API int hl_confusion(hl_tensor *matrix, const hl_tensor *truth, const hl_tensor *prediction, int void_label)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_confusion(matrix, truth, prediction));
   int64_t classes = matrix->size[0], cells = classes * classes, pixels = hl_numel(truth);
   int64_t blocks = (pixels + BLOCK - 1) / BLOCK;
   int threads = pixels > HL_PARALLEL_MIN && cells < pixels ? omp_get_max_threads() : 1;
   /* Counted apart and added at the end: a failure leaves the matrix as it was. */
   int64_t *counts = hl_scratch(0, (size_t)threads * (size_t)cells * sizeof *counts), truth_bad = INT64_MAX;
   int64_t prediction_bad = INT64_MAX;
   if (!counts) return 1;
   memset(counts, 0, (size_t)threads * (size_t)cells * sizeof *counts);
   int stopped = 0;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(min \
                                                                         : truth_bad, prediction_bad) \
    reduction(| \
              : stopped)
   for (int64_t block = 0; block < blocks; block++) {
      if (stopped || (block % LOOK == 0 && hl_poll())) {
         stopped = 1;
         continue;
      }
      int64_t at = block * BLOCK, n = pixels - at < BLOCK ? pixels - at : BLOCK, bad[2] = {truth_bad, prediction_bad};
      count_block(counts + omp_get_thread_num() * cells, bad, truth, prediction, at, n, classes, void_label);
      truth_bad = bad[0];
      prediction_bad = bad[1];
   }
   if (stopped) return hl_fail("interrupted");
   if (truth_bad != INT64_MAX)
      return hl_fail_label("confusion", "truth", truth, truth_bad, hl_label_at(truth, truth_bad), classes, void_label);
   if (prediction_bad != INT64_MAX)
      return hl_fail_label("confusion", "prediction", prediction, prediction_bad,
                           hl_label_at(prediction, prediction_bad), classes, void_label);
   int64_t *to = matrix->data;
   for (int t = 0; t < threads; t++)
      for (int64_t i = 0; i < cells; i++) to[i] += counts[t * cells + i];
   return 0;
}
#endif
