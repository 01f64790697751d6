local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Squeeze([dim, numInputDims]): drops dimensions of size 1: all, or dim alone. With numInputDims, an input of another number of
--- dimensions is a batch and the next dimension is meant.
---
---     local y = nn.Squeeze():forward(hilo.zeros(1, 3, 1))  -- (3)
local Squeeze, parent = class('nn.Squeeze', 'nn.Module')

---@param dim? integer
---@param numInputDims? integer
function Squeeze:__init(dim, numInputDims)
   parent.__init(self)
   self.dim, self.numInputDims = dim, numInputDims
end

---@param x Tensor
function Squeeze:updateOutput(x)
   local batched = self.numInputDims and x:dim() ~= self.numInputDims
   return shape.squeeze(x, self.dim and (batched and self.dim + 1 or self.dim) or nil)
end

function Squeeze:__tostring__()
   return self.__typename .. (self.dim and ('(dim=%d)'):format(self.dim) or '')
end

return Squeeze
