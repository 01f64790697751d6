local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.MarginCriterion([margin]): mean of max(0, margin - t x), targets t of 1 and -1.
---
---     assert(nn.MarginCriterion():forward(hilo.Tensor{2, 0.5}, hilo.Tensor{1, 1}) == 0.25)
local MarginCriterion, parent = class('nn.MarginCriterion', 'nn.Criterion')

---@param margin? number 1 if not given
function MarginCriterion:__init(margin)
   parent.__init(self)
   self.margin, self.sizeAverage = margin or 1, true
end

---@param input Tensor
function MarginCriterion:updateOutput(input, target)
   if type(target) == 'number' then target = input:empty():fill(target) end
   return self:total(pointwise.relu(pointwise.affine(pointwise.cmul(input, self:fit(input, target)), -1, self.margin)))
end

return MarginCriterion
