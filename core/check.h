/* check.h: what every device library does before it touches data: error texts, tensor predicates, argument checks.
 * The checks of one op family live in check_<family>.c and are shared by all devices. */
#ifndef HL_CHECK_H
#define HL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include "hilo.h"

/* Exported from a library; everything else is hidden (-fvisibility=hidden). */
#define HL_API __attribute__((visibility("default")))

/* Leaves the text for hl_error(); returns 1. */
int hl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns 1 with the printed message unless the condition holds. */
#define HL_CHECK(condition, ...) \
   do { \
      if (!(condition)) return hl_fail(__VA_ARGS__); \
   } while (0)

/* Passes a failure on. */
#define HL_TRY(call) \
   do { \
      if (call) return 1; \
   } while (0)

/* Fails with "interrupted" after Ctrl-C; cheap enough for every call and every tile. */
int hl_poll(void);
void hl_set_interrupt(const volatile int32_t *flag);

/* "2x3x4 float32", for messages. The text lives until eight more were asked for on this thread. */
const char *hl_show(const hl_tensor *t);
const char *hl_dtype_name(int dtype);
int64_t hl_dtype_size(int dtype);

static inline int64_t hl_numel(const hl_tensor *t)
{
   int64_t n = t->ndim > 0;
   for (int d = 0; d < t->ndim; d++) n *= t->size[d];
   return n;
}

static inline bool hl_is_float(const hl_tensor *t)
{
   return t->dtype == HL_F32 || t->dtype == HL_F64 || t->dtype == HL_BF16;
}

bool hl_is_contiguous(const hl_tensor *t);
bool hl_same_size(const hl_tensor *a, const hl_tensor *b);

/* Each fails naming fn, the argument and both sides: what was expected, what came. */
int hl_need_float(const char *fn, const char *name, const hl_tensor *t);
int hl_need_contiguous(const char *fn, const char *name, const hl_tensor *t);
int hl_need_dtype(const char *fn, const char *name, const hl_tensor *t, int dtype);
int hl_need_ndim(const char *fn, const char *name, const hl_tensor *t, int ndim);
/* The sizes that t must have, e.g. hl_need_size("conv2d", "bias", b, 1, K). */
int hl_need_size(const char *fn, const char *name, const hl_tensor *t, int ndim, ...);
/* t has a's sizes and dtype. */
int hl_need_like(const char *fn, const char *name, const hl_tensor *t, const char *like_name, const hl_tensor *like);
/* A label map: U8, I32 or I64. */
int hl_need_labels(const char *fn, const char *name, const hl_tensor *t);
/* Sizes of x, stretched where they are 1 or missing, give those of y. */
int hl_need_broadcast(const char *fn, const char *name, const hl_tensor *x, const hl_tensor *y);

#endif
