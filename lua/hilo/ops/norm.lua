--- norm.lua: batch normalisation, with the residual sum and the ReLU that often follow it.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local arguments = require 'hilo.ops.arguments'

local run, dense, size = core.run, arguments.dense, arguments.size
local new_norm = ffi.typeof('hl_norm')

-- add is an argument of its own, for its gradient
local batch_norm = autograd.op('batch_norm', {
   forward = function(ctx, x, gamma, beta, add, running_mean, running_var, p, inplace)
      local channels, dtype = size(x, 2), arguments.param_dtype(x)
      local mean, invstd = x:emptyAs(dtype, channels), x:emptyAs(dtype, channels)
      x = dense(x)
      local y = inplace and x or x:empty()
      ctx.x, ctx.gamma, ctx.beta, ctx.add, ctx.mean, ctx.invstd, ctx.p = x, dense(gamma), dense(beta), dense(add), mean, invstd, p
      run('hl_batch_norm', y, mean, invstd, running_mean, running_var, x, ctx.gamma, ctx.beta, ctx.add, p)
      if p.relu ~= 0 then ctx.y = y end
      if p.training ~= 0 then
         if running_mean then running_mean:bump() end
         if running_var then running_var:bump() end
      end
      return y
   end,
   backward = function(ctx, dy)
      local dx, dadd = ctx.needs[1] and ctx.x:empty() or nil, ctx.needs[4] and ctx.x:empty() or nil
      local dgamma, dbeta = ctx:into(2, ctx.gamma), ctx:into(3, ctx.beta)
      run('hl_batch_norm_back', dx, dgamma, dbeta, dadd, dense(dy), ctx.x, ctx.y, ctx.mean, ctx.invstd, ctx.gamma, ctx.p)
      return dx, dgamma, dbeta, dadd
   end,
   remake = function(ctx)
      -- as they were: an optimiser may move them before the backward
      local gamma, beta = ctx.gamma and ctx.gamma:clone(), ctx.beta and ctx.beta:clone()
      return function(y) run('hl_batch_norm_again', y, ctx.mean, ctx.invstd, ctx.x, gamma, beta, ctx.add, ctx.p) end
   end,
})

local known = arguments.names('training', 'momentum', 'eps', 'relu', 'add', 'inplace')

local M = {}

--- Batch normalisation over all dimensions but the second, then + add, then ReLU where asked for (Ioffe and Szegedy, 2015).
--- With training the batch's statistics are used and the running ones move: r = (1 - momentum) r + momentum batch; the
--- running variance is the unbiased one. Else the running ones are used. Parameters and statistics are of x's type, float32 where
--- x is bfloat16.
---
---     local y = hilo.batch_norm(hilo.randn(4, 3, 8, 8) * 5, nil, nil, nil, nil, {training = true})
---     assert(math.abs(y:std() - 1) < 0.01)
---@param x Tensor (N,C,...)
---@param gamma? Tensor (C) scale, 1 if nil
---@param beta? Tensor (C) shift, 0 if nil
---@param running_mean? Tensor (C), required unless training
---@param running_var? Tensor (C), required unless training
---@param options? {training?: boolean, momentum?: number, eps?: number, relu?: boolean, add?: Tensor, inplace?: boolean} false,
--- 0.1, 1e-5,
--- false, none; inplace: y overwrites x, where no gradient is wanted (within no_grad)
---@return Tensor y as x
function M.batch_norm(x, gamma, beta, running_mean, running_var, options)
   local fn = 'batch_norm'
   arguments.tensor(fn, 'x', x)
   arguments.optional_tensor(fn, 'gamma', gamma)
   arguments.optional_tensor(fn, 'beta', beta)
   arguments.optional_tensor(fn, 'running_mean', running_mean)
   arguments.optional_tensor(fn, 'running_var', running_var)
   options = arguments.options(fn, options, known)
   arguments.optional_tensor(fn, 'add', options.add)
   local p = new_norm()
   p.eps = arguments.number(fn, 'eps', options.eps or 1e-5)
   p.momentum = arguments.number(fn, 'momentum', options.momentum or 0.1)
   p.training, p.relu = options.training and 1 or 0, options.relu and 1 or 0
   core.check(not (options.inplace and autograd.is_enabled()), 'batch_norm: inplace is for no_grad: backward would need x')
   return batch_norm(x, gamma, beta, options.add, running_mean, running_var, p, options.inplace)
end

return M
