local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'

--- nn.ModuleCriterion(criterion[, inputModule, targetModule, castTarget]): the criterion of what the modules make of input and target.
---
---     local loss = nn.ModuleCriterion(nn.MSECriterion(), nn.Tanh()):forward(hilo.zeros(2), hilo.zeros(2))
local ModuleCriterion, parent = class('nn.ModuleCriterion', 'nn.Criterion')

---@param criterion Criterion
---@param inputModule? Module
---@param targetModule? Module
---@param castTarget? boolean accepted for Torch7's sake; criterions convert their targets
function ModuleCriterion:__init(criterion, inputModule, targetModule, castTarget)
   parent.__init(self)
   self.criterion, self.inputModule, self.targetModule, self.castTarget = criterion, inputModule, targetModule, castTarget ~= false
end

function ModuleCriterion:updateOutput(input, target)
   if self.inputModule then input = self.inputModule(input) end
   if self.targetModule then target = autograd.no_grad(self.targetModule, target) end
   return self:part(self.criterion, input, target)
end

return ModuleCriterion
