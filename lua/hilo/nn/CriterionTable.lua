local class = require 'hilo.nn.class'

--- nn.CriterionTable(criterion): a criterion as a module: of {input, target}, the loss.
---
---     local loss = nn.CriterionTable(nn.MSECriterion()):forward {hilo.Tensor{2}, hilo.Tensor{0}}  -- 4
local CriterionTable, parent = class('nn.CriterionTable', 'nn.Module')

---@param criterion Criterion
function CriterionTable:__init(criterion)
   parent.__init(self)
   self.criterion = criterion
end

---@param xs table input and target
function CriterionTable:updateOutput(xs) return self.criterion:part(self.criterion, xs[1], xs[2]) end

return CriterionTable
