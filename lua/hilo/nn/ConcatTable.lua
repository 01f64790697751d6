local class = require 'hilo.nn.class'

--- nn.ConcatTable(): every module on the same input; a table of the results.
---
---     local both = nn.ConcatTable():add(nn.Identity()):add(nn.ReLU())
---     local x, y = unpack(both:forward(hilo.randn(3)))
local ConcatTable = class('nn.ConcatTable', 'nn.Container')

function ConcatTable:updateOutput(x)
   local ys = {}
   for i, m in ipairs(self.modules) do ys[i] = self:run(i, m, x) end
   return ys
end

function ConcatTable:__tostring__() return self:branches_text() end

return ConcatTable
