local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.AbsCriterion([sizeAverage]): mean (or sum) of the absolute difference of input and target.
---
---     assert(nn.AbsCriterion():forward(hilo.Tensor{1, 2}, hilo.Tensor{2, 4}) == 1.5)
local AbsCriterion, parent = class('nn.AbsCriterion', 'nn.Criterion')

---@param sizeAverage? boolean true if not given
function AbsCriterion:__init(sizeAverage)
   parent.__init(self)
   self.sizeAverage = sizeAverage ~= false
end

---@param input Tensor
function AbsCriterion:updateOutput(input, target)
   return loss.l1(input, self:fit(input, target), {reduction = self:reduction()})
end

return AbsCriterion
