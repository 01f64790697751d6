local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Bottle(module[, nInputDim, nOutputDim]): the module, made for inputs of nInputDim dimensions, on inputs of more: those in front
--- are joined into one batch and parted again behind.
---
---     local y = nn.Bottle(nn.Linear(4, 2)):forward(hilo.randn(3, 5, 4))  -- (3,5,2)
local Bottle, parent = class('nn.Bottle', 'nn.Decorator')

---@param module Module
---@param nInputDim? integer 2 if not given
---@param nOutputDim? integer nInputDim if not given
function Bottle:__init(module, nInputDim, nOutputDim)
   parent.__init(self, module)
   self.nInputDim = nInputDim or 2
   self.nOutputDim = nOutputDim or self.nInputDim
end

---@param x Tensor
function Bottle:updateOutput(x)
   local leading = x:dim() - self.nInputDim + 1
   if leading <= 1 then return self.modules[1](x) end
   local sizes, inner, batch = {}, {}, 1
   for d = 1, x:dim() do
      if d <= leading then
         batch, sizes[d] = batch * x:size(d), x:size(d)
      else
         inner[#inner + 1] = x:size(d)
      end
   end
   local y = self.modules[1](shape.reshape(x, batch, unpack(inner)))
   for d = 2, y:dim() do sizes[#sizes + 1] = y:size(d) end
   return shape.reshape(y, sizes)
end

return Bottle
