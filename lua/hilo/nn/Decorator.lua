local class = require 'hilo.nn.class'

--- nn.Decorator(module): a container of one module, which it does as; what extends it adds to that.
---
---     local y = nn.Decorator(nn.Tanh()):forward(hilo.zeros(2))
local Decorator, parent = class('nn.Decorator', 'nn.Container')

---@param module Module
function Decorator:__init(module)
   parent.__init(self)
   self:add(module)
end

function Decorator:updateOutput(...) return self.modules[1](...) end

function Decorator:__tostring__()
   return ('%s @ %s'):format(self.__typename, tostring(self.modules[1]))
end

return Decorator
