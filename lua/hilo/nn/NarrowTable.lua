local class = require 'hilo.nn.class'

--- nn.NarrowTable(offset[, length]): `length` elements of a table from number `offset` on.
---
---     local ys = nn.NarrowTable(2, 2):forward {hilo.zeros(1), hilo.ones(1), hilo.ones(2)}
---     assert(#ys == 2)
local NarrowTable, parent = class('nn.NarrowTable', 'nn.Module')

---@param offset integer from 1
---@param length? integer 1 if not given
function NarrowTable:__init(offset, length)
   parent.__init(self)
   self.offset, self.length = offset, length or 1
   self:check_whole(1, 2 ^ 31, 'offset'):check_whole(0, 2 ^ 31, 'length')
end

---@param xs table
function NarrowTable:updateOutput(xs)
   local ys = {}
   for i = 1, math.min(self.length, #xs - self.offset + 1) do ys[i] = xs[self.offset + i - 1] end
   return ys
end

return NarrowTable
