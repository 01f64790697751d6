local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.MultiLabelSoftMarginCriterion([weights, sizeAverage]): binary cross entropy of scores, before the sigmoid, with targets of 0
--- and 1.
---
---     local loss = nn.MultiLabelSoftMarginCriterion():forward(hilo.zeros(2), hilo.Tensor{1, 0})  -- log 2
local MultiLabelSoftMarginCriterion, parent = class('nn.MultiLabelSoftMarginCriterion', 'nn.Criterion')

---@param weights? Tensor of each element of one sample
---@param sizeAverage? boolean true if not given
function MultiLabelSoftMarginCriterion:__init(weights, sizeAverage)
   parent.__init(self)
   self.weights, self.sizeAverage = weights, sizeAverage ~= false
end

---@param input Tensor
function MultiLabelSoftMarginCriterion:updateOutput(input, target)
   local y = pointwise.sub(pointwise.softplus(input), pointwise.cmul(self:fit(input, target), input))
   if self.weights then y = pointwise.cmul(y, self.weights:to{dtype = y:dtype()}) end
   return self:total(y)
end

return MultiLabelSoftMarginCriterion
