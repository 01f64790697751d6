local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.LeakyReLU([slope]): x where it is positive, slope * x elsewhere.
---
---     local y = nn.LeakyReLU(0.2):forward(hilo.Tensor{-1, 2})  -- -0.2, 2
local LeakyReLU, parent = class('nn.LeakyReLU', 'nn.Module')

---@param negval? number 0.01 if not given
function LeakyReLU:__init(negval)
   parent.__init(self)
   core.check(negval == nil or type(negval) == 'number', 'nn.LeakyReLU: the slope must be a number, got %s', tostring(negval))
   self.negval = negval or 0.01
end

---@param x Tensor
function LeakyReLU:updateOutput(x) return pointwise.leaky_relu(x, self.negval) end

function LeakyReLU:__tostring__() return ('%s(%g)'):format(self.__typename, self.negval) end

return LeakyReLU
