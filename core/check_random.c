#include "check.h"

int hl_check_draw(const char *fn, const hl_tensor *y, const hl_rng *r)
{
   HL_CHECK(r, "%s: the generator's state is missing", fn);
   HL_TRY(hl_need_view(fn, "output", y));
   return hl_need_contiguous(fn, "output", y);
}

int hl_check_random_int(const hl_tensor *y, int64_t low, int64_t high, const hl_rng *r)
{
   HL_TRY(hl_check_draw("random", y, r));
   HL_CHECK(low <= high, "random: expects low <= high, got %lld and %lld", (long long)low, (long long)high);
   if (hl_is_float(y)) return 0;
   double least, most;
   hl_dtype_bounds(y->dtype, &least, &most);
   HL_CHECK((double)low >= least && (double)high <= most, "random: %lld to %lld do not fit into %s", (long long)low,
            (long long)high, hl_dtype_name(y->dtype));
   return 0;
}

int hl_check_probability(const char *fn, double p, bool one_is_fine)
{
   HL_CHECK(p >= 0 && (p < 1 || (one_is_fine && p == 1)), "%s: the probability must be in [0, 1%c, got %g", fn,
            one_is_fine ? ']' : ')', p);
   return 0;
}

int hl_check_dropout(const hl_tensor *y, const hl_tensor *x, double p, int channels, const hl_rng *r)
{
   HL_TRY(hl_need_dense_activation("dropout", "input", x));
   HL_TRY(hl_need_like("dropout", "output", y, "input", x));
   HL_TRY(hl_check_draw("dropout", y, r));
   HL_TRY(hl_check_probability("dropout", p, false));
   HL_CHECK(!channels || x->ndim >= 2 || x->ndim == 0, "dropout: whole channels need (N,C,...), got %s", hl_show(x));
   return 0;
}
