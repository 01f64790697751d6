/* copy.cu: fill, copy and conversion, ranges, choice by mask. */
#include "relayout.cuh"

namespace
{

template <typename T> struct constant {
   T value;
   __device__ __forceinline__ T operator()() const
   {
      return value;
   }
};

struct same {
   template <typename T> __device__ __forceinline__ T operator()(T x) const
   {
      return x;
   }
};

struct choose {
   template <typename T> __device__ __forceinline__ T operator()(uint8_t mask, T a, T b) const
   {
      return mask ? a : b;
   }
};

/* A float that becomes a whole number is truncated and kept in range. */
template <typename Y> struct convert {
   template <typename X> __device__ __forceinline__ Y operator()(X x) const
   {
      if constexpr (hl_is_floating<X>::value)
         return hl_number<Y>(static_cast<double>(x));
      else
         return static_cast<Y>(x);
   }
};

template <typename T> struct ramp {
   T *y;
   double start, step;
   __device__ __forceinline__ void operator()(int64_t i, const int64_t *at) const
   {
      hl_store(y[at[0]], hl_number<hl_acc<T>>(start + static_cast<double>(i) * step));
   }
};

} // namespace

/* Runs the statements with T an unsigned type of the size of dtype's elements: to move them as they are. */
#define DISPATCH_BITS(dtype, T, ...) \
   switch (hl_dtype_size(dtype)) { \
      HL_CASE_(1, T, uint8_t, __VA_ARGS__) \
      HL_CASE_(2, T, uint16_t, __VA_ARGS__) \
      HL_CASE_(4, T, uint32_t, __VA_ARGS__) \
      HL_CASE_(8, T, uint64_t, __VA_ARGS__) \
   default: \
      return hl_fail("unknown type %d", static_cast<int>(dtype)); \
   }

HL_EXPORT int hl_fill(hl_tensor *y, double value)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_output("fill", "y", y));
   const hl_tensor *list[] = {y};
   hl_iter it;
   hl_iter_init(&it, false, 1, list);
   HL_DISPATCH(y->dtype, T, return hl_map("fill", &it, constant<hl_acc<T>>{hl_number<hl_acc<T>>(value)}, hl_data<T>(y)))
   return 0;
}

HL_EXPORT int hl_copy(hl_tensor *y, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_copy(y, x));
   if (hl_can_relayout(y, x)) return hl_relayout("copy", y, x, false);
   const hl_tensor *list[] = {y, x};
   hl_iter it;
   hl_iter_init(&it, false, 2, list);
   if (y->dtype == x->dtype)
      DISPATCH_BITS(x->dtype, T, return hl_map("copy", &it, same(), hl_data<T>(y), hl_data<T>(x)))
   HL_DISPATCH(x->dtype, X,
               HL_DISPATCH(y->dtype, Y, return hl_map("copy", &it, convert<hl_acc<Y>>(), hl_data<Y>(y), hl_data<X>(x))))
   return 0;
}

HL_EXPORT int hl_range(hl_tensor *y, double start, double step)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_output("range", "y", y));
   const hl_tensor *list[] = {y};
   hl_iter it;
   hl_iter_init(&it, true, 1, list);
   HL_DISPATCH(y->dtype, T, return hl_walk_run<1>("range", &it, ramp<T>{hl_data<T>(y), start, step}))
   return 0;
}

HL_EXPORT int hl_where(hl_tensor *y, const hl_tensor *mask, const hl_tensor *a, const hl_tensor *b)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_where(y, mask, a, b));
   const hl_tensor *list[] = {y, mask, a, b};
   hl_iter it;
   hl_iter_init(&it, false, 4, list);
   DISPATCH_BITS(
       y->dtype, T,
       return hl_map("where", &it, choose(), hl_data<T>(y), hl_data<uint8_t>(mask), hl_data<T>(a), hl_data<T>(b)))
   return 0;
}
