local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.SpatialDepthWiseConvolution(nIn, nOut, kW, kH[, dW, dH, padW, padH]): nOut convolutions of each plane alone: of nIn planes,
--- nIn * nOut, those of the first plane first.
---
---     local y = nn.SpatialDepthWiseConvolution(3, 2, 3, 3):forward(hilo.zeros(1, 3, 5, 5))  -- (1,6,3,3)
local SpatialDepthWiseConvolution, parent = class('nn.SpatialDepthWiseConvolution', 'nn.SpatialConvolution')

---@param nInputPlane integer
---@param nOutputPlane integer for each input plane
---@param kW integer width of the kernel
---@param kH? integer height, kW if not given
---@param dW? integer stride, 1 if not given
---@param dH? integer
---@param padW? integer zeros at each side, 0 if not given
---@param padH? integer padW if not given
function SpatialDepthWiseConvolution:__init(nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
   parent.__init(self, nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
   self:new_parameter('weight', nOutputPlane, nInputPlane * self.kH * self.kW)
   self:new_parameter('bias', nOutputPlane, nInputPlane)
   self:reset()
   self.groups = nInputPlane
end

-- (nOut, nIn, ...) as (nIn * nOut, ...)
local function by_input(t, ...)
   local order = {2, 1}
   for d = 3, t:dim() do order[d] = d end
   return shape.reshape(shape.permute(t, order), ...)
end

---@private
function SpatialDepthWiseConvolution:kernel()
   local w = self:parameter('weight'):view(self.nOutputPlane, self.nInputPlane, 1, self.kH, self.kW)
   return by_input(w, self.nOutputPlane * self.nInputPlane, 1, self.kH, self.kW)
end

---@private
function SpatialDepthWiseConvolution:offset()
   local b = self:parameter('bias')
   return b and by_input(b, b:nElement())
end

return SpatialDepthWiseConvolution
