local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.AddConstant(c): x + c.
local AddConstant, parent = class('nn.AddConstant', 'nn.Module')

---@param constant number
function AddConstant:__init(constant)
   parent.__init(self)
   self:check(type(constant) == 'number', 'expects a number, got %s', type(constant))
   self.constant_scalar = constant
end

function AddConstant:updateOutput(x) return pointwise.affine(x, 1, self.constant_scalar) end

return AddConstant
