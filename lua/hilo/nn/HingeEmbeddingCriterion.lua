local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.HingeEmbeddingCriterion([margin]): of distances x, mean of x where the target is 1 and of max(0, margin - x) where it is -1.
---
---     assert(nn.HingeEmbeddingCriterion():forward(hilo.Tensor{0.5, 0.75}, hilo.Tensor{1, -1}) == 0.375)
local HingeEmbeddingCriterion, parent = class('nn.HingeEmbeddingCriterion', 'nn.Criterion')

---@param margin? number 1 if not given
function HingeEmbeddingCriterion:__init(margin)
   parent.__init(self)
   self.margin, self.sizeAverage = margin or 1, true
end

---@param input Tensor
function HingeEmbeddingCriterion:updateOutput(input, target)
   if type(target) == 'number' then target = input:empty():fill(target) end
   local apart = pointwise.relu(pointwise.affine(input, -1, self.margin))
   return self:total(pointwise.where(pointwise.gt(self:fit(input, target):detach(), 0), input, apart))
end

return HingeEmbeddingCriterion
