local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.SoftSign(): x / (1 + |x|).
---
---     assert(nn.SoftSign():forward(hilo.Tensor{1})[1] == 0.5)
local SoftSign = class('nn.SoftSign', 'nn.Module')

---@param x Tensor
function SoftSign:updateOutput(x) return pointwise.cdiv(x, pointwise.add(pointwise.abs(x), 1)) end

return SoftSign
