#ifdef real

/* The weights of all taps, (taps,k,c), each the sum of its sources'. */
static void FN(gather_taps)(const conv_shape *s, const conv_plan *plan, real *to, void *const *w)
{
#pragma omp parallel for collapse(2)
   for (int64_t t = 0; t < plan->taps; t++)
      for (int64_t k = 0; k < s->k; k++) {
         real *row = to + (t * s->k + k) * s->c;
         memset(row, 0, (size_t)s->c * sizeof *row);
         for (int64_t i = plan->first[t]; i < plan->first[t + 1]; i++) {
            const conv_source *from = plan->source + i;
            int64_t taps = s[from->branch].r * s[from->branch].s;
            const real *weight = (const real *)w[from->branch] + k * s->c * taps + from->tap;
            for (int64_t c = 0; c < s->c; c++) row[c] += weight[c * taps];
         }
      }
}

/* The reverse: dw of every source of a tap += its gradient. */
static void FN(scatter_taps)(const conv_shape *s, const conv_plan *plan, void *const *dw, const real *from)
{
#pragma omp parallel for
   for (int64_t k = 0; k < s->k; k++)
      for (int64_t t = 0; t < plan->taps; t++)
         for (int64_t i = plan->first[t]; i < plan->first[t + 1]; i++) {
            const conv_source *to = plan->source + i;
            if (!dw[to->branch]) continue;
            int64_t taps = s[to->branch].r * s[to->branch].s;
            const real *row = from + (t * s->k + k) * s->c;
            real *weight = (real *)dw[to->branch] + k * s->c * taps + to->tap;
            for (int64_t c = 0; c < s->c; c++) weight[c * taps] += row[c];
         }
}

/* Between an image whose first row is row `top` of x, of rows x w, and what a tap at offset (row,col) makes of it
 * (p,q): y += the shifted image, or image += y shifted back. */
static void FN(shift)(const conv_shape *s, real *y, real *image, int64_t top, int64_t row, int64_t col, bool back)
{
   int64_t step = s->stride_w, p0, p1, q0, q1;
   hl_conv_reach(&p0, &p1, s->p, s->h, s->stride_h, row);
   hl_conv_reach(&q0, &q1, s->q, s->w, s->stride_w, col);
   for (int64_t p = p0; p < p1; p++) {
      real *to = y + p * s->q, *from = image + (p * s->stride_h + row - top) * s->w + col;
      if (!back && step == 1)
         for (int64_t q = q0; q < q1; q++) to[q] += from[q];
      else if (!back)
         for (int64_t q = q0; q < q1; q++) to[q] += from[q * step];
      else if (step == 1)
         for (int64_t q = q0; q < q1; q++) from[q] += to[q];
      else
         for (int64_t q = q0; q < q1; q++) from[q * step] += to[q];
   }
}

/* image = y shifted back, 0 elsewhere. */
static void FN(unshift)(const conv_shape *s, const elem *y, elem *image, int64_t top, int64_t rows, int64_t row,
                        int64_t col)
{
   int64_t step = s->stride_w, p0, p1, q0, q1;
   hl_conv_reach(&p0, &p1, s->p, s->h, s->stride_h, row);
   hl_conv_reach(&q0, &q1, s->q, s->w, s->stride_w, col);
   memset(image, 0, (size_t)(rows * s->w) * sizeof *image);
   for (int64_t p = p0; p < p1; p++) {
      const elem *from = y + p * s->q;
      elem *to = image + (p * s->stride_h + row - top) * s->w + col;
      for (int64_t q = q0; q < q1; q++) to[q * step] = from[q];
   }
}

static int FN(rooms)(const conv_shape *s, const conv_plan *plan, real **weights, real **images)
{
   int64_t rows = 0;
   for (int64_t g = 0; g < plan->groups; g++) rows += plan->group[g].taps * plan->group[g].rows;
   *weights = hl_conv_room(CONV_TAP_WEIGHTS, 4, s->k, s->c, plan->taps, (int64_t)sizeof(real));
   *images = hl_conv_room(CONV_TAPS, 5, s->n, s->k, rows, s->w, (int64_t)sizeof(real));
   return !*weights || !*images;
}

static int FN(forward)(const conv_shape *s, const conv_plan *plan, int n, int dtype, elem *y, const elem *x,
                       void *const *w, void *const *bias)
{
   real *weights, *images;
   HL_TRY(FN(rooms)(s, plan, &weights, &images));
   FN(gather_taps)(s, plan, weights, w);
   real *to = images;
   for (const conv_group *g = plan->group; g < plan->group + plan->groups; g++) {
      conv_shape each = of_group(s, g);
      HL_TRY(product(&each, dtype, to, x, weights + g->tap * s->k * s->c));
      to += image_size(s, g);
   }
   int64_t size = s->p * s->q;
   real *rooms = hl_conv_room(CONV_SUMS, 3, (int64_t)omp_get_max_threads(), size, (int64_t)sizeof(real));
   if (!rooms) return 1;
#pragma omp parallel for
   for (int64_t plane = 0; plane < s->n * s->k; plane++) {
      real *out = rooms + omp_get_thread_num() * size, first = 0, *from = images;
      for (int i = 0; i < n; i++) first += bias[i] ? ((const real *)bias[i])[plane % s->k] : 0;
      for (int64_t i = 0; i < size; i++) out[i] = first;
      for (const conv_group *g = plan->group; g < plan->group + plan->groups; g++) {
         for (int64_t t = 0; t < g->taps; t++) {
            const conv_source *tap = plan->source + plan->first[g->tap + t];
            FN(shift)(s, out, from + image_at(s, g, plane, t), g->row, tap->row, tap->col, false);
         }
         from += image_size(s, g);
      }
      elem *to_y = y + plane * size;
#if ELEM_IS_REAL
      memcpy(to_y, out, (size_t)size * sizeof *to_y);
#else
      hl_bf16_rounds(to_y, out, size);
#endif
   }
   return 0;
}

static int FN(backward_w)(const conv_shape *s, const conv_plan *plan, int dtype, void *const *dw, const elem *dy,
                          const elem *x)
{
   real *weights, *room;
   HL_TRY(FN(rooms)(s, plan, &weights, &room));
   elem *images = (elem *)room;
   memset(weights, 0, (size_t)(s->k * s->c * plan->taps) * sizeof(real));
   for (const conv_group *g = plan->group; g < plan->group + plan->groups; g++) {
      conv_shape each = of_group(s, g);
#pragma omp parallel for collapse(2)
      for (int64_t plane = 0; plane < s->n * s->k; plane++)
         for (int64_t t = 0; t < g->taps; t++) {
            const conv_source *tap = plan->source + plan->first[g->tap + t];
            FN(unshift)
            (s, dy + plane * s->p * s->q, images + image_at(s, g, plane, t), g->row, g->rows, tap->row, tap->col);
         }
      HL_TRY(product_dw(&each, dtype, weights + g->tap * s->k * s->c, images, x));
   }
   FN(scatter_taps)(s, plan, dw, weights);
   return 0;
}

#if ELEM_IS_REAL
/* dx of one convolution with few input channels. */
static int FN(backward_x)(const conv_shape *s, int dtype, real *dx, const real *dy, const real *w)
{
   int64_t taps = s->r * s->s, pixels = s->p * s->q;
   real *images = hl_conv_room(CONV_TAPS, 5, s->n, s->c, taps, pixels, (int64_t)sizeof(real));
   if (!images) return 1;
   conv_shape each = {s->n, s->c * taps, s->p, s->q, s->k, 1, 1, s->p, s->q, 1, 1, 0, 0, 1, 1};
   HL_TRY(hl_conv_gemm_dx(&each, dtype, images, dy, w));
#pragma omp parallel for
   for (int64_t plane = 0; plane < s->n * s->c; plane++) {
      real *to = dx + plane * s->h * s->w;
      memset(to, 0, (size_t)(s->h * s->w) * sizeof(real));
      for (int64_t t = 0; t < taps; t++) {
         int64_t row = t / s->s * s->dil_h - s->pad_h, col = t % s->s * s->dil_w - s->pad_w;
         FN(shift)(s, images + (plane * taps + t) * pixels, to, 0, row, col, true);
      }
   }
   return 0;
}

#endif

/* dx of a sum: the taps' results are not shifted here, dx having many channels, but gathered in one product. */
static int FN(sum_dx)(const conv_shape *s, const conv_plan *plan, int dtype, elem *dx, const elem *dy, void *const *w)
{
   real *weights = hl_conv_room(CONV_TAP_WEIGHTS, 4, s->k, s->c, plan->taps, (int64_t)sizeof(real));
   if (!weights) return 1;
   FN(gather_taps)(s, plan, weights, w);
   return product_dx(s, plan, dtype, dx, dy, weights);
}

#else

/* conv_kn2row.c: convolutions with few channels on one side, and sums of them.
 *
 * Packing shifted images is wasted on a handful of weights. Here every tap is a
 * channel of its own in a 1x1 convolution; the results, few as they are, are
 * shifted instead and summed, as in Vasudevan, Anderson and Gregg, "Parallel
 * multi channel convolution using general matrix multiplication" (2017). The
 * taps of one row offset go together, and read only the rows that they meet. */
#include "bfloat.h"
#include "conv_amx.h"
#include <math.h>
#include <string.h>

/* The 1x1 convolution with a channel for each of a group's taps of each output channel, of the rows that they meet. */
static conv_shape of_group(const conv_shape *s, const conv_group *g)
{
   return (conv_shape){s->n, s->c, s->h, s->w, s->k * g->taps, 1, 1, g->rows, s->w, 1, 1, -g->row, 0, 1, 1};
}

/* What one group's taps make of the rows they meet stands after those of the groups before it, (n, taps * k, rows, w).
 * Images of plane (n,k) for tap t of the group are taps of them apart. */
static int64_t image_at(const conv_shape *s, const conv_group *g, int64_t plane, int64_t t)
{
   int64_t n = plane / s->k, k = plane % s->k;
   return ((n * g->taps + t) * s->k + k) * g->rows * s->w;
}

static int64_t image_size(const conv_shape *s, const conv_group *g)
{
   return s->n * s->k * g->taps * g->rows * s->w;
}

/* ---- the products of one group or band; sums and weights are float32 where x is bfloat16 ---- */

static int product(const conv_shape *s, int dtype, void *sums, const void *x, const void *w)
{
#if CONV_HAS_BF16
   if (dtype == HL_BF16 && hl_amx()) return hl_amx_sums(s, sums, x, w);
   if (dtype == HL_BF16) return hl_conv_bf16_sums(s, sums, x, w);
#endif
   return hl_conv_gemm_y(s, dtype, sums, x, w, NULL);
}

static int product_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x)
{
#if CONV_HAS_BF16
   if (dtype == HL_BF16 && hl_amx()) return hl_amx_dw(s, dw, dy, x);
   if (dtype == HL_BF16) return hl_conv_bf16_dw(s, dw, dy, x);
#endif
   return hl_conv_gemm_dw(s, dtype, dw, dy, x);
}

static int product_dx(const conv_shape *s, const conv_plan *plan, int dtype, void *dx, const void *dy, const void *w)
{
#if CONV_HAS_BF16
   if (dtype == HL_BF16 && hl_amx()) return hl_amx_taps_dx(s, plan, dx, dy, w);
   if (dtype == HL_BF16) return hl_conv_bf16_taps_dx(s, plan, dx, dy, w);
#endif
   return hl_conv_gemm_taps_dx(s, plan, dtype, dx, dy, w);
}

#define HL_GENERIC "conv_kn2row.c"
#if CONV_HAS_BF16
#define HL_GENERIC_BF16
#endif
#include "generic.h"

/* Convolutions of a sum whose taps one plan can hold. */
static bool has_plan(conv_plan *plan, const conv_shape *s, int n)
{
   int64_t taps = 0;
   for (int i = 0; i < n; i++) {
      if (s[i].stride_h != s->stride_h || s[i].stride_w != s->stride_w) return false;
      taps += s[i].r * s[i].s;
   }
   return taps > 1 && hl_conv_make_plan(plan, s, n) == 0;
}

static double all_taps(const conv_shape *s, int n)
{
   double taps = 0;
   for (int i = 0; i < n; i++) taps += (double)(s[i].r * s[i].s);
   return taps;
}

/* dx with many channels of one convolution is others' work: its images would be
 * many. */
static double cost(const conv_shape *s, int n, int dtype, conv_pass pass)
{
   if (dtype == HL_BF16 && (!CONV_HAS_BF16 || n == 1)) return INFINITY;
   double faster = dtype == HL_BF16 ? hl_conv_bf16_share() : 1;
   double channels = (double)(s->c * s->k), packed = hl_conv_packing(s, pass), shift = s->stride_w > 1 ? 1 : 0.5;
   double taps = all_taps(s, n);
   if (pass == BACKWARD_X) {
      if (n > 1 || taps <= 1) return INFINITY;
      double pixels = (double)(s->n * s->p * s->q);
      double shifted = pixels * taps * (double)s->c * (s->stride_h == 1 && s->stride_w == 1 ? 1 : 2);
      return pixels * (channels * taps * CONV_MULTIPLY + packed) + shifted * shift + channels * taps;
   }
   conv_plan plan;
   if (!has_plan(&plan, s, n)) return INFINITY;
   double cycles = channels * taps;
   for (int64_t g = 0; g < plan.groups; g++) {
      double grid = (double)(s->n * plan.group[g].rows * s->w), rows = (double)plan.group[g].taps;
      cycles += grid * (faster * (channels * rows * CONV_MULTIPLY + packed) + rows * (double)s->k * shift);
   }
   return cycles;
}

/* The plan by which products are made. Tiles multiply rows that a group does not meet sooner than x could be laid out
 * for each group. */
static int make_plan(conv_plan *plan, const conv_shape *s, int n, int dtype)
{
   HL_TRY(hl_conv_make_plan(plan, s, n));
   if (dtype != HL_BF16 || !hl_amx()) return 0;
   plan->groups = 1;
   plan->group[0] = (conv_group){0, plan->taps, 0, s->h};
   return 0;
}

static int forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b)
{
   conv_plan plan;
   HL_TRY(make_plan(&plan, s, n, dtype));
#if CONV_HAS_BF16
   if (dtype == HL_BF16) return forward_bf16(s, &plan, n, dtype, y, x, w, b);
#endif
   return dtype == HL_F64 ? forward_f64(s, &plan, n, dtype, y, x, w, b) : forward_f32(s, &plan, n, dtype, y, x, w, b);
}

static int backward_w(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x)
{
   conv_plan plan;
   HL_TRY(make_plan(&plan, s, n, dtype));
#if CONV_HAS_BF16
   if (dtype == HL_BF16) return backward_w_bf16(s, &plan, dtype, dw, dy, x);
#endif
   return dtype == HL_F64 ? backward_w_f64(s, &plan, dtype, dw, dy, x) : backward_w_f32(s, &plan, dtype, dw, dy, x);
}

static int backward_x(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w)
{
   (void)n;
   return dtype == HL_F64 ? backward_x_f64(s, dtype, dx, dy, w[0]) : backward_x_f32(s, dtype, dx, dy, w[0]);
}

const conv_way hl_conv_kn2row = {cost, forward, backward_x, backward_w};

/* ---- dx of the taps that meet the image, in one product ---- */

static double gathered_cost(const conv_shape *s, int n, int dtype, conv_pass pass)
{
   conv_plan plan;
   if ((dtype == HL_BF16 && (!CONV_HAS_BF16 || n == 1)) || pass != BACKWARD_X || s->stride_h != 1 || s->stride_w != 1 ||
       !has_plan(&plan, s, n))
      return INFINITY;
   double channels = (double)(s->c * s->k), packed = hl_conv_packing(s, pass), cycles = channels * all_taps(s, n);
   double faster = dtype == HL_BF16 ? hl_conv_bf16_share() : 1;
   for (int64_t b = 0; b < plan.bands; b++) {
      const conv_group *first = plan.group + plan.band[b].group, *last = first + plan.band[b].groups - 1;
      double grid = (double)(s->n * plan.band[b].rows * s->w), depth = (double)(last->tap + last->taps - first->tap);
      cycles += depth * (grid * faster * (channels * CONV_MULTIPLY + packed) + channels);
   }
   return cycles;
}

static int gathered_dx(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w)
{
   conv_plan plan;
   HL_TRY(hl_conv_make_plan(&plan, s, n));
#if CONV_HAS_BF16
   if (dtype == HL_BF16) return sum_dx_bf16(s, &plan, dtype, dx, dy, w);
#endif
   return dtype == HL_F64 ? sum_dx_f64(s, &plan, dtype, dx, dy, w) : sum_dx_f32(s, &plan, dtype, dx, dy, w);
}

const conv_way hl_conv_gathered = {.cost = gathered_cost, .backward_x = gathered_dx};

#endif
