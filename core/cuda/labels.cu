/* labels.cu: label maps from scores, one-hot maps from labels, confusion matrices. The last two wait for the card, to
 * tell of labels that are no class. */
#include "kernel.cuh"

namespace
{

/* The first largest class of a pixel; NaN counts as largest. at: labels, x at class 0, confidence */
template <typename T, typename L> struct largest {
   L *labels;
   T *confidence;
   const T *x;
   int64_t classes, step;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const T *from = x + at[1];
      hl_acc<T> top = hl_load(*from);
      int64_t label = 0;
      for (int64_t c = 1; c < classes; c++) {
         const hl_acc<T> v = hl_load(from[c * step]);
         if (v > top || (v != v && top == top)) {
            top = v;
            label = c;
         }
      }
      labels[at[0]] = static_cast<L>(label);
      if (confidence) hl_store(confidence[at[2]], top);
   }
};

/* t without its dimension 1. */
hl_tensor pixels_of(const hl_tensor *t)
{
   hl_tensor p = *t;
   for (int d = 2; d < t->ndim; d++) {
      p.size[d - 1] = t->size[d];
      p.stride[d - 1] = t->stride[d];
   }
   p.ndim--;
   return p;
}

/* labels (N,...) as a view of y's sizes (N,C,...) that repeats them along the channels. */
hl_tensor repeated(const hl_tensor *labels, const hl_tensor *y)
{
   hl_tensor r = *y;
   r.data = labels->data;
   r.dtype = labels->dtype;
   r.stride[0] = labels->stride[0];
   r.stride[1] = 0;
   for (int d = 2; d < y->ndim; d++) r.stride[d] = labels->stride[d - 1];
   return r;
}

/* A view of t's sizes whose offsets are places in row-major order. */
hl_tensor places_of(const hl_tensor *t)
{
   hl_tensor p = *t;
   int64_t step = 1;
   for (int d = t->ndim - 1; d >= 0; d--) {
      p.stride[d] = step;
      step *= t->size[d];
   }
   return p;
}

/* Of labels that are no class: the first one's place in row-major order. */
constexpr long long NOWHERE = INT64_MAX;

/* at: y, the label, the channel */
template <typename T, typename L> struct one_hot {
   T *y;
   const L *labels;
   int64_t void_label;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const int64_t label = static_cast<int64_t>(labels[at[1]]);
      hl_store(y[at[0]], static_cast<hl_acc<T>>(label == at[2] && label != void_label));
   }
};

/* at: the label, its place */
template <typename L> struct find_bad {
   const L *labels;
   long long *bad;
   int64_t classes, void_label;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const int64_t label = static_cast<int64_t>(labels[at[0]]);
      if (label != void_label && (label < 0 || label >= classes)) atomicMin(bad, static_cast<long long>(at[1]));
   }
};

/* A label that was found to be none, fetched for the message. */
int fail_at(const char *fn, const char *name, const hl_tensor *labels, int64_t place, int64_t classes, int void_label)
{
   int64_t rest = place, at = 0, value = 0;
   for (int d = labels->ndim - 1; d >= 0; d--) {
      at += rest % labels->size[d] * labels->stride[d];
      rest /= labels->size[d];
   }
   HL_DISPATCH_WHOLE(labels->dtype, L, L label = 0; HL_TRY(hl_download(&label, hl_data<L>(labels) + at, sizeof label));
                     value = label)
   return hl_fail_label(fn, name, labels, place, value, classes, void_label);
}

/* at: truth, prediction, the pixel's place */
template <typename P, typename Q> struct count_pair {
   const P *truth;
   const Q *prediction;
   unsigned long long *counts;
   long long *bad;
   int classes, void_label;
   __device__ __forceinline__ void operator()(int64_t, const int64_t *at) const
   {
      const int64_t t = static_cast<int64_t>(truth[at[0]]), p = static_cast<int64_t>(prediction[at[1]]);
      if (t == void_label) return;
      if (t < 0 || t >= classes) {
         atomicMin(&bad[0], static_cast<long long>(at[2]));
         return;
      }
      /* Predictions know no void; those under void pixels may be anything. */
      if (p < 0 || p >= classes)
         atomicMin(&bad[1], static_cast<long long>(at[2]));
      else
         atomicAdd(&counts[t * classes + p], 1ull);
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
      const int64_t t = static_cast<int64_t>(c.truth[i]), p = static_cast<int64_t>(c.prediction[i]);
      if (t == c.void_label) continue;
      const bool is_class = t >= 0 && t < c.classes;
      if (is_class && p >= 0 && p < c.classes)
         atomicAdd(&counts[t * c.classes + p], 1u);
      else
         atomicMin(&c.bad[is_class], static_cast<long long>(i));
   }
   __syncthreads();
   for (int i = static_cast<int>(threadIdx.x); i < cells; i += static_cast<int>(blockDim.x))
      if (counts[i]) atomicAdd(&c.counts[i], static_cast<unsigned long long>(counts[i]));
}

__global__ void add_counts(int64_t *matrix, const unsigned long long *counts, const long long *bad, int64_t cells)
{
   if (bad[0] != NOWHERE || bad[1] != NOWHERE) return; /* a failure leaves the matrix as it was */
   for (HL_STEP(int64_t, i, cells)) matrix[i] += static_cast<int64_t>(counts[i]);
}

__global__ void clear(unsigned long long *counts, int64_t cells, long long *bad)
{
   for (HL_STEP(int64_t, i, cells)) counts[i] = 0;
   if (blockIdx.x == 0 && threadIdx.x < 2) bad[threadIdx.x] = NOWHERE;
}

template <typename P, typename Q>
int count(const hl_tensor *truth, const hl_tensor *prediction, unsigned long long *counts, long long *bad, int classes,
          int void_label)
{
   const count_pair<P, Q> f = {hl_data<P>(truth), hl_data<Q>(prediction), counts, bad, classes, void_label};
   const int64_t pixels = hl_numel(truth), bytes = static_cast<int64_t>(classes) * classes * 4;
   if (hl_is_contiguous(truth) && hl_is_contiguous(prediction) && bytes <= 48 * 1024) {
      /* Few blocks, for each adds its matrix to the one; what a block counts must fit 32 bits. */
      const int64_t blocks =
          std::max(pixels / (1 << 30) + 1, std::min<int64_t>(hl_blocks(pixels), hl_processors() * 4));
      HL_LAUNCH("confusion", static_cast<unsigned>(blocks), HL_BLOCK, static_cast<size_t>(bytes), (count_dense<P, Q>),
                f, pixels);
      return 0;
   }
   const hl_tensor places = places_of(truth), *list[] = {truth, prediction, &places};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   return hl_walk_run<3>("confusion", &it, f);
}

} // namespace

HL_EXPORT int hl_label_map(hl_tensor *labels, hl_tensor *confidence, const hl_tensor *x)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_label_map(labels, confidence, x));
   const hl_tensor pixels = pixels_of(x), *list[] = {labels, &pixels, confidence ? confidence : labels};
   hl_iter it;
   hl_iter_init(&it, false, 3, list);
   HL_DISPATCH_FLOAT(
       x->dtype, T,
       HL_DISPATCH_WHOLE(
           labels->dtype, L,
           return hl_walk_run<3>("label_map", &it,
                                 largest<T, L>{hl_data<L>(labels), confidence ? hl_data<T>(confidence) : nullptr,
                                               hl_data<T>(x), x->size[1], x->stride[1]})))
   return 0;
}

HL_EXPORT int hl_one_hot(hl_tensor *y, const hl_tensor *labels, int void_label)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_one_hot(y, labels));
   if (hl_numel(labels) == 0) return 0;
   const int64_t classes = y->size[1];
   hl_scratch bad;
   HL_TRY(bad.take(2 * sizeof(long long)));
   HL_LAUNCH("one_hot", 1, 32, 0, clear, static_cast<unsigned long long *>(nullptr), 0, bad.as<long long>());
   hl_tensor place = places_of(labels), spread = repeated(labels, y), channel = *y;
   for (int d = 0; d < y->ndim; d++) channel.stride[d] = d == 1;
   const hl_tensor *pixels[] = {labels, &place}, *elements[] = {y, &spread, &channel};
   hl_iter it;
   hl_iter_init(&it, false, 2, pixels);
   HL_DISPATCH_WHOLE(labels->dtype, L,
                     HL_TRY(hl_walk_run<2>("one_hot", &it,
                                           find_bad<L>{hl_data<L>(labels), bad.as<long long>(), classes, void_label})))
   hl_iter_init(&it, false, 3, elements);
   HL_DISPATCH_FLOAT(
       y->dtype, T,
       HL_DISPATCH_WHOLE(
           labels->dtype, L,
           HL_TRY(hl_walk_run<3>("one_hot", &it, one_hot<T, L>{hl_data<T>(y), hl_data<L>(labels), void_label}))))
   long long first = NOWHERE;
   HL_TRY(hl_download(&first, bad.data, sizeof first));
   return first == NOWHERE ? 0 : fail_at("one_hot", "labels", labels, first, classes, void_label);
}

HL_EXPORT int hl_confusion(hl_tensor *matrix, const hl_tensor *truth, const hl_tensor *prediction, int void_label)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_confusion(matrix, truth, prediction));
   const int64_t classes = matrix->size[0], cells = classes * classes;
   HL_CHECK(classes <= INT32_MAX, "confusion: %lld classes are too many", static_cast<long long>(classes));
   if (hl_numel(truth) == 0) return 0;
   hl_scratch counted, marks;
   HL_TRY(counted.take(cells * static_cast<int64_t>(sizeof(unsigned long long))));
   HL_TRY(marks.take(2 * sizeof(long long)));
   unsigned long long *counts = counted.as<unsigned long long>();
   long long *bad = marks.as<long long>(), found[2] = {NOWHERE, NOWHERE};
   HL_LAUNCH("confusion", hl_blocks(cells), HL_BLOCK, 0, clear, counts, cells, bad);
   HL_DISPATCH_WHOLE(
       truth->dtype, P,
       HL_DISPATCH_WHOLE(prediction->dtype, Q,
                         HL_TRY((count<P, Q>(truth, prediction, counts, bad, static_cast<int>(classes), void_label)))))
   HL_LAUNCH("confusion", hl_blocks(cells), HL_BLOCK, 0, add_counts, hl_data<int64_t>(matrix), counts, bad, cells);
   HL_TRY(hl_download(found, bad, sizeof found));
   if (found[0] != NOWHERE) return fail_at("confusion", "truth", truth, found[0], classes, void_label);
   return found[1] == NOWHERE ? 0 : fail_at("confusion", "prediction", prediction, found[1], classes, void_label);
}
