local class = require 'hilo.nn.class'

--- nn.VolumetricDilatedConvolution(nIn, nOut, kT, kW, kH[, dT, dW, dH, padT, padW, padH, dilationT, dilationW, dilationH]): 3-d
--- convolution whose kernel elements lie dilation apart.
---
---     local m = nn.VolumetricDilatedConvolution(2, 4, 3, 3, 3, 1, 1, 1, 0, 0, 0, 2, 1, 1)
---     local y = m:forward(hilo.zeros(1, 2, 7, 6, 7))  -- (1,4,3,4,5)
local VolumetricDilatedConvolution, parent = class('nn.VolumetricDilatedConvolution', 'nn.VolumetricConvolution')

---@param nInputPlane integer
---@param nOutputPlane integer
---@param kT integer frames of the kernel
---@param kW integer
---@param kH integer
---@param dT? integer stride, 1 if not given
---@param dW? integer
---@param dH? integer
---@param padT? integer zeros at each side, 0 if not given
---@param padW? integer
---@param padH? integer
---@param dilationT? integer 1 if not given
---@param dilationW? integer
---@param dilationH? integer
function VolumetricDilatedConvolution:__init(nInputPlane, nOutputPlane, kT, kW, kH, dT, dW, dH, padT, padW, padH, dilationT,
      dilationW, dilationH)
   parent.__init(self, nInputPlane, nOutputPlane, kT, kW, kH, dT, dW, dH, padT or 0, padW or 0, padH or 0)
   self.dilationT, self.dilationW, self.dilationH = dilationT or 1, dilationW or 1, dilationH or 1
   self:check_sides('dilationT', 'dilationW', 'dilationH')
end

return VolumetricDilatedConvolution
