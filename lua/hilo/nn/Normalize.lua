local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

--- nn.Normalize(p[, eps]): vectors (D) or (N,D) divided by their p-norm.
---
---     local y = nn.Normalize(2):forward(hilo.Tensor{3, 4})  -- 0.6, 0.8
local Normalize, parent = class('nn.Normalize', 'nn.Module')

---@param p number above 0; math.huge for the largest absolute value
---@param eps? number added to the sum of which the norm is the root, 1e-10 if not given
function Normalize:__init(p, eps)
   parent.__init(self)
   self.p, self.eps = p, eps or 1e-10
end

---@param x Tensor
function Normalize:updateOutput(x)
   self:check_dims(x, 'vectors (D) or (N,D)', 1, 2)
   local dim, size = x:dim(), pointwise.abs(x)
   if self.p == math.huge then return pointwise.cdiv(x, pointwise.add((reduce.max(size, dim)), self.eps)) end
   local powers = self.p == 1 and size or self.p == 2 and pointwise.square(x) or pointwise.pow(size, self.p)
   local total = pointwise.add(reduce.sum(powers, dim), self.eps)
   return pointwise.cdiv(x, self.p == 1 and total or self.p == 2 and pointwise.sqrt(total) or pointwise.pow(total, 1 / self.p))
end

function Normalize:__tostring__()
   return ('%s(%s)'):format(self.__typename, self.p == math.huge and 'inf' or ('%g'):format(self.p))
end

return Normalize
