local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.CosineEmbeddingCriterion([margin]): of {a, b}, vectors (D) or batches (N,D): mean of 1 - cos(a, b) where the target is 1 and of
--- max(0, cos(a, b) - margin) where it is -1.
---
---     local loss = nn.CosineEmbeddingCriterion():forward({hilo.Tensor{1, 0}, hilo.Tensor{2, 0}}, 1)  -- 0
local CosineEmbeddingCriterion, parent = class('nn.CosineEmbeddingCriterion', 'nn.Criterion')

---@param margin? number 0 if not given
function CosineEmbeddingCriterion:__init(margin)
   parent.__init(self)
   self.margin, self.sizeAverage = margin or 0, true
   self.cosine = class.namespace.CosineDistance()
end

---@param input table
function CosineEmbeddingCriterion:updateOutput(input, target)
   local y = self.cosine(input)
   if type(target) == 'number' then target = y:empty():fill(target) end
   local together, apart = pointwise.affine(y, -1, 1), pointwise.relu(pointwise.affine(y, 1, -self.margin))
   return self:total(pointwise.where(pointwise.gt(self:fit(y, target):detach(), 0), together, apart))
end

return CosineEmbeddingCriterion
