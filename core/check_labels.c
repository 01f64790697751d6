#include "check.h"

#include <stdio.h>

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
                  "labels or set void_label",
                  fn, name, (long long)value, where, (long long)(classes - 1), void_label);
}
