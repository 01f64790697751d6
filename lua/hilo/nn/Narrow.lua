local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Narrow(dim, offset[, length]): `length` slices of x along dim from number `offset` on.
---
---     local y = nn.Narrow(1, 2, 2):forward(hilo.Tensor{1, 2, 3})  -- 2, 3
local Narrow, parent = class('nn.Narrow', 'nn.Module')

---@param dimension integer negative counts from the last
---@param offset integer from 1; negative: all but the last `length` slices
---@param length? integer 1 if not given; -1: up to the last, -2: up to the one before, ...
function Narrow:__init(dimension, offset, length)
   parent.__init(self)
   self.dimension, self.index, self.length = dimension, offset, length or 1
   self:check(dimension and offset, 'expects a dimension and an offset')
end

---@param x Tensor
function Narrow:updateOutput(x)
   local dim = Tensor.dimension(x, self.dimension, 'nn.Narrow')
   local n, first, length = x:size(dim), self.index, self.length
   if length < 0 then length = n - first + 2 + length end
   if first < 0 then first, length = 1, n - length end
   return shape.narrow(x, dim, first, length)
end

return Narrow
