/* resize.c: nearest and bilinear resampling of planes.
 * Bilinear is separable: rows of x are stretched sideways once each and kept while output rows need them; the sum of
 * two such rows is a plain vector loop. The backward gathers rows of dy in the same manner. */
#ifdef real

#include "axis.h"

/* Output rows first..last-1 of a plane; rows[2] hold two stretched rows. */
static void FN(bilinear_rows)(real *y, const real *x, int64_t first, int64_t last, FN(axis) down, FN(axis) across,
                              plane_sizes s, real *rows[2])
{
   int64_t held[2] = {-1, -1};
   for (int64_t i = first; i < last; i++) {
      int64_t lo = down.lo[i], hi = down.hi[i];
      if (held[1] == lo) {
         real *r = rows[0];
         rows[0] = rows[1];
         rows[1] = r;
         held[1] = held[0];
         held[0] = lo;
      }
      if (held[0] != lo) FN(stretch_row)(rows[0], x + lo * s.W, across, s.Q);
      held[0] = lo;
      if (hi != lo && held[1] != hi) {
         FN(stretch_row)(rows[1], x + hi * s.W, across, s.Q);
         held[1] = hi;
      }
      const real *a = rows[0], *b = hi == lo ? rows[0] : rows[1];
      real w = down.w[i], *to = y + i * s.Q;
#pragma omp simd
      for (int64_t j = 0; j < s.Q; j++) to[j] = (1 - w) * a[j] + w * b[j];
   }
}

static int FN(bilinear)(hl_tensor *y, const hl_tensor *x, int mode)
{
   plane_sizes s = sizes_of(y, x);
   FN(axis) down = FN(make_axis)(0, s.P, s.H, mode), across = FN(make_axis)(1, s.Q, s.W, mode);
   real *buffers = hl_scratch(2, (size_t)omp_get_max_threads() * 2 * (size_t)s.Q * sizeof(real));
   if (!down.w || !across.w || !buffers) return 1;
   int64_t chunks = (s.P + ROWS - 1) / ROWS;
   int stopped = 0;
#pragma omp parallel for collapse(2) schedule(static) reduction(| : stopped) if (hl_numel(y) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++)
      for (int64_t k = 0; k < chunks; k++) {
         if (hl_poll()) {
            stopped = 1;
            continue;
         }
         real *mine = buffers + omp_get_thread_num() * 2 * s.Q, *rows[2] = {mine, mine + s.Q};
         int64_t last = (k + 1) * ROWS < s.P ? (k + 1) * ROWS : s.P;
         real *to = (real *)y->data + n * s.P * s.Q;
         const real *from = (const real *)x->data + n * s.H * s.W;
         FN(bilinear_rows)(to, from, k * ROWS, last, down, across, s, rows);
      }
   return stopped ? hl_fail("interrupted") : 0;
}

/* sums[0] collects the rows of dy for the row of dx that is next to be written, sums[1] for the one below. */
static void FN(plane_back)(real *dx, const real *dy, FN(axis) down, FN(axis) across, const int32_t *begin,
                           plane_sizes s, real *sums[2], bool linear)
{
   bool used[2] = {false, false};
   size_t bytes = (size_t)s.Q * sizeof *dx;
   memset(sums[0], 0, bytes);
   memset(sums[1], 0, bytes);
   for (int64_t i = 0, r = 0; r < s.H; r++) {
      for (; i < s.P && down.lo[i] == r; i++) {
         bool both = down.hi[i] != r;
         FN(add_scaled)(sums[0], dy + i * s.Q, both ? 1 - down.w[i] : 1, s.Q);
         if (both) FN(add_scaled)(sums[1], dy + i * s.Q, down.w[i], s.Q);
         used[0] = true;
         used[1] |= both;
      }
      if (used[0]) {
         FN(gather_row)(dx + r * s.W, sums[0], across, begin, s.W, linear);
         memset(sums[0], 0, bytes);
      } else {
         memset(dx + r * s.W, 0, (size_t)s.W * sizeof *dx);
      }
      real *done = sums[0];
      sums[0] = sums[1];
      sums[1] = done;
      used[0] = used[1];
      used[1] = false;
   }
}

static int FN(resize_back)(hl_tensor *dx, const hl_tensor *dy, int mode)
{
   plane_sizes s = sizes_of(dy, dx);
   FN(axis) down = FN(make_axis)(0, s.P, s.H, mode), across = FN(make_axis)(1, s.Q, s.W, mode);
   real *buffers = hl_scratch(2, (size_t)omp_get_max_threads() * 2 * (size_t)s.Q * sizeof(real));
   if (!down.w || !across.w || !buffers) return 1;
   const int32_t *begin = FN(outputs_of)(3, across, s.Q, s.W);
   if (!begin) return 1;
#pragma omp parallel for schedule(static) if (hl_numel(dy) > HL_PARALLEL_MIN)
   for (int64_t n = 0; n < s.planes; n++) {
      if (hl_interrupted()) continue;
      real *mine = buffers + omp_get_thread_num() * 2 * s.Q, *sums[2] = {mine, mine + s.Q};
      real *to = (real *)dx->data + n * s.H * s.W;
      const real *from = (const real *)dy->data + n * s.P * s.Q;
      FN(plane_back)(to, from, down, across, begin, s, sums, mode != HL_NEAREST);
   }
   return hl_poll();
}

#else
#include <string.h>
#include "bfloat.h"

enum { ROWS = 32 }; /* output rows that one thread makes at a time */

/* planes = N * C planes of H x W, resized to P x Q. */
typedef struct {
   int64_t planes, H, W, P, Q;
} plane_sizes;

static plane_sizes sizes_of(const hl_tensor *resized, const hl_tensor *original)
{
   return (plane_sizes){original->size[0] * original->size[1], original->size[2], original->size[3], resized->size[2],
                        resized->size[3]};
}

#define HL_GENERIC "resize.c"
#include "generic.h"

/* Nearest only moves elements; their size is all that matters. */
#define DEFINE_NEAREST(type) \
   static void nearest_##type(hl_tensor *y, const hl_tensor *x, const int32_t *down, const int32_t *across) \
   { \
      plane_sizes s = sizes_of(y, x); \
      int64_t chunks = (s.P + ROWS - 1) / ROWS; \
      _Pragma("omp parallel for collapse(2) schedule(static) if (hl_numel(y) > HL_PARALLEL_MIN)") for ( \
          int64_t n = 0; n < s.planes; n++) for (int64_t k = 0; k < chunks; \
                                                 k++) for (int64_t i = k * ROWS; i < s.P && i < (k + 1) * ROWS; i++) \
      { \
         if (hl_interrupted()) continue; \
         type *to = (type *)y->data + (n * s.P + i) * s.Q; \
         const type *from = (const type *)x->data + (n * s.H + down[i]) * s.W; \
         if (i > k * ROWS && down[i] == down[i - 1]) \
            memcpy(to, to - s.Q, (size_t)s.Q * sizeof *to); \
         else \
            for (int64_t j = 0; j < s.Q; j++) to[j] = from[across[j]]; \
      } \
   }
DEFINE_NEAREST(uint8_t)
DEFINE_NEAREST(uint16_t)
DEFINE_NEAREST(uint32_t)
DEFINE_NEAREST(uint64_t)

static int nearest(hl_tensor *y, const hl_tensor *x)
{
   const int32_t *down = make_axis_f32(0, y->size[2], x->size[2], HL_NEAREST).lo;
   const int32_t *across = make_axis_f32(1, y->size[3], x->size[3], HL_NEAREST).lo;
   if (!down || !across) return 1;
   switch (hl_dtype_size(x->dtype)) {
   case 1:
      nearest_uint8_t(y, x, down, across);
      break;
   case 2:
      nearest_uint16_t(y, x, down, across);
      break;
   case 4:
      nearest_uint32_t(y, x, down, across);
      break;
   default:
      nearest_uint64_t(y, x, down, across);
   }
   return hl_poll();
}

HL_API int hl_resize(hl_tensor *y, const hl_tensor *x, int mode)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_resize("resize", "y", y, "x", x, mode));
   if (mode == HL_NEAREST) return nearest(y, x);
   if (x->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *x_f = hl_float_in(&f, x);
      hl_tensor *y_f = hl_float_out(&f, y);
      return hl_float_end(&f, f.failed || hl_resize(y_f, x_f, mode));
   }
   return x->dtype == HL_F64 ? bilinear_f64(y, x, mode) : bilinear_f32(y, x, mode);
}

HL_API int hl_resize_back(hl_tensor *dx, const hl_tensor *dy, int mode)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_dense_activation("resize_back", "dy", dy));
   HL_TRY(hl_check_resize("resize_back", "dx", dx, "dy", dy, mode));
   if (dx->dtype == HL_BF16) {
      hl_floats f = {0};
      const hl_tensor *dy_f = hl_float_in(&f, dy);
      hl_tensor *dx_f = hl_float_out(&f, dx);
      return hl_float_end(&f, f.failed || hl_resize_back(dx_f, dy_f, mode));
   }
   return dx->dtype == HL_F64 ? resize_back_f64(dx, dy, mode) : resize_back_f32(dx, dy, mode);
}
#endif
