local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.L1Penalty(l1weight[, sizeAverage, provideOutput]): x, whose gradient grows by l1weight * sign(x): a penalty on |x| at this
--- place of a network. forward leaves the penalty in .loss.
---
---     local m, x = nn.L1Penalty(0.1), hilo.Tensor{-2, 3}
---     m:forward(x)
---     local dx = m:backward(x, hilo.zeros(2))  -- -0.1, 0.1
local L1Penalty, parent = class('nn.L1Penalty', 'nn.Module')

local penalised = autograd.op('l1_penalty', {
   forward = function(ctx, x, m, pass)
      ctx.x, ctx.m, ctx.pass = x, m, pass
      return x:as_strided(Tensor.sizes_table(x), Tensor.strides_table(x))
   end,
   backward = function(ctx, dy)
      local dx = pointwise.affine(pointwise.sign(ctx.x), ctx.m)
      return ctx.pass and pointwise.add(dx, dy) or dx
   end,
})

---@param l1weight number
---@param sizeAverage? boolean divides the weight by the number of elements
---@param provideOutput? boolean the gradient of what follows is added; true if not given
function L1Penalty:__init(l1weight, sizeAverage, provideOutput)
   parent.__init(self)
   self.l1weight, self.sizeAverage, self.provideOutput = l1weight, sizeAverage or false, provideOutput ~= false
end

---@param x Tensor
function L1Penalty:updateOutput(x)
   local m = self.sizeAverage and self.l1weight / x:nElement() or self.l1weight
   self.loss = m * x:detach():norm(1)
   return penalised(x, m, self.provideOutput)
end

return L1Penalty
