local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Abs(): the absolute value of each element.
---
---     local y = nn.Abs():forward(hilo.Tensor{-2, 3})  -- 2, 3
local Abs = class('nn.Abs', 'nn.Module')

---@param x Tensor
function Abs:updateOutput(x) return pointwise.abs(x) end

return Abs
