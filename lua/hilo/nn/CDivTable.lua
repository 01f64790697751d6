local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local tensors = require 'hilo.nn.tables'

--- nn.CDivTable(): the first tensor of a table over the second.
local CDivTable = class('nn.CDivTable', 'nn.Module')

---@param xs table
function CDivTable:updateOutput(xs)
   self:check(#tensors(self, xs) == 2, 'expects two tensors, got %d', #xs)
   return pointwise.cdiv(xs[1], xs[2])
end

return CDivTable
