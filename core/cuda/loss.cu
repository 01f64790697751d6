/* loss.cu: cross entropy over classes, also of logits that are resized on the way, elementwise losses of pairs, cosine
 * similarity of rows. Sums are taken in parts that follow from the sizes alone and added in order. */
#include "axis.cuh"
#include "classes.cuh"

namespace
{

enum { PARTS = 512 };

/* ---- cross entropy ---- */

/* What a block finds: the weighted sum of losses, the sum of the weights; NaN where it meets what is no label. */
struct part {
   double loss, count;
};

/* Logits as they are. The walk's operands: labels, x, lse, dx. */
template <typename T> struct plain {
   hl_walk<4, int64_t> walk;
   const T *x;
   int64_t step, dx_step;

   struct values {
      const T *from;
      int64_t step;
      __device__ __forceinline__ hl_acc<T> operator()(int64_t c) const
      {
         return hl_load(from[c * step]);
      }
   };
   __device__ __forceinline__ values find(int64_t i, int64_t *at) const
   {
      walk.find(i, at);
      return {x + at[1], step};
   }
};

/* Logits resized to H x W; labels and lse are contiguous. */
template <typename T> struct resized {
   using A = hl_acc<T>;
   hl_image m;
   hl_axis<A> down, across;
   const T *x;

   struct values {
      const T *tl, *tr, *bl, *br;
      A u, v;
      int64_t step;
      __device__ __forceinline__ A operator()(int64_t c) const
      {
         A above = (A(1) - v) * hl_load(tl[c * step]) + v * hl_load(tr[c * step]);
         A below = (A(1) - v) * hl_load(bl[c * step]) + v * hl_load(br[c * step]);
         return (A(1) - u) * above + u * below;
      }
   };
   __device__ __forceinline__ values find(int64_t i, int64_t *at) const
   {
      at[0] = at[2] = i;
      int64_t row = i / across.out;
      int q = static_cast<int>(i - row * across.out), p = static_cast<int>(row % down.out);
      const T *image = x + row / down.out * m.sn;
      const T *top = image + down.lo[p] * m.sh, *bottom = image + down.hi(p) * m.sh;
      int64_t left = across.lo[q] * m.sw, right = across.hi(q) * m.sw;
      return {top + left, top + right, bottom + left, bottom + right, down.weight(p), across.weight(q), m.sc};
   }
};

/* parts (gridDim.x, gridDim.y): gridDim.x groups of `pixels`, images or all together. */
template <int G, typename A, typename S>
__global__ void entropy(part *parts, A *lse, S source, hl_label_view labels, const A *weight, int64_t pixels,
                        hl_watch watch)
{
   const int64_t per = blockDim.x / G, group = blockIdx.x;
   const int lane = static_cast<int>(threadIdx.x) % G;
   double loss = 0, count = 0;
   for (int64_t base = static_cast<int64_t>(blockIdx.y) * per; base < pixels;
        base += static_cast<int64_t>(gridDim.y) * per) {
      int64_t i = base + threadIdx.x / G;
      bool inside = i < pixels;
      int64_t at[4] = {0, 0, 0, 0};
      auto value = source.find(inside ? group * pixels + i : 0, at);
      hl_log_sum<A> s = hl_sum_classes<G, A>(lane, inside ? labels.classes : 0, value);
      if (!inside || lane != 0) continue;
      A sum = log(s.sum);
      lse[at[2]] = s.top + sum;
      int label = labels.at(at[0]);
      if (label == -2) {
         watch.tell(group * pixels + i, labels.raw(at[0]));
         loss = count = NAN;
      }
      if (label < 0) continue;
      double w = weight ? static_cast<double>(weight[label]) : 1;
      loss += w * static_cast<double>(s.top - value(label) + sum);
      count += w;
   }
   loss = hl_reduce_block(loss, hl_sum(), 0.);
   count = hl_reduce_block(count, hl_sum(), 0.);
   if (threadIdx.x == 0) parts[group * gridDim.y + blockIdx.y] = {loss, count};
}

/* loss and scale of a group of `images` images from its parts. */
template <typename A> __global__ void finish(A *loss, A *scale, const part *parts, int count, int64_t images)
{
   const int64_t group = blockIdx.x;
   double total = 0, weights = 0;
   parts += group * count;
   for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) {
      total += parts[i].loss;
      weights += parts[i].count;
   }
   total = hl_reduce_block(total, hl_sum(), 0.);
   weights = hl_reduce_block(weights, hl_sum(), 0.);
   for (int64_t n = threadIdx.x; n < images; n += blockDim.x)
      scale[group * images + n] = static_cast<A>(weights != 0 ? 1 / weights : 0);
   if (threadIdx.x == 0) loss[group] = static_cast<A>(weights != 0 ? total / weights : 0);
}

/* What one pixel's gradient is multiplied by: 0 for void, NaN for what is no label. */
template <typename A> struct factors {
   const A *dloss, *scale, *weight;
   int64_t pixels; /* of an image */
   bool per_image;

   __device__ __forceinline__ A at(int64_t image, int label) const
   {
      if (label < 0) return label == -1 ? A(0) : static_cast<A>(NAN);
      A k = scale[image] * dloss[per_image ? image : 0];
      return weight ? k * weight[label] : k;
   }
};

/* dx = k * (softmax(x) - one hot label) */
template <int G, typename T>
__global__ void entropy_back(T *dx, plain<T> source, hl_label_view labels, const hl_acc<T> *lse, factors<hl_acc<T>> f,
                             int64_t total, hl_watch watch)
{
   using A = hl_acc<T>;
   const int lane = static_cast<int>(threadIdx.x) % G;
   for (HL_STEP(int64_t, t, total * G)) {
      int64_t i = t / G, at[4];
      auto value = source.find(i, at);
      int label = labels.at(at[0]);
      if (label == -2 && lane == 0) watch.tell(i, labels.raw(at[0]));
      A k = f.at(i / f.pixels, label), l = lse[at[2]];
      for (int64_t c = lane; c < labels.classes; c += G)
         hl_store(dx[at[3] + c * source.dx_step], k == A(0) ? A(0) : k * (exp(value(c) - l) - A(c == label)));
   }
}

/* room (N,C,H,w): for each output row what its pixels give to each column of x; laid out as x. */
template <typename T>
__global__ void entropy_across(hl_acc<T> *room, hl_image mr, resized<T> s, hl_label_view labels, const hl_acc<T> *lse,
                               factors<hl_acc<T>> f, hl_watch watch)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, t, mr.n * mr.sn)) {
      int n, c, i, col;
      mr.find(t, &n, &c, &i, &col);
      const A u = s.down.weight(i);
      A x[3]; /* of the column before, this one, and the one after */
      for (int k = 0; k < 3; k++) {
         int w = col + k - 1 < 0 ? 0 : col + k - 1 >= s.m.w ? s.m.w - 1 : col + k - 1;
         x[k] =
             (A(1) - u) * hl_load(s.x[s.m.at(n, c, s.down.lo[i], w)]) + u * hl_load(s.x[s.m.at(n, c, s.down.hi(i), w)]);
      }
      A sum = A(0);
      int64_t row = (static_cast<int64_t>(n) * s.down.out + i) * s.across.out;
      for (int j = s.across.first(col); j < s.across.past(col); j++) {
         A share = s.across.share(j, col);
         int label = labels.at(row + j);
         if (label == -2) watch.tell(row + j, labels.raw(row + j));
         A k = f.at(n, label);
         if (share == A(0) || k == A(0)) continue;
         int left = s.across.lo[j] == col ? 1 : 0;
         A v = s.across.weight(j), value = (A(1) - v) * x[left] + v * x[left + 1];
         sum += share * k * (exp(value - lse[row + j]) - A(c == label));
      }
      room[t] = sum;
   }
}

template <typename T>
__global__ void entropy_down(T *dx, hl_image mx, const hl_acc<T> *room, hl_image mr, hl_axis<hl_acc<T>> down)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, t, mx.n * mx.sn)) {
      int n, c, h, w;
      mx.find(t, &n, &c, &h, &w);
      A sum = A(0);
      for (int i = down.first(h); i < down.past(h); i++) {
         A share = down.share(i, h);
         if (share != A(0)) sum += share * room[mr.at(n, c, i, w)];
      }
      hl_store(dx[t], sum);
   }
}

template <typename T>
plain<T> plain_of(const hl_tensor *x, const hl_tensor *labels, const hl_tensor *lse, const hl_tensor *dx)
{
   hl_tensor px = hl_pixels_of(x), pdx = hl_pixels_of(dx);
   const hl_tensor *list[] = {labels, &px, lse, &pdx};
   hl_iter it;
   hl_iter_init(&it, true, 4, list);
   return {hl_walk_of<4, int64_t>(&it), hl_data<T>(x), x->stride[1], dx->stride[1]};
}

struct forward {
   const char *fn;
   hl_tensor *loss, *lse, *scale;
   const hl_tensor *x, *labels, *weight;
   const hl_ce *p;
};

/* step: the distance of classes in memory. */
template <typename A, typename S> int entropy_of(const forward &a, S source, int64_t step)
{
   int64_t images = a.x->size[0], classes = a.x->size[1], groups = a.p->per_image ? images : 1;
   int64_t pixels = groups ? hl_numel(a.labels) / groups : 0;
   if (groups == 0) return 0;
   const hl_watch watch = hl_watch_labels(a.fn, "labels", a.labels, classes, a.p->void_label);
   hl_scratch parts;
   const A *weight = a.weight ? hl_data<A>(a.weight) : nullptr;
   HL_DISPATCH_GROUP(step, classes, G, {
      int64_t wanted = (pixels + HL_BLOCK / G - 1) / (HL_BLOCK / G), most = std::max<int64_t>(PARTS * 4 / groups, 1);
      unsigned count = static_cast<unsigned>(std::min<int64_t>(std::max<int64_t>(wanted, 1), most));
      HL_TRY(parts.take(groups * count * static_cast<int64_t>(sizeof(part))));
      HL_LAUNCH(a.fn, dim3(static_cast<unsigned>(groups), count), HL_BLOCK, 0, (entropy<G, A, S>), parts.as<part>(),
                hl_data<A>(a.lse), source, hl_view_labels(a.labels, classes, a.p->void_label), weight, pixels, watch);
      HL_LAUNCH(a.fn, static_cast<unsigned>(groups), HL_BLOCK, 0, (finish<A>), hl_data<A>(a.loss), hl_data<A>(a.scale),
                parts.as<part>(), static_cast<int>(count), images / groups);
   })
   return hl_end_watch();
}

template <typename T> int resize_entropy(const forward &a, int mode)
{
   using A = hl_acc<T>;
   hl_image m = hl_image_of(a.x);
   hl_axes<A> axes;
   HL_TRY(axes.make(a.fn, a.labels->size[1], m.h, a.labels->size[2], m.w, mode, false));
   return entropy_of<A>(a, resized<T>{m, axes.down, axes.across, hl_data<T>(a.x)}, m.sc);
}

struct backward {
   const char *fn;
   hl_tensor *dx;
   const hl_tensor *dloss, *lse, *scale, *x, *labels, *weight;
   const hl_ce *p;
};

template <typename A> factors<A> factors_of(const backward &a)
{
   return {hl_data<A>(a.dloss), hl_data<A>(a.scale), a.weight ? hl_data<A>(a.weight) : nullptr,
           hl_numel(a.labels) / a.x->size[0], a.p->per_image != 0};
}

template <typename T> int entropy_back_of(const backward &a)
{
   using A = hl_acc<T>;
   int64_t total = hl_numel(a.labels), classes = a.x->size[1];
   plain<T> source = plain_of<T>(a.x, a.labels, a.lse, a.dx);
   HL_DISPATCH_GROUP(a.dx->stride[1], classes, G,
                     HL_LAUNCH(a.fn, hl_blocks(total * G), HL_BLOCK, 0, (entropy_back<G, T>), hl_data<T>(a.dx), source,
                               hl_view_labels(a.labels, classes, a.p->void_label), hl_data<A>(a.lse), factors_of<A>(a),
                               total, hl_watch_labels(a.fn, "labels", a.labels, classes, a.p->void_label)))
   return hl_end_watch();
}

template <typename T> int resize_entropy_back(const backward &a, int mode)
{
   using A = hl_acc<T>;
   hl_image m = hl_image_of(a.x), mx = hl_image_of(a.dx);
   hl_axes<A> axes;
   HL_TRY(axes.make(a.fn, a.labels->size[1], m.h, a.labels->size[2], m.w, mode, true));
   hl_image mr = mx; /* (N,C,H,w), laid out as dx */
   mr.h = axes.down.out;
   mr.sn = static_cast<int64_t>(mr.c) * mr.h * mr.w;
   if (!mr.last) mr.sc = static_cast<int64_t>(mr.h) * mr.w;
   hl_scratch room;
   HL_TRY(room.take(mr.n * mr.sn * static_cast<int64_t>(sizeof(A))));
   HL_LAUNCH(a.fn, hl_blocks(mr.n * mr.sn), HL_BLOCK, 0, (entropy_across<T>), room.as<A>(), mr,
             (resized<T>{m, axes.down, axes.across, hl_data<T>(a.x)}), hl_view_labels(a.labels, m.c, a.p->void_label),
             hl_data<A>(a.lse), factors_of<A>(a), hl_watch_labels(a.fn, "labels", a.labels, m.c, a.p->void_label));
   HL_LAUNCH(a.fn, hl_blocks(mx.n * mx.sn), HL_BLOCK, 0, (entropy_down<T>), hl_data<T>(a.dx), mx, room.as<A>(), mr,
             axes.down);
   return hl_end_watch();
}

/* ---- losses of pairs ---- */

template <typename A> __device__ __forceinline__ A pair_value(A a, A b, int op)
{
   A d = a - b, size = fabs(d);
   switch (op) {
   case HL_BCE_LOGITS:
      return (a > A(0) ? a * (A(1) - b) : -a * b) + log1p(exp(-fabs(a))); /* nothing cancels */
   case HL_MSE:
      return d * d;
   case HL_L1:
      return size;
   default:
      return size < A(1) ? A(0.5) * d * d : size - A(0.5);
   }
}

template <typename T> __global__ void sum_pairs(double *parts, hl_walk<2, int64_t> w, const T *a, const T *b, int op)
{
   double sum = 0;
   for (HL_STEP(int64_t, i, w.total)) {
      int64_t at[2];
      w.find(i, at);
      sum += static_cast<double>(pair_value(hl_load(a[at[0]]), hl_load(b[at[1]]), op));
   }
   sum = hl_reduce_block(sum, hl_sum(), 0.);
   if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

template <typename A> __global__ void finish_pairs(A *loss, const double *parts, int count, double divisor)
{
   double sum = 0;
   for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) sum += parts[i];
   sum = hl_reduce_block(sum, hl_sum(), 0.);
   if (threadIdx.x == 0) *loss = static_cast<A>(sum / divisor);
}

/* d/da, or d/db, which is its negative but for BCE_LOGITS, where it is -a. */
template <typename A> struct pair_slope {
   const A *dloss;
   double divisor;
   int op;
   bool of_b;

   __device__ A operator()(A a, A b) const
   {
      A scale = static_cast<A>(static_cast<double>(*dloss) / divisor), d = a - b, slope;
      switch (op) {
      case HL_BCE_LOGITS: {
         if (of_b) return -scale * a;
         A e = exp(-fabs(a));
         slope = (a > A(0) ? A(1) : a == a ? e : a) / (A(1) + e) - b;
         break;
      }
      case HL_MSE:
         slope = A(2) * d;
         break;
      case HL_L1:
         slope = d != d ? d : A((d > A(0)) - (d < A(0)));
         break;
      default:
         slope = d > A(1) ? A(1) : d < A(-1) ? A(-1) : d;
      }
      return of_b ? -scale * slope : scale * slope;
   }
};

double divisor_of(const hl_tensor *a, int mean)
{
   return mean && hl_numel(a) ? static_cast<double>(hl_numel(a)) : 1;
}

template <typename T> int pair_loss(hl_tensor *loss, const hl_tensor *a, const hl_tensor *b, int op, int mean)
{
   using A = hl_acc<T>;
   const hl_tensor *list[] = {a, b};
   hl_iter it;
   hl_iter_init(&it, false, 2, list);
   int64_t wanted = (it.total + HL_BLOCK * 4 - 1) / (HL_BLOCK * 4);
   unsigned count = static_cast<unsigned>(std::min<int64_t>(std::max<int64_t>(wanted, 1), PARTS));
   hl_scratch parts;
   HL_TRY(parts.take(static_cast<int64_t>(count * sizeof(double))));
   HL_LAUNCH("pair_loss", count, HL_BLOCK, 0, (sum_pairs<T>), parts.as<double>(), (hl_walk_of<2, int64_t>(&it)),
             hl_data<T>(a), hl_data<T>(b), op);
   HL_LAUNCH("pair_loss", 1, HL_BLOCK, 0, (finish_pairs<A>), hl_data<A>(loss), parts.as<double>(),
             static_cast<int>(count), divisor_of(a, mean));
   return 0;
}

template <typename T>
int pair_back(hl_tensor *d, const hl_tensor *dloss, const hl_tensor *a, const hl_tensor *b, int op, int mean, bool of_b)
{
   using A = hl_acc<T>;
   if (!d) return 0;
   const hl_tensor *list[] = {d, a, b};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   return hl_map("pair_loss_back", &it, pair_slope<A>{hl_data<A>(dloss), divisor_of(a, mean), op, of_b}, hl_data<T>(d),
                 hl_data<T>(a), hl_data<T>(b));
}

/* ---- cosine similarity: a warp for each row ---- */

struct products {
   double ab, aa, bb;
};

template <typename T> __device__ products row_products(const T *a, const T *b, int64_t n, int lane)
{
   products p = {0, 0, 0};
   for (int64_t i = lane; i < n; i += 32) {
      double u = static_cast<double>(hl_load(a[i])), v = static_cast<double>(hl_load(b[i]));
      p.ab += u * v;
      p.aa += u * u;
      p.bb += v * v;
   }
   return {hl_reduce_warp(p.ab, hl_sum()), hl_reduce_warp(p.aa, hl_sum()), hl_reduce_warp(p.bb, hl_sum())};
}

/* NaN stays. */
__device__ __forceinline__ double at_least(double value, double floor)
{
   return value < floor ? floor : value;
}

template <typename T> __global__ void cosine(hl_acc<T> *y, const T *a, const T *b, int64_t rows, int64_t n, double eps)
{
   int lane = static_cast<int>(threadIdx.x) % 32;
   for (int64_t r = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; r < rows;
        r += static_cast<int64_t>(gridDim.x) * blockDim.x / 32) {
      products p = row_products(a + r * n, b + r * n, n, lane);
      if (lane == 0) y[r] = static_cast<hl_acc<T>>(p.ab / (at_least(sqrt(p.aa), eps) * at_least(sqrt(p.bb), eps)));
   }
}

/* da, db may be NULL. A norm that eps holds up does not move. Where rows are near parallel almost all cancels: hence
 * double. */
template <typename T>
__global__ void cosine_back(T *da, T *db, const hl_acc<T> *dy, const T *a, const T *b, int64_t rows, int64_t n,
                            double eps)
{
   int lane = static_cast<int>(threadIdx.x) % 32;
   for (int64_t r = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32; r < rows;
        r += static_cast<int64_t>(gridDim.x) * blockDim.x / 32) {
      products p = row_products(a + r * n, b + r * n, n, lane);
      double na = sqrt(p.aa), nb = sqrt(p.bb), fa = at_least(na, eps), fb = at_least(nb, eps);
      double g = static_cast<double>(dy[r]), gy = g * p.ab / (fa * fb);
      double cross = g / (fa * fb), own_a = na > eps ? gy / (fa * fa) : 0, own_b = nb > eps ? gy / (fb * fb) : 0;
      for (int64_t i = r * n + lane; i < (r + 1) * n; i += 32) {
         double u = static_cast<double>(hl_load(a[i])), v = static_cast<double>(hl_load(b[i]));
         if (da) hl_store(da[i], cross * v - own_a * u);
         if (db) hl_store(db[i], cross * u - own_b * v);
      }
   }
}

} // namespace

HL_EXPORT int hl_cross_entropy(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x,
                               const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p)
{
   const char *fn = "cross_entropy";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cross_entropy(fn, "loss", loss, lse, scale, x, labels, weight, p));
   const forward a = {fn, loss, lse, scale, x, labels, weight, p};
   HL_DISPATCH_FLOAT(x->dtype, T, return entropy_of<hl_acc<T>>(a, plain_of<T>(x, labels, lse, x), x->stride[1]))
   return 0;
}

HL_EXPORT int hl_cross_entropy_back(hl_tensor *dx, const hl_tensor *dloss, const hl_tensor *lse, const hl_tensor *scale,
                                    const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight,
                                    const hl_ce *p)
{
   const char *fn = "cross_entropy_back";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cross_entropy(fn, "dloss", dloss, lse, scale, x, labels, weight, p));
   HL_CHECK(dx, "%s: dx is missing", fn);
   HL_TRY(hl_need_gradient(fn, "dx", dx, "x", x));
   if (hl_numel(dx) == 0) return 0;
   const backward a = {fn, dx, dloss, lse, scale, x, labels, weight, p};
   HL_DISPATCH_FLOAT(x->dtype, T, return entropy_back_of<T>(a))
   return 0;
}

HL_EXPORT int hl_resize_cross_entropy(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x,
                                      const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p, int mode)
{
   const char *fn = "resize_cross_entropy";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_resize_cross_entropy(fn, "loss", loss, lse, scale, x, labels, weight, p, mode));
   const forward a = {fn, loss, lse, scale, x, labels, weight, p};
   HL_DISPATCH_FLOAT(x->dtype, T, return resize_entropy<T>(a, mode))
   return 0;
}

HL_EXPORT int hl_resize_cross_entropy_back(hl_tensor *dx, const hl_tensor *dloss, const hl_tensor *lse,
                                           const hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels,
                                           const hl_tensor *weight, const hl_ce *p, int mode)
{
   const char *fn = "resize_cross_entropy_back";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_resize_cross_entropy(fn, "dloss", dloss, lse, scale, x, labels, weight, p, mode));
   HL_CHECK(dx, "%s: dx is missing", fn);
   HL_TRY(hl_need_gradient(fn, "dx", dx, "x", x));
   if (hl_numel(dx) == 0) return 0;
   const backward a = {fn, dx, dloss, lse, scale, x, labels, weight, p};
   HL_DISPATCH_FLOAT(x->dtype, T, return resize_entropy_back<T>(a, mode))
   return 0;
}

HL_EXPORT int hl_pair_loss(hl_tensor *loss, const hl_tensor *a, const hl_tensor *b, int op, int mean)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pair_loss("pair_loss", "loss", loss, a, b, op));
   HL_DISPATCH_FLOAT(a->dtype, T, return pair_loss<T>(loss, a, b, op, mean))
   return 0;
}

HL_EXPORT int hl_pair_loss_back(hl_tensor *da, hl_tensor *db, const hl_tensor *dloss, const hl_tensor *a,
                                const hl_tensor *b, int op, int mean)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_pair_loss("pair_loss_back", "dloss", dloss, a, b, op));
   HL_TRY(hl_need_gradient("pair_loss_back", "da", da, "a", a));
   HL_TRY(hl_need_gradient("pair_loss_back", "db", db, "b", b));
   HL_DISPATCH_FLOAT(a->dtype, T, HL_TRY(pair_back<T>(da, dloss, a, b, op, mean, false));
                     return pair_back<T>(db, dloss, a, b, op, mean, true))
   return 0;
}

HL_EXPORT int hl_cosine(hl_tensor *y, const hl_tensor *a, const hl_tensor *b, double eps)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cosine("cosine", "y", y, a, b));
   int64_t rows = a->size[0];
   if (rows == 0) return 0;
   HL_DISPATCH_FLOAT(a->dtype, T,
                     HL_LAUNCH("cosine", hl_blocks(rows * 32), HL_BLOCK, 0, (cosine<T>), hl_data<hl_acc<T>>(y),
                               hl_data<T>(a), hl_data<T>(b), rows, a->size[1], eps))
   return 0;
}

HL_EXPORT int hl_cosine_back(hl_tensor *da, hl_tensor *db, const hl_tensor *dy, const hl_tensor *a, const hl_tensor *b,
                             double eps)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_cosine("cosine_back", "dy", dy, a, b));
   HL_TRY(hl_need_gradient("cosine_back", "da", da, "a", a));
   HL_TRY(hl_need_gradient("cosine_back", "db", db, "b", b));
   int64_t rows = a->size[0];
   if (hl_numel(a) == 0 || (!da && !db)) return 0;
   HL_DISPATCH_FLOAT(a->dtype, T,
                     HL_LAUNCH("cosine_back", hl_blocks(rows * 32), HL_BLOCK, 0, (cosine_back<T>),
                               da ? hl_data<T>(da) : nullptr, db ? hl_data<T>(db) : nullptr, hl_data<hl_acc<T>>(dy),
                               hl_data<T>(a), hl_data<T>(b), rows, a->size[1], eps))
   return 0;
}
