#include "image.h"

typedef struct {
   const char *begin; /* its first bytes; '?' stands for any */
   int bytes, format;
} kind;

static const kind kinds[] = {{"\x89PNG\r\n\x1a\n", 8, HL_HOST_PNG},
                             {"\xff\xd8\xff", 3, HL_HOST_JPEG},
                             {"RIFF????WEBP", 12, HL_HOST_WEBP},
                             {"II*\0", 4, HL_HOST_TIFF},
                             {"MM\0*", 4, HL_HOST_TIFF},
                             {"II+\0", 4, HL_HOST_TIFF},
                             {"MM\0+", 4, HL_HOST_TIFF},
                             {"BM", 2, HL_HOST_BMP}};

static bool begins(const char *head, size_t bytes, const kind *k)
{
   if (bytes < (size_t)k->bytes) return false;
   for (int i = 0; i < k->bytes; i++)
      if (k->begin[i] != '?' && k->begin[i] != head[i]) return false;
   return true;
}

int hl_image_format(const void *head, size_t bytes)
{
   for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
      if (begins(head, bytes, &kinds[i])) return kinds[i].format;
   return -1;
}
