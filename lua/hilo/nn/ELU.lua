local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.ELU([alpha, inplace]): x, and alpha (e^x - 1) below 0.
---
---     local y = nn.ELU():forward(hilo.Tensor{-1, 2})  -- -0.632, 2
local ELU, parent = class('nn.ELU', 'nn.Module')

---@param alpha? number 1 if not given
---@param inplace? boolean accepted for Torch7's sake; nothing works in place
function ELU:__init(alpha, inplace)
   parent.__init(self)
   self.alpha, self.inplace = alpha or 1, inplace or false
end

---@param x Tensor
function ELU:updateOutput(x) return pointwise.elu(x, self.alpha) end

function ELU:__tostring__() return ('%s (alpha:%f)'):format(self.__typename, self.alpha) end

return ELU
