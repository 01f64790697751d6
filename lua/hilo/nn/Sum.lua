local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.Sum([dim, nInputDims, sizeAverage, squeeze]): the sum along dim, which goes away unless squeeze is false. With nInputDims, an
--- input of one dimension more is a batch and the next dimension is meant.
---
---     local y = nn.Sum(2):forward(hilo.ones(2, 3))  -- 3, 3
local Sum, parent = class('nn.Sum', 'nn.Module')

---@param dimension? integer 1 if not given; negative counts from the last
---@param nInputDims? integer
---@param sizeAverage? boolean the mean instead
---@param squeeze? boolean true if not given
function Sum:__init(dimension, nInputDims, sizeAverage, squeeze)
   parent.__init(self)
   self.dimension, self.nInputDims = dimension or 1, nInputDims
   self.sizeAverage, self.squeeze = sizeAverage or false, squeeze ~= false
end

---@param x Tensor
function Sum:updateOutput(x)
   local dim = self:sample_dimension(x, self.dimension, self.nInputDims)
   local y = reduce.sum(x, dim)
   if self.sizeAverage then y = pointwise.affine(y, 1 / x:size(dim)) end
   return self.squeeze and x:dim() > 1 and shape.squeeze(y, dim) or y
end

return Sum
