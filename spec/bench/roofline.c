/* roofline.c: what this machine does at most, for spec/bench/roofline.lua, which compiles it for the processor at hand.
 * Each function works on all threads and returns what they did: floating point operations, or bytes that were moved. */
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "../../core/cpu/conv_amx.h" /* the tiles of the convolutions */

#define real float
#define FN(name) name
#define REAL_IS_FLOAT 1
#include "../../core/cpu/micro.h" /* the vectors of the convolutions */

enum { CHAINS = 12 }; /* sums that do not wait for one another */

static volatile float sink; /* so that nothing is left out */

double peak_float32(int64_t rounds)
{
   double total = 0;
#pragma omp parallel reduction(+ : total)
   {
      vec sum[CHAINS], a = (vec){0} + 0.999f, b = (vec){0} + 0.001f;
#pragma GCC unroll 12
      for (int i = 0; i < CHAINS; i++) sum[i] = (vec){0} + (float)i;
      for (int64_t round = 0; round < rounds; round++)
#pragma GCC unroll 12
         for (int i = 0; i < CHAINS; i++) sum[i] = sum[i] * a + b;
      for (int i = 0; i < CHAINS; i++) sink = sum[i][0];
      total += 2. * LANES * CHAINS * (double)rounds;
   }
   return total;
}

/* Products of bfloat16 with sums of float32 by AMX tiles; 0 where the processor, the system or HILO_CPU lets the
 * library have none. Neither operand is all zeros: tiles of these draw less power, and the clock runs faster than it
 * would. */
double peak_tiles(int64_t rounds)
{
   double total = 0;
#if CONV_AMX_BUILT
   if (!hl_amx()) return 0;
#pragma omp parallel reduction(+ : total)
   {
      uint16_t values[2][AMX_TILE];
      uint32_t bits = 1;
      for (int i = 0; i < 2 * AMX_TILE; i++) {
         bits = bits * 1664525 + 1013904223;
         values[i / AMX_TILE][i % AMX_TILE] = (uint16_t)(0x3f80 | (bits >> 16 & 0x807f)); /* +-1 to 2 */
      }
      amx_begin(AMX_SIDE, AMX_SIDE);
      TILE_LOAD(4, values[0], 64);
      TILE_LOAD(5, values[1], 64);
      TILE_LOAD(6, values[1], 64);
      TILE_LOAD(7, values[0], 64);
      for (int64_t round = 0; round < rounds; round++) {
         TILE_MULTIPLY(0, 4, 6);
         TILE_MULTIPLY(1, 5, 6);
         TILE_MULTIPLY(2, 4, 7);
         TILE_MULTIPLY(3, 5, 7);
      }
      amx_end();
      total += 4. * 2 * AMX_TILE * AMX_SIDE * (double)rounds;
   }
#else
   (void)rounds;
#endif
   return total;
}

/* The same by vectors; 0 where the processor has no instruction for them. */
double peak_bf16(int64_t rounds)
{
   double total = 0;
#ifdef __AVX512BF16__
#pragma omp parallel reduction(+ : total)
   {
      __m512 sum[CHAINS];
      __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f80), b = (__m512bh)_mm512_set1_epi16(0x3c00);
#pragma GCC unroll 12
      for (int i = 0; i < CHAINS; i++) sum[i] = _mm512_set1_ps((float)i);
      for (int64_t round = 0; round < rounds; round++)
#pragma GCC unroll 12
         for (int i = 0; i < CHAINS; i++) sum[i] = _mm512_dpbf16_ps(sum[i], a, b);
      for (int i = 0; i < CHAINS; i++) sink = _mm512_reduce_add_ps(sum[i]);
      total += 4. * LANES * CHAINS * (double)rounds;
   }
#else
   (void)rounds;
#endif
   return total;
}

/* Reads n floats. */
double read_all(const float *x, int64_t n)
{
   float sum = 0;
#pragma omp parallel for simd reduction(+ : sum) schedule(static)
   for (int64_t i = 0; i < n; i++) sum += x[i];
   sink = sum;
   return 4. * (double)n;
}

/* Reads n floats and writes them elsewhere. */
double copy_all(float *y, const float *x, int64_t n)
{
#pragma omp parallel
   {
      int64_t threads = omp_get_num_threads(), i = omp_get_thread_num(), first = n * i / threads,
              last = n * (i + 1) / threads;
      memcpy(y + first, x + first, (size_t)(last - first) * sizeof *y);
   }
   return 8. * (double)n;
}
