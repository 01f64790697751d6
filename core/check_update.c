#include <stdio.h>
#include "check.h"

/* Tensor i of every list shares sizes and dtype with that of the first list. */
static int need_lists(const char *fn, int n, int lists, const char *const *names, hl_tensor *const *const *list)
{
   HL_CHECK(n >= 0, "%s: expected 0 or more tensors, got %d", fn, n);
   for (int k = 0; k < lists; k++) HL_CHECK(list[k] || n == 0, "%s: the list %s is missing", fn, names[k]);
   for (int i = 0; i < n; i++) {
      for (int k = 0; k < lists; k++) {
         char name[32];
         snprintf(name, sizeof name, "%s[%d]", names[k], i + 1);
         HL_TRY(hl_need_view(fn, name, list[k][i]));
         HL_TRY(hl_need_float(fn, name, list[k][i]));
         HL_TRY(hl_need_contiguous(fn, name, list[k][i]));
         if (k) HL_TRY(hl_need_like(fn, name, list[k][i], names[0], list[0][i]));
      }
   }
   return 0;
}

int hl_check_sgd(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *v, const hl_sgd_options *o)
{
   HL_CHECK(o, "sgd: options are missing");
   HL_CHECK(v || o->momentum == 0., "sgd: momentum %g needs the list v", o->momentum);
   return need_lists("sgd", n, v ? 3 : 2, (const char *[]){"w", "g", "v"},
                     (hl_tensor *const *[]){(hl_tensor *const *)w, g, (hl_tensor *const *)v});
}

int hl_check_adam(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *m, hl_tensor *const *v,
                  const hl_adam_options *o)
{
   HL_CHECK(o, "adam: options are missing");
   HL_CHECK(o->step >= 1, "adam: steps count from 1, got %lld", (long long)o->step);
   return need_lists("adam", n, 4, (const char *[]){"w", "g", "m", "v"},
                     (hl_tensor *const *[]){(hl_tensor *const *)w, g, (hl_tensor *const *)m, (hl_tensor *const *)v});
}

int hl_check_ema(int n, hl_tensor *const *t, hl_tensor *const *s)
{
   return need_lists("ema", n, 2, (const char *[]){"t", "s"}, (hl_tensor *const *[]){(hl_tensor *const *)t, s});
}

int hl_check_global_norm(const hl_tensor *norm, int n, hl_tensor *const *g)
{
   HL_TRY(hl_need_view("global_norm", "norm", norm));
   HL_TRY(hl_need_dtype("global_norm", "norm", norm, HL_F64));
   HL_TRY(hl_need_size("global_norm", "norm", norm, 1, (int64_t)1));
   return need_lists("global_norm", n, 1, (const char *[]){"g"}, (hl_tensor *const *[]){g});
}

int hl_check_scale_list(int n, hl_tensor *const *g)
{
   return need_lists("scale_list", n, 1, (const char *[]){"g"}, (hl_tensor *const *[]){(hl_tensor *const *)g});
}
