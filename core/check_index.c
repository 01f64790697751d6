#include "check.h"

static int need_dim(const char *fn, const char *name, const hl_tensor *x, int dim)
{
   HL_CHECK(dim >= 0 && dim < x->ndim, "%s: dimension %d of %s (%s) was asked for; it has %d", fn, dim + 1, name,
            hl_show(x), x->ndim);
   return 0;
}

int hl_fail_index(const char *fn, int64_t position, int64_t size, int dim)
{
   if (size == 0) return hl_fail("%s: index holds %lld, but dimension %d is empty", fn, (long long)position, dim + 1);
   return hl_fail("%s: index holds %lld, which is not in 1..%lld along dimension %d", fn, (long long)position,
                  (long long)size, dim + 1);
}

int hl_check_index(const char *fn, const char *big_name, const hl_tensor *big, const char *small_name,
                   const hl_tensor *small, const hl_tensor *index, int dim)
{
   HL_TRY(hl_need_view(fn, big_name, big));
   HL_TRY(hl_need_view(fn, small_name, small));
   HL_TRY(hl_need_view(fn, "index", index));
   HL_TRY(need_dim(fn, big_name, big, dim));
   HL_TRY(hl_need_dtype(fn, "index", index, HL_I64));
   HL_CHECK(index->ndim <= 1, "%s: index must have 1 dimension, got %s", fn, hl_show(index));
   hl_tensor expected = *big;
   expected.size[dim] = hl_numel(index);
   return hl_need_like(fn, small_name, small, "the slices", &expected);
}

int hl_check_gather(const char *fn, const char *big_name, const hl_tensor *big, const char *small_name,
                    const hl_tensor *small, const hl_tensor *index, int dim)
{
   HL_TRY(hl_need_view(fn, big_name, big));
   HL_TRY(hl_need_view(fn, small_name, small));
   HL_TRY(hl_need_view(fn, "index", index));
   HL_TRY(need_dim(fn, big_name, big, dim));
   HL_TRY(hl_need_dtype(fn, "index", index, HL_I64));
   HL_TRY(hl_need_dtype(fn, small_name, small, big->dtype));
   HL_CHECK(hl_same_size(index, small), "%s: index (%s) and %s (%s) must have the same sizes", fn, hl_show(index),
            small_name, hl_show(small));
   bool fits = small->ndim == big->ndim;
   for (int d = 0; fits && d < big->ndim; d++) fits = d == dim || small->size[d] <= big->size[d];
   HL_CHECK(fits, "%s: %s (%s) must be no larger than %s (%s) but along dimension %d", fn, small_name, hl_show(small),
            big_name, hl_show(big), dim + 1);
   return 0;
}

int hl_check_masked(const char *fn, const hl_tensor *x, const hl_tensor *y, const hl_tensor *mask)
{
   HL_TRY(hl_need_view(fn, "x", x));
   HL_TRY(hl_need_view(fn, "y", y));
   HL_TRY(hl_need_view(fn, "mask", mask));
   HL_TRY(hl_need_dtype(fn, "mask", mask, HL_U8));
   HL_TRY(hl_need_dtype(fn, "y", y, x->dtype));
   HL_CHECK(hl_same_size(mask, x), "%s: mask (%s) must have the sizes of x (%s)", fn, hl_show(mask), hl_show(x));
   HL_CHECK(y->ndim <= 1, "%s: y must have 1 dimension, got %s", fn, hl_show(y));
   return 0;
}

int hl_check_nonzero(const hl_tensor *index, const hl_tensor *x, int64_t n)
{
   HL_TRY(hl_need_output("nonzero", "index", index));
   HL_TRY(hl_need_dtype("nonzero", "index", index, HL_I64));
   if (n == 0 && hl_numel(index) == 0) return 0;
   return hl_need_size("nonzero", "index", index, 2, n, (int64_t)x->ndim);
}
