local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.VolumetricBatchNormalization(n[, eps, momentum, affine]): normalises each of n planes over the volumes (N,n,T,H,W).
---
---     local y = nn.VolumetricBatchNormalization(3):forward(hilo.randn(2, 3, 4, 5, 6))
local VolumetricBatchNormalization, parent = class('nn.VolumetricBatchNormalization', 'nn.BatchNormalization')

VolumetricBatchNormalization.nDim = 4

function VolumetricBatchNormalization:updateOutput(x)
   self:check_dims(x, 'volumes (N,C,T,H,W)', 5)
   local n, c, t, h, w = unpack(Tensor.sizes_table(x))
   return parent.updateOutput(self, shape.reshape(x, n, c, t, h * w)):view(n, c, t, h, w)
end

function VolumetricBatchNormalization:__tostring__() return ('%s (5D) (%d)'):format(self.__typename, self.nOutput) end

return VolumetricBatchNormalization
