local core = require 'hilo.core'
local class = require 'hilo.nn.class'

--- nn.ParallelTable(): module i on element i of the input; a table of the results.
---
---     local y = nn.ParallelTable():add(nn.ReLU()):add(nn.Identity()):forward {hilo.randn(2), hilo.randn(3)}
local ParallelTable = class('nn.ParallelTable', 'nn.Container')

--- What each module makes of its own input.
---@param xs table as many elements as there are modules
function ParallelTable:updateOutput(xs)
   self:check(type(xs) == 'table' and not core.is_tensor(xs) and #xs >= #self.modules, 'expects a table of %d inputs, got %s',
      #self.modules, core.is_tensor(xs) and 'a tensor' or type(xs) == 'table' and #xs or type(xs))
   local ys = {}
   for i, m in ipairs(self.modules) do ys[i] = self:run(i, m, xs[i]) end
   return ys
end

function ParallelTable:__tostring__() return self:branches_text() end

return ParallelTable
