local class = require 'hilo.nn.class'

--- nn.Clamp(min, max): x, but no less than min and no more than max.
---
---     local y = nn.Clamp(0, 6):forward(hilo.Tensor{-3, 7})  -- 0, 6
local Clamp, parent = class('nn.Clamp', 'nn.HardTanh')

---@param min_value number
---@param max_value number
function Clamp:__init(min_value, max_value)
   self:check(type(min_value) == 'number' and type(max_value) == 'number', 'expects two bounds, got %s and %s', type(min_value),
      type(max_value))
   parent.__init(self, min_value, max_value)
end

return Clamp
