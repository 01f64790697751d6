local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Convert([inputShape, outputShape]): the dimensions named by letters in another order: b batch, c channels, h and w pixels, t
--- time, f features. 'bf' joins all but the batch. The result has the module's type.
---
---     local y = nn.Convert('bchw', 'bhwc'):forward(hilo.zeros(2, 3, 4, 5))  -- (2,4,5,3)
local Convert, parent = class('nn.Convert', 'nn.Module')

---@param inputShape? string
---@param outputShape? string
function Convert:__init(inputShape, outputShape)
   parent.__init(self)
   self.inputShape, self.outputShape = inputShape or 'b*', outputShape or inputShape or 'b*'
end

---@param x Tensor
function Convert:updateOutput(x)
   local from, to = self.inputShape, self.outputShape
   x = shape.to(x, {dtype = self._type})
   if from == to then return x end
   self:check(#from == x:dim(), 'expects %s, got %s', from, Tensor.shape_text(x))
   if to == 'f' then return shape.reshape(x, x:nElement()) end
   if to == 'bf' then
      local batch = self:check(from:find('b', 1, true), '%s has no batch', from)
      x = batch == 1 and x or shape.transpose(x, 1, batch)
      return shape.reshape(x, x:size(1), -1)
   end
   local order = {}
   for letter in to:gmatch('.') do
      order[#order + 1] = self:check(from:find(letter, 1, true), 'cannot make %s from %s', to, from)
   end
   return shape.permute(x, order)
end

return Convert
