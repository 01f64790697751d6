#include "check.h"

int64_t hl_pool_size(int64_t in, int64_t kernel, int64_t stride, int64_t pad, bool ceil_mode)
{
   int64_t room = in + 2 * pad - kernel + (ceil_mode ? stride - 1 : 0);
   if (room < 0) return 0;
   int64_t out = room / stride + 1;
   /* The last window starts inside the input or its left padding. */
   if (ceil_mode && (out - 1) * stride >= in + pad) out--;
   return out;
}

/* Both are dense float (N,C,h,w) of one type, with the same N and C and planes that are not empty. */
static int need_planes(const char *fn, const char *a_name, const hl_tensor *a, const char *b_name, const hl_tensor *b)
{
   HL_TRY(hl_need_dense(fn, a_name, a));
   HL_TRY(hl_need_dense(fn, b_name, b));
   HL_TRY(hl_need_ndim(fn, a_name, a, 4));
   HL_TRY(hl_need_ndim(fn, b_name, b, 4));
   HL_TRY(hl_need_dtype(fn, a_name, a, b->dtype));
   HL_CHECK(a->size[0] == b->size[0] && a->size[1] == b->size[1],
            "%s: %s (%s) and %s (%s) must agree in their first two sizes", fn, a_name, hl_show(a), b_name, hl_show(b));
   HL_CHECK(a->size[2] > 0 && a->size[3] > 0 && b->size[2] > 0 && b->size[3] > 0,
            "%s: height and width must be at least 1, got %s %s and %s %s", fn, a_name, hl_show(a), b_name, hl_show(b));
   return 0;
}

int hl_check_pool(const char *fn, const char *small_name, const hl_tensor *small, const char *big_name,
                  const hl_tensor *big, const hl_pool *p)
{
   HL_CHECK(p, "%s: the options are missing", fn);
   HL_TRY(hl_need_dense_activation(fn, big_name, big));
   HL_CHECK(p->kernel_h > 0 && p->kernel_w > 0 && p->stride_h > 0 && p->stride_w > 0,
            "%s: kernel and stride must be at least 1, got kernel %dx%d stride %dx%d", fn, p->kernel_h, p->kernel_w,
            p->stride_h, p->stride_w);
   HL_CHECK(p->pad_h >= 0 && p->pad_w >= 0 && p->pad_h <= p->kernel_h / 2 && p->pad_w <= p->kernel_w / 2,
            "%s: padding must be between 0 and half the kernel, got padding %dx%d for kernel %dx%d", fn, p->pad_h,
            p->pad_w, p->kernel_h, p->kernel_w);
   HL_TRY(hl_need_ndim(fn, big_name, big, 4));
   int64_t P = hl_pool_size(big->size[2], p->kernel_h, p->stride_h, p->pad_h, p->ceil_mode);
   int64_t Q = hl_pool_size(big->size[3], p->kernel_w, p->stride_w, p->pad_w, p->ceil_mode);
   HL_CHECK(P > 0 && Q > 0, "%s: a %dx%d window does not fit %s (%s) with padding %dx%d", fn, p->kernel_h, p->kernel_w,
            big_name, hl_show(big), p->pad_h, p->pad_w);
   HL_TRY(need_planes(fn, small_name, small, big_name, big));
   return hl_need_size(fn, small_name, small, 4, big->size[0], big->size[1], P, Q);
}

int hl_check_adaptive_pool(const char *fn, const char *small_name, const hl_tensor *small, const char *big_name,
                           const hl_tensor *big)
{
   HL_TRY(hl_need_dense_activation(fn, big_name, big));
   return need_planes(fn, small_name, small, big_name, big);
}

int hl_check_pool_index(const char *fn, const hl_tensor *index, const hl_tensor *small, const hl_tensor *big)
{
   HL_TRY(hl_need_dense(fn, "index", index));
   HL_TRY(hl_need_dtype(fn, "index", index, HL_I32));
   HL_CHECK(hl_same_size(index, small), "%s: index must be as the pooled tensor, %s, got %s", fn, hl_show(small),
            hl_show(index));
   HL_CHECK(big->size[2] <= INT32_MAX / big->size[3], "%s: planes of %s are too large for an int32 index", fn,
            hl_show(big));
   return 0;
}

int hl_fail_maximum(const char *fn, int64_t index, const hl_tensor *big)
{
   return hl_fail("%s: index has %lld, outside a plane of %s; pass the index that max_pool wrote", fn, (long long)index,
                  hl_show(big));
}

int hl_check_resize(const char *fn, const char *to_name, const hl_tensor *to, const char *from_name,
                    const hl_tensor *from, int mode)
{
   HL_CHECK(mode == HL_NEAREST || mode == HL_BILINEAR || mode == HL_BILINEAR_ALIGNED, "%s: unknown mode %d", fn, mode);
   HL_TRY(hl_need_given(fn, from_name, from));
   bool integers = mode == HL_NEAREST && !hl_is_float(from);
   HL_CHECK(integers || hl_is_float(from), "%s: %s (%s) can be resized as nearest only", fn, from_name, hl_show(from));
   if (!integers) HL_TRY(hl_need_dense_activation(fn, from_name, from));
   HL_TRY(need_planes(fn, to_name, to, from_name, from));
   for (int d = 2; d < 4; d++)
      HL_CHECK(to->size[d] < INT32_MAX && from->size[d] < INT32_MAX, "%s: height and width must be below 2^31, got %s",
               fn, hl_show(to->size[d] < INT32_MAX ? from : to));
   return 0;
}
