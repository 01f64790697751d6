local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'

--- nn.SpatialConvolutionMM(nIn, nOut, kW, kH[, dW, dH, padW, padH]): nn.SpatialConvolution whose weight is a matrix (nOut, nIn*kH*kW).
---
---     local y = nn.SpatialConvolutionMM(3, 8, 3, 3):forward(hilo.zeros(1, 3, 5, 5))  -- (1,8,3,3)
local SpatialConvolutionMM, parent = class('nn.SpatialConvolutionMM', 'nn.SpatialConvolution')

---@param nInputPlane integer
---@param nOutputPlane integer
---@param kW integer width of the kernel
---@param kH? integer height, kW if not given
---@param dW? integer stride, 1 if not given
---@param dH? integer
---@param padW? integer zeros at each side, 0 if not given
---@param padH? integer padW if not given
function SpatialConvolutionMM:__init(nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
   parent.__init(self, nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
   local columns = nInputPlane * self.kH * self.kW
   self.weight, self.gradWeight = self.weight:detach():view(nOutputPlane, columns), Tensor.promised_zeros(nOutputPlane, columns)
   self:parameter('weight')
end

---@private
function SpatialConvolutionMM:kernel()
   return self:parameter('weight'):view(self.nOutputPlane, self.nInputPlane, self.kH, self.kW)
end

return SpatialConvolutionMM
