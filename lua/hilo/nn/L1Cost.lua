local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.L1Cost(): the sum of |x|; there is no target.
---
---     assert(nn.L1Cost():forward(hilo.Tensor{1, -2}) == 3)
local L1Cost = class('nn.L1Cost', 'nn.Criterion')

---@param input Tensor
function L1Cost:updateOutput(input) return self:total(pointwise.abs(input)) end

return L1Cost
