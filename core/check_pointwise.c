#include "check.h"

#include <math.h>

int hl_need_view(const char *fn, const char *name, const hl_tensor *t)
{
   HL_CHECK(t, "%s: %s is missing", fn, name);
   HL_CHECK(t->ndim >= 0 && t->ndim <= HL_MAX_DIM, "%s: %s has %d dimensions; 0 to %d are possible", fn, name, t->ndim,
            HL_MAX_DIM);
   for (int d = 0; d < t->ndim; d++) HL_CHECK(t->size[d] >= 0, "%s: %s has a negative size (%s)", fn, name, hl_show(t));
   HL_CHECK(t->data || hl_numel(t) == 0, "%s: %s (%s) has no memory", fn, name, hl_show(t));
   return 0;
}

int hl_need_output(const char *fn, const char *name, const hl_tensor *t)
{
   HL_TRY(hl_need_view(fn, name, t));
   if (hl_numel(t) == 0) return 0; /* strides beyond a dimension of size 0 are 0 */
   for (int d = 0; d < t->ndim; d++)
      HL_CHECK(t->stride[d] != 0 || t->size[d] <= 1,
               "%s: %s (%s) is expanded: its elements share memory and cannot be written one by one; call :clone()", fn,
               name, hl_show(t));
   return 0;
}

static const struct {
   const char *name;
   bool integers; /* integers have it too */
   bool x, y;     /* the derivative reads x, y = op(x) */
} unary[] = {
    [HL_NEG] = {"neg", true, false, false},
    [HL_ABS] = {"abs", true, true, false},
    [HL_SQUARE] = {"square", true, true, false},
    [HL_SQRT] = {"sqrt", false, false, true},
    [HL_RSQRT] = {"rsqrt", false, false, true},
    [HL_RECIPROCAL] = {"reciprocal", false, false, true},
    [HL_EXP] = {"exp", false, false, true},
    [HL_LOG] = {"log", false, true, false},
    [HL_LOG1P] = {"log1p", false, true, false},
    [HL_SIN] = {"sin", false, true, false},
    [HL_COS] = {"cos", false, true, false},
    [HL_TAN] = {"tan", false, false, true},
    [HL_ASIN] = {"asin", false, true, false},
    [HL_ACOS] = {"acos", false, true, false},
    [HL_ATAN] = {"atan", false, true, false},
    [HL_SINH] = {"sinh", false, true, false},
    [HL_COSH] = {"cosh", false, true, false},
    [HL_TANH] = {"tanh", false, false, true},
    [HL_SIGMOID] = {"sigmoid", false, false, true},
    [HL_SOFTPLUS] = {"softplus", false, true, false},
    [HL_FLOOR] = {"floor", true, false, false},
    [HL_CEIL] = {"ceil", true, false, false},
    [HL_ROUND] = {"round", true, false, false},
    [HL_TRUNC] = {"trunc", true, false, false},
    [HL_FRAC] = {"frac", true, false, false},
    [HL_SIGN] = {"sign", true, false, false},
    [HL_RELU] = {"relu", true, false, true},
    [HL_RELU6] = {"relu6", false, false, true},
    [HL_LEAKY_RELU] = {"leaky_relu", false, true, false},
    [HL_ELU] = {"elu", false, true, true},
    [HL_CLAMP] = {"clamp", true, true, false},
    [HL_AFFINE] = {"affine", true, false, false},
    [HL_POW] = {"pow", true, true, false},
};

static const char *const binary[] = {
    [HL_ADD] = "add", [HL_SUB] = "sub",   [HL_MUL] = "mul",     [HL_DIV] = "div",
    [HL_MOD] = "mod", [HL_FMOD] = "fmod", [HL_POWER] = "power", [HL_ATAN2] = "atan2",
    [HL_MAX] = "max", [HL_MIN] = "min",   [HL_EQ] = "eq",       [HL_NE] = "ne",
    [HL_LT] = "lt",   [HL_LE] = "le",     [HL_GT] = "gt",       [HL_GE] = "ge",
};

const char *hl_unary_name(int op)
{
   return op >= HL_NEG && op <= HL_POW ? unary[op].name : "unary";
}

const char *hl_binary_name(int op)
{
   return op >= HL_ADD && op <= HL_GE ? binary[op] : "binary";
}

bool hl_reads_x(int op)
{
   return unary[op].x;
}

bool hl_reads_y(int op)
{
   return unary[op].y;
}

bool hl_is_comparison(int op)
{
   return op >= HL_EQ && op <= HL_GE;
}

bool hl_divides(int op)
{
   return op == HL_DIV || op == HL_MOD || op == HL_FMOD;
}

int hl_mirrored(int op)
{
   static const int mirrored[] = {
       [HL_EQ] = HL_EQ, [HL_NE] = HL_NE, [HL_LT] = HL_GT, [HL_LE] = HL_GE, [HL_GT] = HL_LT, [HL_GE] = HL_LE};
   return mirrored[op];
}

int hl_round_comparison(int dtype, int *op, double *b)
{
   double low, high;
   hl_dtype_bounds(dtype, &low, &high);
   bool above = dtype == HL_I64 ? *b >= high : *b > high, below = *b < low;
   if (*b != *b) return *op == HL_NE;
   if (above) return *op == HL_NE || *op == HL_LT || *op == HL_LE;
   if (below) return *op == HL_NE || *op == HL_GT || *op == HL_GE;
   if (*b == floor(*b)) return -1;
   if (*op == HL_EQ || *op == HL_NE) return *op == HL_NE;
   *b = *op == HL_LT || *op == HL_GE ? ceil(*b) : floor(*b);
   return -1;
}

int hl_simpler_unary(int op, double a)
{
   if (op != HL_POW) return op;
   return a == 2. ? HL_SQUARE : a == -1. ? HL_RECIPROCAL : op;
}

int hl_need_whole(const char *fn, const hl_tensor *x, double value)
{
   HL_CHECK(hl_is_float(x) || value == floor(value),
            "%s: x (%s) holds whole numbers and would cut %g; convert it first, e.g. with :float()", fn, hl_show(x),
            value);
   return 0;
}

static int need_input(const char *fn, const char *name, const hl_tensor *x, const hl_tensor *y)
{
   HL_TRY(hl_need_view(fn, name, x));
   return hl_need_broadcast(fn, name, x, y);
}

int hl_check_copy(const hl_tensor *y, const hl_tensor *x)
{
   HL_TRY(hl_need_output("copy", "y", y));
   return need_input("copy", "x", x, y);
}

int hl_check_unary(const hl_tensor *y, const hl_tensor *x, int op, double a, double b)
{
   HL_CHECK(op >= HL_NEG && op <= HL_POW, "unary: unknown op %d", op);
   const char *fn = unary[op].name;
   HL_TRY(hl_need_output(fn, "y", y));
   HL_TRY(need_input(fn, "x", x, y));
   if (!unary[op].integers) HL_TRY(hl_need_float(fn, "x", x));
   HL_TRY(hl_need_whole(fn, x, a));
   HL_TRY(hl_need_whole(fn, x, b));
   return hl_need_dtype(fn, "y", y, x->dtype);
}

int hl_check_unary_back(const hl_tensor *dx, const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y, int op)
{
   HL_CHECK(op >= HL_NEG && op <= HL_POW, "unary_back: unknown op %d", op);
   const char *fn = unary[op].name;
   HL_TRY(hl_need_output(fn, "dx", dx));
   HL_TRY(hl_need_float(fn, "dx", dx));
   HL_TRY(hl_need_view(fn, "dy", dy));
   HL_TRY(hl_need_like(fn, "dy", dy, "dx", dx));
   if (unary[op].x) {
      HL_TRY(hl_need_view(fn, "x", x));
      HL_TRY(hl_need_like(fn, "x", x, "dx", dx));
   }
   if (unary[op].y) {
      HL_TRY(hl_need_view(fn, "y", y));
      HL_TRY(hl_need_like(fn, "y", y, "dx", dx));
   }
   return 0;
}

int hl_check_binary(const hl_tensor *y, const hl_tensor *a, const hl_tensor *b, int op, double alpha)
{
   HL_CHECK(op >= HL_ADD && op <= HL_GE, "binary: unknown op %d", op);
   const char *fn = binary[op];
   HL_TRY(hl_need_output(fn, "y", y));
   HL_TRY(need_input(fn, "a", a, y));
   if (b) {
      HL_TRY(need_input(fn, "b", b, y));
      HL_CHECK(b->dtype == a->dtype, "%s: a (%s) and b (%s) must share a type; convert one", fn, hl_show(a),
               hl_show(b));
   }
   if (op == HL_ATAN2) HL_TRY(hl_need_float(fn, "a", a));
   HL_TRY(hl_need_whole(fn, a, alpha));
   return hl_need_dtype(fn, "y", y, hl_is_comparison(op) ? HL_U8 : a->dtype);
}

int hl_fail_divisor(const char *fn, const hl_tensor *b)
{
   return hl_fail("%s: division by zero: b (%s) holds a 0, and whole numbers have no infinity", fn, hl_show(b));
}

int hl_check_addcmul(const hl_tensor *y, const hl_tensor *x, const hl_tensor *a, const hl_tensor *b, double alpha)
{
   const char *fn = "addcmul";
   HL_TRY(hl_need_output(fn, "y", y));
   HL_TRY(need_input(fn, "x", x, y));
   HL_TRY(need_input(fn, "a", a, y));
   HL_TRY(need_input(fn, "b", b, y));
   HL_TRY(hl_need_dtype(fn, "x", x, y->dtype));
   HL_TRY(hl_need_dtype(fn, "a", a, y->dtype));
   HL_TRY(hl_need_whole(fn, x, alpha));
   return hl_need_dtype(fn, "b", b, y->dtype);
}

int hl_check_where(const hl_tensor *y, const hl_tensor *mask, const hl_tensor *a, const hl_tensor *b)
{
   const char *fn = "where";
   HL_TRY(hl_need_output(fn, "y", y));
   HL_TRY(need_input(fn, "mask", mask, y));
   HL_TRY(need_input(fn, "a", a, y));
   HL_TRY(need_input(fn, "b", b, y));
   HL_TRY(hl_need_dtype(fn, "mask", mask, HL_U8));
   HL_TRY(hl_need_dtype(fn, "a", a, y->dtype));
   return hl_need_dtype(fn, "b", b, y->dtype);
}
