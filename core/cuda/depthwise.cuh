/* depthwise.cuh: convolutions with as many groups as channels (depthwise.cu). */
#ifndef HL_DEPTHWISE_CUH
#define HL_DEPTHWISE_CUH

#include "kernel.cuh"

/* y (N,K,P,Q) = the convolution of x (N,C,H,W) with w (K,1,R,S), K a multiple of C; its gradients: dx is overwritten,
 * dw added to. Tensors are dense in either layout, w and dw of hl_param_dtype(x). */
int hl_depthwise(const char *fn, const hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_conv *p);
int hl_depthwise_dx(const char *fn, const hl_tensor *dx, const hl_tensor *w, const hl_tensor *dy, const hl_conv *p);
int hl_depthwise_dw(const char *fn, const hl_tensor *dw, const hl_tensor *x, const hl_tensor *dy, const hl_conv *p);

#endif
