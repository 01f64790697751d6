/* norm_bf16.h: the loops of norm.c over bfloat16 for processors that convert it, sixteen values at a time; what does
 * not fill a vector is masked. */
#include "lanes.h"

static inline __m512 values(const uint16_t *x, __mmask16 inside)
{
   __m512i words = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(inside, x));
   return _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
}

static inline void put(uint16_t *y, __mmask16 inside, __m512 v)
{
   _mm256_mask_storeu_epi16(y, inside, (__m256i)_mm512_cvtneps_pbh(v));
}

/* As those of norm.c. */
static void block_moments_bf16(double *mean, double *m2, const uint16_t *x, int64_t n)
{
   __m512 s0 = _mm512_setzero_ps(), s1 = s0, q0 = s0, q1 = s0;
   int64_t i = 0;
   for (; i + 32 <= n; i += 32) {
      s0 = _mm512_add_ps(s0, values(x + i, 0xffff));
      s1 = _mm512_add_ps(s1, values(x + i + 16, 0xffff));
   }
   for (; i < n; i += 16) s0 = _mm512_add_ps(s0, values(x + i, hl_first_lanes(n - i)));
   float m = (float)((double)_mm512_reduce_add_ps(_mm512_add_ps(s0, s1)) / (double)n);
   __m512 from = _mm512_set1_ps(m);
   s0 = s1 = _mm512_setzero_ps();
   for (i = 0; i + 32 <= n; i += 32) {
      __m512 a = _mm512_sub_ps(values(x + i, 0xffff), from), b = _mm512_sub_ps(values(x + i + 16, 0xffff), from);
      s0 = _mm512_add_ps(s0, a);
      s1 = _mm512_add_ps(s1, b);
      q0 = _mm512_fmadd_ps(a, a, q0);
      q1 = _mm512_fmadd_ps(b, b, q1);
   }
   for (; i < n; i += 16) {
      __m512 a = _mm512_maskz_sub_ps(hl_first_lanes(n - i), values(x + i, hl_first_lanes(n - i)), from);
      s0 = _mm512_add_ps(s0, a);
      q0 = _mm512_fmadd_ps(a, a, q0);
   }
   double offset = (double)_mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
   double squares = (double)_mm512_reduce_add_ps(_mm512_add_ps(q0, q1)) - offset * offset / (double)n;
   *mean = (double)m + offset / (double)n;
   *m2 = squares < 0 ? 0 : squares;
}

INLINE void normalise_as_bf16(uint16_t *y, const uint16_t *x, const uint16_t *add, int64_t n, float mean, float scale,
                              float shift, bool with_add, bool relu)
{
   for (int64_t i = 0; i < n; i += 16) {
      __mmask16 inside = hl_first_lanes(n - i);
      __m512 v = _mm512_sub_ps(values(x + i, inside), _mm512_set1_ps(mean));
      v = _mm512_fmadd_ps(v, _mm512_set1_ps(scale), _mm512_set1_ps(shift));
      if (with_add) v = _mm512_add_ps(v, values(add + i, inside));
      if (relu) v = _mm512_max_ps(_mm512_setzero_ps(), v); /* NaN, the second, stays */
      put(y + i, inside, v);
   }
}

/* dy through the ReLU whose results are y. */
static inline __m512 gradients(const uint16_t *dy, const uint16_t *y, __mmask16 inside, bool relu)
{
   __m512 g = values(dy, inside);
   if (!relu) return g;
   __mmask16 none = _mm512_cmp_ps_mask(values(y, inside), _mm512_setzero_ps(), _CMP_LE_OQ);
   return _mm512_mask_mov_ps(g, none, _mm512_setzero_ps());
}

INLINE void gradient_sums_as_bf16(double sums[2], uint16_t *dadd, const uint16_t *dy, const uint16_t *x,
                                  const uint16_t *y, int64_t n, float mean, bool with_dadd, bool relu)
{
   __m512 s[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()}, sx[2] = {s[0], s[0]};
   for (int64_t i = 0; i < n; i += 32)
#pragma GCC unroll 2
      for (int k = 0; k < 2; k++) {
         int64_t at = i + 16 * k;
         __mmask16 inside = n - at > 0 ? hl_first_lanes(n - at) : 0;
         __m512 g = gradients(dy + at, relu ? y + at : NULL, inside, relu);
         if (with_dadd) put(dadd + at, inside, g);
         s[k] = _mm512_add_ps(s[k], g);
         sx[k] = _mm512_fmadd_ps(g, _mm512_sub_ps(values(x + at, inside), _mm512_set1_ps(mean)), sx[k]);
      }
   sums[0] += (double)_mm512_reduce_add_ps(_mm512_add_ps(s[0], s[1]));
   sums[1] += (double)_mm512_reduce_add_ps(_mm512_add_ps(sx[0], sx[1]));
}

INLINE void gradient_as_bf16(uint16_t *dx, const uint16_t *dy, const uint16_t *x, const uint16_t *y, int64_t n,
                             float mean, float scale, float offset, float slope, bool relu, bool batch)
{
   for (int64_t i = 0; i < n; i += 16) {
      __mmask16 inside = hl_first_lanes(n - i);
      __m512 g = gradients(dy + i, relu ? y + i : NULL, inside, relu);
      if (batch) {
         __m512 apart = _mm512_sub_ps(values(x + i, inside), _mm512_set1_ps(mean));
         g = _mm512_fnmadd_ps(_mm512_set1_ps(slope), apart, _mm512_sub_ps(g, _mm512_set1_ps(offset)));
      }
      put(dx + i, inside, _mm512_mul_ps(g, _mm512_set1_ps(scale)));
   }
}
