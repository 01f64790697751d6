/* libraries.cpp: what cuBLAS and cuDNN do on the GPU, done by the CPU's library that lies beside this one. Like all
 * work of a device it may be recorded and done later, so nothing is read before its time. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <vector>
#include "../cuda/kernel.cuh"
#include "cudnn.h"

namespace
{

/* Whether the processor has what the CPU library of that name is built for. */
bool runs_here(const char *name)
{
#ifdef __x86_64__
   if (!strcmp(name, "cpu_avx512"))
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
   if (!strcmp(name, "cpu_avx2")) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
   return !strcmp(name, "cpu");
}

/* The CPU library, or NULL with the reason for hl_error(). */
void *cpu_library()
{
   static void *library;
   if (library) return library;
   static const volatile int32_t calm = 0;
   char reason[300] = "";
   Dl_info self;
   if (!dladdr(reinterpret_cast<void *>(cpu_library), &self)) {
      hl_fail("emu: cannot tell where this library is");
      return nullptr;
   }
   const char *slash = strrchr(self.dli_fname, '/');
   int folder = slash ? static_cast<int>(slash - self.dli_fname) + 1 : 0;
   for (const char *name : {"cpu_avx512", "cpu_avx2", "cpu"}) {
      if (!runs_here(name)) continue; /* somebody may have opened it all the same */
      char path[1024];
      snprintf(path, sizeof path, "%.*slibhilo_%s.so", folder, self.dli_fname, name);
      void *found = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
      if (found) return library = found; /* the CPU's device is in use, with an interrupt flag that it shall keep */
      found = dlopen(path, RTLD_NOW | RTLD_LOCAL);
      if (!found) {
         snprintf(reason, sizeof reason, "%s", dlerror());
         continue;
      }
      auto init = reinterpret_cast<int (*)(const volatile int32_t *)>(dlsym(found, "hl_init"));
      if (init && init(&calm) == HL_ABI) return library = found;
      dlclose(found);
   }
   hl_fail("emu: the CPU's library, which multiplies and convolves here, cannot be opened: %s", reason);
   return nullptr;
}

/* Calls the CPU library's function of the same name and type. */
template <typename... P, typename... A> int call_cpu(int (*)(P...), const char *name, A... args)
{
   void *library = cpu_library();
   if (!library) return 1;
   auto function = reinterpret_cast<int (*)(P...)>(dlsym(library, name));
   HL_CHECK(function, "emu: the CPU's library has no %s; rebuild with `make`", name);
   if (function(args...) == 0) return 0;
   auto error = reinterpret_cast<const char *(*)()>(dlsym(library, "hl_error"));
   return hl_fail("%s", error());
}
#define CALL_CPU(function, ...) call_cpu(function, #function, __VA_ARGS__)

/* Elements in row-major order on the host, as floats or doubles: what the CPU's library computes with. */
struct on_host {
   std::vector<double> room;
   hl_tensor t; /* contiguous, marked as the CPU's */

   explicit on_host(const hl_tensor &x) : t(x)
   {
      t.dtype = x.dtype == HL_BF16 ? HL_F32 : x.dtype;
      t.device = HL_CPU;
      int64_t stride = 1;
      for (int d = x.ndim - 1; d >= 0; d--) {
         t.stride[d] = stride;
         stride *= x.size[d];
      }
      room.resize(static_cast<size_t>(hl_numel(&x)) + 1);
      t.data = room.data();
   }

   void read(const hl_tensor &x)
   {
      each(x, [&](int64_t i, int64_t at) {
         if (x.dtype == HL_F64)
            hl_data<double>(&t)[i] = hl_data<double>(&x)[at];
         else if (x.dtype == HL_F32)
            hl_data<float>(&t)[i] = hl_data<float>(&x)[at];
         else
            hl_data<float>(&t)[i] = hl_load(hl_data<hl_bf16>(&x)[at]);
      });
   }

   /* x = this, or x + this */
   void write(const hl_tensor &x, bool adds = false) const
   {
      each(x, [&](int64_t i, int64_t at) {
         if (x.dtype == HL_F64) {
            double *to = static_cast<double *>(x.data) + at;
            *to = hl_data<double>(&t)[i] + (adds ? *to : 0);
         } else if (x.dtype == HL_F32) {
            float *to = static_cast<float *>(x.data) + at;
            *to = hl_data<float>(&t)[i] + (adds ? *to : 0);
         } else {
            hl_bf16 *to = static_cast<hl_bf16 *>(x.data) + at;
            hl_store(*to, hl_data<float>(&t)[i] + (adds ? hl_load(*to) : 0));
         }
      });
   }

 private:
   /* f(i, at): element i of row-major order is at offset `at` of x. */
   template <typename F> static void each(const hl_tensor &x, F f)
   {
      int64_t n = hl_numel(&x), at = 0, place[HL_MAX_DIM] = {};
      for (int64_t i = 0; i < n; i++) {
         f(i, at);
         for (int d = x.ndim - 1; d >= 0; d--) {
            at += x.stride[d];
            if (++place[d] < x.size[d]) break;
            at -= x.size[d] * x.stride[d];
            place[d] = 0;
         }
      }
   }
};

bool tf32_on;

} // namespace

/* ---- cuBLAS: all of gemm.cu ---- */

HL_EXPORT int hl_matmul(hl_tensor *c, const hl_tensor *a, const hl_tensor *b, double alpha, double beta)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_matmul(c, a, b));
   return hl_emu_do([to = *c, a = *a, b = *b, alpha, beta] {
      on_host left(a), right(b), result(to);
      left.read(a);
      right.read(b);
      if (beta != 0) result.read(to);
      HL_TRY(CALL_CPU(hl_matmul, &result.t, &left.t, &right.t, alpha, beta));
      result.write(to);
      return 0;
   });
}

bool hl_tf32(void)
{
   return tf32_on;
}

/* The host's products keep all bits all the same. */
HL_EXPORT int hl_set_tf32(int on)
{
   tf32_on = on != 0;
   return 0;
}

/* ---- cuDNN ---- */

const char *cudnnGetErrorString(cudnnStatus_t status)
{
   switch (status) {
   case CUDNN_STATUS_SUCCESS:
      return "no error";
   case CUDNN_STATUS_ALLOC_FAILED:
      return "out of memory";
   case CUDNN_STATUS_BAD_PARAM:
      return "the descriptors do not go together";
   case CUDNN_STATUS_NOT_SUPPORTED:
      return "not supported";
   default:
      static thread_local char text[512]; /* hl_error()'s is about to be overwritten */
      snprintf(text, sizeof text, "%s", hl_error());
      return text;
   }
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle)
{
   *handle = 0;
   return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t, int)
{
   return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *d)
{
   *d = new hl_emu_layout();
   return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *d)
{
   return cudnnCreateTensorDescriptor(d);
}

cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *d)
{
   *d = new hl_emu_conv();
   return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t order, cudnnDataType_t type,
                                         int n, int c, int h, int w)
{
   *d = {type, order, {n, c, h, w}};
   return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t type, cudnnTensorFormat_t order,
                                         int k, int c, int h, int w)
{
   return cudnnSetTensor4dDescriptor(d, order, type, k, c, h, w);
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int pad_h, int pad_w, int stride_h,
                                              int stride_w, int dilation_h, int dilation_w, cudnnConvolutionMode_t,
                                              cudnnDataType_t type)
{
   *d = {{pad_h, pad_w}, {stride_h, stride_w}, {dilation_h, dilation_w}, 1, type, CUDNN_DEFAULT_MATH};
   return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t d, int groups)
{
   d->groups = groups;
   return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math)
{
   d->math = math;
   return CUDNN_STATUS_SUCCESS;
}

namespace
{

constexpr size_t ROOM = 1024; /* bytes of work space that a convolution asks for */

/* What the ways are called: the same for the three passes. */
enum { SUMS, WINOGRAD };
static_assert(static_cast<int>(CUDNN_CONVOLUTION_FWD_ALGO_GEMM) == SUMS &&
                  static_cast<int>(CUDNN_CONVOLUTION_BWD_DATA_ALGO_1) == SUMS &&
                  static_cast<int>(CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1) == SUMS &&
                  static_cast<int>(CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD) == WINOGRAD &&
                  static_cast<int>(CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD) == WINOGRAD &&
                  static_cast<int>(CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD) == WINOGRAD,
              "ways are told apart by their number");

/* Whether cuDNN would take it: one type and order throughout, bfloat16 in tensor cores with sums in float32, and exact
 * arithmetic where TF32 is off. Kernels that are not square are taken in one order only and not in bfloat16, so that
 * the other ways are tried. */
cudnnStatus_t judge(const hl_emu_layout &x, const hl_emu_layout &w, const hl_emu_layout &y, const hl_emu_conv &c)
{
   if (w.type != x.type || y.type != x.type || w.order != x.order || y.order != x.order) return CUDNN_STATUS_BAD_PARAM;
   if (x.size[0] != y.size[0] || x.size[1] != w.size[1] * c.groups || y.size[1] != w.size[0])
      return CUDNN_STATUS_BAD_PARAM;
   bool last = x.order == CUDNN_TENSOR_NHWC;
   if (c.type != (x.type == CUDNN_DATA_DOUBLE ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT)) return CUDNN_STATUS_BAD_PARAM;
   if (x.type == CUDNN_DATA_FLOAT && !hl_tf32() && c.math != CUDNN_FMA_MATH) return CUDNN_STATUS_BAD_PARAM;
   if (x.type == CUDNN_DATA_BFLOAT16 && c.math != CUDNN_TENSOR_OP_MATH) return CUDNN_STATUS_NOT_SUPPORTED;
   bool square = w.size[2] == w.size[3];
   if (last && (x.type == CUDNN_DATA_DOUBLE || !square)) return CUDNN_STATUS_NOT_SUPPORTED;
   if (x.type == CUDNN_DATA_BFLOAT16 && !square) return CUDNN_STATUS_NOT_SUPPORTED;
   return CUDNN_STATUS_SUCCESS;
}

hl_tensor tensor_of(const hl_emu_layout &l, const void *data)
{
   hl_tensor t = {};
   t.data = const_cast<void *>(data);
   t.dtype = l.type == CUDNN_DATA_DOUBLE ? HL_F64 : l.type == CUDNN_DATA_FLOAT ? HL_F32 : HL_BF16;
   t.ndim = 4;
   int64_t stride = 1;
   static const int inwards[2][4] = {{3, 2, 1, 0}, {1, 3, 2, 0}}; /* dimensions, the innermost first */
   for (int d : inwards[l.order == CUDNN_TENSOR_NHWC]) {
      t.size[d] = l.size[d];
      t.stride[d] = stride;
      stride *= l.size[d];
   }
   return t;
}

/* The ways, the fastest first: one that gives other bits each time, Winograd for floats, plain sums. The timing spoils
 * the result. */
template <typename A>
cudnnStatus_t find(const hl_emu_layout &x, const hl_emu_layout &w, const hl_emu_layout &y, const hl_emu_conv &c,
                   const hl_emu_layout &result, void *spoilt, int wanted, int *found, hl_emu_timed<A> *timed,
                   size_t bytes)
{
   *found = 0;
   cudnnStatus_t status = judge(x, w, y, c);
   if (status != CUDNN_STATUS_SUCCESS) return status;
   auto add = [&](int way, cudnnDeterminism_t determinism, size_t memory) {
      if (*found == wanted) return;
      cudnnStatus_t fits = memory <= bytes ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_ALLOC_FAILED;
      timed[(*found)++] = {static_cast<A>(way), fits, 0, memory, determinism, c.math};
   };
   add(SUMS, CUDNN_NON_DETERMINISTIC, 0);
   if (x.type == CUDNN_DATA_FLOAT && w.size[2] == 3) add(WINOGRAD, CUDNN_DETERMINISTIC, ROOM);
   add(SUMS, CUDNN_DETERMINISTIC, ROOM);
   hl_tensor t = tensor_of(result, spoilt);
   memset(spoilt, 0xff, static_cast<size_t>(hl_numel(&t) * hl_dtype_size(t.dtype)));
   return CUDNN_STATUS_SUCCESS;
}

enum pass { FORWARD, BACKWARD_X, BACKWARD_W };

cudnnStatus_t run(pass which, const hl_emu_layout &xd, const void *x, const hl_emu_layout &wd, const void *w,
                  const hl_emu_layout &yd, const void *y, const hl_emu_conv &c, void *room, size_t bytes,
                  const void *beta)
{
   cudnnStatus_t status = judge(xd, wd, yd, c);
   if (status != CUDNN_STATUS_SUCCESS) return status;
   if (bytes < ROOM || !room) return CUDNN_STATUS_BAD_PARAM;
   bool adds =
       xd.type == CUDNN_DATA_DOUBLE ? *static_cast<const double *>(beta) != 0 : *static_cast<const float *>(beta) != 0;
   hl_conv p = {c.stride[0], c.stride[1], c.pad[0], c.pad[1], c.dilation[0], c.dilation[1], c.groups};
   int failed =
       hl_emu_do([which, tx = tensor_of(xd, x), tw = tensor_of(wd, w), ty = tensor_of(yd, y), p, room, bytes, adds] {
          on_host hx(tx), hw(tw), hy(ty);
          memset(room, 0xff, bytes);
          if (which != BACKWARD_X) hx.read(tx);
          if (which != BACKWARD_W) hw.read(tw);
          if (which != FORWARD) hy.read(ty);
          const hl_tensor *none = nullptr;
          hl_tensor *no = nullptr;
          if (which == FORWARD)
             HL_TRY(CALL_CPU(hl_conv2d, &hy.t, &hx.t, &hw.t, none, &p));
          else if (which == BACKWARD_X)
             HL_TRY(CALL_CPU(hl_conv2d_back, &hx.t, no, no, &hy.t, &hx.t, &hw.t, &p));
          else
             HL_TRY(CALL_CPU(hl_conv2d_back, no, &hw.t, no, &hy.t, &hx.t, &hw.t, &p));
          (which == FORWARD      ? hy
           : which == BACKWARD_X ? hx
                                 : hw)
              .write(which == FORWARD      ? ty
                     : which == BACKWARD_X ? tx
                                           : tw,
                     adds);
          return 0;
       });
   return failed ? CUDNN_STATUS_EXECUTION_FAILED : CUDNN_STATUS_SUCCESS;
}

} // namespace

cudnnStatus_t cudnnFindConvolutionForwardAlgorithmEx(cudnnHandle_t, cudnnTensorDescriptor_t xd, const void *,
                                                     cudnnFilterDescriptor_t wd, const void *,
                                                     cudnnConvolutionDescriptor_t cd, cudnnTensorDescriptor_t yd,
                                                     void *y, int wanted, int *found,
                                                     cudnnConvolutionFwdAlgoPerf_t *timed, void *, size_t bytes)
{
   return find(*xd, *wd, *yd, *cd, *yd, y, wanted, found, timed, bytes);
}

cudnnStatus_t cudnnFindConvolutionBackwardDataAlgorithmEx(cudnnHandle_t, cudnnFilterDescriptor_t wd, const void *,
                                                          cudnnTensorDescriptor_t yd, const void *,
                                                          cudnnConvolutionDescriptor_t cd, cudnnTensorDescriptor_t xd,
                                                          void *dx, int wanted, int *found,
                                                          cudnnConvolutionBwdDataAlgoPerf_t *timed, void *,
                                                          size_t bytes)
{
   return find(*xd, *wd, *yd, *cd, *xd, dx, wanted, found, timed, bytes);
}

cudnnStatus_t cudnnFindConvolutionBackwardFilterAlgorithmEx(cudnnHandle_t, cudnnTensorDescriptor_t xd, const void *,
                                                            cudnnTensorDescriptor_t yd, const void *,
                                                            cudnnConvolutionDescriptor_t cd, cudnnFilterDescriptor_t wd,
                                                            void *dw, int wanted, int *found,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t *timed, void *,
                                                            size_t bytes)
{
   return find(*xd, *wd, *yd, *cd, *wd, dw, wanted, found, timed, bytes);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t, const void *, cudnnTensorDescriptor_t xd, const void *x,
                                      cudnnFilterDescriptor_t wd, const void *w, cudnnConvolutionDescriptor_t cd,
                                      cudnnConvolutionFwdAlgo_t, void *room, size_t bytes, const void *beta,
                                      cudnnTensorDescriptor_t yd, void *y)
{
   return run(FORWARD, *xd, x, *wd, w, *yd, y, *cd, room, bytes, beta);
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t, const void *, cudnnFilterDescriptor_t wd, const void *w,
                                           cudnnTensorDescriptor_t yd, const void *dy, cudnnConvolutionDescriptor_t cd,
                                           cudnnConvolutionBwdDataAlgo_t, void *room, size_t bytes, const void *beta,
                                           cudnnTensorDescriptor_t xd, void *dx)
{
   return run(BACKWARD_X, *xd, dx, *wd, w, *yd, dy, *cd, room, bytes, beta);
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t, const void *, cudnnTensorDescriptor_t xd, const void *x,
                                             cudnnTensorDescriptor_t yd, const void *dy,
                                             cudnnConvolutionDescriptor_t cd, cudnnConvolutionBwdFilterAlgo_t,
                                             void *room, size_t bytes, const void *beta, cudnnFilterDescriptor_t wd,
                                             void *dw)
{
   return run(BACKWARD_W, *xd, x, *wd, dw, *yd, dy, *cd, room, bytes, beta);
}
