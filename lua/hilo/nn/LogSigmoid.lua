local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.LogSigmoid(): log(1 / (1 + e^-x)), without overflow.
---
---     local y = nn.LogSigmoid():forward(hilo.zeros(1))  -- -log 2
local LogSigmoid = class('nn.LogSigmoid', 'nn.Module')

---@param x Tensor
function LogSigmoid:updateOutput(x) return pointwise.neg(pointwise.softplus(pointwise.neg(x))) end

return LogSigmoid
