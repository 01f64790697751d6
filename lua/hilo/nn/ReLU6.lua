local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.ReLU6(): min(max(x, 0), 6).
---
---     local y = nn.ReLU6():forward(hilo.Tensor{-1, 3, 9})  -- 0, 3, 6
local ReLU6 = class('nn.ReLU6', 'nn.Module')

---@param x Tensor
function ReLU6:updateOutput(x) return pointwise.relu6(x) end

return ReLU6
