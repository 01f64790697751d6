local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Parallel(inputDim, outputDim): slice i of x along inputDim goes through module i; the results are joined along outputDim.
--- Modules that no slice is left for do nothing.
---
---     local y = nn.Parallel(2, 1):add(nn.Linear(3, 4)):add(nn.Linear(3, 5)):forward(hilo.randn(3, 2))  -- (9)
local Parallel, parent = class('nn.Parallel', 'nn.Container')

---@param inputDimension integer
---@param outputDimension integer
function Parallel:__init(inputDimension, outputDimension)
   parent.__init(self)
   self.inputDimension, self.outputDimension = inputDimension, outputDimension
end

---@param x Tensor
function Parallel:updateOutput(x)
   local n = x:size(self.inputDimension)
   self:check(n <= #self.modules, 'has %d modules for %d slices along dimension %d', #self.modules, n, self.inputDimension)
   local ys = {}
   for i = 1, n do ys[i] = self:run(i, self.modules[i], shape.select(x, self.inputDimension, i)) end
   return shape.cat(ys, self.outputDimension)
end

function Parallel:__tostring__() return self:branches_text() end

return Parallel
