#include "check.h"

int hl_check_draw(const char *fn, const hl_tensor *y, const hl_rng *r)
{
   HL_CHECK(r, "%s: the generator's state is missing", fn);
   HL_TRY(hl_need_view(fn, "output", y));
   return hl_need_contiguous(fn, "output", y);
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
