local class = require 'hilo.nn.class'
local pool = require 'hilo.ops.pool'

--- nn.SpatialAdaptiveAveragePooling(W, H): the mean of W x H windows that cover the image evenly.
---
---     local y = nn.SpatialAdaptiveAveragePooling(1, 1):forward(hilo.randn(2, 8, 7, 5))  -- (2,8,1,1)
local SpatialAdaptiveAveragePooling, parent = class('nn.SpatialAdaptiveAveragePooling', 'nn.Module')

---@param W integer width of the output
---@param H integer height
function SpatialAdaptiveAveragePooling:__init(W, H)
   parent.__init(self)
   self.W, self.H = W, H
   self:check_sides('W', 'H')
end

---@param input Tensor
function SpatialAdaptiveAveragePooling:updateOutput(input)
   return self:over_images(input, function(x) return pool.adaptive_avg_pool(x, self.H, self.W) end)
end

return SpatialAdaptiveAveragePooling
