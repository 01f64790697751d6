--- ops/product.lua: y = alpha * a b + beta * y of matrices and of batches of them: floats in C, whole numbers here, on the host, where
--- they wrap as C's do.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'

local check, int64, int64s = core.check, ffi.typeof 'int64_t', ffi.typeof 'int64_t[?]'

local function is_whole(t) return not t._storage.dtype.is_float end

local function widened(t)
   local values, n = Tensor.host_copy(t)
   local wide = int64s(math.max(1, n))
   for i = 0, n - 1 do wide[i] = values[i] end
   return wide
end

-- y (M,N) at `to` += a (M,K) at `from_a` times b (K,N) at `from_b`; rows of y are added to, so that no number is boxed.
local function add_product(y, a, b, to, from_a, from_b, m, n, k)
   for i = 0, m - 1 do
      for l = 0, k - 1 do
         local factor, row, line = a[from_a + i * k + l], to + i * n, from_b + l * n
         for j = 0, n - 1 do y[row + j] = y[row + j] + factor * b[line + j] end
      end
   end
end

local function of_whole_numbers(y, a, b, alpha, beta)
   local d = y:dim()
   check(a:dtype() == y:dtype() and b:dtype() == y:dtype(), 'matmul: expects tensors of one type, got %s, %s and %s', y:type(),
      a:type(), b:type())
   check((d == 2 or d == 3) and a:dim() == d and b:dim() == d and a:size(d) == b:size(d - 1) and y:size(d - 1) == a:size(d - 1)
      and y:size(d) == b:size(d) and (d == 2 or a:size(1) == y:size(1) and b:size(1) == y:size(1)),
      'matmul: %s times %s does not fit %s', Tensor.shape_text(a), Tensor.shape_text(b), Tensor.shape_text(y))
   local m, n, k, sums = y:size(d - 1), y:size(d), a:size(d), int64s(math.max(1, y:nElement()))
   local wide_a, wide_b = widened(a), widened(b)
   for i = 0, (d == 3 and y:size(1) or 1) - 1 do add_product(sums, wide_a, wide_b, i * m * n, i * m * k, i * k * n, m, n, k) end
   local result = Tensor.empty(Tensor.sizes_table(y), {dtype = y:dtype()})
   local out, before = result:data(), beta ~= 0 and widened(y)
   alpha, beta = int64(alpha), int64(beta)
   for i = 0, y:nElement() - 1 do
      local sum = alpha * sums[i]
      if before then sum = sum + beta * before[i] end
      out[i] = sum
   end
   y:copy(result:to{device = y:getDevice()})
end

--- y = alpha * a b + beta * y; what y held does not matter where beta is 0.
---@param y Tensor (M,N) or (B,M,N)
---@param a Tensor (M,K) or (B,M,K)
---@param b Tensor (K,N) or (B,K,N)
---@param alpha number
---@param beta number
return function(y, a, b, alpha, beta)
   if is_whole(y) and is_whole(a) and is_whole(b) then return of_whole_numbers(y, a, b, alpha, beta) end
   core.run('hl_matmul', y, a, b, alpha, beta)
end
