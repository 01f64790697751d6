local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.ParallelCriterion([repeatTarget]): the sum of several criterions, each of its element of the input and of the target, times its
--- weight: :add(criterion[, weight]).
---
---     local both = nn.ParallelCriterion():add(nn.MSECriterion()):add(nn.AbsCriterion(), 0.5)
---     assert(both:forward({hilo.Tensor{2}, hilo.Tensor{4}}, {hilo.Tensor{0}, hilo.Tensor{0}}) == 6)
local ParallelCriterion, parent = class('nn.ParallelCriterion', 'nn.MultiCriterion')

---@param repeatTarget? boolean all have the whole target
function ParallelCriterion:__init(repeatTarget)
   parent.__init(self)
   self.repeatTarget = repeatTarget or false
end

---@param input table
function ParallelCriterion:updateOutput(input, target)
   local sum
   for i, criterion in ipairs(self.criterions) do
      local part = self:part(criterion, input[i], self.repeatTarget and target or target[i])
      part = pointwise.affine(part, self.weights[i])
      sum = sum and pointwise.add(sum, part) or part
   end
   return self:check(sum, 'has no criterions; add some first')
end

return ParallelCriterion
