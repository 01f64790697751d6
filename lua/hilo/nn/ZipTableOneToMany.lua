local class = require 'hilo.nn.class'

--- nn.ZipTableOneToMany(): of {x, {a, b, ...}}, the table {{x, a}, {x, b}, ...}.
---
---     local ys = nn.ZipTableOneToMany():forward {hilo.zeros(1), {hilo.ones(1), hilo.ones(2)}}
---     assert(#ys == 2)
local ZipTableOneToMany = class('nn.ZipTableOneToMany', 'nn.Module')

---@param xs table
function ZipTableOneToMany:updateOutput(xs)
   self:check(type(xs) == 'table' and type(xs[2]) == 'table', 'expects {x, {a, b, ...}}')
   local ys = {}
   for i, x in ipairs(xs[2]) do ys[i] = {xs[1], x} end
   return ys
end

return ZipTableOneToMany
