local class = require 'hilo.nn.class'
local resize = require 'hilo.ops.resize'

--- nn.SpatialUpSamplingNearest(scale): every pixel `scale` times in each direction.
---
---     local y = nn.SpatialUpSamplingNearest(2):forward(hilo.randn(1, 3, 8, 8))  -- (1,3,16,16)
local SpatialUpSamplingNearest, parent = class('nn.SpatialUpSamplingNearest', 'nn.Module')

---@param scale integer
function SpatialUpSamplingNearest:__init(scale)
   parent.__init(self)
   self.scale_factor = scale
   self:check_sides('scale_factor')
end

---@param input Tensor
function SpatialUpSamplingNearest:updateOutput(input)
   return self:over_images(input, function(x)
      return resize.resize(x, x:size(3) * self.scale_factor, x:size(4) * self.scale_factor, {mode = 'nearest'})
   end)
end

return SpatialUpSamplingNearest
