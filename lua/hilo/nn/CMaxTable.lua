local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local tensors = require 'hilo.nn.tables'

--- nn.CMaxTable(): the largest of the tensors in a table, element by element.
---
---     local y = nn.CMaxTable():forward {hilo.Tensor{1, 5}, hilo.Tensor{3, 2}}  -- 3, 5
local CMaxTable = class('nn.CMaxTable', 'nn.Module')

---@param xs table
function CMaxTable:updateOutput(xs)
   local y = tensors(self, xs)[1]
   for i = 2, #xs do y = pointwise.cmax(y, xs[i]) end
   return y
end

return CMaxTable
