local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.VolumetricBatchNormalization(n[, eps, momentum, affine]): normalises each of n planes over the volumes (N,n,T,H,W).
---
---     local y = nn.VolumetricBatchNormalization(3):forward(hilo.randn(2, 3, 4, 5, 6))
local VolumetricBatchNormalization, parent = class('nn.VolumetricBatchNormalization', 'nn.BatchNormalization')

VolumetricBatchNormalization.nDim = 4

---@param x Tensor
function VolumetricBatchNormalization:updateOutput(x)
   self:check_dims(x, 'volumes (N,C,T,H,W) or one volume (C,T,H,W)', 4, 5)
   local sizes = Tensor.sizes_table(x)
   local k = #sizes
   local planes = shape.reshape(x, sizes[k - 4] or 1, sizes[k - 3], sizes[k - 2], sizes[k - 1] * sizes[k])
   return parent.updateOutput(self, planes):view(sizes)
end

function VolumetricBatchNormalization:__tostring__() return ('%s (5D) (%d)'):format(self.__typename, self.nOutput) end

return VolumetricBatchNormalization
