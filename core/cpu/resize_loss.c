/* resize_loss.c: cross entropy of logits that are resized on the way.
 * A thread keeps the two stretched rows of all classes that output rows lie between; their sum is taken where it is
 * used, by each pass anew. The backward adds rows of the gradient to two rows likewise, and shrinks those when the
 * output has passed them. */
#ifdef real
#include "axis.h"

/* What a thread works with. */
typedef struct {
   int32_t *label;      /* (W) */
   real *top, *sum;     /* (W) */
   real *upper, *lower; /* (C,W): the stretched rows at and below the output row */
   real *above, *below; /* (C,W): sums of gradients for the same rows of dx */
   int64_t at_upper, at_lower;
} FN(room);

static size_t FN(room_size)(const sizes *s, bool backward)
{
   size_t rows = 2 + (size_t)s->classes * (backward ? 4 : 2);
   return (size_t)s->W * (rows * sizeof(real) + sizeof(double)); /* the labels take half a double each */
}

static FN(room) FN(room_at)(char *memory, const sizes *s, bool backward)
{
   FN(room) room = {.top = (real *)memory, .at_upper = -1, .at_lower = -1};
   room.sum = room.top + s->W;
   room.upper = room.sum + s->W;
   room.lower = room.upper + s->classes * s->W;
   room.above = backward ? room.lower + s->classes * s->W : NULL;
   room.below = backward ? room.above + s->classes * s->W : NULL;
   room.label = (int32_t *)(room.upper + s->classes * s->W * (backward ? 4 : 2));
   return room;
}

/* Stretches the rows that output row i lies between; x is one image. Returns the weight of the lower one. */
static real FN(hold_rows)(FN(room) * room, const real *x, const sizes *s, FN(axis) down, FN(axis) across, int64_t i)
{
   int64_t lo = down.lo[i], hi = down.hi[i];
   if (room->at_lower == lo) {
      real *row = room->upper;
      room->upper = room->lower;
      room->lower = row;
      room->at_lower = room->at_upper;
      room->at_upper = lo;
   }
   for (int64_t c = 0; c < s->classes && room->at_upper != lo; c++)
      FN(stretch_row)(room->upper + c * s->W, x + (c * s->h + lo) * s->w, across, s->W);
   room->at_upper = lo;
   if (hi == lo) return 0;
   for (int64_t c = 0; c < s->classes && room->at_lower != hi; c++)
      FN(stretch_row)(room->lower + c * s->W, x + (c * s->h + hi) * s->w, across, s->W);
   room->at_lower = hi;
   return down.w[i];
}

/* Output row i of one image: writes lse (W), gives the weighted sum of losses and the sum of the weights. */
static void FN(loss_row)(double sums[2], real *lse, const FN(room) * room, const sizes *s, real w, const real *weight)
{
   real *top = room->top, *sum = room->sum;
   const int32_t *label = room->label;
   for (int64_t c = 0; c < s->classes; c++) {
      const real *a = room->upper + c * s->W, *b = w == 0 ? a : room->lower + c * s->W;
#pragma omp simd
      for (int64_t j = 0; j < s->W; j++) {
         real v = (1 - w) * a[j] + w * b[j], old = c ? top[j] : v;
         top[j] = v > old ? v : old;
      }
   }
   for (int64_t j = 0; j < s->W; j++) sum[j] = 0;
   for (int64_t c = 0; c < s->classes; c++) {
      const real *a = room->upper + c * s->W, *b = w == 0 ? a : room->lower + c * s->W;
#pragma omp simd
      for (int64_t j = 0; j < s->W; j++) sum[j] += hl_exp((1 - w) * a[j] + w * b[j] - top[j]);
   }
#pragma omp simd
   for (int64_t j = 0; j < s->W; j++) {
      sum[j] = hl_log(sum[j]);
      lse[j] = top[j] + sum[j];
   }
   double loss = 0, count = 0;
   for (int64_t j = 0; j < s->W; j++) {
      if (label[j] == HL_LABEL_VOID) continue;
      const real *a = room->upper + label[j] * s->W, *b = w == 0 ? a : room->lower + label[j] * s->W;
      double one = weight ? (double)weight[label[j]] : 1;
      loss += one * (double)(top[j] - ((1 - w) * a[j] + w * b[j]) + sum[j]);
      count += one;
   }
   sums[0] = loss;
   sums[1] = count;
}

static int FN(resize_cross_entropy)(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x,
                                    const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p, int mode)
{
   sizes s = sizes_of(x, labels);
   FN(axis) down = FN(make_axis)(0, s.H, s.h, mode), across = FN(make_axis)(1, s.W, s.w, mode);
   size_t each = FN(room_size)(&s, false);
   char *rooms = hl_scratch(2, (size_t)omp_get_max_threads() * each);
   double *sums = hl_scratch(3, (size_t)(s.images * s.H + 1) * 2 * sizeof *sums);
   if (!down.w || !across.w || !rooms || !sums) return 1;
   int64_t chunks = (s.H + ROWS - 1) / ROWS, bad = INT64_MAX;
#pragma omp parallel for collapse(2) schedule(static) reduction(min : bad) if (hl_numel(labels) > HL_PARALLEL_MIN / 16)
   for (int64_t n = 0; n < s.images; n++)
      for (int64_t chunk = 0; chunk < chunks; chunk++) {
         if (hl_interrupted()) continue;
         FN(room) room = FN(room_at)(rooms + (size_t)omp_get_thread_num() * each, &s, false);
         const real *image = (const real *)x->data + n * s.classes * s.h * s.w;
         for (int64_t i = chunk * ROWS; i < s.H && i < (chunk + 1) * ROWS; i++) {
            int64_t row = n * s.H + i, found;
            found = hl_read_labels(room.label, labels, row * s.W, s.W, s.classes, p->void_label);
            if (found >= 0 && found < bad) bad = found;
            real w = FN(hold_rows)(&room, image, &s, down, across, i);
            FN(loss_row)(sums + 2 * row, (real *)lse->data + row * s.W, &room, &s, w, weight ? weight->data : NULL);
         }
      }
   if (bad != INT64_MAX)
      return hl_fail_label("resize_cross_entropy", "labels", labels, bad, hl_label_at(labels, bad), s.classes,
                           p->void_label);
   HL_TRY(hl_poll());
   hl_mean_losses(loss, scale, sums, s.images, s.H, p->per_image);
   return 0;
}

/* k (softmax - one hot label), 0 for void whatever x holds there. */
static inline __attribute__((always_inline)) real FN(slope)(real x, real lse, real k, real target)
{
   return k == 0 ? 0 : k * (hl_exp(x - lse) - target);
}

/* The gradient of output row i is added to the two rows of dx that it lies between. */
static void FN(gradient_row)(const FN(room) * room, const real *lse, const sizes *s, real w, real scale,
                             const real *weight)
{
   const int32_t *label = room->label;
   real *k = room->top;
   for (int64_t j = 0; j < s->W; j++) k[j] = label[j] == HL_LABEL_VOID ? 0 : weight ? scale * weight[label[j]] : scale;
   for (int64_t c = 0; c < s->classes; c++) {
      const real *a = room->upper + c * s->W, *b = w == 0 ? a : room->lower + c * s->W;
      real *above = room->above + c * s->W, *below = room->below + c * s->W;
      if (w == 0) {
#pragma omp simd
         for (int64_t j = 0; j < s->W; j++) above[j] += FN(slope)(a[j], lse[j], k[j], (real)(label[j] == (int32_t)c));
      } else {
#pragma omp simd
         for (int64_t j = 0; j < s->W; j++) {
            real d = FN(slope)((1 - w) * a[j] + w * b[j], lse[j], k[j], (real)(label[j] == (int32_t)c));
            above[j] += (1 - w) * d;
            below[j] += w * d;
         }
      }
   }
}

/* Rows r0 .. r1 - 1 of dx, from the output rows whose upper row is one of them; what these give to row r1 goes to spill
 * (C,w). */
static int64_t FN(gradient_rows)(FN(room) * room, const hl_tensor *labels, const gradient *g, const sizes *s,
                                 FN(axis) down, FN(axis) across, const int32_t *begin_down, const int32_t *begin,
                                 int64_t n, int64_t r0, int64_t r1, real *spill)
{
   const real *x = (const real *)g->x + n * s->classes * s->h * s->w, *lse = (const real *)g->lse + n * s->H * s->W;
   real *dx = (real *)g->dx + n * s->classes * s->h * s->w;
   real scale = ((const real *)g->scale)[n] * ((const real *)g->dloss)[g->per_image ? n : 0];
   size_t bytes = (size_t)(s->classes * s->W) * sizeof(real);
   int64_t bad = INT64_MAX;
   memset(room->above, 0, bytes);
   memset(room->below, 0, bytes);
   for (int64_t r = r0; r < r1; r++) {
      for (int64_t i = begin_down[r]; i < begin_down[r + 1]; i++) {
         int64_t row = n * s->H + i;
         int64_t found = hl_read_labels(room->label, labels, row * s->W, s->W, s->classes, g->void_label);
         if (found >= 0 && found < bad) bad = found;
         real w = FN(hold_rows)(room, x, s, down, across, i);
         FN(gradient_row)(room, lse + i * s->W, s, w, scale, g->weight);
      }
      for (int64_t c = 0; c < s->classes; c++)
         FN(gather_row)(dx + (c * s->h + r) * s->w, room->above + c * s->W, across, begin, s->w, true);
      real *done = room->above;
      room->above = room->below;
      room->below = done;
      memset(done, 0, bytes);
   }
   for (int64_t c = 0; c < s->classes; c++)
      FN(gather_row)(spill + c * s->w, room->above + c * s->W, across, begin, s->w, true);
   return bad;
}

static int FN(resize_cross_entropy_back)(const gradient *g, const hl_tensor *x, const hl_tensor *labels, int mode)
{
   sizes s = sizes_of(x, labels);
   FN(axis) down = FN(make_axis)(0, s.H, s.h, mode), across = FN(make_axis)(1, s.W, s.w, mode);
   size_t each = FN(room_size)(&s, true);
   int64_t chunks = (s.h + INPUT_ROWS - 1) / INPUT_ROWS, bad = INT64_MAX;
   char *rooms = hl_scratch(2, (size_t)omp_get_max_threads() * each);
   real *spills = hl_scratch(3, (size_t)(s.images * chunks * s.classes * s.w + 1) * sizeof(real));
   if (!down.w || !across.w || !rooms || !spills) return 1;
   const int32_t *begin_down = FN(outputs_of)(4, down, s.H, s.h), *begin = FN(outputs_of)(5, across, s.W, s.w);
   if (!begin_down || !begin) return 1;
#pragma omp parallel for collapse(2) schedule(static) reduction(min : bad) if (hl_numel(labels) > HL_PARALLEL_MIN / 16)
   for (int64_t n = 0; n < s.images; n++)
      for (int64_t chunk = 0; chunk < chunks; chunk++) {
         if (hl_interrupted()) continue;
         FN(room) room = FN(room_at)(rooms + (size_t)omp_get_thread_num() * each, &s, true);
         int64_t r0 = chunk * INPUT_ROWS, r1 = r0 + INPUT_ROWS < s.h ? r0 + INPUT_ROWS : s.h;
         real *spill = spills + (n * chunks + chunk) * s.classes * s.w;
         int64_t found = FN(gradient_rows)(&room, labels, g, &s, down, across, begin_down, begin, n, r0, r1, spill);
         if (found < bad) bad = found;
      }
   if (bad != INT64_MAX)
      return hl_fail_label("resize_cross_entropy_back", "labels", labels, bad, hl_label_at(labels, bad), s.classes,
                           g->void_label);
   HL_TRY(hl_poll());
   for (int64_t n = 0; n < s.images; n++)
      for (int64_t chunk = 0; chunk + 1 < chunks; chunk++) {
         const real *spill = spills + (n * chunks + chunk) * s.classes * s.w;
         for (int64_t c = 0; c < s.classes; c++) FN(add_scaled)
         ((real *)g->dx + ((n * s.classes + c) * s.h + (chunk + 1) * INPUT_ROWS) * s.w, spill + c * s.w, 1, s.w);
      }
   return 0;
}

#else
#include "classes.h"
#include "labels.h"
#include "loss.h"

enum {
   ROWS = 32,     /* output rows that one thread takes at a time */
   INPUT_ROWS = 4 /* rows of dx, likewise: by the image alone, so that sums do not depend on the number of threads */
};

/* x (images,classes,h,w), labels (images,H,W). */
typedef struct {
   int64_t images, classes, h, w, H, W;
} sizes;

static sizes sizes_of(const hl_tensor *x, const hl_tensor *labels)
{
   return (sizes){x->size[0], x->size[1], x->size[2], x->size[3], labels->size[1], labels->size[2]};
}

/* What the backward reads and writes. */
typedef struct {
   void *dx;
   const void *dloss, *lse, *scale, *x, *weight;
   int per_image, void_label;
} gradient;

#define HL_GENERIC "resize_loss.c"
#include "generic.h"

HL_API int hl_resize_cross_entropy(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x,
                                   const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p, int mode)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_resize_cross_entropy("resize_cross_entropy", "loss", loss, lse, scale, x, labels, weight, p, mode));
   if (x->dtype == HL_F64) return resize_cross_entropy_f64(loss, lse, scale, x, labels, weight, p, mode);
   return resize_cross_entropy_f32(loss, lse, scale, x, labels, weight, p, mode);
}

HL_API int hl_resize_cross_entropy_back(hl_tensor *dx, const hl_tensor *dloss, const hl_tensor *lse,
                                        const hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels,
                                        const hl_tensor *weight, const hl_ce *p, int mode)
{
   const char *fn = "resize_cross_entropy_back";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_resize_cross_entropy(fn, "dloss", dloss, lse, scale, x, labels, weight, p, mode));
   HL_CHECK(dx, "%s: dx is missing", fn);
   HL_TRY(hl_need_gradient(fn, "dx", dx, "x", x));
   gradient g = {dx->data,     dloss->data,  lse->data, scale->data, x->data, weight ? weight->data : NULL,
                 p->per_image, p->void_label};
   if (x->dtype == HL_F64) return resize_cross_entropy_back_f64(&g, x, labels, mode);
   return resize_cross_entropy_back_f32(&g, x, labels, mode);
}
#endif
