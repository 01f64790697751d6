/* binary.c: elementwise functions of two tensors, or of a tensor and a number. */
#ifdef num

#define BINARY(name, result, expression) \
   static void FN(name)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      const number *q = arg; \
      const ALPHA alpha = (ALPHA)q->WHICH_ALPHA; \
      (void)first, (void)alpha; \
      result *y = (result *)p[0]; \
      const num *from_a = (const num *)p[1], *from_b = (const num *)p[2]; \
      int64_t sy = s[0], sa = s[1], sb = s[2]; \
      if (sy == 1 && sa == 1 && sb == 1) { \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) \
         { \
            num a = from_a[i], b = from_b[i]; \
            y[i] = (result)(expression); \
         } \
      } else if (sy == 1 && sa == 1 && sb == 0) { \
         num b = *from_b; \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) \
         { \
            num a = from_a[i]; \
            y[i] = (result)(expression); \
         } \
      } else if (sy == 1 && sa == 0 && sb == 1) { \
         num a = *from_a; \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) \
         { \
            num b = from_b[i]; \
            y[i] = (result)(expression); \
         } \
      } else { \
         for (int64_t i = 0; i < n; i++) { \
            num a = from_a[i * sa], b = from_b[i * sb]; \
            y[i * sy] = (result)(expression); \
         } \
      } \
   }

#if NUM_IS_FLOAT
#define ALPHA num
#define WHICH_ALPHA alpha

/* Lua's %: the remainder that has the sign of b. */
static inline num FN(modulus)(num a, num b)
{
   num m = MATH(fmod)(a, b);
   return m != 0 && (m < 0) != (b < 0) ? m + b : m;
}

BINARY(add, num, a + alpha * b)
BINARY(sub, num, a - alpha * b)
BINARY(mul, num, a *b)
BINARY(div, num, a / b)
BINARY(mod, num, FN(modulus)(a, b))
BINARY(fmod, num, MATH(fmod)(a, b))
BINARY(power, num, MATH(pow)(a, b))
BINARY(atan2, num, MATH(atan2)(a, b))
BINARY(max, num, a > b || a != a ? a : b) /* NaN wins */
BINARY(min, num, a < b || a != a ? a : b)
#else
#define ALPHA wrap
#define WHICH_ALPHA whole_alpha

/* Divisors are not 0 here; the smallest number by -1 wraps around instead of trapping. */
static inline num FN(quotient)(num a, num b)
{
   return b == (num)-1 && (num)-1 < 0 ? (num)(0 - (wrap)a) : (num)(a / b);
}

static inline num FN(remainder)(num a, num b)
{
   return b == (num)-1 && (num)-1 < 0 ? 0 : (num)(a % b);
}

static inline num FN(modulus)(num a, num b)
{
   num m = FN(remainder)(a, b);
   return m != 0 && (m < 0) != (b < 0) ? (num)(m + b) : m;
}

BINARY(add, num, (wrap)a + alpha * (wrap)b)
BINARY(sub, num, (wrap)a - alpha * (wrap)b)
BINARY(mul, num, (wrap)a *(wrap)b)
BINARY(div, num, FN(quotient)(a, b))
BINARY(mod, num, FN(modulus)(a, b))
BINARY(fmod, num, FN(remainder)(a, b))
BINARY(power, num, hl_whole_power(a, b))
BINARY(max, num, a > b ? a : b)
BINARY(min, num, a < b ? a : b)
#endif
BINARY(eq, uint8_t, a == b)
BINARY(ne, uint8_t, a != b)
BINARY(lt, uint8_t, a < b)
BINARY(le, uint8_t, a <= b)
BINARY(gt, uint8_t, a > b)
BINARY(ge, uint8_t, a >= b)

static const hl_row FN(rows)[] = {
    [HL_ADD] = FN(add),     [HL_SUB] = FN(sub),   [HL_MUL] = FN(mul),     [HL_DIV] = FN(div),
    [HL_MOD] = FN(mod),     [HL_FMOD] = FN(fmod), [HL_POWER] = FN(power),
#if NUM_IS_FLOAT
    [HL_ATAN2] = FN(atan2),
#endif
    [HL_MAX] = FN(max),     [HL_MIN] = FN(min),   [HL_EQ] = FN(eq),       [HL_NE] = FN(ne),
    [HL_LT] = FN(lt),       [HL_LE] = FN(le),     [HL_GT] = FN(gt),       [HL_GE] = FN(ge),
};

/* y = x + alpha * a * b, or / b */
#define ADDC(name, expression) \
   static void FN(name)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg) \
   { \
      const number *q = arg; \
      const ALPHA alpha = (ALPHA)q->WHICH_ALPHA; \
      (void)first; \
      num *y = (num *)p[0]; \
      const num *from_x = (const num *)p[1], *from_a = (const num *)p[2], *from_b = (const num *)p[3]; \
      int64_t sy = s[0], sx = s[1], sa = s[2], sb = s[3]; \
      if (sy == 1 && sx == 1 && sa == 1 && sb == 1) { \
         _Pragma("omp simd") for (int64_t i = 0; i < n; i++) \
         { \
            num x = from_x[i], a = from_a[i], b = from_b[i]; \
            y[i] = (num)(expression); \
         } \
      } else { \
         for (int64_t i = 0; i < n; i++) { \
            num x = from_x[i * sx], a = from_a[i * sa], b = from_b[i * sb]; \
            y[i * sy] = (num)(expression); \
         } \
      } \
   }
#if NUM_IS_FLOAT
ADDC(addcmul, x + alpha * a * b)
ADDC(addcdiv, x + alpha * a / b)
#else
ADDC(addcmul, (wrap)x + alpha * (wrap)a * (wrap)b)
ADDC(addcdiv, (wrap)x + (wrap)FN(quotient)((num)(alpha * (wrap)a), b))

static void FN(find_zero)(int64_t n, int64_t first, char *const *p, const int64_t *s, const void *arg)
{
   const num *x = (const num *)p[0];
   int found = 0;
   (void)first;
   for (int64_t i = 0; i < n; i++) found |= x[i * s[0]] == 0;
   if (found) __atomic_store_n(*(int *const *)arg, 1, __ATOMIC_RELAXED);
}
#endif
#undef ADDC
#undef BINARY
#undef ALPHA
#undef WHICH_ALPHA

static void FN(set_number)(double value, bool wraps, void *bits)
{
#if NUM_IS_FLOAT
   num v = (num)value;
   (void)wraps;
#else
   num v = wraps ? (num)hl_to_i64(value) : TO_NUM(value);
#endif
   memcpy(bits, &v, sizeof v);
}

#else

#include <math.h>
#include <string.h>
#include "iter.h"

typedef struct {
   double alpha;
   int64_t whole_alpha;
} number;

#define HL_TYPES "binary.c"
#include "types.h"

static const hl_row *const rows[] = {
    [HL_F32] = rows_f32, [HL_F64] = rows_f64, [HL_U8] = rows_u8,   [HL_I32] = rows_i32,
    [HL_I64] = rows_i64, [HL_I8] = rows_i8,   [HL_I16] = rows_i16, [HL_BF16] = rows_f32,
};

/* Integers only. */
static int need_no_zero(const char *fn, const hl_tensor *b)
{
   static const hl_row find[] = {[HL_U8] = find_zero_u8,
                                 [HL_I32] = find_zero_i32,
                                 [HL_I64] = find_zero_i64,
                                 [HL_I8] = find_zero_i8,
                                 [HL_I16] = find_zero_i16};
   int found = 0, *place = &found;
   hl_iter it;
   hl_iter_init(&it, false, 1, (const hl_tensor *[]){b});
   HL_TRY(hl_iter_run(&it, find[b->dtype], &place));
   return found ? hl_fail_divisor(fn, b) : 0;
}

HL_API int hl_binary(hl_tensor *y, const hl_tensor *a, const hl_tensor *b, int op, double alpha)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_view(hl_binary_name(op), "b", b));
   HL_TRY(hl_check_binary(y, a, b, op, alpha));
   if (hl_divides(op) && !hl_is_float(b) && hl_numel(y) > 0) HL_TRY(need_no_zero(hl_binary_name(op), b));
   number q = {alpha, hl_to_i64(alpha)};
   hl_iter it;
   hl_iter_init(&it, false, 3, (const hl_tensor *[]){y, a, b});
   return hl_iter_run_in(a->dtype, &it, rows[a->dtype][op], &q);
}

HL_API int hl_binary_scalar(hl_tensor *y, const hl_tensor *a, double b, int op, double alpha, int reverse)
{
   static void (*const set_number[])(double, bool, void *) = {
       [HL_F32] = set_number_f32, [HL_F64] = set_number_f64, [HL_U8] = set_number_u8,   [HL_I32] = set_number_i32,
       [HL_I64] = set_number_i64, [HL_I8] = set_number_i8,   [HL_I16] = set_number_i16, [HL_BF16] = set_number_f32,
   };
   const char *fn = hl_binary_name(op);
   HL_TRY(hl_poll());
   HL_TRY(hl_check_binary(y, a, NULL, op, alpha));
   if (op == HL_POWER && !reverse) return hl_unary(y, a, HL_POW, b, 0.);
   if (!hl_is_comparison(op)) HL_TRY(hl_need_whole(fn, a, b));
   if (hl_is_comparison(op)) {
      if (reverse) op = hl_mirrored(op);
      reverse = 0;
      int outcome = hl_is_float(a) ? -1 : hl_round_comparison(a->dtype, &op, &b);
      if (outcome >= 0) return hl_fill(y, outcome);
   }
   uint64_t bits = 0;
   set_number[a->dtype](b, op != HL_MAX && op != HL_MIN, &bits);
   if (hl_divides(op) && !hl_is_float(a)) {
      HL_CHECK(reverse || bits, "%s: division of %s by zero; whole numbers have no infinity", fn, hl_show(a));
      if (reverse) HL_TRY(need_no_zero(fn, a));
   }
   number q = {alpha, hl_to_i64(alpha)};
   hl_tensor scalar = {
       .data = &bits, .dtype = a->dtype == HL_BF16 ? HL_F32 : a->dtype, .ndim = 1, .size = {1}, .stride = {1}};
   hl_iter it;
   hl_iter_init(&it, false, 3, reverse ? (const hl_tensor *[]){y, &scalar, a} : (const hl_tensor *[]){y, a, &scalar});
   return hl_iter_run_in(a->dtype, &it, rows[a->dtype][op], &q);
}

HL_API int hl_addcmul(hl_tensor *y, const hl_tensor *x, const hl_tensor *a, const hl_tensor *b, double alpha,
                      int divide)
{
   static const hl_row multiply[] = {
       [HL_F32] = addcmul_f32, [HL_F64] = addcmul_f64, [HL_U8] = addcmul_u8,   [HL_I32] = addcmul_i32,
       [HL_I64] = addcmul_i64, [HL_I8] = addcmul_i8,   [HL_I16] = addcmul_i16, [HL_BF16] = addcmul_f32,
   };
   static const hl_row quotient[] = {
       [HL_F32] = addcdiv_f32, [HL_F64] = addcdiv_f64, [HL_U8] = addcdiv_u8,   [HL_I32] = addcdiv_i32,
       [HL_I64] = addcdiv_i64, [HL_I8] = addcdiv_i8,   [HL_I16] = addcdiv_i16, [HL_BF16] = addcdiv_f32,
   };
   HL_TRY(hl_poll());
   HL_TRY(hl_check_addcmul(y, x, a, b, alpha));
   if (divide && !hl_is_float(b) && hl_numel(y) > 0) HL_TRY(need_no_zero("addcdiv", b));
   number q = {alpha, hl_to_i64(alpha)};
   hl_iter it;
   hl_iter_init(&it, false, 4, (const hl_tensor *[]){y, x, a, b});
   return hl_iter_run_in(y->dtype, &it, (divide ? quotient : multiply)[y->dtype], &q);
}

#endif
