--- nn/unpool.lua: values put back at the places where a pooling found them.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local shape = require 'hilo.ops.shape'

--- Values x at positions `index`, zeros elsewhere.
---@param x Tensor (N,C,K)
---@param index Tensor (N,C,K) long, from 1
---@param size integer
---@return Tensor (N,C,size)
local put_back = autograd.op('unpool', {
   forward = function(ctx, x, index, size)
      ctx.index = index
      local y = x:zeros(x:size(1), x:size(2), size)
      core.run('hl_scatter', y, x, index, 2, 0)
      return y
   end,
   backward = function(ctx, dy) return shape.gather(dy, 3, ctx.index) end,
})

local unpool = {}

--- Joins a module of unpooling with its pooling, which keeps its indices from then on.
---@param module Module
---@param pooling Module
---@param apart boolean whether the windows of the pooling do not overlap
function unpool.join(module, pooling, apart)
   module:check(apart, 'the windows of the pooling must not overlap: its stride must be its kernel')
   module.pooling, pooling.keeps_indices = pooling, true
end

--- x at the places where the pooling found its last result, in the sizes of what it was given.
---@param module Module that is joined with a pooling
---@param x Tensor as many values as the pooling gave
---@param dims integer how many dimensions a plane or volume has
---@return Tensor
function unpool.back(module, x, dims)
   local indices, sizes = module.pooling.indices, module.pooling.unpooled
   module:check(indices, 'needs a forward of the pooling before')
   module:check(x:nElement() == indices:nElement(), 'expects as many values as the pooling gave, got %s', Tensor.shape_text(x))
   local k, size = #sizes, 1
   for d = k - dims + 1, k do size = size * sizes[d] end
   local n, c = sizes[k - dims - 1] or 1, sizes[k - dims]
   return put_back(x:reshape(n, c, -1), indices:view(n, c, -1), size):view(sizes)
end

return unpool
