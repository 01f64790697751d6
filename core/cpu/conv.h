/* conv.h: shared by the files of the CPU's convolutions.
 *
 *    conv.c        the entry points, and the choice between the ways below
 *    conv_gemm.c   any convolution: shifted images, packed tile by tile, times the weights
 *    conv_shift.c  few channels in the result: 1x1 convolutions for many taps at once, then a sum of shifted images
 *    conv_taps.c   which taps of one convolution, or of a sum of them, meet which rows
 *    conv_phases.c up to 4x4, stride 2, float32: as kernels of 2x2 with stride 1
 *    winograd.c    3x3, stride 1, float32
 *    conv_depthwise.c  as many groups as channels */
#ifndef HL_CONV_H
#define HL_CONV_H

#include "cpu.h"

typedef struct {
   int64_t n, c, h, w; /* x (n,c,h,w) */
   int64_t k, r, s;    /* weight (k,c,r,s) */
   int64_t p, q;       /* y (n,k,p,q) */
   int64_t stride_h, stride_w, pad_h, pad_w, dil_h, dil_w;
} conv_shape;

/* Scratch slots: each is held by one of the files at a time. */
enum {
   CONV_SOURCE,  /* padded or transformed images */
   CONV_WEIGHTS, /* repacked or transformed weights */
   CONV_WORK,    /* the threads' tiles */
   CONV_SUMS,    /* partial sums of dw; transformed dy */
   CONV_TABLE,   /* offsets of taps or tiles */
   CONV_TAPS,    /* conv_shift.c: images of single taps */
   CONV_TAP_WEIGHTS,
   CONV_PLAN,   /* conv_taps.c */
   CONV_RESULT, /* of one convolution of a sum */
   CONV_LISTS   /* conv.c: sizes and memory of the convolutions of a sum */
};

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

/* Each as hl_conv2d and hl_conv2d_back describe; dtype is HL_F32 or HL_F64, bias may be NULL. */
int hl_conv_gemm(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias);
int hl_conv_gemm_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w);
int hl_conv_gemm_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x);

int hl_conv_shift_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w);
/* Of n convolutions with the same strides at once; entries of bias and dw may be NULL. */
int hl_conv_shift(const conv_shape *s, int n, int dtype, void *y, const void *x, void *const *w, void *const *bias);
int hl_conv_shift_dw(const conv_shape *s, int n, int dtype, void *const *dw, const void *dy, const void *x);
/* Stride 1. weights (taps,k,c), summed over each tap's sources. */
int hl_conv_gemm_sum_dx(const conv_shape *s, const conv_plan *plan, int dtype, void *dx, const void *dy,
                        const void *weights);
int hl_conv_sum_dx(const conv_shape *s, int n, int dtype, void *dx, const void *dy, void *const *w);

/* As many groups as channels: weight (k,1,r,s), k a multiple of c; channel c of x goes to k / c channels of y. */
int hl_conv_depthwise(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias);
int hl_conv_depthwise_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w);
int hl_conv_depthwise_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x);

/* float32, r = s = 3, stride 1; m is 3 or 4, the side of a tile of results. With r = s = 2 the weights are (k,c,3,3)
 * all the same, with zeros in the last row and column, which then cost nothing; dw is not to be read there. */
int hl_winograd(const conv_shape *s, int m, float *y, const float *x, const float *w, const float *bias);
int hl_winograd_dx(const conv_shape *s, int m, float *dx, const float *dy, const float *w);
int hl_winograd_dw(const conv_shape *s, int m, float *dw, const float *dy, const float *x);

/* float32, where hl_conv_has_phases; m as above. hl_conv_phased is the convolution that is done instead. */
bool hl_conv_has_phases(const conv_shape *s);
conv_shape hl_conv_phased(const conv_shape *s);
int hl_conv_phases(const conv_shape *s, int m, float *y, const float *x, const float *w, const float *bias);
int hl_conv_phases_dx(const conv_shape *s, int m, float *dx, const float *dy, const float *w);
int hl_conv_phases_dw(const conv_shape *s, int m, float *dw, const float *dy, const float *x);

#endif
