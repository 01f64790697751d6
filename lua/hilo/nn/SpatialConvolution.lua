local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local conv = require 'hilo.ops.conv'

--- nn.SpatialConvolution(nIn, nOut, kW, kH[, dW, dH, padW, padH]): 2-d convolution with bias; :noBias() drops it.
--- Images (N,nIn,H,W) or (nIn,H,W) -> (N,nOut,P,Q).
---
---     local conv = nn.SpatialConvolution(3, 16, 3, 3, 2, 2, 1, 1)
---     local y = conv:forward(hilo.randn(2, 3, 32, 32))         -- (2,16,16,16)
---@class SpatialConvolution: Module
local SpatialConvolution, parent = class('nn.SpatialConvolution', 'nn.Module')

---@param nInputPlane integer
---@param nOutputPlane integer
---@param kW integer width of the kernel
---@param kH? integer height, kW if not given
---@param dW? integer stride, 1 if not given
---@param dH? integer
---@param padW? integer zeros at each side, 0 if not given
---@param padH? integer padW if not given
function SpatialConvolution:__init(nInputPlane, nOutputPlane, kW, kH, dW, dH, padW, padH)
   parent.__init(self)
   self.nInputPlane, self.nOutputPlane, self.kW, self.kH = nInputPlane, nOutputPlane, kW, kH or kW
   self.dW, self.dH, self.padW = dW or 1, dH or 1, padW or 0
   self.padH = padH or self.padW
   self:check_whole(1, self.most.planes, 'nInputPlane', 'nOutputPlane'):check_sides('kW', 'kH', 'dW', 'dH')
   self:check_whole(0, self.most.side, 'padW', 'padH')
   self.dilationW, self.dilationH, self.groups = 1, 1, 1
   self:new_parameter('weight', nOutputPlane, nInputPlane, self.kH, self.kW)
   self:new_parameter('bias', nOutputPlane)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(inputs of one output).
---@param stdv? number
---@return SpatialConvolution self
function SpatialConvolution:reset(stdv)
   return self:draw_uniform(stdv, self.kW * self.kH * self.nInputPlane / self.groups)
end

--- Cuts the channels into equal groups: those of the output see only theirs of the input. Depthwise where groups is nInputPlane.
---@param groups integer
---@return SpatialConvolution self
function SpatialConvolution:inGroups(groups)
   core.check(groups >= 1 and self.nInputPlane % groups == 0 and self.nOutputPlane % groups == 0,
      '%s: %d input and %d output planes cannot be cut into %d equal groups', self.__typename, self.nInputPlane, self.nOutputPlane,
      groups)
   self.groups = groups
   self:new_parameter('weight', self.nOutputPlane, self.nInputPlane / groups, self.kH, self.kW)
   return self:reset()
end

--- Drops the bias.
---@return SpatialConvolution self
function SpatialConvolution:noBias()
   self.bias, self.gradBias = nil, nil
   return self
end

--- The weight and the bias as hilo.conv2d takes them.
---@private
function SpatialConvolution:kernel() return self:parameter('weight') end
---@private
function SpatialConvolution:offset() return self:parameter('bias') end

---@param input Tensor
function SpatialConvolution:updateOutput(input)
   return self:over_images(input, function(x)
      self:check(x:size(2) == self.nInputPlane, 'expects %d input planes, got %d (%s)', self.nInputPlane, x:size(2),
         Tensor.shape_text(input))
      return conv.conv2d(x, self:kernel(), self:offset(), {stride = {self.dH, self.dW},
         pad = {self.padH, self.padW}, dilation = {self.dilationH, self.dilationW}, groups = self.groups})
   end)
end

function SpatialConvolution:__tostring__()
   local s = ('%s(%d -> %d, %dx%d'):format(self.__typename, self.nInputPlane, self.nOutputPlane, self.kW, self.kH)
   local padded = self.padW ~= 0 or self.padH ~= 0
   if self.dW ~= 1 or self.dH ~= 1 or padded then s = s .. (', %d,%d'):format(self.dW, self.dH) end
   if padded then s = s .. (', %d,%d'):format(self.padW, self.padH) end
   if self.groups > 1 then s = s .. (', %d groups'):format(self.groups) end
   return s .. self:dilation_text() .. (self.bias and ')' or ') without bias')
end

---@private
function SpatialConvolution:dilation_text() return '' end

return SpatialConvolution
