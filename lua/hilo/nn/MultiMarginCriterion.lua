local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'

--- nn.MultiMarginCriterion([p, weights, margin]): of scores (C) or (N,C) for classes counted from 1: the mean over the classes i but
--- the target t of max(0, margin - x_t + x_i)^p, times the target's weight, and the mean over the batch.
---
---     local loss = nn.MultiMarginCriterion():forward(hilo.Tensor{0, 2}, 2)  -- 0
local MultiMarginCriterion, parent = class('nn.MultiMarginCriterion', 'nn.Criterion')

---@param p? 1|2 1 if not given
---@param weights? Tensor (C)
---@param margin? number 1 if not given
function MultiMarginCriterion:__init(p, weights, margin)
   parent.__init(self)
   self.p, self.weights, self.margin, self.sizeAverage = p or 1, weights, margin or 1, true
   self:check(self.p == 1 or self.p == 2, 'p must be 1 or 2, got %s', tostring(p))
end

---@param input Tensor
function MultiMarginCriterion:updateOutput(input, target)
   local x = input:dim() == 1 and input:view(1, input:size(1)) or input
   local n, c = x:size(1), x:size(2)
   local index = self:classes(target, n, c, x)
   local over = pointwise.relu(pointwise.affine(pointwise.sub(x, shape.gather(x, 2, index)), 1, self.margin))
   if self.p == 2 then over = pointwise.square(over) end
   local counts = autograd.no_grad(function()
      local others = x:detach():empty():fill(1):scatter(2, index, 0)
      if not self.weights then return others end
      local weight = shape.index(self.weights:to{dtype = x:dtype()}, 1, index:view(n))
      return pointwise.cmul(others, weight:view(n, 1))
   end)
   return self:total(pointwise.cmul(over, counts), self.sizeAverage and n * c or c)
end

return MultiMarginCriterion
