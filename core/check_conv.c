/* Checks of matrix products and convolutions. */
#include "check.h"

#include <stdio.h>

int hl_check_matmul(const hl_tensor *c, const hl_tensor *a, const hl_tensor *b)
{
   HL_CHECK(c && a && b, "matmul: needs three tensors, got %s, %s, %s", hl_show(c), hl_show(a), hl_show(b));
   HL_CHECK((a->ndim == 2 || a->ndim == 3) && b->ndim == a->ndim,
            "matmul: two matrices or two batches of them (3 dimensions) are multiplied, got %s and %s", hl_show(a),
            hl_show(b));
   HL_TRY(hl_need_float("matmul", "a", a));
   HL_TRY(hl_need_dtype("matmul", "b", b, a->dtype));
   HL_TRY(hl_need_dtype("matmul", "c", c, a->dtype));
   int d = a->ndim - 2;
   HL_CHECK(a->size[d + 1] == b->size[d], "matmul: a has %lld columns and b %lld rows (%s times %s)",
            (long long)a->size[d + 1], (long long)b->size[d], hl_show(a), hl_show(b));
   if (d == 0) return hl_need_size("matmul", "c", c, 2, a->size[0], b->size[1]);
   HL_CHECK(a->size[0] == b->size[0], "matmul: a is a batch of %lld and b of %lld (%s times %s)", (long long)a->size[0],
            (long long)b->size[0], hl_show(a), hl_show(b));
   return hl_need_size("matmul", "c", c, 3, a->size[0], a->size[1], b->size[2]);
}

/* Size of the result along one dimension, into *out. */
static int result_size(int64_t *out, const char *fn, const char *dim, int64_t size, int64_t kernel, int64_t stride,
                       int64_t pad, int64_t dilation)
{
   HL_CHECK(stride >= 1 && dilation >= 1 && pad >= 0,
            "%s: along the %s, stride %lld and dilation %lld must be at least 1 and padding %lld at least 0", fn, dim,
            (long long)stride, (long long)dilation, (long long)pad);
   int64_t span = dilation * (kernel - 1) + 1, padded = size + 2 * pad;
   HL_CHECK(span <= padded,
            "%s: the kernel's %s of %lld (%lld with dilation %lld) does not fit the input's %lld + 2 * %lld; "
            "use a larger input or more padding",
            fn, dim, (long long)kernel, (long long)span, (long long)dilation, (long long)size, (long long)pad);
   *out = (padded - span) / stride + 1;
   return 0;
}

static int check_shapes(const char *fn, const char *result, const hl_tensor *y, const hl_tensor *x, const hl_tensor *w,
                        const hl_conv *p)
{
   HL_CHECK(y && x && w && p, "%s: %s, x and weight are needed, got %s, %s, %s%s", fn, result, hl_show(y), hl_show(x),
            hl_show(w), p ? "" : " and no options");
   HL_TRY(hl_need_float(fn, "x", x));
   HL_TRY(hl_need_ndim(fn, "x", x, 4));
   HL_TRY(hl_need_ndim(fn, "weight", w, 4));
   HL_TRY(hl_need_dtype(fn, "weight", w, hl_param_dtype(x)));
   HL_TRY(hl_need_dtype(fn, result, y, x->dtype));
   HL_CHECK(w->size[0] > 0 && w->size[1] > 0 && w->size[2] > 0 && w->size[3] > 0,
            "%s: weight must not be empty, got %s", fn, hl_show(w));
   HL_CHECK(p->groups >= 1, "%s: groups must be at least 1, got %d", fn, p->groups);
   HL_CHECK(w->size[0] % p->groups == 0, "%s: the weight's %lld output channels cannot be cut into %d equal groups", fn,
            (long long)w->size[0], p->groups);
   HL_CHECK(x->size[1] == w->size[1] * p->groups, "%s: weight expects %lld input channels%s, x has %lld (%s)", fn,
            (long long)(w->size[1] * p->groups), p->groups > 1 ? " in its groups" : "", (long long)x->size[1],
            hl_show(x));
   int64_t rows = 0, cols = 0; /* gcc 12 does not see that a failure returns */
   HL_TRY(result_size(&rows, fn, "height", x->size[2], w->size[2], p->stride_h, p->pad_h, p->dil_h));
   HL_TRY(result_size(&cols, fn, "width", x->size[3], w->size[3], p->stride_w, p->pad_w, p->dil_w));
   return hl_need_size(fn, result, y, 4, x->size[0], w->size[0], rows, cols);
}

static int check_bias(const char *fn, const char *name, const hl_tensor *b, const hl_tensor *x, const hl_tensor *w)
{
   if (!b) return 0;
   HL_TRY(hl_need_dtype(fn, name, b, hl_param_dtype(x)));
   return hl_need_size(fn, name, b, 1, w->size[0]);
}

int hl_check_conv2d(const hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_tensor *b, const hl_conv *p)
{
   HL_TRY(check_shapes("conv2d", "y", y, x, w, p));
   return check_bias("conv2d", "bias", b, x, w);
}

static int check_gradients(const char *fn, const hl_tensor *dw, const hl_tensor *db, const hl_tensor *x,
                           const hl_tensor *w)
{
   if (dw) HL_TRY(hl_need_like(fn, "dw", dw, "weight", w));
   return check_bias(fn, "db", db, x, w);
}

int hl_check_conv2d_back(const hl_tensor *dx, const hl_tensor *dw, const hl_tensor *db, const hl_tensor *dy,
                         const hl_tensor *x, const hl_tensor *w, const hl_conv *p)
{
   HL_TRY(check_shapes("conv2d_back", "dy", dy, x, w, p));
   if (dx) HL_TRY(hl_need_like("conv2d_back", "dx", dx, "x", x));
   return check_gradients("conv2d_back", dw, db, x, w);
}

/* All convolutions of a sum give results of y's size. Their errors name which it is, from 1. */
static int check_sum(const char *fn, const char *result, const hl_tensor *y, const hl_tensor *x, int n,
                     hl_tensor *const *w, const hl_conv *p)
{
   HL_CHECK(n >= 1 && w && p, "%s: needs weights and options for at least one convolution, got %d%s", fn, n,
            w && p ? "" : " and no lists");
   for (int i = 0; i < n; i++) {
      char which[64];
      snprintf(which, sizeof which, "%s, number %d", fn, i + 1);
      HL_CHECK(p[i].groups == 1, "%s: groups must be 1 in a sum, got %d", which, p[i].groups);
      HL_TRY(check_shapes(which, result, y, x, w[i], p + i));
   }
   return 0;
}

int hl_check_conv2d_sum(const hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w, hl_tensor *const *b,
                        const hl_conv *p)
{
   HL_TRY(check_sum("conv2d_sum", "y", y, x, n, w, p));
   for (int i = 0; i < n && b; i++) HL_TRY(check_bias("conv2d_sum", "bias", b[i], x, w[i]));
   return 0;
}

int hl_check_conv2d_sum_back(const hl_tensor *dx, int n, hl_tensor *const *dw, hl_tensor *const *db,
                             const hl_tensor *dy, const hl_tensor *x, hl_tensor *const *w, const hl_conv *p)
{
   const char *fn = "conv2d_sum_back";
   HL_TRY(check_sum(fn, "dy", dy, x, n, w, p));
   if (dx) HL_TRY(hl_need_like(fn, "dx", dx, "x", x));
   for (int i = 0; i < n; i++) HL_TRY(check_gradients(fn, dw ? dw[i] : NULL, db ? db[i] : NULL, x, w[i]));
   return 0;
}
