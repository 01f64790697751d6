#include "check.h"

#include <string.h>

int hl_check_softmax(const char *fn, const char *y_name, const hl_tensor *y, const char *x_name, const hl_tensor *x,
                     int dim)
{
   HL_TRY(hl_need_dense_activation(fn, x_name, x));
   HL_TRY(hl_need_dense(fn, y_name, y));
   HL_TRY(hl_need_like(fn, y_name, y, x_name, x));
   HL_CHECK(dim >= 0 && dim < x->ndim, "%s: %s (%s) has no dimension %d (counted from 0)", fn, x_name, hl_show(x), dim);
   return 0;
}

int hl_check_labels_of(const char *fn, const char *labels_name, const hl_tensor *labels, const char *x_name,
                       const hl_tensor *x)
{
   HL_TRY(hl_need_dense(fn, labels_name, labels));
   HL_TRY(hl_need_labels(fn, labels_name, labels));
   HL_CHECK(x->ndim >= 2, "%s: %s must be (N,C,...), got %s", fn, x_name, hl_show(x));
   bool fits = labels->ndim == x->ndim - 1 && labels->size[0] == x->size[0] &&
               memcmp(labels->size + 1, x->size + 2, (size_t)(x->ndim - 2) * sizeof x->size[0]) == 0;
   HL_CHECK(fits, "%s: %s must be as %s without its dimension of classes: %s is %s, %s is %s", fn, labels_name, x_name,
            x_name, hl_show(x), labels_name, hl_show(labels));
   HL_CHECK(x->size[1] > 0 && x->size[1] <= INT32_MAX, "%s: %s has no classes: %s", fn, x_name, hl_show(x));
   return 0;
}

/* A tensor of t's parameter type. */
static int need_param(const char *fn, const char *name, const hl_tensor *t, const hl_tensor *x)
{
   HL_TRY(hl_need_dense(fn, name, t));
   return hl_need_dtype(fn, name, t, hl_param_dtype(x));
}

/* All but labels, which are known to fit x. */
static int check_entropy(const char *fn, const char *loss_name, const hl_tensor *loss, const hl_tensor *lse,
                         const hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight,
                         const hl_ce *p)
{
   HL_TRY(need_param(fn, loss_name, loss, x));
   HL_TRY(hl_need_size(fn, loss_name, loss, 1, p->per_image ? x->size[0] : (int64_t)1));
   HL_TRY(need_param(fn, "lse", lse, x));
   HL_CHECK(hl_same_size(lse, labels), "%s: lse must be as labels, %s, got %s", fn, hl_show(labels), hl_show(lse));
   HL_TRY(need_param(fn, "scale", scale, x));
   HL_TRY(hl_need_size(fn, "scale", scale, 1, x->size[0]));
   if (weight) {
      HL_TRY(need_param(fn, "weight", weight, x));
      HL_TRY(hl_need_size(fn, "weight", weight, 1, x->size[1]));
   }
   return 0;
}

int hl_check_cross_entropy(const char *fn, const char *loss_name, const hl_tensor *loss, const hl_tensor *lse,
                           const hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight,
                           const hl_ce *p)
{
   HL_CHECK(p, "%s: the options are missing", fn);
   HL_TRY(hl_need_dense_float(fn, "x", x));
   HL_TRY(hl_check_labels_of(fn, "labels", labels, "x", x));
   return check_entropy(fn, loss_name, loss, lse, scale, x, labels, weight, p);
}

int hl_check_resize_cross_entropy(const char *fn, const char *loss_name, const hl_tensor *loss, const hl_tensor *lse,
                                  const hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels,
                                  const hl_tensor *weight, const hl_ce *p, int mode)
{
   HL_CHECK(p, "%s: the options are missing", fn);
   HL_CHECK(mode >= HL_NEAREST && mode <= HL_BILINEAR_ALIGNED, "%s: unknown mode %d", fn, mode);
   HL_TRY(hl_need_dense_float(fn, "x", x));
   HL_TRY(hl_need_ndim(fn, "x", x, 4));
   HL_TRY(hl_need_dense(fn, "labels", labels));
   HL_TRY(hl_need_labels(fn, "labels", labels));
   HL_CHECK(labels->ndim == 3 && labels->size[0] == x->size[0],
            "%s: labels must be (N,H,W) for the N images of x (N,C,h,w): x is %s, labels is %s", fn, hl_show(x),
            hl_show(labels));
   HL_CHECK(x->size[1] > 0 && x->size[1] <= INT32_MAX, "%s: x has no classes: %s", fn, hl_show(x));
   for (int d = 2; d < 4; d++)
      HL_CHECK(x->size[d] > 0 && x->size[d] <= INT32_MAX && labels->size[d - 1] > 0 && labels->size[d - 1] <= INT32_MAX,
               "%s: images without pixels cannot be resized: x is %s, labels is %s", fn, hl_show(x), hl_show(labels));
   return check_entropy(fn, loss_name, loss, lse, scale, x, labels, weight, p);
}

int hl_check_pair_loss(const char *fn, const char *loss_name, const hl_tensor *loss, const hl_tensor *a,
                       const hl_tensor *b, int op)
{
   HL_CHECK(op >= HL_BCE_LOGITS && op <= HL_SMOOTH_L1, "%s: unknown loss %d", fn, op);
   HL_TRY(hl_need_dense_float(fn, "a", a));
   HL_TRY(hl_need_dense(fn, "b", b));
   HL_TRY(hl_need_like(fn, "b", b, "a", a));
   HL_TRY(need_param(fn, loss_name, loss, a));
   return hl_need_size(fn, loss_name, loss, 1, (int64_t)1);
}

int hl_check_cosine(const char *fn, const char *y_name, const hl_tensor *y, const hl_tensor *a, const hl_tensor *b)
{
   HL_TRY(hl_need_dense_float(fn, "a", a));
   HL_TRY(hl_need_dense(fn, "b", b));
   HL_TRY(hl_need_ndim(fn, "a", a, 2));
   HL_TRY(hl_need_like(fn, "b", b, "a", a));
   HL_TRY(need_param(fn, y_name, y, a));
   return hl_need_size(fn, y_name, y, 1, a->size[0]);
}

int hl_need_gradient(const char *fn, const char *name, const hl_tensor *d, const char *of_name, const hl_tensor *of)
{
   if (!d) return 0;
   HL_TRY(hl_need_contiguous(fn, name, d));
   return hl_need_like(fn, name, d, of_name, of);
}
