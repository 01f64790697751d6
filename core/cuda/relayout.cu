/* relayout.cu: copies between the two orders of 4-d tensors, with the conversion that goes with them: images and
 * weights on their way into and out of bfloat16. Each image is a matrix that is transposed tile by tile, so that
 * neighbouring threads read neighbours and write neighbours. */
#include "relayout.cuh"

namespace
{

enum { TILE = 1024, TILE_SIDE = 256 }; /* most elements of a tile, most rows or columns */

/* y (n, b, a) = x (n, a, b) */
template <typename Y, typename X>
__global__ void relayout(Y *y, const X *x, int64_t n, int64_t a, int64_t b, int tile_a, int tile_b, bool adds)
{
   HL_SHARED(tile, hl_acc<X>[TILE + TILE_SIDE]);
   int64_t across = (b + tile_b - 1) / tile_b;
   int64_t from_a = blockIdx.x / across * tile_a, from_b = blockIdx.x % across * tile_b;
   unsigned rows = static_cast<unsigned>(a - from_a < tile_a ? a - from_a : tile_a);
   unsigned cols = static_cast<unsigned>(b - from_b < tile_b ? b - from_b : tile_b);
   unsigned pitch = cols | 1; /* odd: a column's elements lie in different banks */
   for (int64_t image = blockIdx.y; image < n; image += gridDim.y) {
      const X *in = x + (image * a + from_a) * b + from_b;
      Y *out = y + (image * b + from_b) * a + from_a;
      for (unsigned i = threadIdx.x; i < rows * cols; i += blockDim.x) {
         unsigned r = i / cols, c = i - r * cols;
         tile[r * pitch + c] = hl_load(in[r * b + c]);
      }
      __syncthreads();
      for (unsigned i = threadIdx.x; i < rows * cols; i += blockDim.x) {
         unsigned c = i / rows, r = i - c * rows;
         Y &to = out[c * a + r];
         hl_acc<X> value = tile[r * pitch + c];
         hl_store(to, adds ? static_cast<hl_acc<X>>(hl_load(to)) + value : value);
      }
      __syncthreads();
   }
}

/* As many rows as go with tiles of `other` columns; several times 32, so that rows of memory are read whole. */
int tile_side(int64_t size, int other)
{
   int64_t most = TILE / other / 32 * 32;
   if (most > TILE_SIDE) most = TILE_SIDE;
   return static_cast<int>(size < most ? size : most);
}

template <typename Y, typename X> int run(const char *fn, hl_tensor *y, const hl_tensor *x, bool adds)
{
   int64_t a = x->size[1], b = x->size[2] * x->size[3];
   if (!hl_is_contiguous(x)) std::swap(a, b);
   int tile_b = tile_side(b, 32), tile_a = tile_side(a, tile_b);
   tile_b = tile_side(b, tile_a < 32 ? tile_a : 32);
   int64_t tiles = (a + tile_a - 1) / tile_a * ((b + tile_b - 1) / tile_b), n = x->size[0];
   dim3 grid(static_cast<unsigned>(tiles), static_cast<unsigned>(n < 65535 ? n : 65535));
   HL_LAUNCH(fn, grid, HL_BLOCK, 0, (relayout<Y, X>), hl_data<Y>(y), hl_data<X>(x), n, a, b, tile_a, tile_b, adds);
   return 0;
}

} // namespace

bool hl_can_relayout(const hl_tensor *y, const hl_tensor *x)
{
   if (y->ndim != 4 || x->ndim != 4 || !hl_same_size(y, x) || hl_numel(y) == 0) return false;
   bool types = y->dtype == x->dtype || (y->dtype == HL_BF16 && x->dtype == HL_F32) ||
                (y->dtype == HL_F32 && x->dtype == HL_BF16);
   bool planes = hl_is_contiguous(y);
   return types && planes != hl_is_contiguous(x) && hl_is_channels_last(planes ? x : y) &&
          x->size[1] * x->size[2] * x->size[3] < INT32_MAX;
}

int hl_relayout(const char *fn, hl_tensor *y, const hl_tensor *x, bool adds)
{
   if (y->dtype != x->dtype)
      return y->dtype == HL_BF16 ? run<hl_bf16, float>(fn, y, x, adds) : run<float, hl_bf16>(fn, y, x, adds);
   if (adds) HL_DISPATCH_FLOAT(x->dtype, T, return run<T, T>(fn, y, x, true))
   switch (hl_dtype_size(x->dtype)) { /* moved as they are */
   case 1:
      return run<uint8_t, uint8_t>(fn, y, x, false);
   case 2:
      return run<uint16_t, uint16_t>(fn, y, x, false);
   case 4:
      return run<uint32_t, uint32_t>(fn, y, x, false);
   default:
      return run<uint64_t, uint64_t>(fn, y, x, false);
   }
}
