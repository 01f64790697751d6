/* conv.h: shared by the files of the CPU's convolutions, from the top down; none knows one above it.
 *
 *    conv.c                   the entry points; groups
 *    conv_choice.c            the list of the ways below, and the choice among them
 *    conv_depthwise.c         as many groups as channels
 *    conv_winograd_strided.c  up to 4x4, stride 2, float32: as kernels of 2x2 with stride 1
 *    conv_winograd.c          3x3, stride 1, in float32
 *    winograd_tiling.c        the tiles that its results are cut into; winograd_tiles.h: their transforms
 *    conv_kn2row.c            few channels on one side, sums of convolutions: 1x1 convolutions for many taps at once
 *    conv_gemm.c              any convolution: an implicit matrix product
 *    conv_gemm_bf16.c         the same of bfloat16, where the processor multiplies it
 *    conv_amx.c               any convolution of bfloat16, by AMX tiles; conv_amx_dw.c: its weights' gradient
 *    conv_amx_images.c        images as those tiles are loaded from
 *    conv_source.h            the rows of that product: images shifted by each tap
 *    conv_plan.c              which taps of one convolution, or of a sum of them, meet which rows
 *    conv_room.c              scratch memory
 *
 * A further way is a file with a conv_way and a line in the list of conv_choice.c. */
#ifndef HL_CONV_H
#define HL_CONV_H

#include "cpu.h"

typedef struct {
   int64_t n, c, h, w; /* x (n,c,h,w) */
   int64_t k, r, s;    /* weight (k,c,r,s) */
   int64_t p, q;       /* y (n,k,p,q) */
   int64_t stride_h, stride_w, pad_h, pad_w, dil_h, dil_w;
} conv_shape;

typedef enum { FORWARD, BACKWARD_X, BACKWARD_W } conv_pass;

/* A way to compute one convolution, or the sum of n that share their input. Passes are as hl_conv2d_sum and
 * hl_conv2d_sum_back describe, of operands in dense memory; entries of b and dw may be NULL. */
typedef struct {
   /* Cycles of one core that the pass may take; INFINITY where it cannot be done so. */
   double (*cost)(const conv_shape *s, int n, int dtype, conv_pass pass);
   int (*forward)(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b);
   int (*backward_x)(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w);
   int (*backward_w)(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x);
} conv_way;

/* A way of bfloat16 alone, without sums of several, whose passes are y_of(s, y, x, w, b), dx_of(s, dx, dy, w) and
 * dw_of(s, dw, dy, x), of one convolution each. */
#define CONV_WAY_BF16(name, cost, y_of, dx_of, dw_of) \
   static int name##_forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, \
                             void *const *b) \
   { \
      (void)n, (void)dtype; \
      return y_of(s, y, x, w[0], b[0]); \
   } \
   static int name##_backward_x(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w) \
   { \
      (void)n, (void)dtype; \
      return dx_of(s, dx, dy, w[0]); \
   } \
   static int name##_backward_w(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x) \
   { \
      (void)n, (void)dtype; \
      return dw_of(s, dw[0], dy, x); \
   } \
   const conv_way name = {cost, name##_forward, name##_backward_x, name##_backward_w}

/* A way that this build lacks: its cost is INFINITY. */
#define CONV_WAY_ABSENT(name) \
   static double name##_cost(const conv_shape *s, int n, int dtype, conv_pass pass) \
   { \
      (void)s, (void)n, (void)dtype, (void)pass; \
      return INFINITY; \
   } \
   const conv_way name = {.cost = name##_cost}

extern const conv_way hl_conv_gemm, hl_conv_gemm_bf16, hl_conv_amx, hl_conv_gathered, hl_conv_kn2row, hl_conv_winograd3,
    hl_conv_winograd4, hl_conv_winograd6, hl_conv_winograd_strided3, hl_conv_winograd_strided4;

/* The same by the way that is expected to be done first. */
int hl_conv_forward(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *b);
int hl_conv_backward_x(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w);
int hl_conv_backward_w(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x);

/* What the costs count, in cycles: a multiplication and addition, an element packed, an element packed across rows, a
 * value written apart from its neighbours. Measured on an AVX-512 core; their ratios hold well enough elsewhere. */
#define CONV_MULTIPLY (1. / 28)
#define CONV_PACK 0.3
#define CONV_FLIP 0.6
#define CONV_SCATTER 2.
#define CONV_CONVERT 0.5 /* an element between bfloat16 and float32, in memory */

/* The processor multiplies pairs of bfloat16. */
#ifdef __AVX512BF16__
#define CONV_HAS_BF16 1
#else
#define CONV_HAS_BF16 0
#endif

/* What packing an element of the shifted images of x or dy costs in this pass. */
static inline double hl_conv_packing(const conv_shape *s, conv_pass pass)
{
   return (double)(pass == BACKWARD_X ? s->k : s->c) * (pass == BACKWARD_W ? CONV_PACK + CONV_FLIP : CONV_PACK);
}

/* Scratch slots: each is held by one of the files at a time. */
enum {
   CONV_SOURCE,  /* padded or transformed images */
   CONV_WEIGHTS, /* repacked weights */
   CONV_WORK,    /* the threads' tiles */
   CONV_SUMS,    /* partial sums of dw; transformed dy; blocks of tiles */
   CONV_TABLE,   /* offsets of taps or tiles */
   CONV_TAPS,    /* images of single taps or phases */
   CONV_TAP_WEIGHTS,
   CONV_PLAN,    /* conv_plan.c */
   CONV_RESULT,  /* of one convolution of a sum */
   CONV_LISTS,   /* conv.c: sizes and memory of the convolutions of a sum */
   CONV_FLOAT_X, /* float32 of bfloat16 operands */
   CONV_FLOAT_Y,
   CONV_FLOAT_W
};

/* a / b, rounded up. */
static inline int64_t up(int64_t a, int64_t b)
{
   return (a + b - 1) / b;
}

/* Whether pixels of x may be met by no tap, so that a gradient that is made phase by phase leaves them out. */
static inline bool hl_conv_skips(const conv_shape *s)
{
   bool strided = s->stride_h > 1 || s->stride_w > 1;
   return strided && (s->stride_h > s->r || s->stride_w > s->s || s->dil_h > 1 || s->dil_w > 1);
}

/* Scratch memory for a product of n sizes, all int64_t; fails when it overflows. */
void *hl_conv_room(int slot, int n, ...);

/* To be asked at the head of each piece of work inside a parallel region: true once Ctrl-C was pressed. */
static inline bool hl_conv_stopped(int *stop)
{
   if (__atomic_load_n(stop, __ATOMIC_RELAXED)) return true;
   if (!hl_poll()) return false;
   __atomic_store_n(stop, 1, __ATOMIC_RELAXED);
   return true;
}

/* One element of the kernels of a sum of convolutions: y(p,q) takes x(p * stride_h + row, q * stride_w + col). */
typedef struct {
   int64_t row, col;
   int64_t branch, tap; /* its weights are w[branch] (k,c,tap) */
} conv_source;

/* Taps of one row offset, and the rows of x that they meet. */
typedef struct {
   int64_t tap, taps;
   int64_t row, rows;
} conv_group;

/* Rows of dx that the same groups reach, for stride 1. */
typedef struct {
   int64_t row, rows;
   int64_t group, groups;
} conv_band;

/* The taps of all convolutions of a sum that meet the image at all, by offset; taps with one offset are one tap, whose
 * weights are summed. With large dilations and small images most taps miss most rows. */
typedef struct {
   int64_t sources, taps, groups, bands;
   conv_source *source; /* (sources) by row and column */
   int64_t *first;      /* (taps + 1) sources of tap t: first[t] .. first[t + 1] - 1 */
   conv_group *group;   /* by row */
   conv_band *band;
} conv_plan;

/* For n convolutions that share their input, the size of their results and, for the plan to be of use, their strides.
 * It lives until the next one is made. */
int hl_conv_make_plan(conv_plan *plan, const conv_shape *s, int n);
/* Rows (or columns) [begin, end) of the result that a tap at this offset takes from inside an image of that size. */
void hl_conv_reach(int64_t *begin, int64_t *end, int64_t results, int64_t size, int64_t stride, int64_t offset);

/* The passes of hl_conv_gemm, which others are built of; dtype is HL_F32 or HL_F64, bias may be NULL. */
int hl_conv_gemm_y(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias);
int hl_conv_gemm_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w);
int hl_conv_gemm_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x);
/* dx of all taps of a plan; stride 1. weights (taps,k,c), summed over each
 * tap's sources. */
int hl_conv_gemm_taps_dx(const conv_shape *s, const conv_plan *plan, int dtype, void *dx, const void *dy,
                         const void *weights);

/* Of bfloat16, where CONV_HAS_BF16: y float32, no bias; dw += its gradient; dx of all taps of a plan, as above. */
int hl_conv_bf16_sums(const conv_shape *s, float *y, const uint16_t *x, const float *w);
int hl_conv_bf16_dw(const conv_shape *s, float *dw, const uint16_t *dy, const uint16_t *x);
int hl_conv_bf16_taps_dx(const conv_shape *s, const conv_plan *plan, uint16_t *dx, const uint16_t *dy,
                         const float *weights);

/* As many groups as channels: weight (k,1,r,s), k a multiple of c; channel c of x goes to k / c channels of y. */
int hl_conv_depthwise(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias);
int hl_conv_depthwise_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w);
int hl_conv_depthwise_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x);

/* The passes of hl_conv_winograd3, hl_conv_winograd4 and hl_conv_winograd6, and their cost.
 * r = s = 3, stride 1; m is 3, 4 or 6, the side of a tile of results. dtype is HL_F32, or HL_BF16 for operands that are
 * computed with as float32, and weights rounded as they are read.
 * With r = s = 2 the weights are (k,c,3,3) all the same, with zeros in the last
 * row and column, which then cost nothing; dw is not to be read there. */
double hl_winograd_cost(const conv_shape *s, int m, conv_pass pass);
int hl_winograd(const conv_shape *s, int m, int dtype, void *y, const void *x, const float *w, const float *bias);
int hl_winograd_dx(const conv_shape *s, int m, int dtype, void *dx, const void *dy, const float *w);
int hl_winograd_dw(const conv_shape *s, int m, int dtype, float *dw, const void *dy, const void *x);

#endif
