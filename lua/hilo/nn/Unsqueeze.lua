local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Unsqueeze(pos[, numInputDims]): a new dimension of size 1 at pos.
---
---     local y = nn.Unsqueeze(1):forward(hilo.zeros(3))  -- (1,3)
local Unsqueeze, parent = class('nn.Unsqueeze', 'nn.Module')

---@param pos integer
---@param numInputDims? integer dimensions of one sample; those in front of them are the batch
function Unsqueeze:__init(pos, numInputDims)
   parent.__init(self)
   self:check(type(pos) == 'number', 'expects a position, got %s', type(pos))
   self.pos, self.numInputDims = pos, numInputDims
end

--- How many dimensions one sample has.
---@param numInputDims integer
---@return nn.Unsqueeze self
function Unsqueeze:setNumInputDims(numInputDims)
   self.numInputDims = numInputDims
   return self
end

---@param x Tensor
function Unsqueeze:updateOutput(x)
   return shape.unsqueeze(x, self.pos + (self.numInputDims and x:dim() - self.numInputDims or 0))
end

function Unsqueeze:__tostring__() return ('%s(dim %d)'):format(self.__typename, self.pos) end

return Unsqueeze
