local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.HardShrink([lambda]): x where |x| > lambda, else 0.
---
---     local y = nn.HardShrink():forward(hilo.Tensor{-2, 0.1, 1})  -- -2, 0, 1
local HardShrink, parent = class('nn.HardShrink', 'nn.Module')

---@param lambda? number 0.5 if not given
function HardShrink:__init(lambda)
   parent.__init(self)
   self.lambda = lambda or 0.5
end

---@param x Tensor
function HardShrink:updateOutput(x)
   return pointwise.where(pointwise.gt(pointwise.abs(x:detach()), self.lambda), x, x:zeros(1))
end

return HardShrink
