local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local resize = require 'hilo.ops.resize'

--- nn.SpatialUpSamplingNearest(scale): every pixel `scale` times in each direction.
---
---     local y = nn.SpatialUpSamplingNearest(2):forward(hilo.randn(1, 3, 8, 8))  -- (1,3,16,16)
local SpatialUpSamplingNearest, parent = class('nn.SpatialUpSamplingNearest', 'nn.Module')

---@param scale integer
function SpatialUpSamplingNearest:__init(scale)
   parent.__init(self)
   core.check(type(scale) == 'number' and scale >= 1 and scale % 1 == 0, '%s: the scale must be a whole number of 1 or more, got %s',
      self.__typename, tostring(scale))
   self.scale_factor = scale
end

function SpatialUpSamplingNearest:updateOutput(input)
   return self:over_images(input, function(x)
      return resize.resize(x, x:size(3) * self.scale_factor, x:size(4) * self.scale_factor, {mode = 'nearest'})
   end)
end

return SpatialUpSamplingNearest
