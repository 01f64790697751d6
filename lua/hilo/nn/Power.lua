local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Power(p): x^p.
---
---     assert(nn.Power(3):forward(hilo.Tensor{2})[1] == 8)
local Power, parent = class('nn.Power', 'nn.Module')

---@param p number
function Power:__init(p)
   parent.__init(self)
   self:check(type(p) == 'number', 'expects an exponent, got %s', type(p))
   self.pow = p
end

---@param x Tensor
function Power:updateOutput(x) return pointwise.pow(x, self.pow) end

return Power
