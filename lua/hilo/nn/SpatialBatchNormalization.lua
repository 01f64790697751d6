local class = require 'hilo.nn.class'

--- nn.SpatialBatchNormalization(n[, eps, momentum, affine]): normalises each of n planes over the images (N,n,H,W).
---
---     local y = nn.SpatialBatchNormalization(8):forward(hilo.randn(2, 8, 4, 4))
local SpatialBatchNormalization = class('nn.SpatialBatchNormalization', 'nn.BatchNormalization')

SpatialBatchNormalization.nDim = 4

return SpatialBatchNormalization
