/* resize.cu: nearest and bilinear resampling; the backward gathers. A thread makes one element, or with the channels
 * innermost a pack of them. */
#include "axis.cuh"

namespace
{

template <int V, typename T>
__global__ void bilinear(hl_image my, hl_image mx, T *y, const T *x, hl_axis<hl_acc<T>> down, hl_axis<hl_acc<T>> across,
                         int64_t packs)
{
   using A = hl_acc<T>;
   using pack = hl_pack<T, V>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, c, p, q;
      my.find(i * V, &n, &c, &p, &q);
      int top = down.lo[p], bottom = down.hi(p), left = across.lo[q], right = across.hi(q);
      A u = down.weight(p), v = across.weight(q);
      pack tl = *reinterpret_cast<const pack *>(x + mx.at(n, c, top, left));
      pack tr = *reinterpret_cast<const pack *>(x + mx.at(n, c, top, right));
      pack bl = *reinterpret_cast<const pack *>(x + mx.at(n, c, bottom, left));
      pack br = *reinterpret_cast<const pack *>(x + mx.at(n, c, bottom, right));
#pragma unroll
      for (int k = 0; k < V; k++) {
         A above = (A(1) - v) * hl_load(tl.at[k]) + v * hl_load(tr.at[k]);
         A below = (A(1) - v) * hl_load(bl.at[k]) + v * hl_load(br.at[k]);
         hl_store(tl.at[k], (A(1) - u) * above + u * below);
      }
      *reinterpret_cast<pack *>(y + i * V) = tl;
   }
}

/* Elements are only moved: T is an unsigned type of their size. */
template <int V, typename T>
__global__ void nearest(hl_image my, hl_image mx, T *y, const T *x, hl_axis<float> down, hl_axis<float> across,
                        int64_t packs)
{
   using pack = hl_pack<T, V>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, c, p, q;
      my.find(i * V, &n, &c, &p, &q);
      reinterpret_cast<pack *>(y)[i] = *reinterpret_cast<const pack *>(x + mx.at(n, c, down.lo[p], across.lo[q]));
   }
}

/* linear false: each output has one input, its lo. */
template <int V, typename T>
__global__ void gather(hl_image mx, hl_image my, T *dx, const T *dy, hl_axis<hl_acc<T>> down, hl_axis<hl_acc<T>> across,
                       bool linear, int64_t packs)
{
   using A = hl_acc<T>;
   using pack = hl_pack<T, V>;
   for (HL_STEP(int64_t, i, packs)) {
      int n, c, h, w;
      mx.find(i * V, &n, &c, &h, &w);
      int p = linear ? down.first(h) : down.begin[h], left = linear ? across.first(w) : across.begin[w];
      A sum[V] = {};
      for (; p < down.past(h); p++) {
         A u = linear ? down.share(p, h) : A(1);
         for (int q = left; q < across.past(w); q++) {
            A share = linear ? u * across.share(q, w) : A(1);
            pack g = *reinterpret_cast<const pack *>(dy + my.at(n, c, p, q));
#pragma unroll
            for (int k = 0; k < V; k++) sum[k] += share * hl_load(g.at[k]);
         }
      }
      pack out;
#pragma unroll
      for (int k = 0; k < V; k++) hl_store(out.at[k], sum[k]);
      reinterpret_cast<pack *>(dx)[i] = out;
   }
}

template <typename T> int nearest_as(hl_tensor *y, const hl_tensor *x)
{
   constexpr int V = 16 / sizeof(T);
   hl_image my = hl_image_of(y), mx = hl_image_of(x);
   hl_axes<float> axes;
   HL_TRY(axes.make("resize", my.h, mx.h, my.w, mx.w, HL_NEAREST, false));
   T *to = hl_data<T>(y);
   const T *from = hl_data<T>(x);
   int64_t n = hl_numel(y);
   if (hl_can_pack(V, my, mx, to, from)) {
      HL_LAUNCH("resize", hl_blocks(n / V), HL_BLOCK, 0, (nearest<V, T>), my, mx, to, from, axes.down, axes.across,
                n / V);
   } else {
      HL_LAUNCH("resize", hl_blocks(n), HL_BLOCK, 0, (nearest<1, T>), my, mx, to, from, axes.down, axes.across, n);
   }
   return 0;
}

template <typename T> int bilinear_as(hl_tensor *y, const hl_tensor *x, int mode)
{
   constexpr int V = 16 / sizeof(T);
   hl_image my = hl_image_of(y), mx = hl_image_of(x);
   hl_axes<hl_acc<T>> axes;
   HL_TRY(axes.make("resize", my.h, mx.h, my.w, mx.w, mode, false));
   T *to = hl_data<T>(y);
   const T *from = hl_data<T>(x);
   int64_t n = hl_numel(y);
   if (hl_can_pack(V, my, mx, to, from)) {
      HL_LAUNCH("resize", hl_blocks(n / V), HL_BLOCK, 0, (bilinear<V, T>), my, mx, to, from, axes.down, axes.across,
                n / V);
   } else {
      HL_LAUNCH("resize", hl_blocks(n), HL_BLOCK, 0, (bilinear<1, T>), my, mx, to, from, axes.down, axes.across, n);
   }
   return 0;
}

template <typename T> int back_as(hl_tensor *dx, const hl_tensor *dy, int mode)
{
   constexpr int V = 16 / sizeof(T);
   hl_image mx = hl_image_of(dx), my = hl_image_of(dy);
   hl_axes<hl_acc<T>> axes;
   HL_TRY(axes.make("resize_back", my.h, mx.h, my.w, mx.w, mode, true));
   T *to = hl_data<T>(dx);
   const T *from = hl_data<T>(dy);
   int64_t n = hl_numel(dx);
   bool linear = mode != HL_NEAREST;
   if (hl_can_pack(V, mx, my, to, from)) {
      HL_LAUNCH("resize_back", hl_blocks(n / V), HL_BLOCK, 0, (gather<V, T>), mx, my, to, from, axes.down, axes.across,
                linear, n / V);
   } else {
      HL_LAUNCH("resize_back", hl_blocks(n), HL_BLOCK, 0, (gather<1, T>), mx, my, to, from, axes.down, axes.across,
                linear, n);
   }
   return 0;
}

} // namespace

HL_EXPORT int hl_resize(hl_tensor *y, const hl_tensor *x, int mode)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_check_resize("resize", "y", y, "x", x, mode));
   if (hl_numel(y) == 0) return 0;
   if (mode == HL_NEAREST) {
      switch (hl_dtype_size(x->dtype)) {
      case 1:
         return nearest_as<uint8_t>(y, x);
      case 2:
         return nearest_as<uint16_t>(y, x);
      case 4:
         return nearest_as<uint32_t>(y, x);
      default:
         return nearest_as<uint64_t>(y, x);
      }
   }
   HL_DISPATCH_FLOAT(x->dtype, T, return bilinear_as<T>(y, x, mode))
   return 0;
}

HL_EXPORT int hl_resize_back(hl_tensor *dx, const hl_tensor *dy, int mode)
{
   HL_TRY(hl_poll());
   HL_TRY(hl_need_dense_float("resize_back", "dy", dy));
   HL_TRY(hl_check_resize("resize_back", "dx", dx, "dy", dy, mode));
   if (hl_numel(dx) == 0) return 0;
   HL_DISPATCH_FLOAT(dx->dtype, T, return back_as<T>(dx, dy, mode))
   return 0;
}
