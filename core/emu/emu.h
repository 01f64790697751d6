/* emu.h: CUDA's device language for g++, so that the files of core/cuda run in
 * tests without a GPU.
 *
 * Blocks run one after another. A fiber takes the threads of a block one by
 * one; where a thread meets a barrier its fiber waits and another takes the
 * next thread, so a kernel without barriers is a plain loop. Under
 * ThreadSanitizer every thread has a fiber that the sanitizer takes for a
 * thread, and nothing but barriers orders their accesses, so it finds races
 * within a block and most between blocks.
 *
 * Shared memory starts as bytes 0xFF: NaN to floats, -1 to integers. A block is
 * a multiple of 32 threads. All of them must come to the same __syncthreads,
 * and all 32 of a warp to the same shuffle or vote; otherwise the launch fails
 * with a text that names the kernel and the places. */
#ifndef HL_EMU_H
#define HL_EMU_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__

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

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

struct __nv_bfloat16 {
   uint16_t bits;
};

/* ---- launches (emu.cpp) ---- */

/* Runs body(arg) in every thread. fn, kernel: names for messages. */
int hl_emu_run(const char *fn, const char *kernel, dim3 grid, dim3 block, size_t dynamic_bytes, void (*body)(void *),
               void *arg);

/* Where recorded work goes; NULL: work is done at once. */
extern std::vector<std::function<int()>> *hl_emu_recording;

/* Does work (returns 0 or 1), or records it. */
template <typename W> int hl_emu_do(const W &work)
{
   if (!hl_emu_recording) return work();
   hl_emu_recording->push_back(work);
   return 0;
}

template <typename... P, typename... A>
int hl_emu_launch(const char *fn, const char *name, dim3 grid, dim3 block, size_t dynamic_bytes, void (*kernel)(P...),
                  A... args)
{
   return hl_emu_do([=, op = std::string(fn)] {
      auto call = [=] { kernel(static_cast<P>(args)...); };
      return hl_emu_run(
          op.c_str(), name, grid, block, dynamic_bytes, [](void *c) { (*static_cast<decltype(call) *>(c))(); }, &call);
   });
}

/* The block's memory for the declaration that key belongs to. */
void *hl_emu_shared(const void *key, size_t bytes);
void *hl_emu_dynamic(void);
void hl_emu_block_barrier(const char *file, int line);
void hl_emu_warp_barrier(unsigned mask, const char *file, int line);
/* 16 bytes of each thread of the calling thread's warp, for shuffles. */
char *hl_emu_slot(unsigned lane);
unsigned hl_emu_lane(void);

template <typename T> T hl_emu_exchange(unsigned mask, T v, unsigned from, const char *file, int line)
{
   static_assert(sizeof(T) <= 16 && std::is_trivially_copyable<T>::value, "only plain values of 16 bytes are shuffled");
   memcpy(hl_emu_slot(hl_emu_lane()), &v, sizeof v);
   hl_emu_warp_barrier(mask, file, line);
   memcpy(&v, hl_emu_slot(from), sizeof v);
   hl_emu_warp_barrier(mask, file, line);
   return v;
}

/* ---- barriers, shuffles, votes; the caller's place is for messages ---- */

#define EMU_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()

static inline void __syncthreads(EMU_PLACE)
{
   hl_emu_block_barrier(file, line);
}

static inline void __syncwarp(unsigned mask = 0xffffffffu, EMU_PLACE)
{
   hl_emu_warp_barrier(mask, file, line);
}

static inline void __threadfence()
{
}

template <typename T> T __shfl_sync(unsigned mask, T v, int from, int width = 32, EMU_PLACE)
{
   unsigned lane = hl_emu_lane(), w = static_cast<unsigned>(width);
   return hl_emu_exchange(mask, v, lane / w * w + static_cast<unsigned>(from) % w, file, line);
}

template <typename T> T __shfl_xor_sync(unsigned mask, T v, int bits, int width = 32, EMU_PLACE)
{
   unsigned lane = hl_emu_lane(), w = static_cast<unsigned>(width), from = (lane ^ static_cast<unsigned>(bits)) % 32;
   return hl_emu_exchange(mask, v, from / w <= lane / w ? from : lane, file, line);
}

template <typename T> T __shfl_down_sync(unsigned mask, T v, unsigned delta, int width = 32, EMU_PLACE)
{
   unsigned lane = hl_emu_lane(), w = static_cast<unsigned>(width);
   return hl_emu_exchange(mask, v, lane % w + delta < w ? lane + delta : lane, file, line);
}

template <typename T> T __shfl_up_sync(unsigned mask, T v, unsigned delta, int width = 32, EMU_PLACE)
{
   unsigned lane = hl_emu_lane(), w = static_cast<unsigned>(width);
   return hl_emu_exchange(mask, v, lane % w >= delta ? lane - delta : lane, file, line);
}

static inline unsigned __ballot_sync(unsigned mask, int predicate, EMU_PLACE)
{
   unsigned bits = predicate ? 1u << hl_emu_lane() : 0;
   for (unsigned by = 16; by > 0; by /= 2) bits |= hl_emu_exchange(mask, bits, hl_emu_lane() ^ by, file, line);
   return bits;
}

static inline int __any_sync(unsigned mask, int predicate, EMU_PLACE)
{
   return __ballot_sync(mask, predicate, file, line) != 0;
}

static inline int __all_sync(unsigned mask, int predicate, EMU_PLACE)
{
   return __ballot_sync(mask, predicate, file, line) == 0xffffffffu;
}

/* ---- atomics; all give the old value ---- */

template <typename T, typename F> T hl_emu_change(T *p, F f)
{
   T old, next;
   __atomic_load(p, &old, __ATOMIC_RELAXED);
   do next = f(old);
   while (!__atomic_compare_exchange(p, &old, &next, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
   return old;
}

template <typename T> T atomicAdd(T *p, std::enable_if_t<true, T> v)
{
   return hl_emu_change(p, [=](T old) { return (T)(old + v); });
}

template <typename T> T atomicMax(T *p, std::enable_if_t<true, T> v)
{
   return hl_emu_change(p, [=](T old) { return old < v ? v : old; });
}

template <typename T> T atomicMin(T *p, std::enable_if_t<true, T> v)
{
   return hl_emu_change(p, [=](T old) { return v < old ? v : old; });
}

template <typename T> T atomicOr(T *p, std::enable_if_t<true, T> v)
{
   return hl_emu_change(p, [=](T old) { return (T)(old | v); });
}

template <typename T> T atomicExch(T *p, std::enable_if_t<true, T> v)
{
   return hl_emu_change(p, [=](T) { return v; });
}

template <typename T> T atomicCAS(T *p, std::enable_if_t<true, T> expected, std::enable_if_t<true, T> v)
{
   return hl_emu_change(p, [=](T old) { return old == expected ? v : old; });
}

/* ---- arithmetic ---- */

template <typename T> T __ldg(const T *p)
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

template <typename A, typename B> std::common_type_t<A, B> min(A a, B b)
{
   using T = std::common_type_t<A, B>;
   return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
}

template <typename A, typename B> std::common_type_t<A, B> max(A a, B b)
{
   using T = std::common_type_t<A, B>;
   return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
}

static inline float __bfloat162float(__nv_bfloat16 x)
{
   return __int_as_float(static_cast<int>(static_cast<uint32_t>(x.bits) << 16));
}

/* To the nearest, halves to even. */
static inline __nv_bfloat16 __float2bfloat16(float x)
{
   uint32_t bits = static_cast<uint32_t>(__float_as_int(x));
   if ((bits & 0x7fffffffu) > 0x7f800000u) return {0x7fff};
   return {static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16)};
}

#endif
