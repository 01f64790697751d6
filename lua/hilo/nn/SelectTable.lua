local class = require 'hilo.nn.class'

--- nn.SelectTable(index): one element of a table.
---
---     assert(nn.SelectTable(2):forward {hilo.zeros(1), hilo.ones(1)}[1] == 1)
local SelectTable, parent = class('nn.SelectTable', 'nn.Module')

---@param index integer|string negative counts from the last
function SelectTable:__init(index)
   parent.__init(self)
   self.index = index
end

---@param xs table
function SelectTable:updateOutput(xs)
   local index = self.index
   if type(index) == 'number' and index < 0 then index = #xs + 1 + index end
   self:check(xs[index] ~= nil, 'the table has no element %s; it has %d', tostring(self.index), #xs)
   return xs[index]
end

function SelectTable:__tostring__() return ('%s(%s)'):format(self.__typename, self.index) end

return SelectTable
