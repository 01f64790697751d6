/* pair.cu: what a discriminator sees: a map beside its image, written in one pass. */
#include "classes.cuh"

namespace
{

enum { PARTS = 64 }; /* of an image, for its range */

/* NaN loses. */
struct least {
   template <typename T> __device__ __forceinline__ T operator()(T a, T b) const
   {
      return b < a ? b : a;
   }
};
struct most {
   template <typename T> __device__ __forceinline__ T operator()(T a, T b) const
   {
      return b > a ? b : a;
   }
};

/* Least and largest value of part blockIdx.y of image blockIdx.x, which is n values in any order. */
template <typename T> __global__ void find_range(hl_acc<T> *parts, const T *x, int64_t n)
{
   using A = hl_acc<T>;
   const A inf = static_cast<A>(INFINITY);
   A low = inf, high = -inf;
   x += blockIdx.x * n;
   for (int64_t i = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x; i < n;
        i += static_cast<int64_t>(gridDim.y) * blockDim.x) {
      A v = hl_load(x[i]);
      low = least()(low, v);
      high = most()(high, v);
   }
   low = hl_reduce_block(low, least(), inf);
   high = hl_reduce_block(high, most(), -inf);
   if (threadIdx.x == 0) {
      A *part = parts + (static_cast<int64_t>(blockIdx.x) * gridDim.y + blockIdx.y) * 2;
      part[0] = low;
      part[1] = high;
   }
}

/* ranges (images,2): least value and range; a warp for each image. */
template <typename A> __global__ void finish_range(A *ranges, const A *parts, int64_t images, int count)
{
   const A inf = static_cast<A>(INFINITY);
   int lane = static_cast<int>(threadIdx.x) % 32;
   int64_t n = (static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
   A low = inf, high = -inf;
   for (int64_t i = lane; i < count && n < images; i += 32) {
      low = least()(low, parts[(n * count + i) * 2]);
      high = most()(high, parts[(n * count + i) * 2 + 1]);
   }
   low = hl_reduce_warp(low, least());
   high = hl_reduce_warp(high, most());
   if (lane != 0 || n >= images) return;
   A range = high - low;
   ranges[2 * n] = low;
   ranges[2 * n + 1] = range > static_cast<A>(1e-8) ? range : static_cast<A>(1e-8);
}

/* Where channels of y, of the map's source and of the images lie; the walk over pixels has the operands y, source,
 * images, mask. */
template <typename T> struct pair {
   hl_walk<4, int64_t> walk;
   T *y;
   const T *images;
   const uint8_t *mask; /* NULL: everything shows */
   const hl_acc<T> *ranges;
   int64_t classes, others, pixels, y_step, image_step;

   __device__ __forceinline__ bool shows(const int64_t *at) const
   {
      return !mask || mask[at[3]];
   }
   /* The G threads of a pixel write its image's channels. */
   template <int G> __device__ __forceinline__ void write_image(int64_t i, const int64_t *at, int lane) const
   {
      const hl_acc<T> *r = ranges + i / pixels * 2;
      for (int64_t c = lane; c < others; c += G)
         hl_store(y[at[0] + (classes + c) * y_step], (hl_load(images[at[2] + c * image_step]) - r[0]) / r[1]);
   }
};

template <int G, typename T> __global__ void softmax_pair(pair<T> p, const T *x, int64_t x_step)
{
   using A = hl_acc<T>;
   const int64_t per = blockDim.x / G;
   const int lane = static_cast<int>(threadIdx.x) % G;
   for (int64_t base = static_cast<int64_t>(blockIdx.x) * per; base < p.walk.total;
        base += static_cast<int64_t>(gridDim.x) * per) {
      int64_t i = base + threadIdx.x / G, at[4] = {0, 0, 0, 0};
      bool inside = i < p.walk.total;
      if (inside) p.walk.find(i, at);
      const T *from = x + at[1];
      hl_log_sum<A> s =
          hl_sum_classes<G, A>(lane, inside ? p.classes : 0, [=](int64_t c) { return hl_load(from[c * x_step]); });
      if (!inside) continue;
      bool shown = p.shows(at);
      A scale = A(1) / s.sum;
      for (int64_t c = lane; c < p.classes; c += G)
         hl_store(p.y[at[0] + c * p.y_step], shown ? exp(hl_load(from[c * x_step]) - s.top) * scale : A(0));
      p.template write_image<G>(i, at, lane);
   }
}

template <int G, typename T> __global__ void one_hot_pair(pair<T> p, hl_label_view labels, hl_watch watch)
{
   using A = hl_acc<T>;
   const int lane = static_cast<int>(threadIdx.x) % G;
   for (HL_STEP(int64_t, t, p.walk.total * G)) {
      int64_t i = t / G, at[4];
      p.walk.find(i, at);
      int label = labels.at(at[1]);
      bool shown = p.shows(at);
      if (label == -2 && lane == 0) watch.tell(i, labels.raw(at[1]));
      for (int64_t c = lane; c < p.classes; c += G)
         hl_store(p.y[at[0] + c * p.y_step], label == -2 ? static_cast<A>(NAN) : A(shown && c == label));
      p.template write_image<G>(i, at, lane);
   }
}

/* source: x, or the labels. The ranges are found on the way. */
template <typename T>
int pair_of(const char *fn, pair<T> *p, hl_scratch *ranges, hl_tensor *y, const hl_tensor *source,
            const hl_tensor *images, const hl_tensor *mask)
{
   using A = hl_acc<T>;
   int64_t n = y->size[0], values = n ? hl_numel(images) / n : 0;
   unsigned count = static_cast<unsigned>(std::min<int64_t>(values / (HL_BLOCK * 8) + 1, PARTS));
   HL_TRY(ranges->take(n * 2 * (count + 1) * static_cast<int64_t>(sizeof(A))));
   A *found = ranges->as<A>(), *parts = found + 2 * n;
   HL_LAUNCH(fn, dim3(static_cast<unsigned>(n), count), HL_BLOCK, 0, (find_range<T>), parts, hl_data<T>(images),
             values);
   HL_LAUNCH(fn, static_cast<unsigned>((n * 32 + HL_BLOCK - 1) / HL_BLOCK), HL_BLOCK, 0, (finish_range<A>), found,
             parts, n, static_cast<int>(count));
   hl_tensor py = hl_pixels_of(y), pi = hl_pixels_of(images), pm = hl_pixels_of(mask ? mask : y);
   hl_tensor ps = source->ndim == y->ndim ? hl_pixels_of(source) : *source;
   const hl_tensor *list[] = {&py, &ps, &pi, &pm};
   hl_iter it;
   hl_iter_init(&it, true, 4, list);
   *p = {hl_walk_of<4, int64_t>(&it),
         hl_data<T>(y),
         hl_data<T>(images),
         mask ? hl_data<uint8_t>(mask) : nullptr,
         found,
         y->size[1] - images->size[1],
         images->size[1],
         it.total / n,
         y->stride[1],
         images->stride[1]};
   return 0;
}

} // namespace

HL_EXPORT int hl_softmax_pair(hl_tensor *y, const hl_tensor *x, const hl_tensor *images, const hl_tensor *mask)
{
   const char *fn = "softmax_pair";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax_pair(y, x, images, mask));
   if (hl_numel(y) == 0) return 0;
   hl_scratch ranges;
   HL_DISPATCH_FLOAT(y->dtype, T, pair<T> p; HL_TRY(pair_of<T>(fn, &p, &ranges, y, x, images, mask));
                     HL_DISPATCH_GROUP(x->stride[1], p.classes, G,
                                       HL_LAUNCH(fn, hl_blocks(p.walk.total * G), HL_BLOCK, 0, (softmax_pair<G, T>), p,
                                                 hl_data<T>(x), x->stride[1])))
   return 0;
}

HL_EXPORT int hl_one_hot_pair(hl_tensor *y, const hl_tensor *labels, const hl_tensor *images, const hl_tensor *mask,
                              int void_label)
{
   const char *fn = "one_hot_pair";
   HL_TRY(hl_poll());
   HL_TRY(hl_check_one_hot_pair(y, labels, images, mask));
   if (hl_numel(y) == 0) return 0;
   hl_scratch ranges;
   const hl_watch watch = hl_watch_labels(fn, "labels", labels, y->size[1] - images->size[1], void_label);
   HL_DISPATCH_FLOAT(y->dtype, T, pair<T> p; HL_TRY(pair_of<T>(fn, &p, &ranges, y, labels, images, mask));
                     HL_DISPATCH_GROUP(y->stride[1], p.classes, G,
                                       HL_LAUNCH(fn, hl_blocks(p.walk.total * G), HL_BLOCK, 0, (one_hot_pair<G, T>), p,
                                                 hl_view_labels(labels, p.classes, void_label), watch)))
   return hl_end_watch();
}

HL_EXPORT int hl_softmax_pair_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax_pair_back(dx, dy, y));
   hl_tensor map_dy = *dy, map_y = *y;
   map_dy.size[1] = map_y.size[1] = dx->size[1];
   return hl_softmax_back_of("softmax_pair_back", dx, &map_dy, &map_y, 1, false);
}
