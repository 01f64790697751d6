local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local positions = require 'hilo.nn.positions'
local widths = require 'hilo.nn.widths'

--- nn.SpatialConvolutionLocal(nIn, nOut, iW, iH, kW, kH[, dW, dH, padW, padH]): a convolution with a kernel of its own at every place
--- of images of iW x iH pixels.
---
---     local y = nn.SpatialConvolutionLocal(3, 4, 6, 5, 3, 3):forward(hilo.zeros(2, 3, 5, 6))  -- (2,4,3,4)
local SpatialConvolutionLocal, parent = class('nn.SpatialConvolutionLocal', 'nn.Module')

---@param nInputPlane integer
---@param nOutputPlane integer
---@param iW integer width of the images
---@param iH integer height
---@param kW integer width of the kernels
---@param kH integer
---@param dW? integer stride, 1 if not given
---@param dH? integer
---@param padW? integer zeros at each side, 0 if not given
---@param padH? integer padW if not given
function SpatialConvolutionLocal:__init(nInputPlane, nOutputPlane, iW, iH, kW, kH, dW, dH, padW, padH)
   parent.__init(self)
   self.nInputPlane, self.nOutputPlane = nInputPlane, nOutputPlane
   self.iW, self.iH, self.kW, self.kH = iW, iH, kW, kH
   self.dW, self.dH, self.padW = dW or 1, dH or 1, padW or 0
   self.padH = padH or self.padW
   self:check_whole(1, self.most.planes, 'nInputPlane', 'nOutputPlane'):check_sides('iW', 'iH', 'kW', 'kH', 'dW', 'dH')
   self:check_whole(0, self.most.side, 'padW', 'padH')
   self.oW = math.floor((iW + 2 * self.padW - kW) / self.dW) + 1
   self.oH = math.floor((iH + 2 * self.padH - kH) / self.dH) + 1
   self:check(self.oW >= 1 and self.oH >= 1, 'a kernel of %dx%d does not fit images of %dx%d', kW, kH, iW, iH)
   self:new_parameter('weight', self.oH, self.oW, nOutputPlane, nInputPlane, kH, kW)
   self:new_parameter('bias', nOutputPlane, self.oH, self.oW)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(nIn * kH * kW).
---@param stdv? number
---@return nn.SpatialConvolutionLocal self
function SpatialConvolutionLocal:reset(stdv)
   return self:draw_uniform(stdv, self.kW * self.kH * self.nInputPlane)
end

-- Where the elements of each window lie in a padded image: (places, kH*kW), in a row.
local function places_of(self)
   local list, width = {}, self.iW + 2 * self.padW
   for p = 0, self.oH - 1 do
      for q = 0, self.oW - 1 do
         for r = 0, self.kH - 1 do
            for s = 0, self.kW - 1 do list[#list + 1] = (p * self.dH + r) * width + q * self.dW + s + 1 end
         end
      end
   end
   return list
end

---@param input Tensor
function SpatialConvolutionLocal:updateOutput(input)
   return self:over_images(input, function(x)
      local n, c, h, w = unpack(Tensor.sizes_table(x))
      self:check(c == self.nInputPlane and h == self.iH and w == self.iW, 'expects images of %dx%dx%d, got %s', self.nInputPlane,
         self.iH, self.iW, Tensor.shape_text(input))
      x = widths(widths(x, 3, self.padH, self.padH), 4, self.padW, self.padW)
      local places, k = self.oH * self.oW, self.kH * self.kW
      local taken = shape.index(shape.reshape(x, n, c, x:size(3) * x:size(4)), 3, positions(places_of(self), x))
      taken = shape.reshape(shape.permute(taken:view(n, c, places, k), 3, 1, 2, 4), places, n, c * k)
      local kernels = self:parameter('weight'):view(places, self.nOutputPlane, c * k)
      local y = matmul.matmul(taken, shape.transpose(kernels, 2, 3)) -- (places,n,nOut)
      y = shape.reshape(shape.permute(y, 2, 3, 1), n, self.nOutputPlane, self.oH, self.oW)
      return pointwise.add(y, self:parameter('bias'))
   end)
end

function SpatialConvolutionLocal:__tostring__()
   local s = ('%s(%d -> %d, %dx%d, %dx%d'):format(self.__typename, self.nInputPlane, self.nOutputPlane, self.iW, self.iH, self.kW,
      self.kH)
   local padded = self.padW ~= 0 or self.padH ~= 0
   if self.dW ~= 1 or self.dH ~= 1 or padded then s = s .. (', %d,%d'):format(self.dW, self.dH) end
   if padded then s = s .. (', %d,%d'):format(self.padW, self.padH) end
   return s .. ')'
end

return SpatialConvolutionLocal
