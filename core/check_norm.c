#include "check.h"

static int need_activation(const char *fn, const char *name, const hl_tensor *t, const char *like_name,
                           const hl_tensor *like)
{
   HL_TRY(hl_need_dense(fn, name, t));
   return hl_need_like(fn, name, t, like_name, like);
}

/* One value a channel of x (N,C,...). */
static int need_channels(const char *fn, const char *name, const hl_tensor *t, const hl_tensor *x)
{
   HL_TRY(hl_need_dense(fn, name, t));
   HL_TRY(hl_need_size(fn, name, t, 1, x->size[1]));
   return hl_need_dtype(fn, name, t, hl_param_dtype(x));
}

static int need_optional_channels(const char *fn, const char *name, const hl_tensor *t, const hl_tensor *x)
{
   return t ? need_channels(fn, name, t, x) : 0;
}

static int need_input(const char *fn, const hl_tensor *x)
{
   HL_TRY(hl_need_dense_activation(fn, "x", x));
   HL_CHECK(x->ndim >= 2, "%s: x must be (N,C,...), got %s", fn, hl_show(x));
   return 0;
}

/* What both ways to y need. */
static int check_forward(const char *fn, const hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd,
                         const hl_tensor *x, const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add,
                         const hl_norm *p)
{
   HL_CHECK(p, "%s: the options are missing", fn);
   HL_TRY(need_input(fn, x));
   HL_TRY(need_activation(fn, "y", y, "x", x));
   if (add) HL_TRY(need_activation(fn, "add", add, "x", x));
   HL_TRY(need_channels(fn, "mean", mean, x));
   HL_TRY(need_channels(fn, "invstd", invstd, x));
   HL_TRY(need_optional_channels(fn, "gamma", gamma, x));
   return need_optional_channels(fn, "beta", beta, x);
}

int hl_check_batch_norm_again(const hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
                              const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p)
{
   return check_forward("batch_norm_again", y, mean, invstd, x, gamma, beta, add, p);
}

int hl_check_batch_norm(const hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd,
                        const hl_tensor *running_mean, const hl_tensor *running_var, const hl_tensor *x,
                        const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p)
{
   const char *fn = "batch_norm";
   HL_TRY(check_forward(fn, y, mean, invstd, x, gamma, beta, add, p));
   HL_TRY(need_optional_channels(fn, "running_mean", running_mean, x));
   HL_TRY(need_optional_channels(fn, "running_var", running_var, x));
   if (p->training) {
      int64_t values = x->size[0];
      for (int d = 2; d < x->ndim; d++) values *= x->size[d];
      HL_CHECK(values > 1 || x->size[1] == 0,
               "%s: training needs more than one value a channel, x is %s; use a larger batch or evaluate()", fn,
               hl_show(x));
   } else {
      HL_CHECK(running_mean && running_var, "%s: evaluation needs running_mean and running_var", fn);
   }
   return 0;
}

int hl_check_batch_norm_back(const hl_tensor *dx, const hl_tensor *dgamma, const hl_tensor *dbeta,
                             const hl_tensor *dadd, const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y,
                             const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *gamma, const hl_norm *p)
{
   const char *fn = "batch_norm_back";
   HL_CHECK(p, "%s: the options are missing", fn);
   HL_TRY(need_input(fn, x));
   HL_TRY(need_activation(fn, "dy", dy, "x", x));
   if (p->relu) HL_TRY(need_activation(fn, "y", y, "x", x));
   if (dx) HL_TRY(need_activation(fn, "dx", dx, "x", x));
   if (dadd) HL_TRY(need_activation(fn, "dadd", dadd, "x", x));
   HL_CHECK(!dx || !dadd || dx->data != dadd->data || hl_numel(x) == 0, "%s: dx and dadd must not share memory", fn);
   HL_TRY(need_channels(fn, "mean", mean, x));
   HL_TRY(need_channels(fn, "invstd", invstd, x));
   HL_TRY(need_optional_channels(fn, "gamma", gamma, x));
   HL_TRY(need_optional_channels(fn, "dgamma", dgamma, x));
   return need_optional_channels(fn, "dbeta", dbeta, x);
}
