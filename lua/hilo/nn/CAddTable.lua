local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local tensors = require 'hilo.nn.tables'

--- nn.CAddTable(): the sum of the tensors in a table.
---
---     local y = nn.CAddTable():forward {hilo.ones(3), hilo.ones(3)}  -- 2, 2, 2
local CAddTable = class('nn.CAddTable', 'nn.Module')

---@param xs table
function CAddTable:updateOutput(xs)
   local y = tensors(self, xs)[1]
   for i = 2, #xs do y = pointwise.add(y, xs[i]) end
   return y
end

return CAddTable
