/* labels.h: label maps of any integer type, read block by block. */
#ifndef HL_LABELS_H
#define HL_LABELS_H

#include "cpu.h"

enum { HL_LABEL_VOID = -1 };

static inline int64_t hl_label_at(const hl_tensor *labels, int64_t at)
{
   switch (labels->dtype) {
   case HL_U8:
      return ((const uint8_t *)labels->data)[at];
   case HL_I32:
      return ((const int32_t *)labels->data)[at];
   default:
      return ((const int64_t *)labels->data)[at];
   }
}

/* to = labels first .. first + n - 1, with HL_LABEL_VOID for void ones and for those that are not classes. Returns the
 * position of the first of the latter, or -1. */
int64_t hl_read_labels(int32_t *to, const hl_tensor *labels, int64_t first, int64_t n, int64_t classes, int void_label);

#endif
