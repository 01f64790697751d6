local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Transpose({a, b}, ...): dimensions a and b exchanged, then the next two.
---
---     local y = nn.Transpose({1, 3}):forward(hilo.zeros(2, 3, 4))  -- (4,3,2)
local Transpose, parent = class('nn.Transpose', 'nn.Module')

---@param ... integer[] pairs of dimensions
function Transpose:__init(...)
   parent.__init(self)
   self.permutations = {...}
   for _, pair in ipairs(self.permutations) do
      self:check(type(pair) == 'table' and #pair == 2, 'expects pairs of dimensions such as {1, 2}')
   end
end

--- How many dimensions one sample has; an input of more is a batch, and the dimensions after its first are meant.
---@param numInputDims integer
---@return nn.Transpose self
function Transpose:setNumInputDims(numInputDims)
   self.numInputDims = numInputDims
   return self
end

---@param x Tensor
function Transpose:updateOutput(x)
   local offset = self.numInputDims and x:dim() > self.numInputDims and 1 or 0
   for _, pair in ipairs(self.permutations) do x = shape.transpose(x, pair[1] + offset, pair[2] + offset) end
   return shape.contiguous(x)
end

return Transpose
