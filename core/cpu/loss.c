/* loss.c: cross entropy over classes, elementwise losses of pairs, cosine similarity of rows.
 * Sums are taken over blocks of fixed size, whose results are added in order: they do not depend on the number of
 * threads. */
#ifdef real

/* Block number `block` of image: writes lse, gives the weighted sum of losses and the sum of the weights. Returns the
 * position of a label that is neither class nor void, or -1. */
static int64_t FN(cross_entropy_block)(double sums[2], real *lse, const hl_tensor *x, const hl_tensor *labels,
                                       const real *weight, ce_layout l, int64_t image, int64_t block, int void_label)
{
   int32_t label[BLOCK];
   real top[BLOCK], sum[BLOCK];
   int64_t at = block * l.block, n = l.pixels - at < l.block ? l.pixels - at : l.block;
   const real *from = (const real *)x->data + image * l.classes * l.pixels + at;
   lse += image * l.pixels + at;
   int64_t bad = hl_read_labels(label, labels, image * l.pixels + at, n, l.classes, void_label);
   hl_class_max(top, from, l.classes, l.pixels, n);
   for (int64_t i = 0; i < n; i++) sum[i] = 0;
   for (int64_t c = 0; c < l.classes; c++) {
      const real *row = from + c * l.pixels;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) sum[i] += hl_exp(row[i] - top[i]);
   }
#pragma omp simd
   for (int64_t i = 0; i < n; i++) {
      sum[i] = hl_log(sum[i]);
      lse[i] = top[i] + sum[i];
   }
   double loss = 0, count = 0;
   for (int64_t i = 0; i < n; i++) {
      if (label[i] == HL_LABEL_VOID) continue;
      double w = weight ? (double)weight[label[i]] : 1;
      loss += w * (double)(top[i] - from[label[i] * l.pixels + i] + sum[i]);
      count += w;
   }
   sums[0] = loss;
   sums[1] = count;
   return bad;
}

static int FN(cross_entropy)(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x,
                             const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p)
{
   ce_layout l = ce_layout_of(x);
   double *sums = hl_scratch(0, (size_t)(l.images * l.blocks + 1) * 2 * sizeof *sums);
   if (!sums) return 1;
   int64_t bad = INT64_MAX;
#pragma omp parallel for collapse(2) schedule(static) reduction(min : bad) if (hl_numel(x) > HL_PARALLEL_MIN / 4)
   for (int64_t image = 0; image < l.images; image++)
      for (int64_t block = 0; block < l.blocks; block++) {
         if (hl_interrupted()) continue;
         int64_t found = FN(cross_entropy_block)(sums + 2 * (image * l.blocks + block), lse->data, x, labels,
                                                 weight ? weight->data : NULL, l, image, block, p->void_label);
         if (found >= 0 && found < bad) bad = found;
      }
   if (bad != INT64_MAX)
      return hl_fail_label("cross_entropy", "labels", labels, bad, hl_label_at(labels, bad), l.classes, p->void_label);
   HL_TRY(hl_poll());
   hl_mean_losses(loss, scale, sums, l.images, l.blocks, p->per_image);
   return 0;
}

/* dx = k * (softmax(x) - one hot label), k = dloss * scale * weight, 0 for void whatever x holds there. */
static int64_t FN(cross_entropy_back_block)(real *dx, const real *x, const real *lse, const hl_tensor *labels,
                                            const real *weight, ce_layout l, int64_t image, int64_t block, real scale,
                                            int void_label)
{
   int32_t label[BLOCK];
   real k[BLOCK];
   int64_t at = block * l.block, n = l.pixels - at < l.block ? l.pixels - at : l.block;
   int64_t bad = hl_read_labels(label, labels, image * l.pixels + at, n, l.classes, void_label);
   for (int64_t i = 0; i < n; i++) k[i] = label[i] == HL_LABEL_VOID ? 0 : weight ? scale * weight[label[i]] : scale;
   lse += image * l.pixels + at;
   x += image * l.classes * l.pixels + at;
   dx += image * l.classes * l.pixels + at;
   for (int64_t c = 0; c < l.classes; c++) {
      const real *from = x + c * l.pixels;
      real *to = dx + c * l.pixels;
#pragma omp simd
      for (int64_t i = 0; i < n; i++) {
         real p = hl_exp(from[i] - lse[i]) - (real)(label[i] == (int32_t)c);
         to[i] = k[i] == 0 ? 0 : k[i] * p;
      }
   }
   return bad;
}

static int FN(cross_entropy_back)(hl_tensor *dx, const hl_tensor *dloss, const hl_tensor *lse, const hl_tensor *scale,
                                  const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p)
{
   ce_layout l = ce_layout_of(x);
   int64_t bad = INT64_MAX;
#pragma omp parallel for collapse(2) schedule(static) reduction(min : bad) if (hl_numel(x) > HL_PARALLEL_MIN / 4)
   for (int64_t image = 0; image < l.images; image++)
      for (int64_t block = 0; block < l.blocks; block++) {
         if (hl_interrupted()) continue;
         real k = ((real *)scale->data)[image] * ((real *)dloss->data)[p->per_image ? image : 0];
         int64_t found = FN(cross_entropy_back_block)(dx->data, x->data, lse->data, labels,
                                                      weight ? weight->data : NULL, l, image, block, k, p->void_label);
         if (found >= 0 && found < bad) bad = found;
      }
   if (bad == INT64_MAX) return hl_poll();
   return hl_fail_label("cross_entropy_back", "labels", labels, bad, hl_label_at(labels, bad), l.classes,
                        p->void_label);
}

/* log(1 + e), 0 <= e <= 1, without a branch: the rounding of 1 + e is made good with the derivative. */
INLINE real FN(log1p_unit)(real e)
{
   real u = 1 + e;
   return hl_log(u) - ((u - 1) - e) / u;
}

INLINE real FN(pair_value)(real a, real b, int op)
{
   real d = a - b, size = d < 0 ? -d : d;
   switch (op) {
   case HL_BCE_LOGITS:
      return (a > 0 ? a * (1 - b) : -a * b) + FN(log1p_unit)(hl_exp(a > 0 ? -a : a)); /* nothing cancels */
   case HL_MSE:
      return d * d;
   case HL_L1:
      return size;
   default:
      return size < 1 ? (real)0.5 * d * d : size - (real)0.5;
   }
}

/* d/da; d/db is its negative but for BCE_LOGITS, where it is -a. */
INLINE real FN(pair_slope)(real a, real b, int op)
{
   real d = a - b;
   switch (op) {
   case HL_BCE_LOGITS:
      return hl_sigmoid(a) - b;
   case HL_MSE:
      return 2 * d;
   case HL_L1:
      return d != d ? d : (real)((d > 0) - (d < 0));
   default:
      return d > 1 ? 1 : d < -1 ? -1 : d;
   }
}

INLINE double FN(pair_block_as)(const real *a, const real *b, int64_t n, int op)
{
   real sum = 0;
#pragma omp simd reduction(+ : sum)
   for (int64_t i = 0; i < n; i++) sum += FN(pair_value)(a[i], b[i], op);
   return (double)sum;
}

static double FN(pair_block)(const real *a, const real *b, int64_t n, int op)
{
   switch (op) {
   case HL_BCE_LOGITS:
      return FN(pair_block_as)(a, b, n, HL_BCE_LOGITS);
   case HL_MSE:
      return FN(pair_block_as)(a, b, n, HL_MSE);
   case HL_L1:
      return FN(pair_block_as)(a, b, n, HL_L1);
   default:
      return FN(pair_block_as)(a, b, n, HL_SMOOTH_L1);
   }
}

static int FN(pair_loss)(hl_tensor *loss, const hl_tensor *a, const hl_tensor *b, int op, bool mean)
{
   int64_t n = hl_numel(a), blocks = (n + PAIRS - 1) / PAIRS;
   double *sums = hl_scratch(0, (size_t)(blocks + 1) * sizeof *sums), total = 0;
   if (!sums) return 1;
#pragma omp parallel for schedule(static) if (n > HL_PARALLEL_MIN)
   for (int64_t k = 0; k < blocks; k++) {
      if (hl_interrupted()) continue;
      int64_t at = k * PAIRS, count = n - at < PAIRS ? n - at : PAIRS;
      sums[k] = FN(pair_block)((const real *)a->data + at, (const real *)b->data + at, count, op);
   }
   HL_TRY(hl_poll());
   for (int64_t k = 0; k < blocks; k++) total += sums[k];
   *(real *)loss->data = (real)(mean && n ? total / (double)n : total);
   return 0;
}

INLINE void FN(pair_back_as)(real *da, real *db, const real *a, const real *b, int64_t n, real scale, int op,
                             bool with_da, bool with_db)
{
#pragma omp simd
   for (int64_t i = 0; i < n; i++) {
      real from_a = a[i], slope = with_da || op != HL_BCE_LOGITS ? FN(pair_slope)(from_a, b[i], op) : 0;
      if (with_da) da[i] = scale * slope;
      if (with_db) db[i] = -scale * (op == HL_BCE_LOGITS ? from_a : slope);
   }
}

static void FN(pair_back)(real *da, real *db, const real *a, const real *b, int64_t n, real scale, int op)
{
   switch (op) {
#define CASE(k) \
   case k: \
      if (da && db) \
         FN(pair_back_as)(da, db, a, b, n, scale, k, true, true); \
      else if (da) \
         FN(pair_back_as)(da, NULL, a, b, n, scale, k, true, false); \
      else \
         FN(pair_back_as)(NULL, db, a, b, n, scale, k, false, true); \
      break;
      CASE(HL_BCE_LOGITS)
      CASE(HL_MSE)
      CASE(HL_L1)
      CASE(HL_SMOOTH_L1)
#undef CASE
   }
}

static void FN(pair_loss_back)(hl_tensor *da, hl_tensor *db, const hl_tensor *dloss, const hl_tensor *a,
                               const hl_tensor *b, int op, bool mean)
{
   int64_t n = hl_numel(a), blocks = (n + PAIRS - 1) / PAIRS;
   real scale = (real)((double)*(real *)dloss->data / (double)(mean && n ? n : 1));
#pragma omp parallel for schedule(static) if (n > HL_PARALLEL_MIN)
   for (int64_t k = 0; k < blocks; k++) {
      if (hl_interrupted()) continue;
      int64_t at = k * PAIRS, count = n - at < PAIRS ? n - at : PAIRS;
      const real *ak = (const real *)a->data + at, *bk = (const real *)b->data + at;
      FN(pair_back)(da ? (real *)da->data + at : NULL, db ? (real *)db->data + at : NULL, ak, bk, count, scale, op);
   }
}

/* a.b, a.a and b.b of a row. */
static void FN(row_products)(double products[3], const real *a, const real *b, int64_t n)
{
   double ab = 0, aa = 0, bb = 0;
#pragma omp simd reduction(+ : ab, aa, bb)
   for (int64_t i = 0; i < n; i++) {
      ab += (double)a[i] * (double)b[i];
      aa += (double)a[i] * (double)a[i];
      bb += (double)b[i] * (double)b[i];
   }
   products[0] = ab;
   products[1] = aa;
   products[2] = bb;
}

static void FN(cosine)(hl_tensor *y, const hl_tensor *a, const hl_tensor *b, double eps)
{
   int64_t rows = a->size[0], n = a->size[1];
#pragma omp parallel for schedule(static) if (hl_numel(a) > HL_PARALLEL_MIN)
   for (int64_t r = 0; r < rows; r++) {
      if (hl_interrupted()) continue;
      double p[3];
      FN(row_products)(p, (const real *)a->data + r * n, (const real *)b->data + r * n, n);
      ((real *)y->data)[r] = (real)(p[0] / (at_least(sqrt(p[1]), eps) * at_least(sqrt(p[2]), eps)));
   }
}

static void FN(cosine_back)(hl_tensor *da, hl_tensor *db, const hl_tensor *dy, const hl_tensor *a, const hl_tensor *b,
                            double eps)
{
   int64_t rows = a->size[0], n = a->size[1];
#pragma omp parallel for schedule(static) if (hl_numel(a) > HL_PARALLEL_MIN)
   for (int64_t r = 0; r < rows; r++) {
      if (hl_interrupted()) continue;
      const real *ar = (const real *)a->data + r * n, *br = (const real *)b->data + r * n;
      double p[3], g = (double)((real *)dy->data)[r];
      FN(row_products)(p, ar, br, n);
      double na = sqrt(p[1]), nb = sqrt(p[2]), fa = at_least(na, eps), fb = at_least(nb, eps), y = p[0] / (fa * fb);
      /* A norm that eps holds up does not move. Where rows are near parallel almost all cancels: hence double. */
      double cross = g / (fa * fb), own_a = na > eps ? g * y / (fa * fa) : 0, own_b = nb > eps ? g * y / (fb * fb) : 0;
      real *dar = da ? (real *)da->data + r * n : NULL, *dbr = db ? (real *)db->data + r * n : NULL;
      for (int64_t i = 0; i < n && dar; i++) dar[i] = (real)(cross * br[i] - own_a * ar[i]);
      for (int64_t i = 0; i < n && dbr; i++) dbr[i] = (real)(cross * ar[i] - own_b * br[i]);
   }
}

#else
#include "classes.h"
#include "labels.h"
#include "loss.h"

#define INLINE static inline __attribute__((always_inline))

enum { PAIRS = 4096 }; /* elements to a partial sum */

/* x (N,C,...): images of pixels in blocks. */
typedef struct {
   int64_t images, classes, pixels, block, blocks;
} ce_layout;

static void write_number(hl_tensor *t, int64_t at, double value)
{
   if (t->dtype == HL_F64)
      ((double *)t->data)[at] = value;
   else
      ((float *)t->data)[at] = (float)value;
}

static ce_layout ce_layout_of(const hl_tensor *x)
{
   ce_layout l = {.images = x->size[0], .classes = x->size[1], .pixels = 1, .block = hl_class_block(x->size[1])};
   for (int d = 2; d < x->ndim; d++) l.pixels *= x->size[d];
   l.blocks = (l.pixels + l.block - 1) / l.block;
   return l;
}

void hl_mean_losses(hl_tensor *loss, hl_tensor *scale, const double *sums, int64_t images, int64_t parts, int per_image)
{
   int64_t groups = per_image ? images : 1, each = per_image ? parts : images * parts;
   for (int64_t g = 0; g < groups; g++) {
      double total = 0, count = 0;
      for (int64_t part = g * each; part < (g + 1) * each; part++) {
         total += sums[2 * part];
         count += sums[2 * part + 1];
      }
      write_number(loss, g, count != 0 ? total / count : 0);
      for (int64_t n = per_image ? g : 0; n < (per_image ? g + 1 : images); n++)
         write_number(scale, n, count != 0 ? 1 / count : 0);
   }
}

/* NaN stays. */
static double at_least(double value, double floor)
{
   return value < floor ? floor : value;
}

#define HL_GENERIC "loss.c"
#include "generic.h"

HL_API int hl_cross_entropy(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x,
                            const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cross_entropy("cross_entropy", "loss", loss, lse, scale, x, labels, weight, p));
   if (x->dtype == HL_F64) return cross_entropy_f64(loss, lse, scale, x, labels, weight, p);
   return cross_entropy_f32(loss, lse, scale, x, labels, weight, p);
}

HL_API int hl_cross_entropy_back(hl_tensor *dx, const hl_tensor *dloss, const hl_tensor *lse, const hl_tensor *scale,
                                 const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p)
{
   const char *fn = "cross_entropy_back";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cross_entropy(fn, "dloss", dloss, lse, scale, x, labels, weight, p));
   HL_CHECK(dx, "%s: dx is missing", fn);
   HL_TRY(hl_need_gradient(fn, "dx", dx, "x", x));
   if (x->dtype == HL_F64) return cross_entropy_back_f64(dx, dloss, lse, scale, x, labels, weight, p);
   return cross_entropy_back_f32(dx, dloss, lse, scale, x, labels, weight, p);
}

HL_API int hl_pair_loss(hl_tensor *loss, const hl_tensor *a, const hl_tensor *b, int op, int mean)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pair_loss("pair_loss", "loss", loss, a, b, op));
   return a->dtype == HL_F64 ? pair_loss_f64(loss, a, b, op, mean) : pair_loss_f32(loss, a, b, op, mean);
}

HL_API int hl_pair_loss_back(hl_tensor *da, hl_tensor *db, const hl_tensor *dloss, const hl_tensor *a,
                             const hl_tensor *b, int op, int mean)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pair_loss("pair_loss_back", "dloss", dloss, a, b, op));
   HL_TRY(hl_need_gradient("pair_loss_back", "da", da, "a", a));
   HL_TRY(hl_need_gradient("pair_loss_back", "db", db, "b", b));
   if (!da && !db) return 0;
   if (a->dtype == HL_F64)
      pair_loss_back_f64(da, db, dloss, a, b, op, mean);
   else
      pair_loss_back_f32(da, db, dloss, a, b, op, mean);
   return hl_poll();
}

HL_API int hl_cosine(hl_tensor *y, const hl_tensor *a, const hl_tensor *b, double eps)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cosine("cosine", "y", y, a, b));
   if (a->dtype == HL_F64)
      cosine_f64(y, a, b, eps);
   else
      cosine_f32(y, a, b, eps);
   return hl_poll();
}

HL_API int hl_cosine_back(hl_tensor *da, hl_tensor *db, const hl_tensor *dy, const hl_tensor *a, const hl_tensor *b,
                          double eps)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cosine("cosine_back", "dy", dy, a, b));
   HL_TRY(hl_need_gradient("cosine_back", "da", da, "a", a));
   HL_TRY(hl_need_gradient("cosine_back", "db", db, "b", b));
   if (a->dtype == HL_F64)
      cosine_back_f64(da, db, dy, a, b, eps);
   else
      cosine_back_f32(da, db, dy, a, b, eps);
   return hl_poll();
}
#endif
