local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.GradientReversal([lambda]): x; its gradient comes back times -lambda.
---
---     local m, x = nn.GradientReversal(2), hilo.Tensor{1}
---     m:forward(x)
---     assert(m:backward(x, hilo.Tensor{3})[1] == -6)
local GradientReversal, parent = class('nn.GradientReversal', 'nn.Module')

local reverse = autograd.op('gradient_reversal', {
   forward = function(ctx, x, lambda)
      ctx.lambda = lambda
      return x:as_strided(Tensor.sizes_table(x), Tensor.strides_table(x))
   end,
   backward = function(ctx, dy) return pointwise.affine(dy, -ctx.lambda) end,
})

---@param lambda? number 1 if not given
function GradientReversal:__init(lambda)
   parent.__init(self)
   self.lambda = lambda or 1
end

--- Sets the factor.
---@param lambda number
function GradientReversal:setLambda(lambda) self.lambda = lambda end

---@param x Tensor
function GradientReversal:updateOutput(x) return reverse(x, self.lambda) end

return GradientReversal
