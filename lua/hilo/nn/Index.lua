local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.Index(dim): of {x, index}, the slices of x along dim at the positions in index.
---
---     local y = nn.Index(1):forward {hilo.eye(3), hilo.LongTensor{3, 1}}  -- (2,3)
local Index, parent = class('nn.Index', 'nn.Module')

---@param dimension integer
function Index:__init(dimension)
   parent.__init(self)
   self.dimension = dimension
end

---@param xs {[1]: Tensor, [2]: Tensor}
function Index:updateOutput(xs)
   local x, index = unpack(tensors(self, xs), 1, 2)
   return shape.index(x, self.dimension, index:detach():to{dtype = 'long'})
end

return Index
