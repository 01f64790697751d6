local class = require 'hilo.nn.class'
local pool = require 'hilo.ops.pool'

--- nn.SpatialAdaptiveMaxPooling(W, H): the largest value of W x H windows that cover the image evenly.
local SpatialAdaptiveMaxPooling, parent = class('nn.SpatialAdaptiveMaxPooling', 'nn.Module')

---@param W integer width of the output
---@param H integer height
function SpatialAdaptiveMaxPooling:__init(W, H)
   parent.__init(self)
   self.W, self.H = W, H
   self:check_sides('W', 'H')
end

---@param input Tensor
function SpatialAdaptiveMaxPooling:updateOutput(input)
   return self:over_images(input, function(x) return pool.adaptive_max_pool(x, self.H, self.W) end)
end

return SpatialAdaptiveMaxPooling
