local class = require 'hilo.nn.class'

--- nn.SpatialBatchNormalization(n[, eps, momentum, affine]): normalises each of n planes over the images (N,n,H,W).
local SpatialBatchNormalization = class('nn.SpatialBatchNormalization', 'nn.BatchNormalization')

SpatialBatchNormalization.nDim = 4

return SpatialBatchNormalization
