local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Threshold([th, v, inplace]): x where it is above th, else v.
---
---     local y = nn.Threshold(1, 0.5):forward(hilo.Tensor{0, 2})  -- 0.5, 2
local Threshold, parent = class('nn.Threshold', 'nn.Module')

---@param th? number 1e-6 if not given
---@param v? number 0 if not given
---@param inplace? boolean accepted for Torch7's sake; nothing works in place
function Threshold:__init(th, v, inplace)
   parent.__init(self)
   self.threshold, self.val, self.inplace = th or 1e-6, v or 0, inplace or false
   self:check(type(self.threshold) == 'number' and type(self.val) == 'number', 'the threshold and the value must be numbers')
end

---@param x Tensor
function Threshold:updateOutput(x)
   return pointwise.where(pointwise.gt(x:detach(), self.threshold), x, x:emptyAs(x:dtype(), 1):fill(self.val))
end

return Threshold
