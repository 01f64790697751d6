local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Parallel(inputDim, outputDim): slice i of x along inputDim goes through module i; the results are joined along outputDim.
---
---     local y = nn.Parallel(2, 1):add(nn.Linear(3, 4)):add(nn.Linear(3, 5)):forward(hilo.randn(3, 2))  -- (9)
local Parallel, parent = class('nn.Parallel', 'nn.Container')

---@param inputDimension integer
---@param outputDimension integer
function Parallel:__init(inputDimension, outputDimension)
   parent.__init(self)
   self.inputDimension, self.outputDimension = inputDimension, outputDimension
end

function Parallel:updateOutput(x)
   self:check(x:size(self.inputDimension) == #self.modules, 'has %d modules for %d slices along dimension %d', #self.modules,
      x:size(self.inputDimension), self.inputDimension)
   local ys = {}
   for i, m in ipairs(self.modules) do ys[i] = self:run(i, m, shape.select(x, self.inputDimension, i)) end
   return shape.cat(ys, self.outputDimension)
end

function Parallel:__tostring__() return self:branches_text() end

return Parallel
