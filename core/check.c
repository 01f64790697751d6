#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char error_text[512];
static const volatile int32_t *interrupt_flag;
static bool takes_channels_last;

HL_API const char *hl_error(void)
{
   return error_text;
}

int hl_fail(const char *format, ...)
{
   va_list args;
   va_start(args, format);
   vsnprintf(error_text, sizeof error_text, format, args);
   va_end(args);
   return 1;
}

void hl_set_interrupt(const volatile int32_t *flag)
{
   interrupt_flag = flag;
}

bool hl_interrupted(void)
{
   return interrupt_flag && *interrupt_flag;
}

int hl_poll(void)
{
   return hl_interrupted() ? hl_fail("interrupted") : 0;
}

static const struct {
   const char *name;
   int64_t size;
   double low, high; /* of whole numbers */
} dtypes[] = {
    [HL_F32] = {"float32", 4, 0, 0},           [HL_F64] = {"float64", 8, 0, 0},
    [HL_U8] = {"uint8", 1, 0, UINT8_MAX},      [HL_I32] = {"int32", 4, INT32_MIN, INT32_MAX},
    [HL_I64] = {"int64", 8, -0x1p63, 0x1p63},  [HL_BF16] = {"bfloat16", 2, 0, 0},
    [HL_I8] = {"int8", 1, INT8_MIN, INT8_MAX}, [HL_I16] = {"int16", 2, INT16_MIN, INT16_MAX},
};

const char *hl_dtype_name(int dtype)
{
   return dtype >= HL_F32 && dtype <= HL_I16 ? dtypes[dtype].name : "unknown dtype";
}

int64_t hl_dtype_size(int dtype)
{
   return dtype >= HL_F32 && dtype <= HL_I16 ? dtypes[dtype].size : 0;
}

void hl_dtype_bounds(int dtype, double *low, double *high)
{
   *low = dtypes[dtype].low;
   *high = dtypes[dtype].high;
}

const char *hl_show(const hl_tensor *t)
{
   static _Thread_local char texts[8][128];
   static _Thread_local unsigned next;
   char *text = texts[next++ % 8];
   size_t n = 0;
   if (!t) return "NULL";
   if (t->ndim == 0) n = (size_t)snprintf(text, sizeof texts[0], "empty");
   for (int d = 0; d < t->ndim && n < sizeof texts[0]; d++)
      n += (size_t)snprintf(text + n, sizeof texts[0] - n, d ? "x%lld" : "%lld", (long long)t->size[d]);
   if (n < sizeof texts[0]) snprintf(text + n, sizeof texts[0] - n, " %s", hl_dtype_name(t->dtype));
   return text;
}

void hl_take_channels_last(void)
{
   takes_channels_last = true;
}

/* order: the dimensions, the outermost first. */
static bool is_dense(const hl_tensor *t, const int *order)
{
   int64_t expected = 1;
   if (hl_numel(t) == 0) return true;
   for (int i = t->ndim - 1; i >= 0; i--) {
      int d = order[i];
      if (t->size[d] != 1 && t->stride[d] != expected) return false;
      expected *= t->size[d];
   }
   return true;
}

bool hl_is_contiguous(const hl_tensor *t)
{
   static const int order[HL_MAX_DIM] = {0, 1, 2, 3, 4, 5, 6, 7};
   return is_dense(t, order);
}

bool hl_is_channels_last(const hl_tensor *t)
{
   static const int order[] = {0, 2, 3, 1};
   return t->ndim == 4 && is_dense(t, order);
}

bool hl_same_size(const hl_tensor *a, const hl_tensor *b)
{
   return a->ndim == b->ndim && memcmp(a->size, b->size, (size_t)a->ndim * sizeof a->size[0]) == 0;
}

int hl_need_float(const char *fn, const char *name, const hl_tensor *t)
{
   HL_CHECK(hl_is_float(t), "%s: %s must be a float tensor, got %s", fn, name, hl_show(t));
   return 0;
}

int hl_need_contiguous(const char *fn, const char *name, const hl_tensor *t)
{
   if (takes_channels_last && hl_is_channels_last(t)) return 0;
   HL_CHECK(hl_is_contiguous(t), "%s: %s must be contiguous (%s with other strides came); call :contiguous()", fn, name,
            hl_show(t));
   return 0;
}

int hl_need_dtype(const char *fn, const char *name, const hl_tensor *t, int dtype)
{
   HL_CHECK(t->dtype == dtype, "%s: %s must be %s, got %s", fn, name, hl_dtype_name(dtype), hl_show(t));
   return 0;
}

int hl_need_ndim(const char *fn, const char *name, const hl_tensor *t, int ndim)
{
   HL_CHECK(t->ndim == ndim, "%s: %s must have %d dimensions, got %s", fn, name, ndim, hl_show(t));
   return 0;
}

int hl_need_given(const char *fn, const char *name, const hl_tensor *t)
{
   HL_CHECK(t, "%s: %s is missing", fn, name);
   return 0;
}

int hl_need_dense(const char *fn, const char *name, const hl_tensor *t)
{
   HL_TRY(hl_need_given(fn, name, t));
   return hl_need_contiguous(fn, name, t);
}

int hl_need_dense_activation(const char *fn, const char *name, const hl_tensor *t)
{
   HL_TRY(hl_need_dense(fn, name, t));
   return hl_need_float(fn, name, t);
}

int hl_need_dense_float(const char *fn, const char *name, const hl_tensor *t)
{
   HL_TRY(hl_need_dense(fn, name, t));
   HL_CHECK(t->dtype != HL_BF16 || t->device != HL_CPU,
            "%s: %s is %s, but the CPU computes this in float32 and float64 only", fn, name, hl_show(t));
   return hl_need_float(fn, name, t);
}

int hl_param_dtype(const hl_tensor *x)
{
   return x->dtype == HL_BF16 ? HL_F32 : x->dtype;
}

int hl_need_size(const char *fn, const char *name, const hl_tensor *t, int ndim, ...)
{
   hl_tensor expected = {.dtype = t->dtype, .ndim = ndim};
   va_list args;
   va_start(args, ndim);
   for (int d = 0; d < ndim; d++) expected.size[d] = va_arg(args, int64_t);
   va_end(args);
   HL_CHECK(hl_same_size(t, &expected), "%s: %s must be %s, got %s", fn, name, hl_show(&expected), hl_show(t));
   return 0;
}

int hl_need_like(const char *fn, const char *name, const hl_tensor *t, const char *like_name, const hl_tensor *like)
{
   HL_CHECK(t->dtype == like->dtype && hl_same_size(t, like), "%s: %s must be as %s, %s, got %s", fn, name, like_name,
            hl_show(like), hl_show(t));
   return 0;
}

int hl_need_labels(const char *fn, const char *name, const hl_tensor *t)
{
   HL_CHECK(t->dtype == HL_U8 || t->dtype == HL_I32 || t->dtype == HL_I64,
            "%s: %s must be a label map (uint8, int32 or int64), got %s", fn, name, hl_show(t));
   return 0;
}

int hl_need_broadcast(const char *fn, const char *name, const hl_tensor *x, const hl_tensor *y)
{
   int lead = y->ndim - x->ndim;
   bool fits = lead >= 0 && (x->ndim > 0 || hl_numel(y) == 0); /* a tensor without dimensions has no element */
   for (int d = 0; fits && d < x->ndim; d++) fits = x->size[d] == 1 || x->size[d] == y->size[d + lead];
   HL_CHECK(fits, "%s: %s (%s) does not stretch to %s", fn, name, hl_show(x), hl_show(y));
   return 0;
}
