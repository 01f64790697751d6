local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.SoftMin(): the softmax of -x, over the dimension that nn.SoftMax takes.
---
---     local p = nn.SoftMin():forward(hilo.Tensor{0, 100})  -- 1, 0
local SoftMin, parent = class('nn.SoftMin', 'nn.SoftMax')

---@param x Tensor
function SoftMin:updateOutput(x) return parent.updateOutput(self, pointwise.neg(x)) end

return SoftMin
