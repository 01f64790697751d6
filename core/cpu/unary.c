/* unary.c: elementwise functions of one tensor and their derivatives. */
#ifdef num

#define UNARY(name, expression) \
   static void FN(name)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      const numbers *q = arg; \
      const num a = FN(constant)(q->a), b = FN(constant)(q->b); \
      (void)first, (void)a, (void)b; \
      num *y = (num *)p[0]; \
      const num *from = (const num *)p[1]; \
      int64_t sy = s[0], sx = s[1]; \
      if (sy == 1 && sx == 1) { \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) \
         { \
            num x = from[i]; \
            y[i] = expression; \
         } \
      } else { \
         for (int64_t i = 0; i < n; i++) { \
            num x = from[i * sx]; \
            y[i * sy] = expression; \
         } \
      } \
   }

#if NUM_IS_FLOAT

static inline num FN(constant)(double a)
{
   return (num)a;
}

#define BELOW_HALF ((num)(sizeof(num) == 4 ? 0x1.fffffep-2 : 0x1.fffffffffffffp-2))

UNARY(neg, -x)
UNARY(abs, MATH(fabs)(x))
UNARY(square, x *x)
UNARY(sqrt, MATH(sqrt)(x))
UNARY(rsqrt, 1 / MATH(sqrt)(x))
UNARY(reciprocal, 1 / x)
UNARY(exp, hl_exp(x))
UNARY(log, hl_log(x))
UNARY(log1p, hl_log1p(x))
UNARY(sin, MATH(sin)(x))
UNARY(cos, MATH(cos)(x))
UNARY(tan, MATH(tan)(x))
UNARY(asin, MATH(asin)(x))
UNARY(acos, MATH(acos)(x))
UNARY(atan, MATH(atan)(x))
UNARY(sinh, MATH(sinh)(x))
UNARY(cosh, MATH(cosh)(x))
UNARY(tanh, hl_tanh(x))
UNARY(sigmoid, hl_sigmoid(x))
UNARY(softplus, hl_softplus(x))
UNARY(floor, MATH(floor)(x))
UNARY(ceil, MATH(ceil)(x))
UNARY(round, MATH(trunc)(x + MATH(copysign)(BELOW_HALF, x))) /* halves away from 0, as C's round */
UNARY(trunc, MATH(trunc)(x))
UNARY(frac, x - MATH(trunc)(x))
UNARY(sign, (num)((x > 0) - (x < 0)))
UNARY(relu, x <= 0 ? 0 : x) /* NaN stays */
UNARY(relu6, x <= 0 ? 0 : x >= 6 ? 6 : x)
UNARY(leaky_relu, x > 0 ? x : a * x)
UNARY(elu, x > 0 ? x : a * hl_expm1(x))
UNARY(clamp, x<a ? a : x> b ? b : x)
UNARY(affine, a *x + b)
UNARY(pow, MATH(pow)(x, a))

/* dx = dy times the derivative. */
#define BACK(name, derivative) \
   static void FN(name##_back)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      const numbers *q = arg; \
      const num a = (num)q->a, b = (num)q->b; \
      (void)first, (void)a, (void)b; \
      num *dx = (num *)p[0]; \
      const num *from_dy = (const num *)p[1], *from_x = (const num *)p[2], *from_y = (const num *)p[3]; \
      (void)from_x, (void)from_y; \
      if (s[0] == 1 && s[1] == 1 && s[2] == 1 && s[3] == 1) { \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) \
         { \
            num dy = from_dy[i], x = from_x[i], y = from_y[i]; \
            (void)x, (void)y; \
            dx[i] = derivative; \
         } \
      } else { \
         for (int64_t i = 0; i < n; i++) { \
            num dy = from_dy[i * s[1]], x = from_x[i * s[2]], y = from_y[i * s[3]]; \
            (void)x, (void)y; \
            dx[i * s[0]] = derivative; \
         } \
      } \
   }

BACK(neg, -dy)
BACK(abs, x > 0 ? dy : x < 0 ? -dy : 0)
BACK(square, 2 * x * dy)
BACK(sqrt, (num)0.5 * dy / y)
BACK(rsqrt, (num)-0.5 * dy * y * y * y)
BACK(reciprocal, -dy *y *y)
BACK(exp, dy *y)
BACK(log, dy / x)
BACK(log1p, dy / (1 + x))
BACK(sin, dy *MATH(cos)(x))
BACK(cos, -dy *MATH(sin)(x))
BACK(tan, dy *(1 + y * y))
BACK(asin, dy / MATH(sqrt)(1 - x * x))
BACK(acos, -dy / MATH(sqrt)(1 - x * x))
BACK(atan, dy / (1 + x * x))
BACK(sinh, dy *MATH(cosh)(x))
BACK(cosh, dy *MATH(sinh)(x))
BACK(tanh, dy *(1 - y * y))
BACK(sigmoid, dy *y *(1 - y))
BACK(softplus, dy *hl_sigmoid(x))
BACK(step, ((void)dy, (num)0)) /* floor, ceil, round, trunc, sign: flat */
BACK(frac, dy)
BACK(relu, y <= 0 ? 0 : dy)
BACK(relu6, y <= 0 || y >= 6 ? 0 : dy)
BACK(leaky_relu, x > 0 ? dy : a * dy)
BACK(elu, x > 0 ? dy : dy * (y + a))
BACK(clamp, x >= a && x <= b ? dy : 0)
BACK(affine, a *dy)
BACK(pow, a == 0 ? 0 : dy * a * MATH(pow)(x, a - 1))
#undef BACK
#undef BELOW_HALF

static const hl_row FN(rows)[] = {
    [HL_NEG] = FN(neg),
    [HL_ABS] = FN(abs),
    [HL_SQUARE] = FN(square),
    [HL_SQRT] = FN(sqrt),
    [HL_RSQRT] = FN(rsqrt),
    [HL_RECIPROCAL] = FN(reciprocal),
    [HL_EXP] = FN(exp),
    [HL_LOG] = FN(log),
    [HL_LOG1P] = FN(log1p),
    [HL_SIN] = FN(sin),
    [HL_COS] = FN(cos),
    [HL_TAN] = FN(tan),
    [HL_ASIN] = FN(asin),
    [HL_ACOS] = FN(acos),
    [HL_ATAN] = FN(atan),
    [HL_SINH] = FN(sinh),
    [HL_COSH] = FN(cosh),
    [HL_TANH] = FN(tanh),
    [HL_SIGMOID] = FN(sigmoid),
    [HL_SOFTPLUS] = FN(softplus),
    [HL_FLOOR] = FN(floor),
    [HL_CEIL] = FN(ceil),
    [HL_ROUND] = FN(round),
    [HL_TRUNC] = FN(trunc),
    [HL_FRAC] = FN(frac),
    [HL_SIGN] = FN(sign),
    [HL_RELU] = FN(relu),
    [HL_RELU6] = FN(relu6),
    [HL_LEAKY_RELU] = FN(leaky_relu),
    [HL_ELU] = FN(elu),
    [HL_CLAMP] = FN(clamp),
    [HL_AFFINE] = FN(affine),
    [HL_POW] = FN(pow),
};

static const hl_row FN(back_rows)[] = {
    [HL_NEG] = FN(neg_back),
    [HL_ABS] = FN(abs_back),
    [HL_SQUARE] = FN(square_back),
    [HL_SQRT] = FN(sqrt_back),
    [HL_RSQRT] = FN(rsqrt_back),
    [HL_RECIPROCAL] = FN(reciprocal_back),
    [HL_EXP] = FN(exp_back),
    [HL_LOG] = FN(log_back),
    [HL_LOG1P] = FN(log1p_back),
    [HL_SIN] = FN(sin_back),
    [HL_COS] = FN(cos_back),
    [HL_TAN] = FN(tan_back),
    [HL_ASIN] = FN(asin_back),
    [HL_ACOS] = FN(acos_back),
    [HL_ATAN] = FN(atan_back),
    [HL_SINH] = FN(sinh_back),
    [HL_COSH] = FN(cosh_back),
    [HL_TANH] = FN(tanh_back),
    [HL_SIGMOID] = FN(sigmoid_back),
    [HL_SOFTPLUS] = FN(softplus_back),
    [HL_FLOOR] = FN(step_back),
    [HL_CEIL] = FN(step_back),
    [HL_ROUND] = FN(step_back),
    [HL_TRUNC] = FN(step_back),
    [HL_FRAC] = FN(frac_back),
    [HL_SIGN] = FN(step_back),
    [HL_RELU] = FN(relu_back),
    [HL_RELU6] = FN(relu6_back),
    [HL_LEAKY_RELU] = FN(leaky_relu_back),
    [HL_ELU] = FN(elu_back),
    [HL_CLAMP] = FN(clamp_back),
    [HL_AFFINE] = FN(affine_back),
    [HL_POW] = FN(pow_back),
};

#else

static inline num FN(constant)(double a)
{
   return TO_NUM(a);
}

UNARY(neg, (num)(0 - (wrap)x))
UNARY(abs, x < 0 ? (num)(0 - (wrap)x) : x)
UNARY(square, (num)((wrap)x *(wrap)x))
UNARY(same, x) /* the roundings */
UNARY(frac, (num)(x - x))
UNARY(sign, (num)((x > 0) - (x < 0)))
UNARY(relu, x < 0 ? 0 : x)
UNARY(clamp, x<a ? a : x> b ? b : x)
UNARY(affine, (num)((wrap)q->whole_a *(wrap)x + (wrap)q->whole_b))
UNARY(pow, (num)hl_whole_power(x, q->whole_a))

static const hl_row FN(rows)[HL_POW + 1] = {
    [HL_NEG] = FN(neg),   [HL_ABS] = FN(abs),    [HL_SQUARE] = FN(square), [HL_FLOOR] = FN(same),
    [HL_CEIL] = FN(same), [HL_ROUND] = FN(same), [HL_TRUNC] = FN(same),    [HL_FRAC] = FN(frac),
    [HL_SIGN] = FN(sign), [HL_RELU] = FN(relu),  [HL_CLAMP] = FN(clamp),   [HL_AFFINE] = FN(affine),
    [HL_POW] = FN(pow),
};

#endif
#undef UNARY

#else

#include "iter.h"
#include "vmath.h"

typedef struct {
   double a, b;
   int64_t whole_a, whole_b;
} numbers;

#define HL_TYPES "unary.c"
#include "types.h"

HL_API int hl_unary(hl_tensor *y, const hl_tensor *x, int op, double a, double b)
{
   static const hl_row *const rows[] = {
       [HL_F32] = rows_f32, [HL_F64] = rows_f64, [HL_U8] = rows_u8,   [HL_I32] = rows_i32,
       [HL_I64] = rows_i64, [HL_I8] = rows_i8,   [HL_I16] = rows_i16, [HL_BF16] = rows_f32,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_check_unary(y, x, op, a, b));
   numbers q = {a, b, hl_to_i64(a), hl_to_i64(b)};
   if (hl_is_float(x)) op = hl_simpler_unary(op, a);
   hl_iter it;
   hl_iter_init(&it, false, 2, (const hl_tensor *[]){y, x});
   return hl_iter_run_in(x->dtype, &it, rows[x->dtype][op], &q);
}

HL_API int hl_unary_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y, int op, double a,
                         double b)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_unary_back(dx, dy, x, y, op));
   numbers q = {a, b, 0, 0};
   if (op == HL_POW && a == 2.) op = HL_SQUARE;
   hl_iter it;
   /* What the derivative does not read is stood in for. */
   hl_iter_init(&it, false, 4, (const hl_tensor *[]){dx, dy, hl_reads_x(op) ? x : dy, hl_reads_y(op) ? y : dy});
   return hl_iter_run_in(dx->dtype, &it, (dx->dtype == HL_F64 ? back_rows_f64 : back_rows_f32)[op], &q);
}

#endif
