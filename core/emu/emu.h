/* emu.h: CUDA's device language for g++, so that core/cuda/*.cu runs in tests without a GPU. The directory is put first
 * on the include path: the headers of CUDA's names beside this one stand in for the real ones.
 *
 * Blocks run one after another. A fiber takes the threads of a block one by one; where a thread meets a barrier its
 * fiber waits and another takes the next thread, so a kernel without barriers is a plain loop. With HL_EMU_THREADS
 * threads are those of the system, for ThreadSanitizer.
 *
 * Shared memory starts as bytes 0xFF: NaN to floats, -1 to integers. A block is a multiple of 32 threads, and all 32
 * threads of a warp join its shuffles and votes. */
#ifndef HL_EMU_H
#define HL_EMU_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tuple>
#include <type_traits>

#define HL_EMU 1
#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

#ifdef HL_EMU_THREADS
#define EMU_LOCAL thread_local
#else
#define EMU_LOCAL
#endif

/* ---- built-in types and variables ---- */

struct uint3 {
   unsigned x, y, z;
};

struct dim3 {
   unsigned x, y, z;
   dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z)
   {
   }
};

struct alignas(8) float2 {
   float x, y;
};
struct alignas(16) float4 {
   float x, y, z, w;
};
struct alignas(16) double2 {
   double x, y;
};
struct alignas(8) int2 {
   int x, y;
};
struct alignas(16) int4 {
   int x, y, z, w;
};
struct alignas(8) uint2 {
   unsigned x, y;
};
struct alignas(16) uint4 {
   unsigned x, y, z, w;
};

static inline float2 make_float2(float x, float y)
{
   return {x, y};
}

static inline float4 make_float4(float x, float y, float z, float w)
{
   return {x, y, z, w};
}

enum { warpSize = 32 };

extern EMU_LOCAL uint3 threadIdx, blockIdx;
extern EMU_LOCAL dim3 blockDim, gridDim;

/* ---- launches ---- */

namespace emu
{
enum { MAX_THREADS = 1024, SHARED_BYTES = 48 * 1024 };

/* Runs body(arg) in every thread; fails with a text that names the kernel. */
int run(const char *kernel, dim3 grid, dim3 block, size_t dynamic, void (*body)(void *), void *arg);

template <class F, class... A> int launch(const char *kernel, dim3 grid, dim3 block, size_t dynamic, F f, A... args)
{
   auto call = [&] { f(args...); };
   return run(kernel, grid, block, dynamic, [](void *c) { (*(decltype(call) *)c)(); }, &call);
}

/* The block's memory of the declaration that tag belongs to. */
void *shared(const void *tag, size_t bytes, size_t align);
void *dynamic_shared();
void block_barrier();
void warp_barrier();
/* 16 bytes of each thread of the block, for shuffles. */
char *slot(unsigned thread);
unsigned thread_in_block();
/* Stops with a message: the kernel asked for what this emulation, or the language, does not have. */
[[noreturn]] void give_up(const char *what);

template <class T> inline T exchange(unsigned mask, T v, unsigned from_lane)
{
   static_assert(sizeof(T) <= 16 && std::is_trivially_copyable<T>::value, "only plain values of 16 bytes are shuffled");
   if (mask != 0xffffffffu) give_up("a shuffle of less than a warp");
   unsigned me = thread_in_block();
   memcpy(slot(me), &v, sizeof v);
   warp_barrier();
   memcpy(&v, slot((me & ~31u) + from_lane), sizeof v);
   warp_barrier();
   return v;
}

inline unsigned lane()
{
   return thread_in_block() & 31;
}
} // namespace emu

/* ---- barriers, shuffles, votes ---- */

static inline void __syncthreads()
{
   emu::block_barrier();
}

static inline void __syncwarp(unsigned mask = 0xffffffffu)
{
   if (mask != 0xffffffffu) emu::give_up("a barrier of less than a warp");
   emu::warp_barrier();
}

static inline void __threadfence()
{
}

template <class T> inline T __shfl_sync(unsigned mask, T v, int from, int width = 32)
{
   unsigned lane = emu::lane(), first = lane & ~(unsigned)(width - 1);
   return emu::exchange(mask, v, first + ((unsigned)from & (unsigned)(width - 1)));
}

template <class T> inline T __shfl_xor_sync(unsigned mask, T v, int bits, int width = 32)
{
   unsigned lane = emu::lane(), from = lane ^ (unsigned)bits;
   return emu::exchange(mask, v, from / (unsigned)width <= lane / (unsigned)width ? from : lane);
}

template <class T> inline T __shfl_down_sync(unsigned mask, T v, unsigned delta, int width = 32)
{
   unsigned lane = emu::lane();
   return emu::exchange(mask, v, lane % (unsigned)width + delta < (unsigned)width ? lane + delta : lane);
}

template <class T> inline T __shfl_up_sync(unsigned mask, T v, unsigned delta, int width = 32)
{
   unsigned lane = emu::lane();
   return emu::exchange(mask, v, lane % (unsigned)width >= delta ? lane - delta : lane);
}

static inline unsigned __ballot_sync(unsigned mask, int predicate)
{
   unsigned bits = predicate ? 1u << emu::lane() : 0;
   for (int m = 16; m > 0; m >>= 1) bits |= emu::exchange(mask, bits, emu::lane() ^ (unsigned)m);
   return bits;
}

static inline int __any_sync(unsigned mask, int predicate)
{
   return __ballot_sync(mask, predicate) != 0;
}

static inline int __all_sync(unsigned mask, int predicate)
{
   return __ballot_sync(mask, predicate) == 0xffffffffu;
}

/* ---- atomics; all give the old value ---- */

namespace emu
{
template <class T, class F> inline T change(T *p, F f)
{
   T old, next;
   __atomic_load(p, &old, __ATOMIC_RELAXED);
   do
      next = f(old);
   while (!__atomic_compare_exchange(p, &old, &next, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
   return old;
}
} // namespace emu

template <class T> inline T atomicAdd(T *p, std::enable_if_t<true, T> v)
{
   return emu::change(p, [=](T old) { return (T)(old + v); });
}

template <class T> inline T atomicMax(T *p, std::enable_if_t<true, T> v)
{
   return emu::change(p, [=](T old) { return old < v ? v : old; });
}

template <class T> inline T atomicMin(T *p, std::enable_if_t<true, T> v)
{
   return emu::change(p, [=](T old) { return v < old ? v : old; });
}

template <class T> inline T atomicOr(T *p, std::enable_if_t<true, T> v)
{
   return emu::change(p, [=](T old) { return (T)(old | v); });
}

template <class T> inline T atomicExch(T *p, std::enable_if_t<true, T> v)
{
   return emu::change(p, [=](T) { return v; });
}

template <class T> inline T atomicCAS(T *p, std::enable_if_t<true, T> expected, std::enable_if_t<true, T> v)
{
   return emu::change(p, [=](T old) { return old == expected ? v : old; });
}

/* ---- arithmetic ---- */

template <class T> inline T __ldg(const T *p)
{
   return *p;
}

static inline float rsqrtf(float x)
{
   return 1 / sqrtf(x);
}

static inline double rsqrt(double x)
{
   return 1 / sqrt(x);
}

static inline unsigned __umulhi(unsigned a, unsigned b)
{
   return (unsigned)((uint64_t)a * b >> 32);
}

static inline int __popc(unsigned x)
{
   return __builtin_popcount(x);
}

static inline int __ffs(int x)
{
   return __builtin_ffs(x);
}

static inline int __clz(int x)
{
   return x ? __builtin_clz((unsigned)x) : 32;
}

static inline int __float_as_int(float x)
{
   int bits;
   memcpy(&bits, &x, sizeof bits);
   return bits;
}

static inline float __int_as_float(int bits)
{
   float x;
   memcpy(&x, &bits, sizeof x);
   return x;
}

static inline long long __double_as_longlong(double x)
{
   long long bits;
   memcpy(&bits, &x, sizeof bits);
   return bits;
}

static inline double __longlong_as_double(long long bits)
{
   double x;
   memcpy(&x, &bits, sizeof x);
   return x;
}

template <class A, class B> __host__ __device__ inline std::common_type_t<A, B> min(A a, B b)
{
   using T = std::common_type_t<A, B>;
   return (T)b < (T)a ? (T)b : (T)a;
}

template <class A, class B> __host__ __device__ inline std::common_type_t<A, B> max(A a, B b)
{
   using T = std::common_type_t<A, B>;
   return (T)a < (T)b ? (T)b : (T)a;
}

#endif
