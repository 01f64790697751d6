local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.SpatialSoftMax(): softmax over the planes at every pixel of (C,H,W) or (N,C,H,W).
local SpatialSoftMax = class('nn.SpatialSoftMax', 'nn.Module')

---@param x Tensor
function SpatialSoftMax:updateOutput(x)
   self:check_dims(x, 'images (N,C,H,W) or one image (C,H,W)', 3, 4)
   return loss.softmax(x, x:dim() - 2)
end

return SpatialSoftMax
