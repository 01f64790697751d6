local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.CAddTensorTable(): of {x, {a, b, ...}}, the table {a + x, b + x, ...}.
---
---     local ys = nn.CAddTensorTable():forward {hilo.ones(2), {hilo.zeros(2), hilo.ones(2)}}
---     assert(ys[2][1] == 2)
local CAddTensorTable = class('nn.CAddTensorTable', 'nn.Module')

---@param xs table
function CAddTensorTable:updateOutput(xs)
   self:check(type(xs) == 'table' and core.is_tensor(xs[1]) and type(xs[2]) == 'table', 'expects {tensor, {tensor, ...}}')
   local ys = {}
   for i, x in ipairs(xs[2]) do ys[i] = pointwise.add(x, xs[1]) end
   return ys
end

return CAddTensorTable
