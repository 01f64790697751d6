/* libraries.cpp: what cuBLAS and cuDNN do on the GPU, done by the CPU's library that lies beside this one. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <vector>
#include "../cuda/kernel.cuh"

namespace
{

/* The CPU library, or NULL with the reason for hl_error(). */
void *cpu_library()
{
   static void *library;
   if (library) return library;
   static const volatile int32_t calm = 0;
   char reason[300] = "";
   Dl_info self;
   if (!dladdr(reinterpret_cast<void *>(cpu_library), &self)) {
      hl_fail("emu: cannot tell where this library is");
      return nullptr;
   }
   const char *slash = strrchr(self.dli_fname, '/');
   int folder = slash ? static_cast<int>(slash - self.dli_fname) + 1 : 0;
   for (const char *name : {"cpu_avx512", "cpu_avx2", "cpu"}) {
      char path[1024];
      snprintf(path, sizeof path, "%.*slibhilo_%s.so", folder, self.dli_fname, name);
      void *found = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
      if (found) return library = found; /* the CPU's device is in use, with an interrupt flag that it shall keep */
      found = dlopen(path, RTLD_NOW | RTLD_LOCAL);
      if (!found) {
         snprintf(reason, sizeof reason, "%s", dlerror());
         continue;
      }
      auto init = reinterpret_cast<int (*)(const volatile int32_t *)>(dlsym(found, "hl_init"));
      if (init && init(&calm) == HL_ABI) return library = found;
      dlclose(found);
   }
   hl_fail("emu: the CPU's library, which multiplies and convolves here, cannot be opened: %s", reason);
   return nullptr;
}

/* Calls the CPU library's function of the same name and type. */
template <typename... P, typename... A> int call_cpu(int (*)(P...), const char *name, A... args)
{
   void *library = cpu_library();
   if (!library) return 1;
   auto function = reinterpret_cast<int (*)(P...)>(dlsym(library, name));
   HL_CHECK(function, "emu: the CPU's library has no %s; rebuild with `make`", name);
   if (function(args...) == 0) return 0;
   auto error = reinterpret_cast<const char *(*)()>(dlsym(library, "hl_error"));
   return hl_fail("%s", error());
}
#define CALL_CPU(function, ...) call_cpu(function, #function, __VA_ARGS__)

/* A contiguous copy as the CPU takes it, float32 for bfloat16; a NULL tensor stays NULL. */
struct on_cpu {
   hl_tensor copy;
   hl_tensor *t = nullptr; /* marked as the CPU's */
   hl_scratch memory;

   int take(const hl_tensor *x, bool read = true)
   {
      if (!x) return 0;
      copy = *x;
      copy.dtype = x->dtype == HL_BF16 ? HL_F32 : x->dtype;
      int64_t stride = 1;
      for (int d = x->ndim - 1; d >= 0; d--) {
         copy.stride[d] = stride;
         stride *= x->size[d];
      }
      HL_TRY(memory.take(hl_numel(x) * hl_dtype_size(copy.dtype)));
      copy.data = memory.data;
      if (read) HL_TRY(hl_copy(&copy, x));
      copy.device = HL_CPU;
      t = &copy;
      return 0;
   }
   int give(hl_tensor *x)
   {
      if (!x) return 0;
      copy.device = x->device;
      return hl_copy(x, &copy);
   }
};

} // namespace

HL_EXPORT int hl_matmul(hl_tensor *c, const hl_tensor *a, const hl_tensor *b, double alpha, double beta)
{
   on_cpu left, right, result;
   HL_TRY(hl_poll());
   HL_TRY(hl_check_matmul(c, a, b));
   HL_TRY(left.take(a));
   HL_TRY(right.take(b));
   HL_TRY(result.take(c, beta != 0));
   HL_TRY(CALL_CPU(hl_matmul, result.t, left.t, right.t, alpha, beta));
   return result.give(c);
}

static int need_dense(const char *fn, const char *name, const hl_tensor *t)
{
   return t ? hl_need_contiguous(fn, name, t) : 0;
}

HL_EXPORT int hl_conv2d(hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_tensor *b, const hl_conv *p)
{
   on_cpu hx, hw, hb, hy;
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d(y, x, w, b, p));
   HL_TRY(need_dense("conv2d", "y", y));
   HL_TRY(need_dense("conv2d", "x", x));
   HL_TRY(need_dense("conv2d", "weight", w));
   HL_TRY(need_dense("conv2d", "bias", b));
   HL_TRY(hx.take(x));
   HL_TRY(hw.take(w));
   HL_TRY(hb.take(b));
   HL_TRY(hy.take(y, false));
   HL_TRY(CALL_CPU(hl_conv2d, hy.t, hx.t, hw.t, hb.t, p));
   return hy.give(y);
}

HL_EXPORT int hl_conv2d_back(hl_tensor *dx, hl_tensor *dw, hl_tensor *db, const hl_tensor *dy, const hl_tensor *x,
                             const hl_tensor *w, const hl_conv *p)
{
   on_cpu hdx, hdw, hdb, hdy, hx, hw;
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_back(dx, dw, db, dy, x, w, p));
   HL_TRY(need_dense("conv2d_back", "dx", dx));
   HL_TRY(need_dense("conv2d_back", "dw", dw));
   HL_TRY(need_dense("conv2d_back", "db", db));
   HL_TRY(need_dense("conv2d_back", "dy", dy));
   HL_TRY(need_dense("conv2d_back", "x", x));
   HL_TRY(need_dense("conv2d_back", "weight", w));
   HL_TRY(hdx.take(dx, false));
   HL_TRY(hdw.take(dw));
   HL_TRY(hdb.take(db));
   HL_TRY(hdy.take(dy));
   HL_TRY(hx.take(x));
   HL_TRY(hw.take(w));
   HL_TRY(CALL_CPU(hl_conv2d_back, hdx.t, hdw.t, hdb.t, hdy.t, hx.t, hw.t, p));
   HL_TRY(hdx.give(dx));
   HL_TRY(hdw.give(dw));
   return hdb.give(db);
}

namespace
{
/* The tensors of a list as the CPU takes them; entries, or the whole list, may be NULL. */
struct list_on_cpu {
   std::vector<on_cpu> each;
   std::vector<hl_tensor *> views;
   hl_tensor *const *list = nullptr;

   int take(const char *fn, const char *name, int n, hl_tensor *const *tensors)
   {
      if (!tensors) return 0;
      each = std::vector<on_cpu>(static_cast<size_t>(n));
      for (on_cpu &one : each) {
         const hl_tensor *t = tensors[views.size()];
         HL_TRY(need_dense(fn, name, t));
         HL_TRY(one.take(t));
         views.push_back(one.t);
      }
      list = views.data();
      return 0;
   }
   int give(hl_tensor *const *tensors)
   {
      for (size_t i = 0; i < each.size(); i++) HL_TRY(each[i].give(tensors[i]));
      return 0;
   }
};
} // namespace

HL_EXPORT int hl_conv2d_sum(hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w, hl_tensor *const *b,
                            const hl_conv *p)
{
   const char *fn = "conv2d_sum";
   on_cpu hx, hy;
   list_on_cpu hw, hb;
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_sum(y, x, n, w, b, p));
   HL_TRY(need_dense(fn, "y", y));
   HL_TRY(need_dense(fn, "x", x));
   HL_TRY(hw.take(fn, "weight", n, w));
   HL_TRY(hb.take(fn, "bias", n, b));
   HL_TRY(hx.take(x));
   HL_TRY(hy.take(y, false));
   HL_TRY(CALL_CPU(hl_conv2d_sum, hy.t, hx.t, n, hw.list, hb.list, p));
   return hy.give(y);
}

HL_EXPORT int hl_conv2d_sum_back(hl_tensor *dx, int n, hl_tensor *const *dw, hl_tensor *const *db, const hl_tensor *dy,
                                 const hl_tensor *x, hl_tensor *const *w, const hl_conv *p)
{
   const char *fn = "conv2d_sum_back";
   on_cpu hdx, hdy, hx;
   list_on_cpu hdw, hdb, hw;
   HL_TRY(hl_poll());
   HL_TRY(hl_check_conv2d_sum_back(dx, n, dw, db, dy, x, w, p));
   HL_TRY(need_dense(fn, "dx", dx));
   HL_TRY(need_dense(fn, "dy", dy));
   HL_TRY(need_dense(fn, "x", x));
   HL_TRY(hdw.take(fn, "dw", n, dw));
   HL_TRY(hdb.take(fn, "db", n, db));
   HL_TRY(hw.take(fn, "weight", n, w));
   HL_TRY(hdx.take(dx, false));
   HL_TRY(hdy.take(dy));
   HL_TRY(hx.take(x));
   HL_TRY(CALL_CPU(hl_conv2d_sum_back, hdx.t, n, hdw.list, hdb.list, hdy.t, hx.t, hw.list, p));
   HL_TRY(hdx.give(dx));
   HL_TRY(hdw.give(dw));
   return hdb.give(db);
}

/* The host's products keep all bits. */
HL_EXPORT int hl_set_tf32(int)
{
   return 0;
}

HL_EXPORT int hl_set_winograd(int on)
{
   return CALL_CPU(hl_set_winograd, on);
}
