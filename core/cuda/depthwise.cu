/* depthwise.cu: convolutions with as many groups as channels. A thread makes one value of y or dx, or with the channels
 * innermost a pack of them; blocks make parts of dw, which are then added in a fixed order. */
#include "channels.cuh"
#include "depthwise.cuh"

namespace
{

/* y(n,k,p,q) reads x(n, k / many, p * stride_h - pad_h + r * dil_h, ...). */
struct kernel_shape {
   int r, s, many;
   hl_conv options;

   __device__ __forceinline__ int row(int p, int i) const
   {
      return p * options.stride_h - options.pad_h + i * options.dil_h;
   }
   __device__ __forceinline__ int col(int q, int j) const
   {
      return q * options.stride_w - options.pad_w + j * options.dil_w;
   }
};

kernel_shape kernel_of(const hl_tensor *w, const hl_conv *p)
{
   return {static_cast<int>(w->size[2]), static_cast<int>(w->size[3]), static_cast<int>(w->size[0] / p->groups), *p};
}

/* A weight or its gradient as T holds it. */
template <typename T> __device__ __forceinline__ hl_acc<T> rounded(hl_acc<T> w)
{
   T t;
   hl_store(t, w);
   return hl_load(t);
}

template <int V, typename T>
__global__ void depth_forward(hl_image my, hl_image mx, T *y, const T *x, const hl_acc<T> *w, kernel_shape s,
                              int64_t packs)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, k, p, q;
      my.find(i * V, &n, &k, &p, &q);
      A sum[V] = {};
      for (int r = 0; r < s.r; r++) {
         int row = s.row(p, r);
         if (row < 0 || row >= mx.h) continue;
         for (int c = 0; c < s.s; c++) {
            int col = s.col(q, c);
            if (col < 0 || col >= mx.w) continue;
            hl_pack<T, V> in = *reinterpret_cast<const hl_pack<T, V> *>(x + mx.at(n, k / s.many, row, col));
#pragma unroll
            for (int v = 0; v < V; v++)
               sum[v] += hl_load(in.at[v]) * rounded<T>(w[(static_cast<int64_t>(k + v) * s.r + r) * s.s + c]);
         }
      }
      hl_pack<T, V> out;
#pragma unroll
      for (int v = 0; v < V; v++) hl_store(out.at[v], sum[v]);
      *reinterpret_cast<hl_pack<T, V> *>(y + my.at(n, k, p, q)) = out;
   }
}

template <int V, typename T>
__global__ void depth_back_x(hl_image mx, hl_image my, T *dx, const T *dy, const hl_acc<T> *w, kernel_shape s,
                             int64_t packs)
{
   using A = hl_acc<T>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, c, h, x;
      mx.find(i * V, &n, &c, &h, &x);
      A sum[V] = {};
      for (int r = 0; r < s.r; r++) {
         int p = h + s.options.pad_h - r * s.options.dil_h;
         if (p < 0 || p % s.options.stride_h != 0 || p / s.options.stride_h >= my.h) continue;
         for (int b = 0; b < s.s; b++) {
            int q = x + s.options.pad_w - b * s.options.dil_w;
            if (q < 0 || q % s.options.stride_w != 0 || q / s.options.stride_w >= my.w) continue;
            for (int j = 0; j < s.many; j++) {
               int k = c * s.many + j;
               const T *from = dy + my.at(n, k, p / s.options.stride_h, q / s.options.stride_w);
               hl_pack<T, V> g = *reinterpret_cast<const hl_pack<T, V> *>(from);
#pragma unroll
               for (int v = 0; v < V; v++)
                  sum[v] += hl_load(g.at[v]) * rounded<T>(w[(static_cast<int64_t>(k + v) * s.r + r) * s.s + b]);
            }
         }
      }
      hl_pack<T, V> out;
#pragma unroll
      for (int v = 0; v < V; v++) hl_store(out.at[v], sum[v]);
      *reinterpret_cast<hl_pack<T, V> *>(dx + mx.at(n, c, h, x)) = out;
   }
}

/* What pixel i of all images adds to the gradient of the weight of tap (r,b) and channel k. */
template <typename T>
__device__ __forceinline__ hl_acc<T> depth_product(hl_image my, hl_image mx, const T *dy, const T *x, kernel_shape s,
                                                   int64_t i, int k, int r, int b)
{
   int q = static_cast<int>(i % my.w), p = static_cast<int>(i / my.w % my.h);
   int n = static_cast<int>(i / my.w / my.h), row = s.row(p, r), col = s.col(q, b);
   if (row < 0 || row >= mx.h || col < 0 || col >= mx.w) return hl_acc<T>(0);
   return hl_load(dy[my.at(n, k, p, q)]) * hl_load(x[mx.at(n, k / s.many, row, col)]);
}

/* parts (gridDim.y, K, taps): a block for each part of the pixels, channel and tap. */
template <typename T>
__global__ void depth_planes(hl_acc<T> *parts, hl_image my, hl_image mx, const T *dy, const T *x, kernel_shape s)
{
   using A = hl_acc<T>;
   int taps = s.r * s.s, t = static_cast<int>(blockIdx.x) % taps, k = static_cast<int>(blockIdx.x) / taps;
   int64_t pixels = static_cast<int64_t>(my.n) * my.h * my.w;
   A sum = A(0);
   for (int64_t i = static_cast<int64_t>(blockIdx.y) * blockDim.x + threadIdx.x; i < pixels;
        i += static_cast<int64_t>(gridDim.y) * blockDim.x)
      sum += depth_product(my, mx, dy, x, s, i, k, t / s.s, t % s.s);
   sum = hl_reduce_block(sum, hl_sum(), A(0));
   if (threadIdx.x == 0) parts[static_cast<int64_t>(blockIdx.y) * gridDim.x + blockIdx.x] = sum;
}

/* The same with the channels innermost: a block of 8 rows of 32 channels for each part, 32 channels and tap. */
template <typename T>
__global__ void depth_rows(hl_acc<T> *parts, hl_image my, hl_image mx, const T *dy, const T *x, kernel_shape s)
{
   using A = hl_acc<T>;
   HL_SHARED(room, A[8][32]);
   int taps = s.r * s.s, t = static_cast<int>(blockIdx.x) % taps;
   int lane = static_cast<int>(threadIdx.x) % 32, row = static_cast<int>(threadIdx.x) / 32;
   int k = static_cast<int>(blockIdx.x) / taps * 32 + lane;
   int64_t pixels = static_cast<int64_t>(my.n) * my.h * my.w;
   A sum = A(0);
   for (int64_t i = static_cast<int64_t>(blockIdx.y) * 8 + row; i < pixels && k < my.c; i += gridDim.y * 8)
      sum += depth_product(my, mx, dy, x, s, i, k, t / s.s, t % s.s);
   room[row][lane] = sum;
   __syncthreads();
   if (row > 0 || k >= my.c) return;
   for (int r = 1; r < 8; r++) sum += room[r][lane];
   parts[(static_cast<int64_t>(blockIdx.y) * my.c + k) * taps + t] = sum;
}

/* dw (n) += the sum of its parts. */
template <typename T> __global__ void depth_add(hl_acc<T> *dw, const hl_acc<T> *parts, int count, int64_t n)
{
   for (HL_STEP(int64_t, i, n)) {
      hl_acc<T> sum = hl_acc<T>(0);
      for (int part = 0; part < count; part++) sum += parts[part * n + i];
      dw[i] += rounded<T>(sum);
   }
}

template <typename T> int back_w(const char *fn, hl_acc<T> *dw, const hl_tensor *dy, const hl_tensor *x, kernel_shape s)
{
   hl_image my = hl_image_of(dy), mx = hl_image_of(x);
   bool rows = my.last && mx.last;
   int64_t pixels = static_cast<int64_t>(my.n) * my.h * my.w, taps = static_cast<int64_t>(s.r) * s.s, n = my.c * taps;
   int64_t across = rows ? hl_divide_up(my.c, 32) * taps : n, step = rows ? 8 : HL_BLOCK;
   int64_t count = std::min(hl_divide_up(pixels, step * 8), hl_divide_up(HL_MOST_PARTS, across));
   HL_CHECK(across <= INT32_MAX, "%s: %lld weights are more than the device can take at once", fn,
            static_cast<long long>(across));
   hl_scratch room;
   HL_TRY(room.take(count * n * static_cast<int64_t>(sizeof(hl_acc<T>))));
   hl_acc<T> *parts = room.as<hl_acc<T>>();
   dim3 grid(static_cast<unsigned>(across), static_cast<unsigned>(count));
   if (rows) {
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (depth_rows<T>), parts, my, mx, hl_data<T>(dy), hl_data<T>(x), s);
   } else {
      HL_LAUNCH(fn, grid, HL_BLOCK, 0, (depth_planes<T>), parts, my, mx, hl_data<T>(dy), hl_data<T>(x), s);
   }
   HL_LAUNCH(fn, hl_blocks(n), HL_BLOCK, 0, (depth_add<T>), dw, parts, static_cast<int>(count), n);
   return 0;
}

} // namespace

int hl_depthwise(const char *fn, const hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_conv *p)
{
   kernel_shape s = kernel_of(w, p);
   hl_image my = hl_image_of(y), mx = hl_image_of(x);
   int64_t n = hl_numel(y);
   HL_DISPATCH_FLOAT(
       x->dtype, T, constexpr int V = 16 / sizeof(T); T *to = static_cast<T *>(y->data); const T *from = hl_data<T>(x);
       const hl_acc<T> *weight = hl_data<hl_acc<T>>(w); if (s.many == 1 && hl_can_pack(V, my, mx, to, from)) {
          HL_LAUNCH(fn, hl_blocks(n / V), HL_BLOCK, 0, (depth_forward<V, T>), my, mx, to, from, weight, s, n / V);
       } else { HL_LAUNCH(fn, hl_blocks(n), HL_BLOCK, 0, (depth_forward<1, T>), my, mx, to, from, weight, s, n); })
   return 0;
}

int hl_depthwise_dx(const char *fn, const hl_tensor *dx, const hl_tensor *w, const hl_tensor *dy, const hl_conv *p)
{
   kernel_shape s = kernel_of(w, p);
   hl_image mx = hl_image_of(dx), my = hl_image_of(dy);
   int64_t n = hl_numel(dx);
   HL_DISPATCH_FLOAT(
       dx->dtype, T, constexpr int V = 16 / sizeof(T); T *to = static_cast<T *>(dx->data);
       const T *from = hl_data<T>(dy); const hl_acc<T> *weight = hl_data<hl_acc<T>>(w);
       if (s.many == 1 && hl_can_pack(V, mx, my, to, from)) {
          HL_LAUNCH(fn, hl_blocks(n / V), HL_BLOCK, 0, (depth_back_x<V, T>), mx, my, to, from, weight, s, n / V);
       } else { HL_LAUNCH(fn, hl_blocks(n), HL_BLOCK, 0, (depth_back_x<1, T>), mx, my, to, from, weight, s, n); })
   return 0;
}

int hl_depthwise_dw(const char *fn, const hl_tensor *dw, const hl_tensor *x, const hl_tensor *dy, const hl_conv *p)
{
   kernel_shape s = kernel_of(dw, p);
   HL_DISPATCH_FLOAT(x->dtype, T, return back_w<T>(fn, static_cast<hl_acc<T> *>(dw->data), dy, x, s))
   return 0;
}
