local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local conv_transpose = require 'hilo.ops.conv_transpose'
local tensors = require 'hilo.nn.tables'

--- nn.SpatialFullConvolution(nIn, nOut, kW, kH[, dW, dH, padW, padH, adjW, adjH]): the transposed convolution, which enlarges by its
--- stride: output (P,Q) with P = (H - 1) dH - 2 padH + kH + adjH. Of {x, like}, to the size of `like`.
---
---     local y = nn.SpatialFullConvolution(8, 3, 4, 4, 2, 2, 1, 1):forward(hilo.zeros(1, 8, 5, 5))  -- (1,3,10,10)
local SpatialFullConvolution, parent = class('nn.SpatialFullConvolution', 'nn.Module')

---@param nInputPlane integer
---@param nOutputPlane integer
---@param kW integer width of the kernel
---@param kH? integer height, kW if not given
---@param dW? integer stride, 1 if not given
---@param dH? integer
---@param padW? integer rows and columns taken off each side, 0 if not given
---@param padH? integer
---@param adjW? integer columns added behind, less than dW; 0 if not given
---@param adjH? integer rows added below, less than dH
function SpatialFullConvolution:__init(nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH, adjW, adjH)
   parent.__init(self)
   self.nInputPlane, self.nOutputPlane, self.kW, self.kH = nInputPlane, nOutputPlane, kW, kH or kW
   self.dW, self.dH, self.padW, self.padH = dW or 1, dH or 1, padW or 0, padH or 0
   self.adjW, self.adjH = adjW or 0, adjH or 0
   self:check_whole(1, self.most.planes, 'nInputPlane', 'nOutputPlane'):check_sides('kW', 'kH', 'dW', 'dH')
   self:check_whole(0, self.most.side, 'padW', 'padH', 'adjW', 'adjH')
   self:check(self.adjW < self.dW and self.adjH < self.dH, 'adjW and adjH must be less than the strides %d and %d, got %d and %d',
      self.dW, self.dH, self.adjW, self.adjH)
   self:new_parameter('weight', nInputPlane, nOutputPlane, self.kH, self.kW)
   self:new_parameter('bias', nOutputPlane)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(nIn * kH * kW).
---@param stdv? number
---@return nn.SpatialFullConvolution self
function SpatialFullConvolution:reset(stdv)
   return self:draw_uniform(stdv, self.kW * self.kH * self.nInputPlane)
end

--- Drops the bias.
---@return nn.SpatialFullConvolution self
function SpatialFullConvolution:noBias()
   self.bias, self.gradBias = nil, nil
   return self
end

function SpatialFullConvolution:updateOutput(input)
   local adjH, adjW = self.adjH, self.adjW
   if not core.is_tensor(input) then
      local like = tensors(self, input, 2)[2]
      local n = like:dim()
      adjH = (like:size(n - 1) + 2 * self.padH - self.kH) % self.dH
      adjW = (like:size(n) + 2 * self.padW - self.kW) % self.dW
      input = input[1]
   end
   return self:over_images(input, function(x)
      self:check(x:size(2) == self.nInputPlane, 'expects %d input planes, got %d (%s)', self.nInputPlane, x:size(2),
         Tensor.shape_text(input))
      return conv_transpose.conv_transpose2d(x, self:parameter('weight'), self:parameter('bias'),
         {stride = {self.dH, self.dW}, pad = {self.padH, self.padW}, extra = {adjH, adjW}})
   end)
end

--- Of {x, like}, `like` only gives a size: its gradient is one zero.
---@private
function SpatialFullConvolution:form_gradInput(dx)
   return core.is_tensor(dx) and dx or {dx[1], dx[1]:zeros(1)}
end

function SpatialFullConvolution:__tostring__()
   local s = ('%s(%d -> %d, %dx%d'):format(self.__typename, self.nInputPlane, self.nOutputPlane, self.kW, self.kH)
   local padded, adjusted = self.padW ~= 0 or self.padH ~= 0, self.adjW ~= 0 or self.adjH ~= 0
   if self.dW ~= 1 or self.dH ~= 1 or padded or adjusted then s = s .. (', %d,%d'):format(self.dW, self.dH) end
   if padded or adjusted then s = s .. (', %d,%d'):format(self.padW, self.padH) end
   if adjusted then s = s .. (', %d,%d'):format(self.adjW, self.adjH) end
   return s .. (self.bias and ')' or ') without bias')
end

return SpatialFullConvolution
