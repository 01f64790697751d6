/* kernel.cuh: what every file of core/cuda begins with: launches, types, reductions, walks over views of any strides.
 * nvcc compiles these files for the GPU (libhilo_cuda.so), g++ for the host (libhilo_emu.so, with HILO_EMU defined). */
#ifndef HL_KERNEL_CUH
#define HL_KERNEL_CUH

#ifdef HILO_EMU
#include "../emu/emu.h"
using cudaStream_t = int;
#else
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#endif
#include <math.h>
#include <stdint.h>
#include <algorithm>
#include <utility>
extern "C" {
#include "../check.h"
#include "../iter.h"
}
#include "../number.h"

/* Defined in a .cu file: exported with C's name. */
#define HL_EXPORT extern "C" HL_API

/* ---- the device (memory.cu) ---- */

/* All work goes to this stream, in order, so memory that was freed may be handed out again at once. */
cudaStream_t hl_stream(void);
/* Multiprocessors of the card. */
int hl_processors(void);
/* HL_SYNC=1 in the environment: wait after each launch, so that a fault is reported where it was made. */
bool hl_sync_each(void);
/* Whether work is being recorded instead of done. */
bool hl_recording(void);
/* Fails while work is recorded: for what needs the device's answer or the host's memory. */
int hl_need_answers(const char *fn);
/* Memory for a recording: from open on it comes from this arena, which begins with all that is cached, until close,
 * which gives back what was not used. drop gives back all, also what is still live once it is freed. NULL: out of
 * memory. */
struct hl_arena;
hl_arena *hl_arena_open(void);
void hl_arena_close(hl_arena *arena);
void hl_arena_drop(hl_arena *arena);
/* Whether products and convolutions of float32 may round their factors to TF32 (gemm.cu). */
bool hl_tf32(void);

/* Work space for the kernels that are launched while it lives. */
struct hl_scratch {
   void *data = nullptr;
   hl_scratch() = default;
   hl_scratch(const hl_scratch &) = delete;
   hl_scratch &operator=(const hl_scratch &) = delete;
   ~hl_scratch();
   /* 1 with the reason where memory is out. */
   int take(int64_t bytes);
   template <typename T> T *as() const
   {
      return static_cast<T *>(data);
   }
};

/* ---- launches ---- */

/* HL_LAUNCH("relu", grid, block, dynamic bytes, (relu_kernel<float, 4>), arguments ...): runs the kernel; returns 1
 * from the calling function where that fails. */
#define HL_LAUNCH(fn, grid, block, dynamic_bytes, kernel, ...) \
   HL_TRY(hl_launch(fn, #kernel, grid, block, dynamic_bytes, kernel, __VA_ARGS__))

#ifdef HILO_EMU
template <typename... P, typename... A>
int hl_launch(const char *fn, const char *name, dim3 grid, dim3 block, size_t dynamic_bytes, void (*kernel)(P...),
              A... args)
{
   return hl_emu_launch(fn, name, grid, block, dynamic_bytes, kernel, args...);
}
#else
/* 0, or 1 with CUDA's own words after the op's name. */
static inline int hl_cuda(const char *fn, const char *what, cudaError_t status)
{
   if (status == cudaSuccess) return 0;
   return hl_fail("%s: %s: %s (%s)", fn, what, cudaGetErrorString(status), cudaGetErrorName(status));
}

template <typename... P, typename... A>
int hl_launch(const char *fn, const char *name, dim3 grid, dim3 block, size_t dynamic_bytes, void (*kernel)(P...),
              A... args)
{
   /* cppcheck-suppress constStatement ; it cannot read a launch */
   kernel<<<grid, block, dynamic_bytes, hl_stream()>>>(static_cast<P>(args)...);
   HL_TRY(hl_cuda(fn, name, cudaGetLastError()));
   return hl_sync_each() ? hl_cuda(fn, name, cudaStreamSynchronize(hl_stream())) : 0;
}
#endif

/* HL_SHARED(tile, float[32][33]) declares a block's shared memory, in a kernel or a device function.
 * HL_SHARED_DYNAMIC(p, float) makes p point at the launch's dynamic shared memory. */
template <typename T> struct hl_same {
   using type = T;
};
#ifdef HILO_EMU
#define HL_SHARED(name, ...) \
   static const char name##_key = 0; \
   auto &name = *static_cast<typename hl_same<__VA_ARGS__>::type *>(hl_emu_shared(&name##_key, sizeof(__VA_ARGS__)))
#define HL_SHARED_DYNAMIC(name, type) type *name = static_cast<type *>(hl_emu_dynamic())
#else
#define HL_SHARED(name, ...) __shared__ typename hl_same<__VA_ARGS__>::type name
#define HL_SHARED_DYNAMIC(name, type) \
   extern __shared__ __align__(16) unsigned char hl_dynamic_shared[]; \
   type *name = reinterpret_cast<type *>(hl_dynamic_shared)
#endif

enum { HL_BLOCK = 256 }; /* threads of a block, where nothing else is better */

/* Blocks for n elements, one a thread: no more than fill the card a few times over; kernels step on by the grid. */
static inline unsigned hl_blocks(int64_t n, int64_t block = HL_BLOCK)
{
   int64_t wanted = (n + block - 1) / block, most = static_cast<int64_t>(hl_processors()) * 16;
   return static_cast<unsigned>(wanted < 1 ? 1 : wanted < most ? wanted : most);
}

/* for (HL_STEP(int64_t, i, n)): the elements of 0 .. n-1 that this thread handles. */
#define HL_STEP(type, i, n) \
   type i = static_cast<type>(blockIdx.x) * blockDim.x + threadIdx.x; \
   i < (n); \
   i += static_cast<type>(gridDim.x) * blockDim.x

/* ---- types ---- */

using hl_bf16 = __nv_bfloat16;

/* hl_acc<T>: what T is computed in. */
template <typename T> struct hl_acc_of {
   using type = T;
};
template <> struct hl_acc_of<hl_bf16> {
   using type = float;
};
template <typename T> using hl_acc = typename hl_acc_of<T>::type;

/* hl_wrap<T>: what sums and products of T are taken in; integers wrap around. */
template <typename T> struct hl_wrap_of {
   using type = hl_acc<T>;
};
template <> struct hl_wrap_of<uint8_t> {
   using type = uint32_t;
};
template <> struct hl_wrap_of<int8_t> {
   using type = uint32_t;
};
template <> struct hl_wrap_of<int16_t> {
   using type = uint32_t;
};
template <> struct hl_wrap_of<int32_t> {
   using type = uint32_t;
};
template <> struct hl_wrap_of<int64_t> {
   using type = uint64_t;
};
template <typename T> using hl_wrap = typename hl_wrap_of<T>::type;

template <typename T> struct hl_is_floating {
   static constexpr bool value = T(0.5) != T(0);
};
template <> struct hl_is_floating<hl_bf16> {
   static constexpr bool value = true;
};

/* From memory to the type computed in, and back. */
template <typename T> __device__ __forceinline__ hl_acc<T> hl_load(const T &x)
{
   return x;
}
__device__ __forceinline__ float hl_load(const hl_bf16 &x)
{
   return __bfloat162float(x);
}
template <typename T, typename A> __device__ __forceinline__ void hl_store(T &y, A x)
{
   y = static_cast<T>(x);
}
template <typename A> __device__ __forceinline__ void hl_store(hl_bf16 &y, A x)
{
   y = __float2bfloat16(static_cast<float>(x));
}

/* A double as a T: whole numbers are truncated and kept in range. Host and device. */
template <typename T> __host__ __device__ __forceinline__ T hl_number(double x);
template <> __host__ __device__ __forceinline__ float hl_number<float>(double x)
{
   return static_cast<float>(x);
}
template <> __host__ __device__ __forceinline__ double hl_number<double>(double x)
{
   return x;
}
template <> __host__ __device__ __forceinline__ uint8_t hl_number<uint8_t>(double x)
{
   return hl_to_u8(x);
}
template <> __host__ __device__ __forceinline__ int8_t hl_number<int8_t>(double x)
{
   return hl_to_i8(x);
}
template <> __host__ __device__ __forceinline__ int16_t hl_number<int16_t>(double x)
{
   return hl_to_i16(x);
}
template <> __host__ __device__ __forceinline__ int32_t hl_number<int32_t>(double x)
{
   return hl_to_i32(x);
}
template <> __host__ __device__ __forceinline__ int64_t hl_number<int64_t>(double x)
{
   return hl_to_i64(x);
}

/* HL_DISPATCH(x->dtype, T, statements): runs the statements with T standing for the type. */
#define HL_CASE_(id, T, name, ...) \
   case id: { \
      using T = name; \
      __VA_ARGS__; \
   } break;
#define HL_DISPATCH_FLOAT(dtype, T, ...) \
   switch (dtype) { \
      HL_CASE_(HL_F32, T, float, __VA_ARGS__) \
      HL_CASE_(HL_F64, T, double, __VA_ARGS__) \
      HL_CASE_(HL_BF16, T, hl_bf16, __VA_ARGS__) \
   default: \
      return hl_fail("%s is not a floating type", hl_dtype_name(dtype)); \
   }
#define HL_DISPATCH_WHOLE(dtype, T, ...) \
   switch (dtype) { \
      HL_CASE_(HL_U8, T, uint8_t, __VA_ARGS__) \
      HL_CASE_(HL_I8, T, int8_t, __VA_ARGS__) \
      HL_CASE_(HL_I16, T, int16_t, __VA_ARGS__) \
      HL_CASE_(HL_I32, T, int32_t, __VA_ARGS__) \
      HL_CASE_(HL_I64, T, int64_t, __VA_ARGS__) \
   default: \
      return hl_fail("%s is not a type of whole numbers", hl_dtype_name(dtype)); \
   }
#define HL_DISPATCH(dtype, T, ...) \
   switch (dtype) { \
      HL_CASE_(HL_F32, T, float, __VA_ARGS__) \
      HL_CASE_(HL_F64, T, double, __VA_ARGS__) \
      HL_CASE_(HL_BF16, T, hl_bf16, __VA_ARGS__) \
      HL_CASE_(HL_U8, T, uint8_t, __VA_ARGS__) \
      HL_CASE_(HL_I8, T, int8_t, __VA_ARGS__) \
      HL_CASE_(HL_I16, T, int16_t, __VA_ARGS__) \
      HL_CASE_(HL_I32, T, int32_t, __VA_ARGS__) \
      HL_CASE_(HL_I64, T, int64_t, __VA_ARGS__) \
   default: \
      return hl_fail("unknown type %d", static_cast<int>(dtype)); \
   }

template <typename T> static inline T *hl_data(hl_tensor *t)
{
   return static_cast<T *>(t->data);
}
template <typename T> static inline const T *hl_data(const hl_tensor *t)
{
   return static_cast<const T *>(t->data);
}

/* ---- reductions ---- */

struct hl_sum {
   template <typename T> __device__ __forceinline__ T operator()(T a, T b) const
   {
      return a + b;
   }
};
/* NaN wins. */
struct hl_largest {
   template <typename T> __device__ __forceinline__ T operator()(T a, T b) const
   {
      return a > b || a != a ? a : b;
   }
};
struct hl_smallest {
   template <typename T> __device__ __forceinline__ T operator()(T a, T b) const
   {
      return a < b || a != a ? a : b;
   }
};

/* Over the 32 lanes of a warp, all of which must call; every lane has the result. */
template <typename T, typename F> __device__ __forceinline__ T hl_reduce_warp(T v, F f)
{
#pragma unroll
   for (int by = 16; by > 0; by /= 2) v = f(v, __shfl_xor_sync(0xffffffffu, v, by));
   return v;
}

/* Over a block of up to 1024 threads, a multiple of 32, all of which must call; every thread has the result. nothing:
 * what changes nothing, 0 for a sum. May be called again at once. */
template <typename T, typename F> __device__ T hl_reduce_block(T v, F f, T nothing)
{
   HL_SHARED(partial, T[32]);
   unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
   v = hl_reduce_warp(v, f);
   if (lane == 0) partial[warp] = v;
   __syncthreads();
   v = hl_reduce_warp(lane < warps ? partial[lane] : nothing, f);
   __syncthreads();
   return v;
}

/* A value and its place along a line, < 0 where there is none yet. */
template <typename A> struct hl_found {
   A value;
   int64_t at;

   /* Whether this comes before a: better, or as good and earlier. NaN is best. */
   __device__ __forceinline__ bool beats(const hl_found &a, bool largest) const
   {
      if (at < 0 || a.at < 0) return a.at < 0 && at >= 0;
      const bool nan = value != value, a_nan = a.value != a.value;
      if (a_nan || nan) return nan && (!a_nan || at < a.at);
      if (a.value == value) return at < a.at;
      return largest ? value > a.value : value < a.value;
   }
};

/* The best of G neighbouring lanes, all of which have the result; all 32 of a warp call. */
template <int G, typename A> __device__ __forceinline__ hl_found<A> hl_reduce_found(hl_found<A> best, bool largest)
{
#pragma unroll
   for (int by = G / 2; by > 0; by /= 2) {
      const hl_found<A> other = {static_cast<A>(__shfl_xor_sync(0xffffffffu, best.value, by)),
                                 __shfl_xor_sync(0xffffffffu, best.at, by)};
      if (other.beats(best, largest)) best = other;
   }
   return best;
}

/* ---- several elements at once ---- */

/* V neighbouring elements, loaded and stored in as few pieces as their size allows: at most 16 bytes each. */
template <typename T, int V> struct alignas(sizeof(T) * V < 16 ? sizeof(T) * V : 16) hl_pack {
   T at[V];
};

static inline bool hl_is_aligned(const void *p, size_t bytes)
{
   return reinterpret_cast<uintptr_t>(p) % bytes == 0;
}

/* ---- pointwise work over views of any strides ---- */

__device__ __forceinline__ int64_t hl_offset(uint32_t sum)
{
   return static_cast<int32_t>(sum);
}
__device__ __forceinline__ int64_t hl_offset(int64_t sum)
{
   return sum;
}

/* hl_iter for the device. I: uint32_t where all offsets fit, else int64_t; a stride is used modulo 2^32 there, which
 * comes out right also for negative ones. */
template <int N, typename I> struct hl_walk {
   int ndim;
   I total, size[HL_MAX_DIM], stride[N][HL_MAX_DIM];

   /* Offsets, in elements, of element i in row-major order of the walk. */
   __device__ __forceinline__ void find(I i, int64_t *at) const
   {
      I sum[N];
      for (int k = 0; k < N; k++) sum[k] = 0;
      for (int d = ndim - 1; d > 0; d--) {
         I q = i / size[d], r = i - q * size[d];
         for (int k = 0; k < N; k++) sum[k] += r * stride[k][d];
         i = q;
      }
      for (int k = 0; k < N; k++) at[k] = hl_offset(sum[k] + i * stride[k][0]);
   }
};

template <int N, typename I> static inline hl_walk<N, I> hl_walk_of(const hl_iter *it)
{
   hl_walk<N, I> w = {};
   w.ndim = it->ndim;
   w.total = static_cast<I>(it->total);
   for (int d = 0; d < it->ndim; d++) {
      w.size[d] = static_cast<I>(it->size[d]);
      for (int k = 0; k < N; k++) w.stride[k][d] = static_cast<I>(it->stride[k][d]);
   }
   return w;
}

/* Whether the offsets of every operand and the element count, with a grid's step beyond it, fit 31 bits. */
static inline bool hl_fits_32(const hl_iter *it)
{
   const int64_t most = INT32_MAX / 2;
   if (it->total > most) return false;
   for (int k = 0; k < it->operands; k++) {
      int64_t reach = 0;
      for (int d = 0; d < it->ndim; d++) {
         int64_t s = it->stride[k][d] < 0 ? -it->stride[k][d] : it->stride[k][d];
         reach += (it->size[d] - 1) * s;
      }
      if (reach > most) return false;
   }
   return true;
}

/* A view of t's sizes whose offsets are places in row-major order: of the elements, or with channels of the (n,c) that
 * they belong to. */
static inline hl_tensor hl_places_of(const hl_tensor *t, bool channels = false)
{
   hl_tensor p = *t;
   int64_t step = 1;
   for (int d = t->ndim - 1; d >= 0; d--) {
      p.stride[d] = channels && d > 1 ? 0 : step;
      if (!channels || d < 2) step *= t->size[d];
   }
   return p;
}

/* f(i, at) for every element: i its place in the walk, at[k] operand k's offset in elements. The walk, whose dimensions
 * are gone through by index, is read where arguments are; without __grid_constant__ each thread would copy it first. */
template <int N, typename I, typename F> __global__ void hl_walk_kernel(const __grid_constant__ hl_walk<N, I> w, F f)
{
   for (HL_STEP(I, i, w.total)) {
      int64_t at[N];
      w.find(i, at);
      f(static_cast<int64_t>(i), at);
   }
}

template <int N, typename F> int hl_walk_run(const char *fn, const hl_iter *it, F f)
{
   if (it->total <= 0) return 0;
   unsigned blocks = hl_blocks(it->total);
   if (hl_fits_32(it)) {
      HL_LAUNCH(fn, blocks, HL_BLOCK, 0, (hl_walk_kernel<N, uint32_t, F>), hl_walk_of<N, uint32_t>(it), f);
   } else {
      HL_LAUNCH(fn, blocks, HL_BLOCK, 0, (hl_walk_kernel<N, int64_t, F>), hl_walk_of<N, int64_t>(it), f);
   }
   return 0;
}

/* One element of a map: y[at[0]] = f(x1[at[1]], x2[at[2]], ...). */
template <size_t... K, typename F, typename Y, typename... X>
__device__ __forceinline__ void hl_map_one(std::index_sequence<K...>, const F &f, const int64_t *at, Y *y,
                                           const X *...x)
{
   hl_store(y[at[0]], f(hl_load(x[at[K + 1]])...));
}

template <typename I, typename F, typename Y, typename... X>
__global__ void hl_map_strided(const __grid_constant__ hl_walk<1 + sizeof...(X), I> w, F f, Y *y, const X *...x)
{
   for (HL_STEP(I, i, w.total)) {
      int64_t at[1 + sizeof...(X)];
      w.find(i, at);
      hl_map_one(std::make_index_sequence<sizeof...(X)>(), f, at, y, x...);
   }
}

template <int V, typename F, typename Y, typename... X>
__device__ __forceinline__ void hl_map_pack(const F &f, hl_pack<Y, V> *y, const hl_pack<X, V> &...x)
{
   hl_pack<Y, V> r;
#pragma unroll
   for (int v = 0; v < V; v++) hl_store(r.at[v], f(hl_load(x.at[v])...));
   *y = r;
}

template <int V, typename F, typename Y, typename... X>
__global__ void hl_map_dense(int64_t n, F f, Y *y, const X *...x)
{
   int64_t packs = n / V;
   for (HL_STEP(int64_t, i, packs))
      hl_map_pack<V>(f, reinterpret_cast<hl_pack<Y, V> *>(y) + i, (reinterpret_cast<const hl_pack<X, V> *>(x)[i])...);
   for (HL_STEP(int64_t, i, n - packs * V)) hl_store(y[packs * V + i], f(hl_load(x[packs * V + i])...));
}

static inline bool hl_is_one_row(const hl_iter *it)
{
   if (it->ndim != 1) return false;
   for (int k = 0; k < it->operands; k++)
      if (it->stride[k][0] != 1 && it->total > 1) return false;
   return true;
}

/* y = f(x...) element by element; the views were given to hl_iter_init in the order y, x.... f takes and gives values
 * as hl_load gives and hl_store takes them. */
template <typename F, typename Y, typename... X> int hl_map(const char *fn, const hl_iter *it, F f, Y *y, const X *...x)
{
   constexpr int N = 1 + sizeof...(X);
   constexpr size_t smallest = std::min({sizeof(Y), sizeof(X)...});
   constexpr int V = smallest < 2 ? 8 : static_cast<int>(16 / smallest);
   if (it->total <= 0) return 0;
   bool aligned = hl_is_aligned(y, alignof(hl_pack<Y, V>)) && (... && hl_is_aligned(x, alignof(hl_pack<X, V>)));
   if (hl_is_one_row(it) && aligned) {
      HL_LAUNCH(fn, hl_blocks(it->total / V + 1), HL_BLOCK, 0, (hl_map_dense<V, F, Y, X...>), it->total, f, y, x...);
   } else if (hl_fits_32(it)) {
      HL_LAUNCH(fn, hl_blocks(it->total), HL_BLOCK, 0, (hl_map_strided<uint32_t, F, Y, X...>),
                (hl_walk_of<N, uint32_t>(it)), f, y, x...);
   } else {
      HL_LAUNCH(fn, hl_blocks(it->total), HL_BLOCK, 0, (hl_map_strided<int64_t, F, Y, X...>),
                (hl_walk_of<N, int64_t>(it)), f, y, x...);
   }
   return 0;
}

/* ---- 4-d tensors, dense in either layout ---- */

/* (N,C,H,W) with its strides: an index (n,c,h,w) is at n*sn + c*sc + h*sh + w*sw. last: the channels are innermost. */
struct hl_image {
   int n, c, h, w;
   bool last;
   int64_t sn, sc, sh, sw;
   __device__ __forceinline__ int64_t at(int64_t in, int64_t ic, int64_t ih, int64_t iw) const
   {
      return in * sn + ic * sc + ih * sh + iw * sw;
   }
   /* Where element i of memory order is. */
   __device__ __forceinline__ void find(int64_t i, int *in, int *ic, int *ih, int *iw) const
   {
      if (last) {
         *ic = static_cast<int>(i % c);
         i /= c;
      }
      *iw = static_cast<int>(i % w);
      i /= w;
      *ih = static_cast<int>(i % h);
      i /= h;
      if (!last) {
         *ic = static_cast<int>(i % c);
         i /= c;
      }
      *in = static_cast<int>(i);
   }
};

/* x is dense, as hl_need_dense lets it pass. */
static inline hl_image hl_image_of(const hl_tensor *x)
{
   hl_image m = {};
   m.n = static_cast<int>(x->size[0]);
   m.c = static_cast<int>(x->size[1]);
   m.h = static_cast<int>(x->size[2]);
   m.w = static_cast<int>(x->size[3]);
   m.last = !hl_is_contiguous(x);
   m.sn = static_cast<int64_t>(m.c) * m.h * m.w;
   m.sc = m.last ? 1 : static_cast<int64_t>(m.h) * m.w;
   m.sh = m.last ? static_cast<int64_t>(m.w) * m.c : m.w;
   m.sw = m.last ? m.c : 1;
   return m;
}

/* Whether both have their channels innermost and in whole packs of V. */
static inline bool hl_can_pack(int V, const hl_image &a, const hl_image &b, const void *p, const void *q)
{
   return a.last && b.last && a.c % V == 0 && hl_is_aligned(p, 16) && hl_is_aligned(q, 16);
}

#endif
