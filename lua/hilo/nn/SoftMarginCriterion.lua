local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.SoftMarginCriterion([sizeAverage]): mean (or sum) of log(1 + e^(-t x)), targets t of 1 and -1.
---
---     local loss = nn.SoftMarginCriterion():forward(hilo.zeros(2), hilo.Tensor{1, -1})  -- log 2
local SoftMarginCriterion, parent = class('nn.SoftMarginCriterion', 'nn.Criterion')

---@param sizeAverage? boolean true if not given
function SoftMarginCriterion:__init(sizeAverage)
   parent.__init(self)
   self.sizeAverage = sizeAverage ~= false
end

---@param input Tensor
function SoftMarginCriterion:updateOutput(input, target)
   return self:total(pointwise.softplus(pointwise.neg(pointwise.cmul(input, self:fit(input, target)))))
end

return SoftMarginCriterion
