local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.SmoothL1Criterion([sizeAverage]): mean (or sum) of d^2 / 2 where |d| < 1, else |d| - 1/2; d = input - target.
---
---     local loss = nn.SmoothL1Criterion():forward(hilo.Tensor{1, 2}, hilo.Tensor{1.5, 4})
local SmoothL1Criterion, parent = class('nn.SmoothL1Criterion', 'nn.Criterion')

---@param sizeAverage? boolean true if not given
function SmoothL1Criterion:__init(sizeAverage)
   parent.__init(self)
   self.sizeAverage = sizeAverage ~= false
end

---@param input Tensor
function SmoothL1Criterion:updateOutput(input, target)
   return loss.smooth_l1(input, self:fit(input, target), {reduction = self:reduction()})
end

return SmoothL1Criterion
