/* binary.cu: elementwise functions of two tensors, or of a tensor and a number. */
#include "faults.cuh"

namespace
{

template <typename A> struct real_op {
   int op;
   A alpha;
   __device__ A operator()(A a, A b) const
   {
      switch (op) {
      case HL_ADD:
         return a + alpha * b;
      case HL_SUB:
         return a - alpha * b;
      case HL_MUL:
         return a * b;
      case HL_DIV:
         return a / b;
      case HL_MOD: {
         A m = fmod(a, b); /* Lua's %: the remainder that has the sign of b */
         return m != A(0) && (m < A(0)) != (b < A(0)) ? m + b : m;
      }
      case HL_FMOD:
         return fmod(a, b);
      case HL_POWER:
         return pow(a, b);
      case HL_ATAN2:
         return atan2(a, b);
      case HL_MAX:
         return a > b || a != a ? a : b; /* NaN wins */
      default:
         return a < b || a != a ? a : b;
      }
   }
};

/* Nothing traps: the smallest number by -1 wraps around; anything by 0 is 0, which is told of. */
template <typename T> __device__ __forceinline__ T quotient(T a, T b, const hl_watch &zeros)
{
   using W = hl_wrap<T>;
   if (b == T(0)) {
      zeros.tell(0, 0);
      return T(0);
   }
   return b == static_cast<T>(-1) && static_cast<T>(-1) < T(0) ? static_cast<T>(W(0) - static_cast<W>(a))
                                                               : static_cast<T>(a / b);
}

template <typename T> __device__ __forceinline__ T remainder_of(T a, T b, const hl_watch &zeros)
{
   if (b == T(0)) {
      zeros.tell(0, 0);
      return T(0);
   }
   return b == static_cast<T>(-1) && static_cast<T>(-1) < T(0) ? T(0) : static_cast<T>(a % b);
}

template <typename T> struct whole_op {
   int op;
   int64_t alpha;
   hl_watch zeros;
   __device__ T operator()(T a, T b) const
   {
      using W = hl_wrap<T>;
      const W u = static_cast<W>(a), v = static_cast<W>(b), w = static_cast<W>(alpha);
      switch (op) {
      case HL_ADD:
         return static_cast<T>(u + w * v);
      case HL_SUB:
         return static_cast<T>(u - w * v);
      case HL_MUL:
         return static_cast<T>(u * v);
      case HL_DIV:
         return quotient(a, b, zeros);
      case HL_MOD: {
         T m = remainder_of(a, b, zeros);
         return m != T(0) && (m < T(0)) != (b < T(0)) ? static_cast<T>(m + b) : m;
      }
      case HL_FMOD:
         return remainder_of(a, b, zeros);
      case HL_POWER:
         return static_cast<T>(hl_whole_power(static_cast<int64_t>(a), static_cast<int64_t>(b)));
      case HL_MAX:
         return a > b ? a : b;
      default:
         return a < b ? a : b;
      }
   }
};

struct comparison {
   int op;
   template <typename A> __device__ uint8_t operator()(A a, A b) const
   {
      switch (op) {
      case HL_EQ:
         return a == b;
      case HL_NE:
         return a != b;
      case HL_LT:
         return a < b;
      case HL_LE:
         return a <= b;
      case HL_GT:
         return a > b;
      default:
         return a >= b;
      }
   }
};

/* F of two values with one of them a number. */
template <typename F, typename A> struct with_number {
   F f;
   A number;
   bool reverse;
   template <typename X> __device__ auto operator()(X a) const
   {
      return reverse ? f(static_cast<X>(number), a) : f(a, static_cast<X>(number));
   }
};

/* x + alpha * a * b, or x + alpha * a / b */
template <typename A> struct real_addc {
   A alpha;
   bool divide;
   __device__ A operator()(A x, A a, A b) const
   {
      return divide ? x + alpha * a / b : x + alpha * a * b;
   }
};

template <typename T> struct whole_addc {
   int64_t alpha;
   bool divide;
   hl_watch zeros;
   __device__ T operator()(T x, T a, T b) const
   {
      using W = hl_wrap<T>;
      const W scaled = static_cast<W>(alpha) * static_cast<W>(a);
      const W term = divide ? static_cast<W>(quotient(static_cast<T>(scaled), b, zeros)) : scaled * static_cast<W>(b);
      return static_cast<T>(static_cast<W>(x) + term);
   }
};

} // namespace

HL_EXPORT int hl_binary(hl_tensor *y, const hl_tensor *a, const hl_tensor *b, int op, double alpha)
{
   const char *fn = hl_binary_name(op);
   HL_TRY(hl_poll());
   HL_TRY(hl_need_view(fn, "b", b));
   HL_TRY(hl_check_binary(y, a, b, op, alpha));
   const hl_tensor *list[] = {y, a, b};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   if (hl_is_comparison(op)) {
      HL_DISPATCH(a->dtype, T,
                  return hl_map(fn, &it, comparison{op}, hl_data<uint8_t>(y), hl_data<T>(a), hl_data<T>(b)))
   }
   if (!hl_is_float(a)) {
      const hl_watch zeros = hl_watch_divisors(fn, b);
      HL_DISPATCH_WHOLE(a->dtype, T,
                        HL_TRY(hl_map(fn, &it, whole_op<T>{op, hl_to_i64(alpha), zeros}, hl_data<T>(y), hl_data<T>(a),
                                      hl_data<T>(b))))
      return hl_end_watch();
   }
   HL_DISPATCH_FLOAT(a->dtype, T, using A = hl_acc<T>; return hl_map(fn, &it, real_op<A>{op, static_cast<A>(alpha)},
                                                                     hl_data<T>(y), hl_data<T>(a), hl_data<T>(b)))
   return 0;
}

HL_EXPORT int hl_binary_scalar(hl_tensor *y, const hl_tensor *a, double b, int op, double alpha, int reverse)
{
   const char *fn = hl_binary_name(op);
   HL_TRY(hl_poll());
   HL_TRY(hl_check_binary(y, a, nullptr, op, alpha));
   if (op == HL_POWER && !reverse) return hl_unary(y, a, HL_POW, b, 0.);
   if (!hl_is_comparison(op)) HL_TRY(hl_need_whole(fn, a, b));
   const hl_tensor *list[] = {y, a};
   hl_iter it;
   hl_iter_init(&it, false, 2, list);
   if (hl_is_comparison(op)) {
      if (reverse) op = hl_mirrored(op);
      int outcome = hl_is_float(a) ? -1 : hl_round_comparison(a->dtype, &op, &b);
      if (outcome >= 0) return hl_fill(y, outcome);
      HL_DISPATCH(a->dtype, T, using A = hl_acc<T>;
                  return hl_map(fn, &it, with_number<comparison, A>{{op}, hl_number<A>(b), false}, hl_data<uint8_t>(y),
                                hl_data<T>(a)))
   }
   if (!hl_is_float(a)) {
      bool wraps = op != HL_MAX && op != HL_MIN;
      const hl_watch zeros = hl_watch_divisors(fn, a);
      HL_DISPATCH_WHOLE(
          a->dtype, T, T number = wraps ? static_cast<T>(hl_to_i64(b)) : hl_number<T>(b);
          HL_CHECK(!hl_divides(op) || reverse || number, "%s: division of %s by zero; whole numbers have no infinity",
                   fn, hl_show(a));
          HL_TRY(hl_map(fn, &it, with_number<whole_op<T>, T>{{op, hl_to_i64(alpha), zeros}, number, reverse != 0},
                        hl_data<T>(y), hl_data<T>(a))))
      return hl_end_watch();
   }
   HL_DISPATCH_FLOAT(
       a->dtype, T, using A = hl_acc<T>;
       return hl_map(fn, &it, with_number<real_op<A>, A>{{op, static_cast<A>(alpha)}, static_cast<A>(b), reverse != 0},
                     hl_data<T>(y), hl_data<T>(a)))
   return 0;
}

HL_EXPORT int hl_addcmul(hl_tensor *y, const hl_tensor *x, const hl_tensor *a, const hl_tensor *b, double alpha,
                         int divide)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_addcmul(y, x, a, b, alpha));
   const char *fn = divide ? "addcdiv" : "addcmul";
   const hl_tensor *list[] = {y, x, a, b};
   hl_iter it;
   hl_iter_init(&it, false, 4, list);
   if (!hl_is_float(y)) {
      const hl_watch zeros = hl_watch_divisors(fn, b);
      HL_DISPATCH_WHOLE(y->dtype, T,
                        HL_TRY(hl_map(fn, &it, whole_addc<T>{hl_to_i64(alpha), divide != 0, zeros}, hl_data<T>(y),
                                      hl_data<T>(x), hl_data<T>(a), hl_data<T>(b))))
      return hl_end_watch();
   }
   HL_DISPATCH_FLOAT(y->dtype, T, using A = hl_acc<T>;
                     return hl_map(fn, &it, real_addc<A>{static_cast<A>(alpha), divide != 0}, hl_data<T>(y),
                                   hl_data<T>(x), hl_data<T>(a), hl_data<T>(b)))
   return 0;
}
