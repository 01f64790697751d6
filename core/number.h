/* number.h: conversions and whole powers that come out the same on every device. */
#ifndef HL_NUMBER_H
#define HL_NUMBER_H

#include "philox.h"

/* Truncates; what does not fit becomes the nearest bound, NaN becomes 0. */
HL_INLINE int64_t hl_to_i64(double x)
{
   int64_t whole = (int64_t)(x > -0x1p63 && x < 0x1p63 ? x : 0.);
   whole = x >= 0x1p63 ? INT64_MAX : whole;
   return x <= -0x1p63 ? INT64_MIN : whole;
}

HL_INLINE int32_t hl_to_i32(double x)
{
   x = x > 0x1.fffffffcp30 ? 0x1.fffffffcp30 : x;
   x = x < -0x1p31 ? -0x1p31 : x;
   return (int32_t)(x == x ? x : 0.);
}

HL_INLINE int16_t hl_to_i16(double x)
{
   int32_t whole = hl_to_i32(x);
   return (int16_t)(whole > INT16_MAX ? INT16_MAX : whole < INT16_MIN ? INT16_MIN : whole);
}

HL_INLINE int8_t hl_to_i8(double x)
{
   int32_t whole = hl_to_i32(x);
   return (int8_t)(whole > INT8_MAX ? INT8_MAX : whole < INT8_MIN ? INT8_MIN : whole);
}

HL_INLINE uint8_t hl_to_u8(double x)
{
   x = x > 255. ? 255. : x;
   return (uint8_t)(int32_t)(x > 0. ? x : 0.);
}

HL_INLINE float hl_to_f32(double x)
{
   return (float)x;
}

HL_INLINE double hl_to_f64(double x)
{
   return x;
}

/* x^e modulo 2^64 by squaring; a negative e truncates the fraction that it gives. */
HL_INLINE uint64_t hl_whole_power(int64_t x, int64_t e)
{
   if (e < 0) return x == 1 ? 1u : x == -1 ? (e % 2 ? UINT64_MAX : 1u) : 0u;
   uint64_t y = 1, square = (uint64_t)x;
   for (; e; e >>= 1, square *= square)
      if (e & 1) y *= square;
   return y;
}

#endif
