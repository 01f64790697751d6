/* faults.cu: the place where kernels note what is wrong in the values they read, and its messages. */
#include "faults.cuh"

#include <stdio.h>

namespace
{

hl_fault *shared;

int fail(const hl_watched &in, int64_t place, int64_t value)
{
   switch (in.kind) {
   case HL_FAULT_LABEL:
      return hl_fail_label(in.fn, in.name, &in.t, place, value, in.bound, in.other);
   case HL_FAULT_POSITION:
      return hl_fail_index(in.fn, value, in.bound, in.other);
   case HL_FAULT_MAXIMUM:
      return hl_fail_maximum(in.fn, value, &in.t);
   default:
      return hl_fail_divisor(in.fn, &in.t);
   }
}

} // namespace

int hl_open_faults(void)
{
#ifdef HILO_EMU
   static hl_fault fault;
   shared = &fault;
#else
   void *p = nullptr;
   HL_TRY(hl_cuda("init", "memory that host and card share", cudaMallocHost(&p, sizeof(hl_fault))));
   shared = static_cast<hl_fault *>(p);
#endif
   shared->found = 0;
   return 0;
}

hl_watch hl_watch_labels(const char *fn, const char *name, const hl_tensor *labels, int64_t classes, int void_label)
{
   return {shared, {HL_FAULT_LABEL, fn, name, *labels, classes, void_label}};
}

hl_watch hl_watch_positions(const char *fn, int64_t size, int dim)
{
   return {shared, {HL_FAULT_POSITION, fn, "index", {}, size, dim}};
}

hl_watch hl_watch_maxima(const char *fn, const hl_tensor *dx)
{
   return {shared, {HL_FAULT_MAXIMUM, fn, "index", *dx, 0, 0}};
}

hl_watch hl_watch_divisors(const char *fn, const hl_tensor *b)
{
   return {shared, {HL_FAULT_DIVISOR, fn, "b", *b, 0, 0}};
}

int hl_tell_faults(void)
{
   if (!static_cast<volatile hl_fault *>(shared)->found) return 0;
   const hl_fault fault = *shared;
   shared->found = 0;
   fail(fault.in, fault.place, fault.value);
   if (hl_sync_each()) return 1;
   char text[512];
   snprintf(text, sizeof text, "%s", hl_error());
   return hl_fail(
       "%s (found on the card after the call had returned; with HL_SYNC=1 in the environment the call itself "
       "fails)",
       text);
}

int hl_end_watch(void)
{
   return hl_sync_each() ? hl_tell_faults() : 0;
}
