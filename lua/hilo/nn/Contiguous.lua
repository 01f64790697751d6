local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Contiguous(): x dense in row-major order: a copy where it is not.
---
---     local y = nn.Contiguous():forward(hilo.zeros(2, 3):t())
---     assert(y:isContiguous())
local Contiguous = class('nn.Contiguous', 'nn.Module')

---@param x Tensor
function Contiguous:updateOutput(x) return shape.contiguous(x) end

return Contiguous
