/* labels.cu: label maps from scores, one-hot maps from labels, confusion matrices. */
#include "classes.cuh"

namespace
{

/* The first largest class of each pixel, with G threads to a pixel; NaN counts as largest. The walk's operands: labels,
 * x at class 0, confidence, which may be NULL. */
template <int G, typename T, typename L>
__global__ void largest(hl_walk<3, int64_t> w, L *labels, T *confidence, const T *x, int64_t classes, int64_t step)
{
   using A = hl_acc<T>;
   const int64_t per = blockDim.x / G;
   const int lane = static_cast<int>(threadIdx.x) % G;
   for (int64_t base = static_cast<int64_t>(blockIdx.x) * per; base < w.total;
        base += static_cast<int64_t>(gridDim.x) * per) {
      const int64_t i = base + threadIdx.x / G;
      const bool inside = i < w.total;
      int64_t at[3] = {0, 0, 0};
      if (inside) w.find(i, at);
      hl_found<A> best = {A(0), -1};
      for (int64_t c = lane; inside && c < classes; c += G) {
         const hl_found<A> here = {hl_load(x[at[1] + c * step]), c};
         if (here.beats(best, true)) best = here;
      }
      best = hl_reduce_found<G>(best, true);
      if (!inside || lane != 0) continue;
      labels[at[0]] = static_cast<L>(best.at);
      if (confidence) hl_store(confidence[at[2]], best.value);
   }
}

/* labels (N,...) as a view of y's sizes (N,C,...) that repeats them along the channels. */
hl_tensor repeated(const hl_tensor *labels, const hl_tensor *y)
{
   hl_tensor r = *y;
   r.stride[0] = labels->stride[0];
   r.stride[1] = 0;
   for (int d = 2; d < y->ndim; d++) r.stride[d] = labels->stride[d - 1];
   return r;
}

/* A column of NaN for what is no label. at: y, the label, its place, the channel */
template <typename T> struct one_hot {
   T *y;
   hl_label_view labels;
   hl_watch watch;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const int label = labels.at(at[1]);
      if (label == -2 && at[3] == 0) watch.tell(at[2], labels.raw(at[1]));
      hl_store(y[at[0]], label == -2 ? static_cast<hl_acc<T>>(NAN) : hl_acc<T>(label == at[3]));
   }
};

/* at: truth, prediction, the pixel's place */
template <typename P, typename Q> struct count_pair {
   const P *truth;
   const Q *prediction;
   unsigned long long *counts;
   int *bad; /* set to 1 where something is no label */
   int classes, void_label;
   hl_watch truths, predictions;

   /* The matrix's cell, or -1. Predictions know no void; those under void pixels may be anything. */
   __device__ __forceinline__ int64_t cell(int64_t truth_at, int64_t prediction_at, int64_t place) const
   {
      const int64_t t = static_cast<int64_t>(truth[truth_at]), p = static_cast<int64_t>(prediction[prediction_at]);
      if (t == void_label) return -1;
      const bool is_class = t >= 0 && t < classes;
      if (is_class && p >= 0 && p < classes) return t * classes + p;
      atomicExch(bad, 1);
      if (is_class)
         predictions.tell(place, p);
      else
         truths.tell(place, t);
      return -1;
   }
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const int64_t to = cell(at[0], at[1], at[2]);
      if (to >= 0) atomicAdd(&counts[to], 1ull);
   }
};

/* The same for dense maps and few classes: each block counts in its own memory first. */
template <typename P, typename Q> __global__ void count_dense(count_pair<P, Q> c, int64_t pixels)
{
   HL_SHARED_DYNAMIC(counts, unsigned);
   const int cells = c.classes * c.classes;
   for (int i = static_cast<int>(threadIdx.x); i < cells; i += static_cast<int>(blockDim.x)) counts[i] = 0;
   __syncthreads();
   for (HL_STEP(int64_t, i, pixels)) {
      const int64_t to = c.cell(i, i, i);
      if (to >= 0) atomicAdd(&counts[to], 1u);
   }
   __syncthreads();
   for (int i = static_cast<int>(threadIdx.x); i < cells; i += static_cast<int>(blockDim.x))
      if (counts[i]) atomicAdd(&c.counts[i], static_cast<unsigned long long>(counts[i]));
}

__global__ void add_counts(int64_t *matrix, const unsigned long long *counts, const int *bad, int64_t cells)
{
   if (*bad) return; /* a failure leaves the matrix as it was */
   for (HL_STEP(int64_t, i, cells)) matrix[i] += static_cast<int64_t>(counts[i]);
}

__global__ void clear(unsigned long long *counts, int64_t cells, int *bad)
{
   for (HL_STEP(int64_t, i, cells)) counts[i] = 0;
   if (blockIdx.x == 0 && threadIdx.x == 0) *bad = 0;
}

template <typename P, typename Q>
int count(const hl_tensor *truth, const hl_tensor *prediction, const count_pair<P, Q> &f)
{
   const int64_t pixels = hl_numel(truth), bytes = static_cast<int64_t>(f.classes) * f.classes * 4;
   if (hl_is_contiguous(truth) && hl_is_contiguous(prediction) && bytes <= 48 * 1024) {
      /* Few blocks, for each adds its matrix to the one; what a block counts must fit 32 bits. */
      const int64_t blocks =
          std::max(pixels / (1 << 30) + 1, std::min<int64_t>(hl_blocks(pixels), hl_processors() * 4));
      HL_LAUNCH("confusion", static_cast<unsigned>(blocks), HL_BLOCK, static_cast<size_t>(bytes), (count_dense<P, Q>),
                f, pixels);
      return 0;
   }
   const hl_tensor places = hl_places_of(truth), *list[] = {truth, prediction, &places};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   return hl_walk_run<3>("confusion", &it, f);
}

} // namespace

HL_EXPORT int hl_label_map(hl_tensor *labels, hl_tensor *confidence, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_label_map(labels, confidence, x));
   const hl_tensor pixels = hl_pixels_of(x), *list[] = {labels, &pixels, confidence ? confidence : labels};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   if (it.total == 0) return 0;
   HL_DISPATCH_FLOAT(
       x->dtype, T,
       HL_DISPATCH_WHOLE(labels->dtype, L,
                         HL_DISPATCH_GROUP(x->stride[1], x->size[1], G,
                                           HL_LAUNCH("label_map", hl_blocks(it.total * G), HL_BLOCK, 0,
                                                     (largest<G, T, L>), (hl_walk_of<3, int64_t>(&it)),
                                                     hl_data<L>(labels), confidence ? hl_data<T>(confidence) : nullptr,
                                                     hl_data<T>(x), x->size[1], x->stride[1]))))
   return 0;
}

HL_EXPORT int hl_one_hot(hl_tensor *y, const hl_tensor *labels, int void_label)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_one_hot(y, labels));
   if (hl_numel(labels) == 0) return 0;
   const int64_t classes = y->size[1];
   const hl_watch watch = hl_watch_labels("one_hot", "labels", labels, classes, void_label);
   const hl_tensor places = hl_places_of(labels), label = repeated(labels, y), place = repeated(&places, y);
   hl_tensor channel = *y;
   for (int d = 0; d < y->ndim; d++) channel.stride[d] = d == 1;
   const hl_tensor *list[] = {y, &label, &place, &channel};
   hl_iter it;
   hl_iter_init(&it, false, 4, list);
   HL_DISPATCH_FLOAT(
       y->dtype, T,
       HL_TRY(hl_walk_run<4>("one_hot", &it,
                             one_hot<T>{hl_data<T>(y), hl_view_labels(labels, classes, void_label), watch})))
   return hl_end_watch();
}

HL_EXPORT int hl_confusion(hl_tensor *matrix, const hl_tensor *truth, const hl_tensor *prediction, int void_label)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_confusion(matrix, truth, prediction));
   const int64_t classes = matrix->size[0], cells = classes * classes;
   HL_CHECK(classes <= INT32_MAX, "confusion: %lld classes are too many", static_cast<long long>(classes));
   if (hl_numel(truth) == 0) return 0;
   hl_scratch counted, mark;
   HL_TRY(counted.take(cells * static_cast<int64_t>(sizeof(unsigned long long))));
   HL_TRY(mark.take(static_cast<int64_t>(sizeof(int))));
   const hl_watch truths = hl_watch_labels("confusion", "truth", truth, classes, void_label);
   const hl_watch predictions = hl_watch_labels("confusion", "prediction", prediction, classes, void_label);
   unsigned long long *counts = counted.as<unsigned long long>();
   int *bad = mark.as<int>();
   HL_LAUNCH("confusion", hl_blocks(cells), HL_BLOCK, 0, clear, counts, cells, bad);
   HL_DISPATCH_WHOLE(
       truth->dtype, P,
       HL_DISPATCH_WHOLE(prediction->dtype, Q,
                         HL_TRY((count<P, Q>(truth, prediction,
                                             {hl_data<P>(truth), hl_data<Q>(prediction), counts, bad,
                                              static_cast<int>(classes), void_label, truths, predictions})))))
   HL_LAUNCH("confusion", hl_blocks(cells), HL_BLOCK, 0, add_counts, hl_data<int64_t>(matrix), counts, bad, cells);
   return hl_end_watch();
}
