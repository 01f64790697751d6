local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local conv = require 'hilo.ops.conv'
local shape = require 'hilo.ops.shape'
local widths = require 'hilo.nn.widths'
local windows = require 'hilo.nn.windows'

--- nn.VolumetricConvolution(nIn, nOut, kT, kW, kH[, dT, dW, dH, padT, padW, padH]): 3-d convolution of volumes (N,nIn,T,H,W) or
--- (nIn,T,H,W).
---
---     local y = nn.VolumetricConvolution(2, 4, 3, 3, 3):forward(hilo.zeros(1, 2, 5, 6, 7))  -- (1,4,3,4,5)
local VolumetricConvolution, parent = class('nn.VolumetricConvolution', 'nn.Module')

---@param nInputPlane integer
---@param nOutputPlane integer
---@param kT integer frames of the kernel
---@param kW integer
---@param kH integer
---@param dT? integer stride, 1 if not given
---@param dW? integer
---@param dH? integer
---@param padT? integer zeros at each side, 0 if not given
---@param padW? integer padT if not given
---@param padH? integer padW if not given
function VolumetricConvolution:__init(nInputPlane, nOutputPlane, kT, kW, kH, dT, dW, dH, padT, padW, padH)
   parent.__init(self)
   self.nInputPlane, self.nOutputPlane, self.kT, self.kW, self.kH = nInputPlane, nOutputPlane, kT, kW, kH
   self.dT, self.dW, self.dH = dT or 1, dW or 1, dH or 1
   self.padT = padT or 0
   self.padW = padW or self.padT
   self.padH = padH or self.padW
   self.dilationT, self.dilationW, self.dilationH = 1, 1, 1
   self:check_whole(1, self.most.planes, 'nInputPlane', 'nOutputPlane'):check_sides('kT', 'kW', 'kH', 'dT', 'dW', 'dH')
   self:check_whole(0, self.most.side, 'padT', 'padW', 'padH')
   self:new_parameter('weight', nOutputPlane, nInputPlane, kT, kH, kW)
   self:new_parameter('bias', nOutputPlane)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(kT * kH * kW * nIn).
---@param stdv? number
---@return nn.VolumetricConvolution self
function VolumetricConvolution:reset(stdv)
   return self:draw_uniform(stdv, self.kT * self.kW * self.kH * self.nInputPlane)
end

--- Drops the bias.
---@return nn.VolumetricConvolution self
function VolumetricConvolution:noBias()
   self.bias, self.gradBias = nil, nil
   return self
end

-- Windows of frames become planes of a 2-d convolution.
---@param input Tensor
function VolumetricConvolution:updateOutput(input)
   return self:over_volumes(input, function(x)
      self:check(x:size(2) == self.nInputPlane, 'expects %d input planes, got %d (%s)', self.nInputPlane, x:size(2),
         Tensor.shape_text(input))
      local n, c, _, h, w = unpack(Tensor.sizes_table(x))
      local taken, frames = windows.taken(widths(x, 3, self.padT, self.padT), 3, self.kT, self.dT, self.dilationT)
      taken = shape.permute(windows.cut(taken, 3, frames, self.kT), 1, 3, 2, 4, 5, 6) -- (n,frames,c,kT,h,w)
      local kernel = self:parameter('weight'):view(self.nOutputPlane, c * self.kT, self.kH, self.kW)
      local y = conv.conv2d(shape.reshape(taken, n * frames, c * self.kT, h, w), kernel, self:parameter('bias'),
         {stride = {self.dH, self.dW}, pad = {self.padH, self.padW}, dilation = {self.dilationH, self.dilationW}})
      y = shape.permute(y:view(n, frames, self.nOutputPlane, y:size(3), y:size(4)), 1, 3, 2, 4, 5)
      return shape.contiguous(y)
   end)
end

function VolumetricConvolution:__tostring__()
   local s = ('%s(%d -> %d, %dx%dx%d'):format(self.__typename, self.nInputPlane, self.nOutputPlane, self.kT, self.kW, self.kH)
   local padded = self.padT ~= 0 or self.padW ~= 0 or self.padH ~= 0
   if self.dT ~= 1 or self.dW ~= 1 or self.dH ~= 1 or padded then s = s .. (', %d,%d,%d'):format(self.dT, self.dW, self.dH) end
   if padded then s = s .. (', %d,%d,%d'):format(self.padT, self.padW, self.padH) end
   return s .. ')'
end

return VolumetricConvolution
