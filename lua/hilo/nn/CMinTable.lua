local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local tensors = require 'hilo.nn.tables'

--- nn.CMinTable(): the smallest of the tensors in a table, element by element.
---
---     local y = nn.CMinTable():forward {hilo.Tensor{1, 5}, hilo.Tensor{3, 2}}  -- 1, 2
local CMinTable = class('nn.CMinTable', 'nn.Module')

---@param xs table
function CMinTable:updateOutput(xs)
   local y = tensors(self, xs)[1]
   for i = 2, #xs do y = pointwise.cmin(y, xs[i]) end
   return y
end

return CMinTable
