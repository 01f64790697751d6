local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.SplitTable(dim[, nInputDims]): the slices of x along dim as a table.
---
---     local rows = nn.SplitTable(1):forward(hilo.zeros(3, 2))
---     assert(#rows == 3)
local SplitTable, parent = class('nn.SplitTable', 'nn.Module')

---@param dimension integer negative counts from the last
---@param nInputDims? integer an input of one dimension more is a batch, and the next dimension is meant
function SplitTable:__init(dimension, nInputDims)
   parent.__init(self)
   self.dimension, self.nInputDims = dimension, nInputDims
end

---@param x Tensor
function SplitTable:updateOutput(x)
   return shape.slices(x, self:sample_dimension(x, self.dimension, self.nInputDims), tostring(self))
end

return SplitTable
