local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.L1HingeEmbeddingCriterion([margin]): of {a, b}, the sum of |a - b| where the target is 1, and what it lacks to the margin where
--- the target is -1.
---
---     assert(nn.L1HingeEmbeddingCriterion(4):forward({hilo.Tensor{1, 2}, hilo.Tensor{2, 2}}, -1) == 3)
local L1HingeEmbeddingCriterion, parent = class('nn.L1HingeEmbeddingCriterion', 'nn.Criterion')

---@param margin? number 1 if not given
function L1HingeEmbeddingCriterion:__init(margin)
   parent.__init(self)
   self.margin = margin or 1
end

---@param input table
function L1HingeEmbeddingCriterion:updateOutput(input, target)
   local distance = self:total(pointwise.abs(pointwise.sub(input[1], input[2])))
   if core.is_tensor(target) then target = target:item() end
   return target == -1 and pointwise.relu(pointwise.affine(distance, -1, self.margin)) or distance
end

return L1HingeEmbeddingCriterion
