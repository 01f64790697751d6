--- nn/unpool.lua: values put back at the places where a pooling found them.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local shape = require 'hilo.ops.shape'

--- Values x at positions `index`, zeros elsewhere.
---@param x Tensor (N,C,K)
---@param index Tensor (N,C,K) long, from 1
---@param size integer
---@return Tensor (N,C,size)
local unpool = autograd.op('unpool', {
   forward = function(ctx, x, index, size)
      ctx.index = index
      local y = x:zeros(x:size(1), x:size(2), size)
      core.run('hl_scatter', y, x, index, 2, 0)
      return y
   end,
   backward = function(ctx, dy) return shape.gather(dy, 3, ctx.index) end,
})

return unpool
