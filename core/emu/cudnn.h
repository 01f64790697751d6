/* cudnn.h: for the host, what core/cuda/conv.cu uses of cuDNN. libraries.cpp computes it with the CPU's library; it is
 * as strict about types, orders and work space as cuDNN may be. */
#ifndef HL_EMU_CUDNN_H
#define HL_EMU_CUDNN_H

#include <stddef.h>

enum cudnnStatus_t {
   CUDNN_STATUS_SUCCESS,
   CUDNN_STATUS_ALLOC_FAILED,
   CUDNN_STATUS_BAD_PARAM,
   CUDNN_STATUS_NOT_SUPPORTED,
   CUDNN_STATUS_EXECUTION_FAILED
};
enum cudnnTensorFormat_t { CUDNN_TENSOR_NCHW, CUDNN_TENSOR_NHWC };
enum cudnnDataType_t { CUDNN_DATA_FLOAT, CUDNN_DATA_DOUBLE, CUDNN_DATA_BFLOAT16 };
enum cudnnMathType_t { CUDNN_DEFAULT_MATH, CUDNN_TENSOR_OP_MATH, CUDNN_FMA_MATH };
enum cudnnConvolutionMode_t { CUDNN_CROSS_CORRELATION };
enum cudnnDeterminism_t { CUDNN_NON_DETERMINISTIC, CUDNN_DETERMINISTIC };
enum cudnnConvolutionFwdAlgo_t {
   CUDNN_CONVOLUTION_FWD_ALGO_GEMM,
   CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD,
   CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED
};
enum cudnnConvolutionBwdDataAlgo_t {
   CUDNN_CONVOLUTION_BWD_DATA_ALGO_1,
   CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD,
   CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED
};
enum cudnnConvolutionBwdFilterAlgo_t {
   CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1,
   CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD,
   CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD_NONFUSED
};

template <typename A> struct hl_emu_timed {
   A algo;
   cudnnStatus_t status;
   float time;
   size_t memory;
   cudnnDeterminism_t determinism;
   cudnnMathType_t mathType;
};
using cudnnConvolutionFwdAlgoPerf_t = hl_emu_timed<cudnnConvolutionFwdAlgo_t>;
using cudnnConvolutionBwdDataAlgoPerf_t = hl_emu_timed<cudnnConvolutionBwdDataAlgo_t>;
using cudnnConvolutionBwdFilterAlgoPerf_t = hl_emu_timed<cudnnConvolutionBwdFilterAlgo_t>;

/* An image or a weight: type, order, sizes (N,C,H,W). */
struct hl_emu_layout {
   cudnnDataType_t type;
   cudnnTensorFormat_t order;
   int size[4];
};
struct hl_emu_conv {
   int pad[2], stride[2], dilation[2], groups;
   cudnnDataType_t type; /* of the sums */
   cudnnMathType_t math;
};
using cudnnHandle_t = int;
using cudnnTensorDescriptor_t = hl_emu_layout *;
using cudnnFilterDescriptor_t = hl_emu_layout *;
using cudnnConvolutionDescriptor_t = hl_emu_conv *;

const char *cudnnGetErrorString(cudnnStatus_t status);
cudnnStatus_t cudnnCreate(cudnnHandle_t *handle);
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, int stream);
cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *d);
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *d);
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *d);
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t order, cudnnDataType_t type,
                                         int n, int c, int h, int w);
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t type, cudnnTensorFormat_t order,
                                         int k, int c, int h, int w);
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int pad_h, int pad_w, int stride_h,
                                              int stride_w, int dilation_h, int dilation_w, cudnnConvolutionMode_t mode,
                                              cudnnDataType_t type);
cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t d, int groups);
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math);

cudnnStatus_t cudnnFindConvolutionForwardAlgorithmEx(cudnnHandle_t, cudnnTensorDescriptor_t xd, const void *x,
                                                     cudnnFilterDescriptor_t wd, const void *w,
                                                     cudnnConvolutionDescriptor_t cd, cudnnTensorDescriptor_t yd,
                                                     void *y, int wanted, int *found,
                                                     cudnnConvolutionFwdAlgoPerf_t *timed, void *room, size_t bytes);
cudnnStatus_t cudnnFindConvolutionBackwardDataAlgorithmEx(cudnnHandle_t, cudnnFilterDescriptor_t wd, const void *w,
                                                          cudnnTensorDescriptor_t yd, const void *dy,
                                                          cudnnConvolutionDescriptor_t cd, cudnnTensorDescriptor_t xd,
                                                          void *dx, int wanted, int *found,
                                                          cudnnConvolutionBwdDataAlgoPerf_t *timed, void *room,
                                                          size_t bytes);
cudnnStatus_t cudnnFindConvolutionBackwardFilterAlgorithmEx(cudnnHandle_t, cudnnTensorDescriptor_t xd, const void *x,
                                                            cudnnTensorDescriptor_t yd, const void *dy,
                                                            cudnnConvolutionDescriptor_t cd, cudnnFilterDescriptor_t wd,
                                                            void *dw, int wanted, int *found,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t *timed, void *room,
                                                            size_t bytes);

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t, const void *alpha, cudnnTensorDescriptor_t xd, const void *x,
                                      cudnnFilterDescriptor_t wd, const void *w, cudnnConvolutionDescriptor_t cd,
                                      cudnnConvolutionFwdAlgo_t algorithm, void *room, size_t bytes, const void *beta,
                                      cudnnTensorDescriptor_t yd, void *y);
cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t, const void *alpha, cudnnFilterDescriptor_t wd, const void *w,
                                           cudnnTensorDescriptor_t yd, const void *dy, cudnnConvolutionDescriptor_t cd,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void *room, size_t bytes,
                                           const void *beta, cudnnTensorDescriptor_t xd, void *dx);
cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t, const void *alpha, cudnnTensorDescriptor_t xd,
                                             const void *x, cudnnTensorDescriptor_t yd, const void *dy,
                                             cudnnConvolutionDescriptor_t cd, cudnnConvolutionBwdFilterAlgo_t algorithm,
                                             void *room, size_t bytes, const void *beta, cudnnFilterDescriptor_t wd,
                                             void *dw);

#endif
