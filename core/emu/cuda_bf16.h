/* cuda_bf16.h: the 16-bit float that is the upper half of a float, as CUDA names it. See emu.h. */
#ifndef HL_EMU_BF16_H
#define HL_EMU_BF16_H

#include "emu.h"

struct __nv_bfloat16 {
   uint16_t bits;
};

static inline float __bfloat162float(__nv_bfloat16 x)
{
   return __int_as_float((int)((uint32_t)x.bits << 16));
}

/* To the nearest, halves to even. */
static inline __nv_bfloat16 __float2bfloat16(float x)
{
   uint32_t bits = (uint32_t)__float_as_int(x);
   if ((bits & 0x7fffffffu) > 0x7f800000u) return {0x7fff};
   return {(uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16)};
}

#endif
