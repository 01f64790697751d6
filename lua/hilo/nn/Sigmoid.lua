local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Sigmoid(): 1 / (1 + exp(-x)).
---
---     local y = nn.Sigmoid():forward(hilo.zeros(2))  -- 0.5, 0.5
local Sigmoid = class('nn.Sigmoid', 'nn.Module')

---@param x Tensor
function Sigmoid:updateOutput(x) return pointwise.sigmoid(x) end

return Sigmoid
