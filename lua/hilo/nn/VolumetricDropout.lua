local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.VolumetricDropout([p, stochasticInference]): in training, zeroes whole planes of volumes (N,C,T,H,W) or (C,T,H,W) with
--- probability p; in evaluation, scales by 1 - p, as Torch7 does.
---
---     local y = nn.VolumetricDropout(0.5):forward(hilo.randn(2, 8, 3, 4, 4))
local VolumetricDropout, parent = class('nn.VolumetricDropout', 'nn.SpatialDropout')

---@param input Tensor
function VolumetricDropout:updateOutput(input)
   self:check_dims(input, 'volumes (N,C,T,H,W) or one volume (C,T,H,W)', 4, 5)
   local sizes = Tensor.sizes_table(input)
   local k = #sizes
   local x = shape.reshape(input, sizes[k - 4] or 1, sizes[k - 3], sizes[k - 2], sizes[k - 1] * sizes[k])
   return parent.updateOutput(self, x):view(sizes)
end

return VolumetricDropout
