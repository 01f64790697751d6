local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'

--- nn.GatedLinearUnit([dim]): of the two halves of x along dim, the first times the sigmoid of the second.
---
---     local y = nn.GatedLinearUnit():forward(hilo.Tensor{4, 0})  -- 2
local GatedLinearUnit, parent = class('nn.GatedLinearUnit', 'nn.Module')

---@param dim? integer the last if not given
function GatedLinearUnit:__init(dim)
   parent.__init(self)
   self.dim = dim
end

---@param x Tensor
function GatedLinearUnit:updateOutput(x)
   local dim = Tensor.dimension(x, self.dim or x:dim(), 'nn.GatedLinearUnit')
   local n = x:size(dim)
   self:check(n % 2 == 0, 'dimension %d must be even to be cut in two, got %s', dim, Tensor.shape_text(x))
   return pointwise.cmul(shape.narrow(x, dim, 1, n / 2), pointwise.sigmoid(shape.narrow(x, dim, n / 2 + 1, n / 2)))
end

return GatedLinearUnit
