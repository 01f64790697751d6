/* softmax.cu: softmax along any dimension, one position, or several threads to a position, at a time. */
#include "classes.cuh"

namespace
{

/* Lines along a dimension: operand k's elements are along[k] apart. */
template <int N> struct lines {
   int64_t classes, along[N];
};

template <int G, typename T, typename I>
__global__ void forward(const __grid_constant__ hl_walk<2, I> w, lines<2> l, T *y, const T *x, bool log_of)
{
   using A = hl_acc<T>;
   const I per = blockDim.x / G;
   const int lane = static_cast<int>(threadIdx.x) % G;
   for (I base = static_cast<I>(blockIdx.x) * per; base < w.total; base += static_cast<I>(gridDim.x) * per) {
      I i = base + threadIdx.x / G;
      bool inside = i < w.total;
      int64_t at[2] = {0, 0};
      if (inside) w.find(i, at);
      const T *from = x + at[1];
      T *to = y + at[0];
      hl_log_sum<A> s =
          hl_sum_classes<G, A>(lane, inside ? l.classes : 0, [=](int64_t c) { return hl_load(from[c * l.along[1]]); });
      if (!inside) continue;
      A scale = log_of ? log(s.sum) : A(1) / s.sum;
      for (int64_t c = lane; c < l.classes; c += G) {
         A v = hl_load(from[c * l.along[1]]) - s.top;
         hl_store(to[c * l.along[0]], log_of ? v - scale : exp(v) * scale);
      }
   }
}

/* dx = y * (dy - sum(dy * y)); of the logarithm dx = dy - exp(y) * sum(dy). */
template <int G, typename T, typename I>
__global__ void backward(const __grid_constant__ hl_walk<3, I> w, lines<3> l, T *dx, const T *dy, const T *y,
                         bool log_of)
{
   using A = hl_acc<T>;
   const I per = blockDim.x / G;
   const int lane = static_cast<int>(threadIdx.x) % G;
   for (I base = static_cast<I>(blockIdx.x) * per; base < w.total; base += static_cast<I>(gridDim.x) * per) {
      I i = base + threadIdx.x / G;
      bool inside = i < w.total;
      int64_t at[3] = {0, 0, 0};
      if (inside) w.find(i, at);
      const T *g = dy + at[1], *v = y + at[2];
      A sum = A(0);
      for (int64_t first = lane; first < l.classes && inside; first += G * HL_CHAIN) {
         int64_t end = first + G * HL_CHAIN < l.classes ? first + G * HL_CHAIN : l.classes;
         A part = A(0);
         for (int64_t c = first; c < end; c += G) {
            A slope = hl_load(g[c * l.along[1]]);
            part += log_of ? slope : slope * hl_load(v[c * l.along[2]]);
         }
         sum += part;
      }
#pragma unroll
      for (int by = G / 2; by > 0; by /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, by);
      for (int64_t c = lane; c < l.classes && inside; c += G) {
         A slope = hl_load(g[c * l.along[1]]), p = hl_load(v[c * l.along[2]]);
         hl_store(dx[at[0] + c * l.along[0]], log_of ? slope - exp(p) * sum : p * (slope - sum));
      }
   }
}

} // namespace

HL_EXPORT int hl_softmax(hl_tensor *y, const hl_tensor *x, int dim, int log)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax("softmax", "y", y, "x", x, dim));
   if (hl_numel(x) == 0) return 0;
   const hl_tensor *list[] = {y, x};
   hl_iter it;
   lines<2> l = {x->size[dim], {0, 0}};
   hl_iter_lines(&it, 2, list, dim, l.along);
   HL_DISPATCH_FLOAT(x->dtype, T,
                     HL_DISPATCH_GROUP(
                         l.along[1], l.classes, G,
                         if (hl_fits_32(&it)) {
                            HL_LAUNCH("softmax", hl_blocks(it.total * G), HL_BLOCK, 0, (forward<G, T, uint32_t>),
                                      (hl_walk_of<2, uint32_t>(&it)), l, hl_data<T>(y), hl_data<T>(x), log != 0);
                         } else {
                            HL_LAUNCH("softmax", hl_blocks(it.total * G), HL_BLOCK, 0, (forward<G, T, int64_t>),
                                      (hl_walk_of<2, int64_t>(&it)), l, hl_data<T>(y), hl_data<T>(x), log != 0);
                         }))
   return 0;
}

int hl_softmax_back_of(const char *fn, hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y, int dim, bool log_of)
{
   if (hl_numel(y) == 0) return 0;
   const hl_tensor *list[] = {dx, dy, y};
   hl_iter it;
   lines<3> l = {y->size[dim], {0, 0, 0}};
   hl_iter_lines(&it, 3, list, dim, l.along);
   HL_DISPATCH_FLOAT(
       y->dtype, T,
       HL_DISPATCH_GROUP(
           l.along[2], l.classes, G,
           if (hl_fits_32(&it)) {
              HL_LAUNCH(fn, hl_blocks(it.total * G), HL_BLOCK, 0, (backward<G, T, uint32_t>),
                        (hl_walk_of<3, uint32_t>(&it)), l, hl_data<T>(dx), hl_data<T>(dy), hl_data<T>(y), log_of);
           } else {
              HL_LAUNCH(fn, hl_blocks(it.total * G), HL_BLOCK, 0, (backward<G, T, int64_t>),
                        (hl_walk_of<3, int64_t>(&it)), l, hl_data<T>(dx), hl_data<T>(dy), hl_data<T>(y), log_of);
           }))
   return 0;
}

HL_EXPORT int hl_softmax_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y, int dim, int log)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_softmax("softmax_back", "dx", dx, "y", y, dim));
   HL_TRY(hl_check_softmax("softmax_back", "dy", dy, "y", y, dim));
   return hl_softmax_back_of("softmax_back", dx, dy, y, dim, log != 0);
}
