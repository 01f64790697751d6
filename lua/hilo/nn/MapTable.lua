local class = require 'hilo.nn.class'

--- nn.MapTable([module, shared]): every tensor of a table through clones of one module that share its parameters.
---
---     local ys = nn.MapTable(nn.Linear(2, 3)):forward {hilo.zeros(2), hilo.ones(2)}
---     assert(#ys == 2)
local MapTable, parent = class('nn.MapTable', 'nn.Container')

---@param module? Module
---@param shared? string[]|boolean names of what the clones share; weight, bias and their gradients if not given, and for true or false
function MapTable:__init(module, shared)
   parent.__init(self)
   self.shared = type(shared) == 'table' and shared or {'weight', 'bias', 'gradWeight', 'gradBias'}
   if module then self:add(module) end
end

--- Sets the module.
---@param module Module
---@return nn.MapTable self
function MapTable:add(module)
   for i = #self.modules, 1, -1 do parent.remove(self, i) end
   self.module = module
   return parent.add(self, module)
end

--- Makes n clones, the module itself among them.
---@param n integer
function MapTable:resize(n)
   self:check(self.module, 'has no module; add one first')
   for _ = #self.modules + 1, n do parent.add(self, self.module:clone(unpack(self.shared))) end
   for i = #self.modules, n + 1, -1 do parent.remove(self, i) end
end

function MapTable:parameters() return self.module:parameters() end

function MapTable:clearState()
   self:resize(1)
   return parent.clearState(self)
end

---@param xs table
function MapTable:updateOutput(xs)
   self:check(self.module, 'has no module; add one first')
   self:resize(#xs)
   local ys = {}
   for i, x in ipairs(xs) do ys[i] = self:run(i, self.modules[i], x) end
   return ys
end

function MapTable:__tostring__()
   return ('%s {\n  %s\n}'):format(self.__typename, (tostring(self.module):gsub('\n', '\n  ')))
end

return MapTable
