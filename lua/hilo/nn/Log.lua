local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Log(): the natural logarithm.
---
---     assert(nn.Log():forward(hilo.ones(1))[1] == 0)
local Log = class('nn.Log', 'nn.Module')

---@param x Tensor
function Log:updateOutput(x) return pointwise.log(x) end

return Log
