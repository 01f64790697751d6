local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local tensors = require 'hilo.nn.tables'

--- nn.CMulTable(): the elementwise product of the tensors in a table.
local CMulTable = class('nn.CMulTable', 'nn.Module')

---@param xs table
function CMulTable:updateOutput(xs)
   local y = tensors(self, xs)[1]
   for i = 2, #xs do y = pointwise.cmul(y, xs[i]) end
   return y
end

return CMulTable
