local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Exp(): e^x.
---
---     assert(nn.Exp():forward(hilo.zeros(1))[1] == 1)
local Exp = class('nn.Exp', 'nn.Module')

---@param x Tensor
function Exp:updateOutput(x) return pointwise.exp(x) end

return Exp
