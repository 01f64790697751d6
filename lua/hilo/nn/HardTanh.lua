local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.HardTanh([min, max, inplace]): x, but no less than min (-1) and no more than max (1).
---
---     local y = nn.HardTanh():forward(hilo.Tensor{-3, 0.5, 2})  -- -1, 0.5, 1
local HardTanh, parent = class('nn.HardTanh', 'nn.Module')

---@param min_val? number -1 if not given
---@param max_val? number 1 if not given
---@param inplace? boolean accepted for Torch7's sake; nothing works in place
function HardTanh:__init(min_val, max_val, inplace)
   parent.__init(self)
   self.min_val, self.max_val, self.inplace = min_val or -1, max_val or 1, inplace or false
   self:check(self.max_val > self.min_val, 'the upper bound %g must be above the lower one %g', self.max_val, self.min_val)
end

-- At the bounds the gradient is 0, as in Torch7; that of hilo.clamp is 1.
---@param x Tensor
function HardTanh:updateOutput(x)
   local function all(value) return x:emptyAs(x:dtype(), 1):fill(value) end
   local y = pointwise.where(pointwise.le(x:detach(), self.min_val), all(self.min_val), x)
   return pointwise.where(pointwise.ge(x:detach(), self.max_val), all(self.max_val), y)
end

return HardTanh
