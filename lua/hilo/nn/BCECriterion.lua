local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.BCECriterion([weights, sizeAverage]): binary cross entropy of probabilities with targets in [0,1].
---
---     local loss = nn.BCECriterion():forward(hilo.Tensor{0.9, 0.1}, hilo.Tensor{1, 0})
local BCECriterion, parent = class('nn.BCECriterion', 'nn.Criterion')

local eps = 1e-12 -- keeps the logarithms finite, as in Torch7

---@param weights? Tensor of each element of one sample
---@param sizeAverage? boolean true if not given
function BCECriterion:__init(weights, sizeAverage)
   parent.__init(self)
   self.weights, self.sizeAverage = weights, sizeAverage ~= false
end

---@param input Tensor
function BCECriterion:updateOutput(input, target)
   target = self:fit(input, target)
   local positive = pointwise.cmul(target, pointwise.log(pointwise.affine(input, 1, eps)))
   local negative = pointwise.cmul(pointwise.affine(target, -1, 1), pointwise.log(pointwise.affine(input, -1, 1 + eps)))
   local y = pointwise.add(positive, negative)
   if self.weights then y = pointwise.cmul(y, self.weights) end
   return pointwise.neg(self:total(y))
end

return BCECriterion
