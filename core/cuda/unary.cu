/* unary.cu: elementwise functions of one tensor and their derivatives. The op is looked at for every element: all
 * threads take the same way, and the kernels wait for memory anyhow. */
#include "kernel.cuh"

namespace
{

template <typename A> __device__ __forceinline__ A logistic(A x)
{
   return A(1) / (A(1) + exp(-x));
}

template <typename A> struct real_op {
   int op;
   A a, b;
   __device__ A operator()(A x) const
   {
      switch (op) {
      case HL_NEG:
         return -x;
      case HL_ABS:
         return fabs(x);
      case HL_SQUARE:
         return x * x;
      case HL_SQRT:
         return sqrt(x);
      case HL_RSQRT:
         return A(1) / sqrt(x);
      case HL_RECIPROCAL:
         return A(1) / x;
      case HL_EXP:
         return exp(x);
      case HL_LOG:
         return log(x);
      case HL_LOG1P:
         return log1p(x);
      case HL_SIN:
         return sin(x);
      case HL_COS:
         return cos(x);
      case HL_TAN:
         return tan(x);
      case HL_ASIN:
         return asin(x);
      case HL_ACOS:
         return acos(x);
      case HL_ATAN:
         return atan(x);
      case HL_SINH:
         return sinh(x);
      case HL_COSH:
         return cosh(x);
      case HL_TANH:
         return tanh(x);
      case HL_SIGMOID:
         return logistic(x);
      case HL_SOFTPLUS:
         return (x <= A(0) ? A(0) : x) + log1p(exp(-fabs(x)));
      case HL_FLOOR:
         return floor(x);
      case HL_CEIL:
         return ceil(x);
      case HL_ROUND:
         return round(x);
      case HL_TRUNC:
         return trunc(x);
      case HL_FRAC:
         return x - trunc(x);
      case HL_SIGN:
         return static_cast<A>((x > A(0)) - (x < A(0)));
      case HL_RELU:
         return x <= A(0) ? A(0) : x; /* NaN stays */
      case HL_RELU6:
         return x <= A(0) ? A(0) : x >= A(6) ? A(6) : x;
      case HL_LEAKY_RELU:
         return x > A(0) ? x : a * x;
      case HL_ELU:
         return x > A(0) ? x : a * expm1(x);
      case HL_CLAMP:
         return x < a ? a : x > b ? b : x;
      case HL_AFFINE:
         return a * x + b;
      default:
         return pow(x, a);
      }
   }
};

/* dx = dy times the derivative. */
template <typename A> struct real_back {
   int op;
   A a, b;
   __device__ A operator()(A dy, A x, A y) const
   {
      switch (op) {
      case HL_NEG:
         return -dy;
      case HL_ABS:
         return x > A(0) ? dy : x < A(0) ? -dy : A(0);
      case HL_SQUARE:
         return A(2) * x * dy;
      case HL_SQRT:
         return A(0.5) * dy / y;
      case HL_RSQRT:
         return A(-0.5) * dy * y * y * y;
      case HL_RECIPROCAL:
         return -dy * y * y;
      case HL_EXP:
         return dy * y;
      case HL_LOG:
         return dy / x;
      case HL_LOG1P:
         return dy / (A(1) + x);
      case HL_SIN:
         return dy * cos(x);
      case HL_COS:
         return -dy * sin(x);
      case HL_TAN:
         return dy * (A(1) + y * y);
      case HL_ASIN:
         return dy / sqrt(A(1) - x * x);
      case HL_ACOS:
         return -dy / sqrt(A(1) - x * x);
      case HL_ATAN:
         return dy / (A(1) + x * x);
      case HL_SINH:
         return dy * cosh(x);
      case HL_COSH:
         return dy * sinh(x);
      case HL_TANH:
         return dy * (A(1) - y * y);
      case HL_SIGMOID:
         return dy * y * (A(1) - y);
      case HL_SOFTPLUS:
         return dy * logistic(x);
      case HL_FRAC:
         return dy;
      case HL_RELU:
         return y <= A(0) ? A(0) : dy;
      case HL_RELU6:
         return y <= A(0) || y >= A(6) ? A(0) : dy;
      case HL_LEAKY_RELU:
         return x > A(0) ? dy : a * dy;
      case HL_ELU:
         return x > A(0) ? dy : dy * (y + a);
      case HL_CLAMP:
         return x >= a && x <= b ? dy : A(0);
      case HL_AFFINE:
         return a * dy;
      case HL_POW:
         return a == A(0) ? A(0) : dy * a * pow(x, a - A(1));
      default:
         return A(0); /* floor, ceil, round, trunc, sign: flat */
      }
   }
};

/* The functions that whole numbers have. Sums and products wrap around. */
template <typename T> struct whole_op {
   int op;
   T a, b;
   int64_t whole_a, whole_b;
   __device__ T operator()(T x) const
   {
      using W = hl_wrap<T>;
      switch (op) {
      case HL_NEG:
         return static_cast<T>(W(0) - static_cast<W>(x));
      case HL_ABS:
         return x < T(0) ? static_cast<T>(W(0) - static_cast<W>(x)) : x;
      case HL_SQUARE:
         return static_cast<T>(static_cast<W>(x) * static_cast<W>(x));
      case HL_FRAC:
         return T(0);
      case HL_SIGN:
         return static_cast<T>((x > T(0)) - (x < T(0)));
      case HL_RELU:
         return x < T(0) ? T(0) : x;
      case HL_CLAMP:
         return x < a ? a : x > b ? b : x;
      case HL_AFFINE:
         return static_cast<T>(static_cast<W>(whole_a) * static_cast<W>(x) + static_cast<W>(whole_b));
      case HL_POW:
         return static_cast<T>(hl_whole_power(static_cast<int64_t>(x), whole_a));
      default:
         return x; /* the roundings */
      }
   }
};

} // namespace

HL_EXPORT int hl_unary(hl_tensor *y, const hl_tensor *x, int op, double a, double b)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_unary(y, x, op, a, b));
   const char *fn = hl_unary_name(op);
   const hl_tensor *list[] = {y, x};
   hl_iter it;
   hl_iter_init(&it, false, 2, list);
   if (!hl_is_float(x)) {
      HL_DISPATCH_WHOLE(x->dtype, T,
                        return hl_map(fn, &it,
                                      whole_op<T>{op, hl_number<T>(a), hl_number<T>(b), hl_to_i64(a), hl_to_i64(b)},
                                      hl_data<T>(y), hl_data<T>(x)))
   }
   op = hl_simpler_unary(op, a);
   HL_DISPATCH_FLOAT(x->dtype, T, using A = hl_acc<T>; return hl_map(
                         fn, &it, real_op<A>{op, static_cast<A>(a), static_cast<A>(b)}, hl_data<T>(y), hl_data<T>(x)))
   return 0;
}

HL_EXPORT int hl_unary_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y, int op,
                            double a, double b)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_unary_back(dx, dy, x, y, op));
   const char *fn = hl_unary_name(op);
   if (op == HL_POW && a == 2.) op = HL_SQUARE;
   if (!hl_reads_x(op)) x = dy; /* what the derivative does not read is stood in for */
   if (!hl_reads_y(op)) y = dy;
   const hl_tensor *list[] = {dx, dy, x, y};
   hl_iter it;
   hl_iter_init(&it, false, 4, list);
   HL_DISPATCH_FLOAT(dx->dtype, T, using A = hl_acc<T>;
                     return hl_map(fn, &it, real_back<A>{op, static_cast<A>(a), static_cast<A>(b)}, hl_data<T>(dx),
                                   hl_data<T>(dy), hl_data<T>(x), hl_data<T>(y)))
   return 0;
}
