/* conv_winograd_strided.c: kernels of up to 4x4 with stride 2, float32, by
 * Winograd.
 *
 * Every other row and column of x makes an image of its own; on these four the
 * kernel is four kernels of 2x2 with stride 1: with x'_a(i) = x(2 i + a - pad),
 * y(p) is the sum over a and t in 0, 1 of w(a + 2 t) x'_a(p + t), and so along
 * columns. Phases are channels, (n, 2, 2, c, p + 1, q + 1); kernels stand as
 * 3x3 with zeros at the end. */
#include "conv.h"
#include <math.h>
#include <string.h>

static bool has_phases(const conv_shape *s)
{
   return s->stride_h == 2 && s->stride_w == 2 && s->dil_h == 1 && s->dil_w == 1 && s->r <= 4 && s->s <= 4;
}

static conv_shape phased_of(const conv_shape *s)
{
   return (conv_shape){s->n, 4 * s->c, s->p + 1, s->q + 1, s->k, 2, 2, s->p, s->q, 1, 1, 0, 0, 1, 1};
}

/* Columns j, begin <= j < end, of phase b whose column 2 j + b - pad is inside. */
static void columns(const conv_shape *s, int64_t b, int64_t *begin, int64_t *end)
{
   hl_conv_reach(begin, end, s->q + 1, s->w, 2, b - s->pad_w);
   if (*begin > *end) *begin = *end;
}

static void split(const conv_shape *s, float *phases, const float *x)
{
   int64_t rows = s->p + 1, cols = s->q + 1;
#pragma omp parallel for collapse(2)
   for (int64_t n = 0; n < s->n; n++)
      for (int64_t plane = 0; plane < 4 * s->c; plane++) {
         int64_t a = plane / s->c / 2, b = plane / s->c % 2, begin, end;
         const float *from = x + (n * s->c + plane % s->c) * s->h * s->w + b - s->pad_w;
         float *to = phases + (n * 4 * s->c + plane) * rows * cols;
         columns(s, b, &begin, &end);
         memset(to, 0, (size_t)(rows * cols) * sizeof *to);
         for (int64_t i = 0; i < rows; i++) {
            int64_t row = 2 * i + a - s->pad_h;
            if (row < 0 || row >= s->h) continue;
            for (int64_t j = begin; j < end; j++) to[i * cols + j] = from[row * s->w + 2 * j];
         }
      }
}

/* The reverse; 0 where no phase reaches. */
static void join(const conv_shape *s, float *dx, const float *phases)
{
   int64_t rows = s->p + 1, cols = s->q + 1;
#pragma omp parallel for
   for (int64_t plane = 0; plane < s->n * s->c; plane++)
      for (int64_t row = 0; row < s->h; row++) {
         int64_t i = (row + s->pad_h) / 2, a = (row + s->pad_h) % 2, n = plane / s->c, c = plane % s->c;
         float *to = dx + (plane * s->h + row) * s->w;
         memset(to, 0, (size_t)s->w * sizeof *to);
         for (int64_t b = 0; b < 2 && i < rows; b++) {
            const float *from = phases + (((n * 4 + a * 2 + b) * s->c + c) * rows + i) * cols;
            int64_t begin, end;
            columns(s, b, &begin, &end);
            for (int64_t j = begin; j < end; j++) to[2 * j + b - s->pad_w] = from[j];
         }
      }
}

/* Between w (k,c,r,s) and the phases' kernels (k,2,2,c,3,3): kernels = w, or dw += kernels where that is given. */
static void sort_taps(const conv_shape *s, float *kernels, const float *w, float *dw)
{
#pragma omp parallel for
   for (int64_t k = 0; k < s->k; k++)
      for (int64_t phase = 0; phase < 4; phase++)
         for (int64_t c = 0; c < s->c; c++) {
            float *kernel = kernels + ((k * 4 + phase) * s->c + c) * 9;
            for (int64_t row = phase / 2, t = 0; row < s->r; row += 2, t++)
               for (int64_t col = phase % 2, u = 0; col < s->s; col += 2, u++) {
                  int64_t at = ((k * s->c + c) * s->r + row) * s->s + col;
                  if (dw)
                     dw[at] += kernel[3 * t + u];
                  else
                     kernel[3 * t + u] = w[at];
               }
         }
}

static int rooms(const conv_shape *s, float **images, float **kernels)
{
   int64_t size = (int64_t)sizeof(float), channels = 4 * s->c;
   *images = hl_conv_room(CONV_TAPS, 5, s->n, channels, s->p + 1, s->q + 1, size);
   *kernels = hl_conv_room(CONV_TAP_WEIGHTS, 4, s->k, channels, (int64_t)9, size);
   if (!*images || !*kernels) return 1;
   memset(*kernels, 0, (size_t)(s->k * channels * 9 * size));
   return 0;
}

static int phases_y(const conv_shape *s, int m, float *y, const float *x, const float *w, const float *bias)
{
   conv_shape phased = phased_of(s);
   float *images, *kernels;
   HL_TRY(rooms(s, &images, &kernels));
   split(s, images, x);
   sort_taps(s, kernels, w, NULL);
   return hl_winograd(&phased, m, HL_F32, y, images, kernels, bias);
}

static int phases_dx(const conv_shape *s, int m, float *dx, const float *dy, const float *w)
{
   conv_shape phased = phased_of(s);
   float *images, *kernels;
   HL_TRY(rooms(s, &images, &kernels));
   sort_taps(s, kernels, w, NULL);
   HL_TRY(hl_winograd_dx(&phased, m, HL_F32, images, dy, kernels));
   join(s, dx, images);
   return 0;
}

static int phases_dw(const conv_shape *s, int m, float *dw, const float *dy, const float *x)
{
   conv_shape phased = phased_of(s);
   float *images, *kernels;
   HL_TRY(rooms(s, &images, &kernels));
   split(s, images, x);
   HL_TRY(hl_winograd_dw(&phased, m, HL_F32, kernels, dy, images));
   sort_taps(s, kernels, NULL, dw);
   return 0;
}

static double phases_cost(const conv_shape *s, int m, conv_pass pass)
{
   if (!has_phases(s)) return INFINITY;
   conv_shape phased = phased_of(s);
   return hl_winograd_cost(&phased, m, pass) + (double)(phased.n * phased.c * phased.h * phased.w) * CONV_FLIP +
          40 * (double)(s->c * s->k);
}

#define WAY(m) \
   static double cost##m(const conv_shape *s, int n, int dtype, conv_pass pass) \
   { \
      return n == 1 && dtype == HL_F32 ? phases_cost(s, m, pass) : INFINITY; \
   } \
   static int forward##m(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, \
                         void *const *b) \
   { \
      (void)n, (void)dtype; \
      return phases_y(s, m, y, x, w[0], b[0]); \
   } \
   static int backward_x##m(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w) \
   { \
      (void)n, (void)dtype; \
      return phases_dx(s, m, dx, dy, w[0]); \
   } \
   static int backward_w##m(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x) \
   { \
      (void)n, (void)dtype; \
      return phases_dw(s, m, dw[0], dy, x); \
   } \
   const conv_way hl_conv_winograd_strided##m = {cost##m, forward##m, backward_x##m, backward_w##m}
WAY(3);
WAY(4);
#undef WAY
