/* conv.h: shared by the files of the CPU's convolutions.
 *
 *    conv.c        the entry points, and the choice between the ways below
 *    conv_gemm.c   any convolution: shifted images, packed tile by tile, times the weights
 *    conv_shift.c  few channels in the result: a 1x1 convolution for all taps at once, then a sum of shifted images
 *    winograd.c    3x3, stride 1, float32 */
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
   CONV_TAP_WEIGHTS
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

/* Each as hl_conv2d and hl_conv2d_back describe; dtype is HL_F32 or HL_F64, bias may be NULL. */
int hl_conv_gemm(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias);
int hl_conv_gemm_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w);
int hl_conv_gemm_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x);

int hl_conv_shift(const conv_shape *s, int dtype, void *y, const void *x, const void *w, const void *bias);
int hl_conv_shift_dx(const conv_shape *s, int dtype, void *dx, const void *dy, const void *w);
int hl_conv_shift_dw(const conv_shape *s, int dtype, void *dw, const void *dy, const void *x);

/* float32, r = s = 3, stride 1; m is 3 or 4, the side of a tile of results. */
int hl_winograd(const conv_shape *s, int m, float *y, const float *x, const float *w, const float *bias);
int hl_winograd_dx(const conv_shape *s, int m, float *dx, const float *dy, const float *w);
int hl_winograd_dw(const conv_shape *s, int m, float *dw, const float *dy, const float *x);

#endif
