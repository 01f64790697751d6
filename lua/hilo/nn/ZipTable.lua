local arguments = require 'hilo.ops.arguments'
local class = require 'hilo.nn.class'
local core = require 'hilo.core'

--- nn.ZipTable(): of tables {{a, b, ...}, {c, d, ...}}, the table of their firsts, seconds, ...: {{a, c}, {b, d}, ...}.
---
---     local ys = nn.ZipTable():forward {{hilo.zeros(1), hilo.zeros(2)}, {hilo.ones(1), hilo.ones(2)}}
---     assert(ys[2][2]:size(1) == 2)
local ZipTable = class('nn.ZipTable', 'nn.Module')

---@param xs table
function ZipTable:updateOutput(xs)
   local ys = {}
   for i, x in ipairs(xs) do
      self:check(type(x) == 'table' and type(xs[1]) == 'table' and not core.is_tensor(x), 'expects a table of tables; %d is %s', i,
         arguments.describe(x))
      self:check(#x == #xs[1], 'expects tables of one length, got %d and %d', #xs[1], #x)
      for j, element in ipairs(x) do
         ys[j] = ys[j] or {}
         ys[j][i] = element
      end
   end
   return ys
end

return ZipTable
