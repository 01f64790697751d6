/* size_class.h: the sizes of blocks that the devices' caches keep, eight to each power of two. */
#ifndef HL_SIZE_CLASS_H
#define HL_SIZE_CLASS_H

#include <stdint.h>

enum {
   HL_SMALLEST_BLOCK = 64, /* bytes: a cache line, which is also the alignment */
   HL_SIZE_CLASSES = (64 - 6) * 8,
   HL_WIDER = 3 /* classes: how much larger than asked for a reused block may be */
};

/* Smallest class that holds bytes > 0; *rounded is its size, a multiple of 64 and, where mapped, of 128 KiB. */
static inline int hl_size_class(int64_t bytes, int64_t *rounded)
{
   if (bytes <= 8 * HL_SMALLEST_BLOCK) {
      int class_ = (int)((bytes - 1) / HL_SMALLEST_BLOCK);
      *rounded = (int64_t)(class_ + 1) * HL_SMALLEST_BLOCK;
      return class_;
   }
   int exponent = 63 - __builtin_clzll((uint64_t)bytes - 1); /* 2^exponent < bytes <= 2^(exponent + 1) */
   int64_t step = (int64_t)1 << (exponent - 3), eighths = (bytes + step - 1) / step; /* 9..16 */
   *rounded = eighths * step;
   return (exponent - 8) * 8 + (int)eighths - 9; /* 512 < bytes: exponent >= 9 */
}

#endif
