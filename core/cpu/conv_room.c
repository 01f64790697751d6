/* conv_room.c: scratch memory of the convolutions. */
#include "conv.h"
#include <stdarg.h>

void *hl_conv_room(int slot, int n, ...)
{
   int64_t bytes = 1;
   bool fits = true;
   va_list args;
   va_start(args, n);
   for (int i = 0; i < n; i++) fits = !__builtin_mul_overflow(bytes, va_arg(args, int64_t), &bytes) && fits;
   va_end(args);
   if (fits && bytes >= 0) return hl_scratch(slot, (size_t)(bytes > 0 ? bytes : 1));
   hl_fail("conv2d: the work space of a convolution this large does not fit in "
           "memory; use a smaller batch or input");
   return NULL;
}
