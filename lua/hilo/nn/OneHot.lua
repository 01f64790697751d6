local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.OneHot(n): for each class k from 1 to n a row of zeros with a one at k.
---
---     local y = nn.OneHot(3):forward(hilo.LongTensor{2, 3})  -- (2,3)
---     assert(y[1][2] == 1)
local OneHot, parent = class('nn.OneHot', 'nn.Module')

---@param outputSize integer
function OneHot:__init(outputSize)
   parent.__init(self)
   self.outputSize = outputSize
end

---@param x Tensor|number
function OneHot:updateOutput(x)
   if type(x) == 'number' then return self:updateOutput(Tensor.full(x, 1)):view(self.outputSize) end
   local classes = x:detach():to{dtype = 'long'}
   local low, high = classes:min(), classes:max()
   self:check(low >= 1 and high <= self.outputSize, 'expects classes from 1 to %d, got %d', self.outputSize, low < 1 and low or high)
   local unit = Tensor.eye(self.outputSize, nil, {dtype = self._type}):to{device = x:getDevice()}
   local sizes = Tensor.sizes_table(x)
   sizes[#sizes + 1] = self.outputSize
   return shape.index(unit, 1, classes:reshape(classes:nElement())):view(sizes)
end

--- Zeros, in the input's sizes.
---@private
function OneHot:form_gradInput(dx, x)
   return type(x) == 'number' and dx or Tensor.zeros(x:size(), {dtype = self._type, device = x:getDevice()})
end

return OneHot
