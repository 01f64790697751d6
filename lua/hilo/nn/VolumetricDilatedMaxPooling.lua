local class = require 'hilo.nn.class'

--- nn.VolumetricDilatedMaxPooling(kT, kW, kH[, dT, dW, dH, padT, padW, padH, dilationT, dilationW, dilationH]): the largest value of
--- windows of volumes whose elements lie dilation apart.
---
---     local y = nn.VolumetricDilatedMaxPooling(2, 2, 2, 1, 1, 1, 0, 0, 0, 2, 1, 1):forward(hilo.zeros(1, 3, 4, 6, 8))  -- (1,3,2,5,7)
local VolumetricDilatedMaxPooling, parent = class('nn.VolumetricDilatedMaxPooling', 'nn.VolumetricMaxPooling')

---@param kT integer
---@param kW integer
---@param kH integer
---@param dT? integer stride, kT if not given
---@param dW? integer
---@param dH? integer
---@param padT? integer 0 if not given
---@param padW? integer
---@param padH? integer
---@param dilationT? integer 1 if not given
---@param dilationW? integer
---@param dilationH? integer
function VolumetricDilatedMaxPooling:__init(kT, kW, kH, dT, dW, dH, padT, padW, padH, dilationT, dilationW, dilationH)
   parent.__init(self, kT, kW, kH, dT, dW, dH, padT, padW, padH)
   self.dilationT, self.dilationW, self.dilationH = dilationT or 1, dilationW or 1, dilationH or 1
   self:check_sides('dilationT', 'dilationW', 'dilationH')
end

return VolumetricDilatedMaxPooling
