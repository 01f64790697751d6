local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.MulConstant(c): c * x, element by element; c is a number, or a tensor that stretches to x's sizes.
---
---     local y = nn.MulConstant(3):forward(hilo.Tensor{1, 2})  -- 3, 6
local MulConstant, parent = class('nn.MulConstant', 'nn.Module')

---@param constant number|Tensor
---@param inplace? boolean accepted for Torch7's sake; nothing works in place
function MulConstant:__init(constant, inplace)
   parent.__init(self)
   self:check(type(constant) == 'number' or core.is_tensor(constant), 'expects a number or a tensor, got %s', type(constant))
   self.constant_scalar, self.inplace = constant, inplace or false
end

---@param x Tensor
function MulConstant:updateOutput(x)
   local c = self.constant_scalar
   return type(c) == 'number' and pointwise.affine(x, c) or pointwise.cmul(x, c)
end

return MulConstant
