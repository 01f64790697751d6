/* classes.h: what softmax and cross entropy share: blocks of pixels that are taken through all their classes. */
#ifndef HL_CLASSES_H
#define HL_CLASSES_H

#include "cpu.h"
#include "vmath.h"

enum {
   BLOCK = 512,             /* pixels of a block at most, */
   BLOCK_VALUES = 16 * 1024 /* and values of all its classes about */
};

/* Pixels to a block: a multiple of 16, by the number of classes alone. */
static inline int64_t hl_class_block(int64_t classes)
{
   int64_t n = BLOCK_VALUES / (classes > 0 ? classes : 1) / 16 * 16;
   return n < 16 ? 16 : n > BLOCK ? BLOCK : n;
}

/* Softmax over classes, step apart, of n <= hl_class_block(classes) neighbours, 0 where mask is 0 (NULL: nowhere); and
 * its gradient. softmax.c; dtype is HL_F32 or HL_F64. */
void hl_softmax_block(int dtype, void *y, const void *x, int64_t classes, int64_t step, int64_t n, const uint8_t *mask);
void hl_softmax_block_back(int dtype, void *dx, const void *dy, const void *y, int64_t classes, int64_t step,
                           int64_t n);

#define HL_DEFINE_CLASS_MAX(name, type) \
   static inline void name(type *top, const type *x, int64_t classes, int64_t step, int64_t n) \
   { \
      for (int64_t i = 0; i < n; i++) top[i] = x[i]; \
      for (int64_t c = 1; c < classes; c++) { \
         const type *from = x + c * step; \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) top[i] = from[i] > top[i] ? from[i] : top[i]; \
      } \
   }
HL_DEFINE_CLASS_MAX(hl_class_max_f32, float)
HL_DEFINE_CLASS_MAX(hl_class_max_f64, double)

/* top[i] = the largest over c < classes of x[c * step + i], i < n. NaN may win or lose; sums of exponentials keep it.
 */
#define hl_class_max(top, ...) \
   _Generic((top), float * : hl_class_max_f32, double * : hl_class_max_f64)(top, __VA_ARGS__)

#endif
