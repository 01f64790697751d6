local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.SoftShrink([lambda]): x moved towards 0 by lambda; 0 where that would pass it.
---
---     local y = nn.SoftShrink():forward(hilo.Tensor{-2, 0.1, 1})  -- -1.5, 0, 0.5
local SoftShrink, parent = class('nn.SoftShrink', 'nn.Module')

---@param lambda? number 0.5 if not given
function SoftShrink:__init(lambda)
   parent.__init(self)
   self.lambda = lambda or 0.5
end

---@param x Tensor
function SoftShrink:updateOutput(x) return pointwise.sub(x, pointwise.clamp(x, -self.lambda, self.lambda)) end

return SoftShrink
