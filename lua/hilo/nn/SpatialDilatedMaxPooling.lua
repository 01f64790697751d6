local class = require 'hilo.nn.class'
local windows = require 'hilo.nn.windows'

--- nn.SpatialDilatedMaxPooling(kW, kH[, dW, dH, padW, padH, dilationW, dilationH]): the largest value of windows whose elements lie
--- dilation pixels apart.
---
---     local y = nn.SpatialDilatedMaxPooling(2, 2, 1, 1, 0, 0, 2, 2):forward(hilo.zeros(1, 3, 6, 6))  -- (1,3,4,4)
local SpatialDilatedMaxPooling, parent = class('nn.SpatialDilatedMaxPooling', 'nn.SpatialMaxPooling')

---@param kW integer
---@param kH? integer kW if not given
---@param dW? integer stride, kW if not given
---@param dH? integer kH if not given
---@param padW? integer 0 if not given
---@param padH? integer
---@param dilationW? integer 1 if not given
---@param dilationH? integer 1 if not given
function SpatialDilatedMaxPooling:__init(kW, kH, dW, dH, padW, padH, dilationW, dilationH)
   parent.__init(self, kW, kH, dW, dH, padW, padH)
   self.dilationW, self.dilationH = dilationW or 1, dilationH or 1
   self:check_sides('dilationW', 'dilationH')
end

---@param input Tensor
function SpatialDilatedMaxPooling:updateOutput(input)
   if self.dilationW == 1 and self.dilationH == 1 then return parent.updateOutput(self, input) end
   return self:over_images(input, function(x)
      local rows = windows.max(x, 3, self.kH, self.dH, {pad = self.padH, dilation = self.dilationH, ceil_mode = self.ceil_mode})
      return windows.max(rows, 4, self.kW, self.dW, {pad = self.padW, dilation = self.dilationW, ceil_mode = self.ceil_mode})
   end)
end

return SpatialDilatedMaxPooling
