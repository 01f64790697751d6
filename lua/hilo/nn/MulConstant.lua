local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.MulConstant(c): c * x.
---
---     local y = nn.MulConstant(3):forward(hilo.Tensor{1, 2})  -- 3, 6
local MulConstant, parent = class('nn.MulConstant', 'nn.Module')

---@param constant number
function MulConstant:__init(constant)
   parent.__init(self)
   self:check(type(constant) == 'number', 'expects a number, got %s', type(constant))
   self.constant_scalar = constant
end

function MulConstant:updateOutput(x) return pointwise.affine(x, self.constant_scalar) end

return MulConstant
