--- nn/sparse.lua: products of sparse vectors with a matrix.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local matmul = require 'hilo.ops.matmul'
local shape = require 'hilo.ops.shape'

-- f(i, keys, values, first) for each sample i
local function each_sample(keys, values, sizes, f)
   local first = 1
   for i, n in ipairs(sizes) do
      if n > 0 then f(i, keys:narrow(1, first, n), values:narrow(1, first, n), first) end
      first = first + n
   end
end

--- For each sample the sum of rows of w, those at its keys, times its values. Keeps nothing as large as values times outputs.
---@param w Tensor (K,M)
---@param values Tensor (n) of all samples, one after the other
---@param keys Tensor (n) long, rows of w from 1
---@param sizes integer[] of each of N samples, how many keys it has
---@return Tensor (N,M)
local product = autograd.op('sparse_product', {
   forward = function(ctx, w, values, keys, sizes)
      ctx.w, ctx.values, ctx.keys, ctx.sizes = w, values, keys, sizes
      local y = w:zeros(#sizes, w:size(2))
      each_sample(keys, values, sizes, function(i, k, v)
         y:narrow(1, i, 1):copy(matmul.matmul(v:reshape(1, v:size(1)), shape.index(w, 1, k)))
      end)
      return y
   end,
   backward = function(ctx, dy)
      local dw, dv = ctx:into(1, ctx.w), ctx.needs[2] and ctx.values:zeros() or nil
      each_sample(ctx.keys, ctx.values, ctx.sizes, function(i, k, v, first)
         local row, n = dy:narrow(1, i, 1), v:size(1)
         if dw then core.run('hl_index_put', dw, matmul.matmul(v:reshape(n, 1), row), k, 0, 1) end
         if dv then dv:narrow(1, first, n):copy(matmul.matmul(shape.index(ctx.w, 1, k), row:t()):view(n)) end
      end)
      return dw, dv
   end,
})

return {product = product}
