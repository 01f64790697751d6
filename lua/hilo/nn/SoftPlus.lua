local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.SoftPlus([beta]): log(1 + e^(beta x)) / beta.
---
---     local y = nn.SoftPlus():forward(hilo.zeros(1))  -- log 2
local SoftPlus, parent = class('nn.SoftPlus', 'nn.Module')

---@param beta? number 1 if not given
function SoftPlus:__init(beta)
   parent.__init(self)
   self.beta = beta or 1
   self:check(self.beta ~= 0, 'beta must not be 0')
end

---@param x Tensor
function SoftPlus:updateOutput(x)
   if self.beta == 1 then return pointwise.softplus(x) end
   return pointwise.affine(pointwise.softplus(pointwise.affine(x, self.beta)), 1 / self.beta)
end

return SoftPlus
