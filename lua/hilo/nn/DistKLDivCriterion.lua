local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.DistKLDivCriterion([sizeAverage]): Kullback-Leibler divergence of log-probabilities x from probabilities t: sum of
--- t (log t - x), divided by the number of elements where sizeAverage.
---
---     local loss = nn.DistKLDivCriterion():forward(hilo.zeros(1), hilo.ones(1))  -- 0
local DistKLDivCriterion, parent = class('nn.DistKLDivCriterion', 'nn.Criterion')

---@param sizeAverage? boolean true if not given
function DistKLDivCriterion:__init(sizeAverage)
   parent.__init(self)
   self.sizeAverage = sizeAverage ~= false
end

---@param input Tensor
function DistKLDivCriterion:updateOutput(input, target)
   local t = self:fit(input, target):detach()
   local positive = pointwise.gt(t, 0)
   local weight = pointwise.cmul(t, positive:to{dtype = t:dtype()})
   local logs = pointwise.log(pointwise.where(positive, t, t:empty(1):fill(1)))
   return self:total(pointwise.cmul(weight, pointwise.sub(logs, input)))
end

return DistKLDivCriterion
