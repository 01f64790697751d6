local class = require 'hilo.nn.class'

--- nn.GPU(module, device[, outdevice]): the module, which says where it is to run. In hilo a module runs where its parameters are, so
--- this does as the module; it is here for networks that were written with it.
---
---     local y = nn.GPU(nn.Linear(2, 2), 1):forward(hilo.zeros(1, 2))
local GPU, parent = class('nn.GPU', 'nn.Decorator')

---@param module Module
---@param device integer
---@param outdevice? integer
function GPU:__init(module, device, outdevice)
   parent.__init(self, module)
   self:check(type(device) == 'number', 'expects the number of a device, got %s', type(device))
   self.device, self.outdevice = device, outdevice or device
end

return GPU
