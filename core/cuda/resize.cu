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

/* launch(V) with V channels a thread, a constant: as many as 16 bytes hold where they can be moved together, else 1. */
template <typename T, typename F> int by_packs(const hl_tensor *to, const hl_tensor *from, const F &launch)
{
   constexpr int V = 16 / sizeof(T);
   if (hl_can_pack(V, hl_image_of(to), hl_image_of(from), to->data, from->data))
      return launch(std::integral_constant<int, V>());
   return launch(std::integral_constant<int, 1>());
}

template <typename T> int nearest_as(hl_tensor *y, const hl_tensor *x)
{
   hl_image my = hl_image_of(y), mx = hl_image_of(x);
   hl_axes<float> axes;
   HL_TRY(axes.make("resize", my.h, mx.h, my.w, mx.w, HL_NEAREST, false));
   return by_packs<T>(y, x, [&](auto packs) {
      constexpr int V = decltype(packs)::value;
      const int64_t n = hl_numel(y) / V;
      HL_LAUNCH("resize", hl_blocks(n), HL_BLOCK, 0, (nearest<V, T>), my, mx, hl_data<T>(y), hl_data<T>(x), axes.down,
                axes.across, n);
      return 0;
   });
}

template <typename T> int bilinear_as(hl_tensor *y, const hl_tensor *x, int mode)
{
   hl_image my = hl_image_of(y), mx = hl_image_of(x);
   hl_axes<hl_acc<T>> axes;
   HL_TRY(axes.make("resize", my.h, mx.h, my.w, mx.w, mode, false));
   return by_packs<T>(y, x, [&](auto packs) {
      constexpr int V = decltype(packs)::value;
      const int64_t n = hl_numel(y) / V;
      HL_LAUNCH("resize", hl_blocks(n), HL_BLOCK, 0, (bilinear<V, T>), my, mx, hl_data<T>(y), hl_data<T>(x), axes.down,
                axes.across, n);
      return 0;
   });
}

template <typename T> int back_as(hl_tensor *dx, const hl_tensor *dy, int mode)
{
   hl_image mx = hl_image_of(dx), my = hl_image_of(dy);
   hl_axes<hl_acc<T>> axes;
   HL_TRY(axes.make("resize_back", my.h, mx.h, my.w, mx.w, mode, true));
   return by_packs<T>(dx, dy, [&](auto packs) {
      constexpr int V = decltype(packs)::value;
      const int64_t n = hl_numel(dx) / V;
      HL_LAUNCH("resize_back", hl_blocks(n), HL_BLOCK, 0, (gather<V, T>), mx, my, hl_data<T>(dx), hl_data<T>(dy),
                axes.down, axes.across, mode != HL_NEAREST, n);
      return 0;
   });
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
