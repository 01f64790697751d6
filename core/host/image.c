#include "image.h"

int hl_need_host(const char *fn, const char *name, const hl_tensor *t)
{
   HL_CHECK(t && t->data, "%s: %s must be a tensor with elements", fn, name);
   HL_CHECK(t->device == HL_CPU, "%s: %s must be in host memory; copy it to the CPU first", fn, name);
   return hl_need_contiguous(fn, name, t);
}

int hl_check_pixels(const hl_source *s, uint64_t width, uint64_t height)
{
   HL_CHECK(width > 0 && height > 0 && width <= HL_HOST_MAX_PIXELS / height,
            "%s: %s: its header says %llu x %llu pixels; 1 to %d pixels can be read", s->fn, hl_show_path(s->path),
            (unsigned long long)width, (unsigned long long)height, HL_HOST_MAX_PIXELS);
   return 0;
}
