local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.MarginRankingCriterion([margin]): of {a, b}, mean of max(0, margin - t (a - b)): t of 1 wants a above b, -1 below.
---
---     assert(nn.MarginRankingCriterion(1):forward({hilo.Tensor{3}, hilo.Tensor{2.5}}, 1) == 0.5)
local MarginRankingCriterion, parent = class('nn.MarginRankingCriterion', 'nn.Criterion')

---@param margin? number 1 if not given
function MarginRankingCriterion:__init(margin)
   parent.__init(self)
   self.margin, self.sizeAverage = margin or 1, true
end

---@param input table
function MarginRankingCriterion:updateOutput(input, target)
   local difference = pointwise.sub(input[1], input[2])
   if type(target) == 'number' then target = difference:empty():fill(target) end
   return self:total(pointwise.relu(pointwise.affine(pointwise.cmul(difference, self:fit(difference, target)), -1, self.margin)))
end

return MarginRankingCriterion
