#include "check.h"

const char *hl_reduce_name(int op)
{
   static const char *const names[] = {
       [HL_SUM] = "sum",     [HL_MEAN] = "mean",     [HL_PROD] = "prod", [HL_RMAX] = "max", [HL_RMIN] = "min",
       [HL_SUMSQ] = "sumsq", [HL_SUMABS] = "sumabs", [HL_ANY] = "any",   [HL_ALL] = "all",
   };
   return op >= HL_SUM && op <= HL_ALL ? names[op] : "reduce";
}

static int need_dim(const char *fn, const hl_tensor *x, int dim)
{
   HL_CHECK(dim >= 0 && dim < x->ndim, "%s: dimension %d of x (%s) was asked for; it has %d", fn, dim + 1, hl_show(x),
            x->ndim);
   return 0;
}

int hl_check_reduce(const hl_tensor *y, const hl_tensor *x, int op, uint32_t dims)
{
   const char *fn = hl_reduce_name(op);
   HL_CHECK(op >= HL_SUM && op <= HL_ALL, "reduce: unknown op %d", op);
   HL_TRY(hl_need_output(fn, "y", y));
   HL_TRY(hl_need_view(fn, "x", x));
   HL_CHECK(dims >> x->ndim == 0, "%s: dims 0x%x name dimensions that x (%s) does not have", fn, (unsigned)dims,
            hl_show(x));
   hl_tensor expected = {.ndim = x->ndim, .dtype = y->dtype};
   int64_t terms = 1;
   for (int d = 0; d < x->ndim; d++) {
      bool reduced = dims >> d & 1;
      expected.size[d] = reduced ? 1 : x->size[d];
      if (reduced) terms *= x->size[d];
   }
   HL_CHECK(hl_same_size(y, &expected), "%s: y must be %s, got %s", fn, hl_show(&expected), hl_show(y));
   if (op == HL_RMAX || op == HL_RMIN)
      HL_CHECK(terms > 0 || hl_numel(y) == 0, "%s: x (%s) has no elements to choose from", fn, hl_show(x));
   if (op == HL_ANY || op == HL_ALL) return hl_need_dtype(fn, "y", y, HL_U8);
   bool wider = hl_is_float(x) ? y->dtype == HL_F64 : y->dtype == HL_I64 || hl_is_float(y);
   HL_CHECK(y->dtype == x->dtype || wider, "%s: y must be %s or wider, got %s", fn, hl_dtype_name(x->dtype),
            hl_show(y));
   return 0;
}

int hl_check_reduce_index(const hl_tensor *values, const hl_tensor *index, const hl_tensor *x, int op, int dim)
{
   const char *fn = hl_reduce_name(op);
   HL_CHECK(op == HL_RMAX || op == HL_RMIN, "reduce_index: op must be max or min, got %s", fn);
   HL_TRY(hl_need_view(fn, "x", x));
   HL_TRY(hl_need_output(fn, "index", index));
   HL_TRY(need_dim(fn, x, dim));
   HL_TRY(hl_need_dtype(fn, "index", index, HL_I64));
   hl_tensor expected = {.ndim = x->ndim, .dtype = HL_I64};
   for (int d = 0; d < x->ndim; d++) expected.size[d] = d == dim ? 1 : x->size[d];
   HL_CHECK(hl_same_size(index, &expected), "%s: index must be %s, got %s", fn, hl_show(&expected), hl_show(index));
   HL_CHECK(x->size[dim] > 0 || hl_numel(index) == 0, "%s: x (%s) has no elements to choose from", fn, hl_show(x));
   if (!values) return 0;
   HL_TRY(hl_need_output(fn, "values", values));
   expected.dtype = x->dtype;
   return hl_need_like(fn, "values", values, "x with 1 along the dimension", &expected);
}

int hl_check_cumulate(const hl_tensor *y, const hl_tensor *x, int op, int dim)
{
   const char *fn = op == HL_PROD ? "cumprod" : "cumsum";
   HL_CHECK(op == HL_SUM || op == HL_PROD, "cumulate: op must be sum or prod, got %s", hl_reduce_name(op));
   HL_TRY(hl_need_view(fn, "x", x));
   HL_TRY(hl_need_output(fn, "y", y));
   HL_TRY(need_dim(fn, x, dim));
   return hl_need_like(fn, "y", y, "x", x);
}

int hl_check_sort(const hl_tensor *values, const hl_tensor *index, const hl_tensor *x, int dim)
{
   const char *fn = "sort";
   HL_TRY(hl_need_view(fn, "x", x));
   HL_TRY(hl_need_output(fn, "values", values));
   HL_TRY(hl_need_output(fn, "index", index));
   HL_TRY(need_dim(fn, x, dim));
   HL_TRY(hl_need_dtype(fn, "values", values, x->dtype));
   HL_TRY(hl_need_dtype(fn, "index", index, HL_I64));
   hl_tensor expected = *x;
   if (values->ndim == x->ndim) expected.size[dim] = values->size[dim];
   HL_CHECK(hl_same_size(values, &expected) && expected.size[dim] <= x->size[dim],
            "%s: values must have the sizes of x (%s), or fewer along dimension %d; got %s", fn, hl_show(x), dim + 1,
            hl_show(values));
   HL_CHECK(hl_same_size(index, values), "%s: index (%s) and values (%s) must have the same sizes", fn, hl_show(index),
            hl_show(values));
   HL_CHECK(x->size[dim] < (int64_t)1 << 32, "%s: lines of at most 2^32 elements can be sorted, x is %s", fn,
            hl_show(x));
   return 0;
}
