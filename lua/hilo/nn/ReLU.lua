local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.ReLU(): max(0, x).
---
---     local y = nn.ReLU():forward(hilo.Tensor{-1, 2})         -- 0, 2
local ReLU = class('nn.ReLU', 'nn.Module')

---@param x Tensor
function ReLU:updateOutput(x) return pointwise.relu(x) end

return ReLU
