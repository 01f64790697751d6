/* conv.cu: 2-D convolution, by cuDNN, but depthwise ones by depthwise.cu. The first time that a convolution comes, the
 * ways to compute it are timed, and the fastest that gives the same bits each time is kept.
 *
 * cuDNN wants images and weights in one order and of one type. The order is that of x, but bfloat16 goes with the
 * channels last and float64 with the channels first, where its fast ways are; the type is x's. What is in another order
 * or, as the float32 weights that go with bfloat16, of another type is copied and converted in one pass; the gradient
 * of such a weight, computed in x's type with sums in float32, is added to it in one. Where cuDNN has no way for
 * bfloat16, float32 copies are convolved. */
#include "bias.cuh"
#include "depthwise.cuh"
#include "relayout.cuh"

#ifdef HILO_EMU
#include "../emu/cudnn.h"
#else
#include <cudnn.h>
#endif
#include <string.h>
#include <map>
#include <new>
#include <vector>

namespace
{

constexpr size_t WORKSPACE = 256 << 20; /* bytes that a way may take */
enum { WAYS = 32 };                     /* more than there are for any pass */

bool winograd_on = true;

int dnn(const char *fn, const char *what, cudnnStatus_t status)
{
   if (status == CUDNN_STATUS_SUCCESS) return 0;
   return hl_fail("%s: %s: %s", fn, what, cudnnGetErrorString(status));
}

typedef enum { FORWARD, BACKWARD_X, BACKWARD_W } conv_pass;

/* cuDNN's handle and the descriptors, which each call sets. */
struct library {
   cudnnHandle_t handle;
   cudnnTensorDescriptor_t x, y;
   cudnnFilterDescriptor_t w;
   cudnnConvolutionDescriptor_t conv;
};

int open_library(const char *fn, library *l)
{
   static library opened;
   static bool open;
   if (!open) {
      HL_TRY(dnn(fn, "opening cuDNN", cudnnCreate(&opened.handle)));
      HL_TRY(dnn(fn, "giving cuDNN the stream", cudnnSetStream(opened.handle, hl_stream())));
      HL_TRY(dnn(fn, "a descriptor", cudnnCreateTensorDescriptor(&opened.x)));
      HL_TRY(dnn(fn, "a descriptor", cudnnCreateTensorDescriptor(&opened.y)));
      HL_TRY(dnn(fn, "a descriptor", cudnnCreateFilterDescriptor(&opened.w)));
      HL_TRY(dnn(fn, "a descriptor", cudnnCreateConvolutionDescriptor(&opened.conv)));
      open = true;
   }
   *l = opened;
   return 0;
}

/* What tells convolutions apart: compared byte by byte, so it has no gaps. */
struct problem {
   int32_t pass, dtype, last, winograd, tf32, n, c, h, w, k, r, s, p, q;
   hl_conv options;
   bool operator<(const problem &other) const
   {
      return memcmp(this, &other, sizeof other) < 0;
   }
};

/* A way to compute one; algorithm: cuDNN's number for the pass, -1 where it has none. */
struct way {
   int algorithm;
   cudnnMathType_t math;
   size_t workspace;
};

std::map<problem, way> known;

int describe(const char *fn, const library &l, const problem &a)
{
   cudnnTensorFormat_t order = a.last ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
   cudnnDataType_t type = a.dtype == HL_F64    ? CUDNN_DATA_DOUBLE
                          : a.dtype == HL_BF16 ? CUDNN_DATA_BFLOAT16
                                               : CUDNN_DATA_FLOAT;
   const hl_conv &o = a.options;
   HL_TRY(dnn(fn, "describing x", cudnnSetTensor4dDescriptor(l.x, order, type, a.n, a.c, a.h, a.w)));
   HL_TRY(dnn(fn, "describing y", cudnnSetTensor4dDescriptor(l.y, order, type, a.n, a.k, a.p, a.q)));
   HL_TRY(
       dnn(fn, "describing the weight", cudnnSetFilter4dDescriptor(l.w, type, order, a.k, a.c / o.groups, a.r, a.s)));
   HL_TRY(dnn(fn, "describing the convolution",
              cudnnSetConvolution2dDescriptor(l.conv, o.pad_h, o.pad_w, o.stride_h, o.stride_w, o.dil_h, o.dil_w,
                                              CUDNN_CROSS_CORRELATION,
                                              a.dtype == HL_F64 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT)));
   HL_TRY(dnn(fn, "cutting the channels into groups", cudnnSetConvolutionGroupCount(l.conv, o.groups)));
   cudnnMathType_t math = a.dtype == HL_BF16                ? CUDNN_TENSOR_OP_MATH
                          : a.dtype == HL_F32 && !hl_tf32() ? CUDNN_FMA_MATH
                                                            : CUDNN_DEFAULT_MATH;
   return dnn(fn, "choosing its arithmetic", cudnnSetConvolutionMathType(l.conv, math));
}

bool is_winograd(int pass, int algorithm)
{
   if (pass == FORWARD)
      return algorithm == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD ||
             algorithm == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED;
   if (pass == BACKWARD_X)
      return algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD ||
             algorithm == CUDNN_CONVOLUTION_BWD_DATA_ALGO_WINOGRAD_NONFUSED;
   return algorithm == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD ||
          algorithm == CUDNN_CONVOLUTION_BWD_FILTER_ALGO_WINOGRAD_NONFUSED;
}

/* The first, that is the fastest, of the timed ways that may be taken. */
template <typename P> way best(const problem &a, const P *timed, int n)
{
   for (int i = 0; i < n; i++) {
      if (timed[i].status != CUDNN_STATUS_SUCCESS || timed[i].memory > WORKSPACE) continue;
      if (timed[i].determinism != CUDNN_DETERMINISTIC) continue;
      if (a.dtype == HL_F32 && !a.winograd && is_winograd(a.pass, timed[i].algo)) continue;
      /* cuDNN's default arithmetic for float32 is TF32: what was not allowed must not come back as a way's own */
      bool exact = a.dtype == HL_F32 && !a.tf32;
      return way{static_cast<int>(timed[i].algo), exact ? CUDNN_FMA_MATH : timed[i].mathType, timed[i].memory};
   }
   return way{-1, CUDNN_DEFAULT_MATH, 0};
}

/* As much work space as there is, up to the bound. */
int take_workspace(hl_scratch *room, size_t *bytes)
{
   for (*bytes = WORKSPACE; *bytes > 1 << 20; *bytes /= 2)
      if (room->take(static_cast<int64_t>(*bytes)) == 0) return 0;
   return room->take(static_cast<int64_t>(*bytes));
}

/* Times the ways. The result's memory is overwritten; the operands stay. */
int find_way(const char *fn, const library &l, const problem &a, void *x, void *w, void *y, way *found)
{
   hl_scratch room;
   size_t bytes;
   int n = 0;
   cudnnStatus_t status;
   HL_TRY(take_workspace(&room, &bytes));
   if (a.pass == FORWARD) {
      cudnnConvolutionFwdAlgoPerf_t timed[WAYS];
      status = cudnnFindConvolutionForwardAlgorithmEx(l.handle, l.x, x, l.w, w, l.conv, l.y, y, WAYS, &n, timed,
                                                      room.data, bytes);
      *found = best(a, timed, status == CUDNN_STATUS_SUCCESS ? n : 0);
   } else if (a.pass == BACKWARD_X) {
      cudnnConvolutionBwdDataAlgoPerf_t timed[WAYS];
      status = cudnnFindConvolutionBackwardDataAlgorithmEx(l.handle, l.w, w, l.y, y, l.conv, l.x, x, WAYS, &n, timed,
                                                           room.data, bytes);
      *found = best(a, timed, status == CUDNN_STATUS_SUCCESS ? n : 0);
   } else {
      cudnnConvolutionBwdFilterAlgoPerf_t timed[WAYS];
      status = cudnnFindConvolutionBackwardFilterAlgorithmEx(l.handle, l.x, x, l.y, y, l.conv, l.w, w, WAYS, &n, timed,
                                                             room.data, bytes);
      *found = best(a, timed, status == CUDNN_STATUS_SUCCESS ? n : 0);
   }
   if (status == CUDNN_STATUS_ALLOC_FAILED || status == CUDNN_STATUS_EXECUTION_FAILED)
      return dnn(fn, "timing the ways to compute it", status);
   return 0;
}

struct sum {
   template <typename A, typename B> __device__ __forceinline__ A operator()(A a, B b) const
   {
      return a + b;
   }
};

/* A tensor in the wanted order of its dimensions and type: itself, or a copy. */
struct ordered {
   hl_tensor t = {};
   hl_scratch copy;

   int take(const hl_tensor *x, bool last, int dtype, bool filled)
   {
      t = *x;
      if (x->dtype == dtype && (last ? hl_is_channels_last(x) : hl_is_contiguous(x))) return 0;
      HL_TRY(copy.take(hl_numel(x) * hl_dtype_size(dtype)));
      t.data = copy.data;
      t.dtype = dtype;
      t.stride[3] = last ? t.size[1] : 1;
      t.stride[2] = t.size[3] * t.stride[3];
      t.stride[1] = last ? 1 : t.size[2] * t.stride[2];
      t.stride[0] = t.size[1] * t.size[2] * t.size[3];
      return filled ? hl_copy(&t, x) : 0;
   }

   /* Brings back what was written to a copy. */
   int give(hl_tensor *x)
   {
      return copy.data ? hl_copy(x, &t) : 0;
   }

   /* Adds it instead. */
   int add(const char *fn, hl_tensor *x)
   {
      if (!copy.data) return 0;
      if (hl_can_relayout(x, &t)) return hl_relayout(fn, x, &t, true);
      const hl_tensor *list[] = {x, x, &t};
      hl_iter it;
      hl_iter_init(&it, false, 3, list);
      HL_DISPATCH_FLOAT(t.dtype, T, using A = hl_acc<T>;
                        return hl_map(fn, &it, sum(), hl_data<A>(x), hl_data<A>(x), hl_data<T>(&t)))
      return 0;
   }
};

/* One pass over x, w and y, of which one is the result: its old values are added where `adds`, as those of a weight's
 * gradient always are. *done is false where cuDNN cannot compute it in that type and order. */
int run_in_order(const char *fn, conv_pass pass, int dtype, bool last, const hl_tensor *x, const hl_tensor *w,
                 const hl_tensor *y, const hl_conv *p, bool adds, bool *done)
{
   problem a;
   memset(&a, 0, sizeof a);
   auto size = [](const hl_tensor *t, int d) { return static_cast<int32_t>(t->size[d]); };
   a = problem{pass,       dtype,      last,       winograd_on, hl_tf32(),  size(x, 0), size(x, 1), size(x, 2),
               size(x, 3), size(w, 0), size(w, 2), size(w, 3),  size(y, 2), size(y, 3), *p};
   library l;
   HL_TRY(open_library(fn, &l));
   HL_TRY(describe(fn, l, a));
   ordered ox, ow, oy;
   *done = false;
   auto entry = known.find(a);
   if (entry != known.end() && entry->second.algorithm < 0) return 0;
   HL_TRY(ox.take(x, last, dtype, pass != BACKWARD_X || adds));
   HL_TRY(ow.take(w, last, dtype, pass != BACKWARD_W));
   HL_TRY(oy.take(y, last, dtype, pass != FORWARD || adds));
   const hl_tensor *result = pass == FORWARD ? &oy.t : pass == BACKWARD_X ? &ox.t : &ow.t;
   /* a weight's gradient that is computed in a copy is added when that is done */
   if (pass == BACKWARD_W) adds = !ow.copy.data;
   if (entry == known.end()) {
      /* the timing overwrites the result: what is to be added to is kept out of its way */
      HL_TRY(hl_need_answers(fn));
      hl_scratch spare;
      if (adds) HL_TRY(spare.take(hl_numel(result) * hl_dtype_size(result->dtype)));
      auto place = [&](const hl_tensor *t) { return adds && t == result ? spare.data : t->data; };
      way found;
      HL_TRY(find_way(fn, l, a, place(&ox.t), place(&ow.t), place(&oy.t), &found));
      try {
         entry = known.emplace(a, found).first;
      } catch (const std::bad_alloc &) {
         return hl_fail("%s: the host has no memory left to note how it is computed", fn);
      }
      if (found.algorithm < 0) return 0;
   }
   const way &how = entry->second;
   hl_scratch room;
   HL_TRY(room.take(static_cast<int64_t>(how.workspace)));
   HL_TRY(dnn(fn, "choosing its arithmetic", cudnnSetConvolutionMathType(l.conv, how.math)));
   const double one = 1, times = adds;
   const float one32 = 1, times32 = adds;
   const void *alpha = dtype == HL_F64 ? static_cast<const void *>(&one) : &one32;
   const void *scale = dtype == HL_F64 ? static_cast<const void *>(&times) : &times32;
   *done = true;
   if (pass == FORWARD) {
      HL_TRY(dnn(fn, "the convolution",
                 cudnnConvolutionForward(l.handle, alpha, l.x, ox.t.data, l.w, ow.t.data, l.conv,
                                         static_cast<cudnnConvolutionFwdAlgo_t>(how.algorithm), room.data,
                                         how.workspace, scale, l.y, oy.t.data)));
      return oy.give(const_cast<hl_tensor *>(y));
   }
   if (pass == BACKWARD_X) {
      HL_TRY(dnn(fn, "the gradient of x",
                 cudnnConvolutionBackwardData(l.handle, alpha, l.w, ow.t.data, l.y, oy.t.data, l.conv,
                                              static_cast<cudnnConvolutionBwdDataAlgo_t>(how.algorithm), room.data,
                                              how.workspace, scale, l.x, ox.t.data)));
      return ox.give(const_cast<hl_tensor *>(x));
   }
   HL_TRY(dnn(fn, "the gradient of the weight",
              cudnnConvolutionBackwardFilter(l.handle, alpha, l.x, ox.t.data, l.y, oy.t.data, l.conv,
                                             static_cast<cudnnConvolutionBwdFilterAlgo_t>(how.algorithm), room.data,
                                             how.workspace, scale, l.w, ow.t.data)));
   return ow.add(fn, const_cast<hl_tensor *>(w));
}

int run_pass(const char *fn, conv_pass pass, const hl_tensor *x, const hl_tensor *w, const hl_tensor *y,
             const hl_conv *p, bool adds)
{
   if (p->groups > 1 && p->groups == x->size[1])
      return pass == FORWARD      ? hl_depthwise(fn, y, x, w, p)
             : pass == BACKWARD_X ? hl_depthwise_dx(fn, x, w, y, p)
                                  : hl_depthwise_dw(fn, w, x, y, p);
   bool last = x->dtype == HL_BF16 || (x->dtype == HL_F32 && !hl_is_contiguous(x)), done = false;
   for (int dtype : {x->dtype, x->dtype == HL_BF16 ? static_cast<int32_t>(HL_F32) : x->dtype})
      for (bool order : {last, !last})
         if (!done) HL_TRY(run_in_order(fn, pass, dtype, order, x, w, y, p, adds, &done));
   HL_CHECK(done, "%s: cuDNN has no way to convolve %s with %s", fn, hl_show(x), hl_show(w));
   return 0;
}

int need_fit(const char *fn, const char *name, const hl_tensor *t)
{
   if (!t) return 0;
   HL_TRY(hl_need_contiguous(fn, name, t));
   HL_CHECK(hl_numel(t) <= INT32_MAX, "%s: %s (%s) has more elements than cuDNN can index; use a smaller batch", fn,
            name, hl_show(t));
   return 0;
}

int forward(const char *fn, hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w, hl_tensor *const *b,
            const hl_conv *p)
{
   HL_TRY(need_fit(fn, "y", y));
   HL_TRY(need_fit(fn, "x", x));
   for (int i = 0; i < n; i++) {
      HL_TRY(need_fit(fn, "weight", w[i]));
      if (b) HL_TRY(need_fit(fn, "bias", b[i]));
   }
   if (hl_numel(y) == 0) return 0;
   if (hl_numel(x) == 0) HL_TRY(hl_fill(y, 0)); /* all padding */
   for (int i = 0; i < n && hl_numel(x) > 0; i++) HL_TRY(run_pass(fn, FORWARD, x, w[i], y, p + i, i > 0));
   return b ? hl_add_channels(fn, y, n, b) : 0;
}

int backward(const char *fn, hl_tensor *dx, int n, hl_tensor *const *dw, hl_tensor *const *db, const hl_tensor *dy,
             const hl_tensor *x, hl_tensor *const *w, const hl_conv *p)
{
   HL_TRY(need_fit(fn, "dx", dx));
   HL_TRY(need_fit(fn, "dy", dy));
   HL_TRY(need_fit(fn, "x", x));
   for (int i = 0; i < n; i++) {
      HL_TRY(need_fit(fn, "weight", w[i]));
      if (dw) HL_TRY(need_fit(fn, "dw", dw[i]));
      if (db) HL_TRY(need_fit(fn, "db", db[i]));
   }
   if (hl_numel(dy) == 0) return 0;
   bool any = hl_numel(x) > 0; /* not all padding */
   for (int i = 0; i < n; i++) {
      if (any && dx) HL_TRY(run_pass(fn, BACKWARD_X, dx, w[i], dy, p + i, i > 0));
      if (any && dw && dw[i]) HL_TRY(run_pass(fn, BACKWARD_W, x, dw[i], dy, p + i, true));
   }
   return db ? hl_sum_channels(fn, n, db, dy) : 0;
}

} // namespace

HL_EXPORT int hl_set_winograd(int on)
{
   winograd_on = on != 0;
   return 0;
}

HL_EXPORT int hl_conv2d(hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_tensor *b, const hl_conv *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d(y, x, w, b, p));
   hl_tensor *weights[] = {const_cast<hl_tensor *>(w)}, *biases[] = {const_cast<hl_tensor *>(b)};
   return forward("conv2d", y, x, 1, weights, biases, p);
}

HL_EXPORT int hl_conv2d_back(hl_tensor *dx, hl_tensor *dw, hl_tensor *db, const hl_tensor *dy, const hl_tensor *x,
                             const hl_tensor *w, const hl_conv *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_back(dx, dw, db, dy, x, w, p));
   hl_tensor *weights[] = {const_cast<hl_tensor *>(w)};
   return backward("conv2d_back", dx, 1, &dw, &db, dy, x, weights, p);
}

HL_EXPORT int hl_conv2d_sum(hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w, hl_tensor *const *b,
                            const hl_conv *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_sum(y, x, n, w, b, p));
   return forward("conv2d_sum", y, x, n, w, b, p);
}

HL_EXPORT int hl_conv2d_sum_back(hl_tensor *dx, int n, hl_tensor *const *dw, hl_tensor *const *db, const hl_tensor *dy,
                                 const hl_tensor *x, hl_tensor *const *w, const hl_conv *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_sum_back(dx, n, dw, db, dy, x, w, p));
   return backward("conv2d_sum_back", dx, n, dw, db, dy, x, w, p);
}
