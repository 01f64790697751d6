/* Checks of matrix products and convolutions. */
#include "check.h"

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
   HL_TRY(hl_need_dtype(fn, "weight", w, x->dtype));
   HL_TRY(hl_need_dtype(fn, result, y, x->dtype));
   HL_CHECK(w->size[0] > 0 && w->size[1] > 0 && w->size[2] > 0 && w->size[3] > 0,
            "%s: weight must not be empty, got %s", fn, hl_show(w));
   HL_CHECK(x->size[1] == w->size[1], "%s: weight expects %lld input channels, x has %lld (%s)", fn,
            (long long)w->size[1], (long long)x->size[1], hl_show(x));
   int64_t rows = 0, cols = 0; /* gcc 12 does not see that a failure returns */
   HL_TRY(result_size(&rows, fn, "height", x->size[2], w->size[2], p->stride_h, p->pad_h, p->dil_h));
   HL_TRY(result_size(&cols, fn, "width", x->size[3], w->size[3], p->stride_w, p->pad_w, p->dil_w));
   return hl_need_size(fn, result, y, 4, x->size[0], w->size[0], rows, cols);
}

int hl_check_conv2d(const hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_tensor *b, const hl_conv *p)
{
   HL_TRY(check_shapes("conv2d", "y", y, x, w, p));
   if (!b) return 0;
   HL_TRY(hl_need_dtype("conv2d", "bias", b, x->dtype));
   return hl_need_size("conv2d", "bias", b, 1, w->size[0]);
}

int hl_check_conv2d_back(const hl_tensor *dx, const hl_tensor *dw, const hl_tensor *db, const hl_tensor *dy,
                         const hl_tensor *x, const hl_tensor *w, const hl_conv *p)
{
   HL_TRY(check_shapes("conv2d_back", "dy", dy, x, w, p));
   if (dx) HL_TRY(hl_need_like("conv2d_back", "dx", dx, "x", x));
   if (dw) HL_TRY(hl_need_like("conv2d_back", "dw", dw, "weight", w));
   if (!db) return 0;
   HL_TRY(hl_need_dtype("conv2d_back", "db", db, x->dtype));
   return hl_need_size("conv2d_back", "db", db, 1, w->size[0]);
}
