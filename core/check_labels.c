#include "check.h"

#include <stdio.h>
#include <string.h>

int hl_check_label_map(const hl_tensor *labels, const hl_tensor *confidence, const hl_tensor *x)
{
   const char *fn = "label_map";
   HL_TRY(hl_need_dense_float(fn, "x", x));
   HL_TRY(hl_check_labels_of(fn, "labels", labels, "x", x));
   HL_CHECK(labels->dtype != HL_U8 || x->size[1] <= 256,
            "%s: %lld classes do not fit uint8 labels; use int32 or int64 labels", fn, (long long)x->size[1]);
   if (!confidence) return 0;
   HL_TRY(hl_need_dense(fn, "confidence", confidence));
   HL_TRY(hl_need_dtype(fn, "confidence", confidence, x->dtype));
   HL_CHECK(hl_same_size(confidence, labels), "%s: confidence must be as labels, %s, got %s", fn, hl_show(labels),
            hl_show(confidence));
   return 0;
}

int hl_check_one_hot(const hl_tensor *y, const hl_tensor *labels)
{
   HL_TRY(hl_need_dense_float("one_hot", "y", y));
   return hl_check_labels_of("one_hot", "labels", labels, "y", y);
}

/* t has y's images and pixels, whatever its channels. */
static bool beside(const hl_tensor *t, const hl_tensor *y)
{
   return t->ndim == y->ndim && t->size[0] == y->size[0] &&
          memcmp(t->size + 2, y->size + 2, (size_t)(y->ndim - 2) * sizeof y->size[0]) == 0;
}

/* y (N,C+D,...) for images (N,D,...); the map's channels are left in *classes. */
static int check_pair(const char *fn, int64_t *classes, const hl_tensor *y, const hl_tensor *images,
                      const hl_tensor *mask)
{
   HL_TRY(hl_need_dense_float(fn, "y", y));
   HL_CHECK(y->ndim >= 3, "%s: y must be (N,C+D,...), got %s", fn, hl_show(y));
   HL_TRY(hl_need_dense(fn, "images", images));
   HL_TRY(hl_need_dtype(fn, "images", images, y->dtype));
   HL_CHECK(beside(images, y), "%s: the map and its images must be of one size: images is %s, the pair would be %s", fn,
            hl_show(images), hl_show(y));
   *classes = y->size[1] - images->size[1];
   HL_CHECK(*classes > 0 && *classes <= INT32_MAX, "%s: the map has no classes: y is %s, images is %s", fn, hl_show(y),
            hl_show(images));
   if (!mask) return 0;
   HL_TRY(hl_need_dense(fn, "mask", mask));
   HL_TRY(hl_need_dtype(fn, "mask", mask, HL_U8));
   HL_CHECK(beside(mask, y) && mask->size[1] == 1, "%s: mask must be (N,1,...) for images %s, got %s", fn,
            hl_show(images), hl_show(mask));
   return 0;
}

int hl_check_softmax_pair(const hl_tensor *y, const hl_tensor *x, const hl_tensor *images, const hl_tensor *mask)
{
   const char *fn = "softmax_pair";
   int64_t classes = 0;
   HL_TRY(hl_need_dense_float(fn, "x", x));
   HL_TRY(hl_need_dense(fn, "images", images));
   HL_CHECK(x->ndim >= 3 && beside(images, x),
            "%s: logits (N,C,...) and images (N,D,...) must be of one size: x is %s, images is %s", fn, hl_show(x),
            hl_show(images));
   HL_TRY(check_pair(fn, &classes, y, images, mask));
   HL_TRY(hl_need_dtype(fn, "x", x, y->dtype));
   HL_CHECK(beside(x, y) && x->size[1] == classes,
            "%s: y must have the channels of x and images, got y %s for %s and %s", fn, hl_show(y), hl_show(x),
            hl_show(images));
   return 0;
}

int hl_check_one_hot_pair(const hl_tensor *y, const hl_tensor *labels, const hl_tensor *images, const hl_tensor *mask)
{
   int64_t classes = 0;
   HL_TRY(check_pair("one_hot_pair", &classes, y, images, mask));
   return hl_check_labels_of("one_hot_pair", "labels", labels, "y", y);
}

int hl_check_softmax_pair_back(const hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y)
{
   const char *fn = "softmax_pair_back";
   HL_TRY(hl_need_dense_float(fn, "y", y));
   HL_CHECK(y->ndim >= 3, "%s: y must be (N,C+D,...), got %s", fn, hl_show(y));
   HL_TRY(hl_need_dense(fn, "dy", dy));
   HL_TRY(hl_need_like(fn, "dy", dy, "y", y));
   HL_TRY(hl_need_dense(fn, "dx", dx));
   HL_TRY(hl_need_dtype(fn, "dx", dx, y->dtype));
   HL_CHECK(beside(dx, y) && dx->size[1] > 0 && dx->size[1] <= y->size[1],
            "%s: dx must be y's map, (N,C,...) of %s, got %s", fn, hl_show(y), hl_show(dx));
   return 0;
}

int hl_check_confusion(const hl_tensor *matrix, const hl_tensor *truth, const hl_tensor *prediction)
{
   const char *fn = "confusion";
   HL_TRY(hl_need_dense(fn, "matrix", matrix));
   HL_TRY(hl_need_dtype(fn, "matrix", matrix, HL_I64));
   HL_CHECK(matrix->ndim == 2 && matrix->size[0] == matrix->size[1] && matrix->size[0] > 0,
            "%s: matrix must be (C,C) with C at least 1, got %s", fn, hl_show(matrix));
   HL_TRY(hl_need_dense(fn, "truth", truth));
   HL_TRY(hl_need_labels(fn, "truth", truth));
   HL_TRY(hl_need_dense(fn, "prediction", prediction));
   HL_TRY(hl_need_labels(fn, "prediction", prediction));
   HL_CHECK(hl_same_size(truth, prediction), "%s: truth (%s) and prediction (%s) must have the same sizes", fn,
            hl_show(truth), hl_show(prediction));
   return 0;
}

int hl_fail_label(const char *fn, const char *name, const hl_tensor *labels, int64_t at, int64_t value, int64_t classes,
                  int void_label)
{
   char where[8 * 24] = "";
   size_t used = 0;
   int64_t block = hl_numel(labels);
   for (int d = 0; d < labels->ndim; d++) {
      block /= labels->size[d];
      used += (size_t)snprintf(where + used, sizeof where - used, d ? ",%lld" : "%lld", (long long)(at / block));
      at %= block;
   }
   return hl_fail("%s: %s has %lld at [%s] (counted from 0), which is neither a class 0..%lld nor void (%d); remap the "
                  "labels or give another void",
                  fn, name, (long long)value, where, (long long)(classes - 1), void_label);
}
