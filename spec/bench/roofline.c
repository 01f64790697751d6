/* roofline.c: what this machine does at most, for spec/bench/roofline.lua, which compiles it for the processor at hand.
 * Each function works on all threads and returns what they did: floating point operations, or bytes that were moved. */
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

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

/* Products of bfloat16 with sums of float32; 0 where the processor has no instruction for them. */
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
