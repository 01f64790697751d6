local class = require 'hilo.nn.class'

--- nn.VolumetricFractionalMaxPooling(kT, kW, kH, T, W, H): as nn.SpatialFractionalMaxPooling, of volumes (N,C,H,W,T) or
--- (C,H,W,T): as in Torch7, the frames come last here.
---
---     local y = nn.VolumetricFractionalMaxPooling(2, 2, 2, 3, 3, 3):forward(hilo.randn(1, 2, 6, 6, 6))  -- (1,2,3,3,3)
local VolumetricFractionalMaxPooling, parent = class('nn.VolumetricFractionalMaxPooling', 'nn.SpatialFractionalMaxPooling')

---@param poolSizeT integer
---@param poolSizeW integer
---@param poolSizeH integer
---@param arg1 number frames of the output, or their part of the input's
---@param arg2 number width
---@param arg3 number height
function VolumetricFractionalMaxPooling:__init(poolSizeT, poolSizeW, poolSizeH, arg1, arg2, arg3)
   parent.__init(self, poolSizeW, poolSizeH, arg2, arg3)
   self:regions({poolSizeH, poolSizeW, poolSizeT}, {arg3, arg2, arg1})
end

return VolumetricFractionalMaxPooling
