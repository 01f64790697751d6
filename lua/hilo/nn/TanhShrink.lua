local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.TanhShrink(): x - tanh(x).
---
---     assert(nn.TanhShrink():forward(hilo.zeros(1))[1] == 0)
local TanhShrink = class('nn.TanhShrink', 'nn.Module')

---@param x Tensor
function TanhShrink:updateOutput(x) return pointwise.sub(x, pointwise.tanh(x)) end

return TanhShrink
