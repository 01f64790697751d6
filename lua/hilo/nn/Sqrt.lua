local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Sqrt(): the square root. At 0, where the slope is infinite, the gradient is 0, as in Torch7.
---
---     assert(nn.Sqrt():forward(hilo.Tensor{9})[1] == 3)
local Sqrt = class('nn.Sqrt', 'nn.Module')

---@param x Tensor
function Sqrt:updateOutput(x)
   local zero = pointwise.eq(x:detach(), 0)
   if not zero:any() then return pointwise.sqrt(x) end
   local one, none = x:emptyAs(x:dtype(), 1):fill(1), x:zeros(1)
   return pointwise.where(zero, none, pointwise.sqrt(pointwise.where(zero, one, x)))
end

return Sqrt
