local class = require 'hilo.nn.class'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.Max([dim, nInputDims]): the largest element along dim, which goes away.
---
---     local y = nn.Max(2):forward(hilo.Tensor{{1, 5}, {3, 2}})  -- 5, 3
local Max, parent = class('nn.Max', 'nn.Module')

---@param dimension? integer 1 if not given; negative counts from the last
---@param nInputDims? integer an input of one dimension more is a batch, and the next dimension is meant
function Max:__init(dimension, nInputDims)
   parent.__init(self)
   self.dimension, self.nInputDims = dimension or 1, nInputDims
end

---@private
function Max:extreme(x, dim) return (reduce.max(x, dim)) end

---@param x Tensor
function Max:updateOutput(x)
   local dim = self:sample_dimension(x, self.dimension, self.nInputDims)
   local y = self:extreme(x, dim)
   return x:dim() > 1 and shape.squeeze(y, dim) or y
end

return Max
