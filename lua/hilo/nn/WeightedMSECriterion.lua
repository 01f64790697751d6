local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.WeightedMSECriterion(weight): nn.MSECriterion of x and the target times the weight, element by element.
---
---     assert(nn.WeightedMSECriterion(hilo.Tensor{1, 0}):forward(hilo.Tensor{1, 1}, hilo.Tensor{1, 5}) == 0.5)
local WeightedMSECriterion, parent = class('nn.WeightedMSECriterion', 'nn.MSECriterion')

---@param weight Tensor as the target, or as one sample of it
---@param sizeAverage? boolean true if not given
function WeightedMSECriterion:__init(weight, sizeAverage)
   parent.__init(self, sizeAverage)
   self.weight = weight:clone()
end

---@param input Tensor
function WeightedMSECriterion:updateOutput(input, target)
   target = self:fit(input, target)
   return parent.updateOutput(self, input, pointwise.cmul(target, self.weight:to{dtype = target:dtype()}))
end

return WeightedMSECriterion
