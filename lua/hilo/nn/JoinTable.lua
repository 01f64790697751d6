local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.JoinTable(dim[, nInputDims]): the tensors of a table joined along dim. With nInputDims, inputs of one dimension more are
--- batches and the next dimension is meant.
---
---     local y = nn.JoinTable(1):forward {hilo.zeros(2), hilo.ones(3)}  -- (5)
local JoinTable, parent = class('nn.JoinTable', 'nn.Module')

---@param dimension integer negative counts from the last
---@param nInputDims? integer
function JoinTable:__init(dimension, nInputDims)
   parent.__init(self)
   self.dimension, self.nInputDims = dimension, nInputDims
end

function JoinTable:updateOutput(xs)
   local dim, n = self.dimension, tensors(self, xs)[1]:dim()
   if dim > 0 and self.nInputDims and n == self.nInputDims + 1 then dim = dim + 1 end
   return shape.cat(xs, dim)
end

return JoinTable
