local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.DistanceRatioCriterion([sizeAverage]): of {a, b}, distances of similar and of dissimilar pairs: mean (or sum) of
--- -log(e^-a / (e^-a + e^-b)) (Hoffer and others, 2016).
---
---     local loss = nn.DistanceRatioCriterion():forward {hilo.zeros(1), hilo.zeros(1)}  -- log 2
local DistanceRatioCriterion, parent = class('nn.DistanceRatioCriterion', 'nn.Criterion')

---@param sizeAverage? boolean true if not given
function DistanceRatioCriterion:__init(sizeAverage)
   parent.__init(self)
   self.sizeAverage = sizeAverage ~= false
end

---@param input {[1]: Tensor, [2]: Tensor}
function DistanceRatioCriterion:updateOutput(input)
   self:check(#input == 2 and input[1]:nElement() == input[2]:nElement(), 'expects two tensors of as many distances')
   return self:total(pointwise.softplus(pointwise.sub(input[1], input[2])))
end

return DistanceRatioCriterion
