local class = require 'hilo.nn.class'

--- nn.Maxout(nIn, nOut, k): the largest of k linear maps, for each output (Goodfellow and others, 2013).
---
---     local y = nn.Maxout(4, 3, 2):forward(hilo.randn(5, 4))  -- (5,3)
local Maxout, parent = class('nn.Maxout', 'nn.Sequential')

---@param inputSize integer
---@param outputSize integer
---@param maxoutNumber integer
---@param preprocess? Module what the k linear maps are had by; nn.Linear(nIn, k * nOut) if not given
function Maxout:__init(inputSize, outputSize, maxoutNumber, preprocess)
   parent.__init(self)
   self.outputSize, self.maxoutNumber = outputSize, maxoutNumber
   self:check_whole(1, self.most.planes, 'outputSize', 'maxoutNumber')
   local namespace = class.namespace
   self:add(preprocess or namespace.Linear(inputSize, outputSize * maxoutNumber))
   self:add(namespace.View(maxoutNumber, outputSize):setNumInputDims(1))
   self:add(namespace.Max(1, 2))
end

return Maxout
