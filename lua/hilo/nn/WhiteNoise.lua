local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.WhiteNoise([mean, std]): in training, x with normal noise added.
---
---     local m = nn.WhiteNoise()
---     m:evaluate()                                             -- then it does nothing
local WhiteNoise, parent = class('nn.WhiteNoise', 'nn.Module')

---@param mean? number 0 if not given
---@param std? number 0.1 if not given
function WhiteNoise:__init(mean, std)
   parent.__init(self)
   self.mean, self.std = mean or 0, std or 0.1
end

---@param x Tensor
function WhiteNoise:updateOutput(x)
   if not self.train then return x end
   return pointwise.add(x, autograd.no_grad(function() return x:empty():normal(self.mean, self.std) end))
end

function WhiteNoise:__tostring__() return ('%s mean: %f, std: %f'):format(self.__typename, self.mean, self.std) end

return WhiteNoise
