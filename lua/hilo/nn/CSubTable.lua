local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local tensors = require 'hilo.nn.tables'

--- nn.CSubTable(): the first tensor of a table minus the second.
local CSubTable = class('nn.CSubTable', 'nn.Module')

---@param xs table
function CSubTable:updateOutput(xs)
   self:check(#tensors(self, xs) == 2, 'expects two tensors, got %d', #xs)
   return pointwise.sub(xs[1], xs[2])
end

return CSubTable
