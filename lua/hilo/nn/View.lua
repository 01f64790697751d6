local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.View(sizes...): the same elements in other sizes, one of which may be -1. A batch keeps its dimensions in front: those that
--- the sizes do not use up, or, after :setNumInputDims(n), all but the last n.
---
---     local y = nn.View(-1, 48):forward(hilo.randn(2, 3, 4, 4))  -- (2,48)
local View, parent = class('nn.View', 'nn.Module')

---@param ... integer|integer[] sizes, or one table or LongStorage of them
function View:__init(...)
   parent.__init(self)
   local first = ...
   self.size = type(first) == 'table' and {unpack(first)} or {...}
   self.numElements = 1
   local free = 0
   for _, n in ipairs(self.size) do
      core.check(type(n) == 'number' and n % 1 == 0 and n >= -1, '%s: sizes must be whole numbers or -1, got %s', self.__typename,
         tostring(n))
      if n == -1 then free = free + 1 else self.numElements = self.numElements * n end
   end
   core.check(#self.size > 0 and free <= 1, '%s: expects sizes, of which one may be -1', self.__typename)
   self.infers = free == 1
end

--- How many dimensions one sample has; those in front of them are the batch.
---@param n integer dimensions of one sample
function View:setNumInputDims(n)
   self.numInputDims = n
   return self
end

---@param x Tensor
function View:updateOutput(x)
   local n = x:dim()
   local inner, elements, batch = math.min(self.numInputDims or n, n), 1, 1
   for d = 1, n do
      if d > n - inner then elements = elements * x:size(d) else batch = batch * x:size(d) end
   end
   self:check(elements % self.numElements == 0, 'cannot view %s', Tensor.shape_text(x))
   if not self.infers then batch = batch * elements / self.numElements end
   if batch == 1 and (not self.numInputDims or n <= self.numInputDims) then return shape.reshape(x, self.size) end
   return shape.reshape(x, batch, unpack(self.size))
end

function View:__tostring__() return ('%s(%s)'):format(self.__typename, table.concat(self.size, ', ')) end

return View
