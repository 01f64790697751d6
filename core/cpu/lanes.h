/* lanes.h: what is left of an array where it does not fill a vector of AVX-512. */
#ifndef HL_LANES_H
#define HL_LANES_H

#include <immintrin.h>
#include <stdint.h>

/* The first n of sixteen lanes, all where n is more. */
static inline __mmask16 hl_first_lanes(int64_t n)
{
   return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

#endif
