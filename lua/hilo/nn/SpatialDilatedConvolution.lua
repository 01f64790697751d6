local class = require 'hilo.nn.class'

--- nn.SpatialDilatedConvolution(nIn, nOut, kW, kH[, dW, dH, padW, padH, dilationW, dilationH]): a convolution whose kernel
--- elements lie dilation pixels apart.
---
---     local conv = nn.SpatialDilatedConvolution(3, 8, 3, 3, 1, 1, 2, 2, 2, 2)
---     local y = conv(hilo.randn(1, 3, 16, 16))                 -- (1,8,16,16)
local SpatialDilatedConvolution, parent = class('nn.SpatialDilatedConvolution', 'nn.SpatialConvolution')

---@param dilationW? integer 1 if not given
---@param dilationH? integer dilationW if not given
---@param nInputPlane integer
---@param nOutputPlane integer
---@param kW integer width of the kernel
---@param kH? integer height, kW if not given
---@param dW? integer stride, 1 if not given
---@param dH? integer
---@param padW? integer zeros at each side, 0 if not given
---@param padH? integer padW if not given
function SpatialDilatedConvolution:__init(nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH, dilationW, dilationH)
   parent.__init(self, nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
   self.dilationW = dilationW or 1
   self.dilationH = dilationH or self.dilationW
   self:check_sides('dilationW', 'dilationH')
end

---@private
function SpatialDilatedConvolution:dilation_text() return (', %d,%d'):format(self.dilationW, self.dilationH) end

return SpatialDilatedConvolution
