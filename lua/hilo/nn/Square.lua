local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Square(): x^2.
---
---     assert(nn.Square():forward(hilo.Tensor{-3})[1] == 9)
local Square = class('nn.Square', 'nn.Module')

---@param x Tensor
function Square:updateOutput(x) return pointwise.square(x) end

return Square
