local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.MSECriterion([sizeAverage]): mean (or sum) of the squared difference of input and target.
---
---     local criterion = nn.MSECriterion()
---     assert(criterion:forward(hilo.Tensor{1, 2}, hilo.Tensor{1, 4}) == 2)
---     local dx = criterion:backward(hilo.Tensor{1, 2}, hilo.Tensor{1, 4})  -- 0, -2
local MSECriterion, parent = class('nn.MSECriterion', 'nn.Criterion')

---@param sizeAverage? boolean true if not given
function MSECriterion:__init(sizeAverage)
   parent.__init(self)
   self.sizeAverage = sizeAverage ~= false
end

---@param input Tensor
function MSECriterion:updateOutput(input, target)
   return loss.mse(input, self:fit(input, target), {reduction = self:reduction()})
end

return MSECriterion
