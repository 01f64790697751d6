local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.Reshape(sizes...[, batchMode]): the same elements in other sizes. With batchMode true the first dimension is the batch and
--- stays, with false it does not; if not given, it is unless the input has just the elements that the sizes take.
---
---     local y = nn.Reshape(12):forward(hilo.zeros(2, 3, 4))  -- (2,12)
local Reshape, parent = class('nn.Reshape', 'nn.Module')

---@param ... integer|integer[]|boolean|nil sizes, or one table or LongStorage of them; then batchMode
function Reshape:__init(...)
   parent.__init(self)
   local args = {...}
   if type(args[1]) == 'table' then args = {unpack(args[1])} end
   if type(args[#args]) == 'boolean' then self.batchMode = table.remove(args) end
   local last = select(math.max(1, select('#', ...)), ...)
   if type((...)) == 'table' and type(last) == 'boolean' then self.batchMode = last end
   self.size, self.nelement = args, 1
   for i = 1, #args do
      local n = args[i]
      core.check(type(n) == 'number' and n % 1 == 0 and n >= 1, '%s: sizes must be whole numbers of 1 or more, got %s',
         self.__typename, tostring(n))
      self.nelement = self.nelement * n
   end
   core.check(#args > 0, '%s: expects sizes', self.__typename)
end

---@param x Tensor
function Reshape:updateOutput(x)
   if self.batchMode == false or self.batchMode == nil and x:nElement() == self.nelement and x:size(1) ~= 1 then
      return shape.reshape(x, self.size)
   end
   return shape.reshape(x, x:size(1), unpack(self.size))
end

function Reshape:__tostring__() return ('%s(%s)'):format(self.__typename, table.concat(self.size, 'x')) end

return Reshape
