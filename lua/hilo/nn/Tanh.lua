local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Tanh(): the hyperbolic tangent.
local Tanh = class('nn.Tanh', 'nn.Module')

---@param x Tensor
function Tanh:updateOutput(x) return pointwise.tanh(x) end

return Tanh
