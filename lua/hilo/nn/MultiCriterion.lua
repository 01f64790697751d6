local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.MultiCriterion(): the sum of several criterions of one input and target, each times its weight: :add(criterion[, weight]).
---
---     local both = nn.MultiCriterion():add(nn.MSECriterion(), 0.5):add(nn.AbsCriterion())
---     assert(both:forward(hilo.Tensor{2}, hilo.Tensor{0}) == 4)
local MultiCriterion, parent = class('nn.MultiCriterion', 'nn.Criterion')

function MultiCriterion:__init()
   parent.__init(self)
   self.criterions, self.weights = {}, {}
end

--- Adds a criterion.
---@param criterion Criterion
---@param weight? number 1 if not given
---@return nn.MultiCriterion self
function MultiCriterion:add(criterion, weight)
   self:check(class.is_a(criterion, 'nn.Criterion'), 'add expects a criterion, got %s', type(criterion))
   table.insert(self.criterions, criterion)
   table.insert(self.weights, weight or 1)
   return self
end

function MultiCriterion:updateOutput(input, target)
   local sum
   for i, criterion in ipairs(self.criterions) do
      local part = pointwise.affine(self:part(criterion, input, target), self.weights[i])
      sum = sum and pointwise.add(sum, part) or part
   end
   return self:check(sum, 'has no criterions; add some first')
end

return MultiCriterion
