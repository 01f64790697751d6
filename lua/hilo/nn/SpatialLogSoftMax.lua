local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.SpatialLogSoftMax(): log-softmax over the planes at every pixel of (C,H,W) or (N,C,H,W).
local SpatialLogSoftMax = class('nn.SpatialLogSoftMax', 'nn.Module')

---@param x Tensor
function SpatialLogSoftMax:updateOutput(x)
   self:check_dims(x, 'images (N,C,H,W) or one image (C,H,W)', 3, 4)
   return loss.log_softmax(x, x:dim() - 2)
end

return SpatialLogSoftMax
