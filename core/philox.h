/* philox.h: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011), one
 * implementation for every device. A block of four words is a pure function of (seed, counter).
 *
 * What the draws use, so that devices agree: word w of a tensor's draw is word w % 4 of the block with counter
 * offset + w / 4. A float element takes one word, a double element two (low word first); normal numbers are made in
 * pairs. */
#ifndef HL_PHILOX_H
#define HL_PHILOX_H

#include <stdint.h>

#ifdef __CUDACC__
#define HL_INLINE static inline __host__ __device__
#else
#define HL_INLINE static inline
#endif

HL_INLINE void hl_philox(uint64_t seed, uint64_t counter, uint32_t out[4])
{
   uint32_t c0 = (uint32_t)counter, c1 = (uint32_t)(counter >> 32), c2 = 0, c3 = 0;
   uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
   for (int round = 0; round < 10; round++) {
      uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
      uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
      c1 = (uint32_t)p1;
      c3 = (uint32_t)p0;
      c0 = n0;
      c2 = n2;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
   }
   out[0] = c0;
   out[1] = c1;
   out[2] = c2;
   out[3] = c3;
}

/* [0, 1) with 24 bits. */
HL_INLINE float hl_unit_float(uint32_t word)
{
   return (float)(word >> 8) * 0x1p-24f;
}

/* [0, 1) with 53 bits. */
HL_INLINE double hl_unit_double(uint32_t low, uint32_t high)
{
   return (double)((((uint64_t)high << 32) | low) >> 11) * 0x1p-53;
}

#endif
