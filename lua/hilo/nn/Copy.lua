local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Copy(inputType, outputType[, forceCopy, dontCast]): x converted to another type.
---
---     local y = nn.Copy('torch.FloatTensor', 'torch.DoubleTensor'):forward(hilo.FloatTensor{1})
---     assert(y:type() == 'torch.DoubleTensor')
local Copy, parent = class('nn.Copy', 'nn.Module')

---@param intype? string the default type if not given
---@param outtype? string the default type if not given
---@param forceCopy? boolean new memory also where the types are equal
---@param dontCast? boolean type() of a network that holds this leaves it as it is
function Copy:__init(intype, outtype, forceCopy, dontCast)
   parent.__init(self)
   self.intype, self.outtype = intype or Tensor.get_default_type(), outtype or Tensor.get_default_type()
   self.forceCopy, self.dontCast = forceCopy or false, dontCast or false
end

---@param x Tensor
function Copy:updateOutput(x)
   local y = shape.to(x, {dtype = self.outtype})
   return y == x and self.forceCopy and shape.clone(x) or y
end

function Copy:__tostring__() return ('%s(%s -> %s)'):format(self.__typename, self.intype, self.outtype) end

return Copy
