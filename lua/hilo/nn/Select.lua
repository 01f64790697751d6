local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Select(dim, index): one slice of x along dim, which goes away.
---
---     local y = nn.Select(1, 2):forward(hilo.eye(3))  -- 0, 1, 0
local Select, parent = class('nn.Select', 'nn.Module')

---@param dimension integer negative counts from the last
---@param index integer negative counts from the last
function Select:__init(dimension, index)
   parent.__init(self)
   self.dimension, self.index = dimension, index
end

---@param x Tensor
function Select:updateOutput(x) return shape.select(x, self.dimension, self.index) end

return Select
