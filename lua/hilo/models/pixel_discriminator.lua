--- models/pixel_discriminator.lua: tells label maps from predicted ones pixel by pixel (Hung et al., BMVC 2018: AdvSemiSeg).
local pointwise = require 'hilo.ops.pointwise'
local resize = require 'hilo.ops.resize'
local nn = require 'hilo.nn'
local options_of = require 'hilo.models.options'
local precision = require 'hilo.models.precision'

---@class PixelDiscriminator: Container
local PixelDiscriminator, parent = nn.class('nn.PixelDiscriminator', 'nn.Container')

local layers = 4

--- As models.pixel_discriminator makes it, with all options given.
---@param o {classes: integer, channels: integer, [string]: any} options of models.pixel_discriminator
function PixelDiscriminator:__init(o)
   parent.__init(self)
   self.slope, self.precision = o.slope, o.precision
   local from, to = o.classes, o.channels
   for i = 1, layers do
      self:add(nn.SpatialConvolution(from, to, 4, 4, 2, 2, 1, 1), 'conv' .. i)
      from, to = to, 2 * to
   end
   self:add(nn.SpatialConvolution(from, 1, 4, 4, 2, 2, 1, 1), 'classifier')
end

--- Logits of "this pixel's column is a label's", upsampled bilinearly with the corners aligned.
---@param x Tensor (N,classes,H,W) one-hot labels or softmax of predictions, sides of 32 or more
---@return Tensor (N,H,W)
function PixelDiscriminator:updateOutput(x)
   self:check_dims(x, 'a map (N,C,H,W)', 4)
   local n, h, w = x:size(1), x:size(3), x:size(4)
   self:check(h >= 32 and w >= 32, 'halves a map five times, so its sides must be 32 or more, got %dx%d', h, w)
   x = precision.enter(self, x)
   for i = 1, layers do x = pointwise.leaky_relu(self['conv' .. i](x), self.slope) end
   x = precision.leave(self, self.classifier(x))
   return resize.resize(x, h, w, {mode = 'bilinear', align_corners = true}):view(n, h, w)
end

local known = {
   classes = {'whole', required = true},
   channels = {'whole', default = 64},
   slope = {'number', default = 0.2},
   precision = precision.rule,
}

--- The discriminator of AdvSemiSeg: five 4x4 convolutions with stride 2, LeakyReLU between them. Options:
---   classes    required: channels of the input
---   channels   of the first convolution, 64; doubled by each of the next three, the last has one
---   precision  'float32' (default), or 'bf16': computes in bfloat16 from maps to logits
---@param options table
---@return PixelDiscriminator
local function pixel_discriminator(options)
   return PixelDiscriminator(options_of.read('models.pixel_discriminator', options, known))
end

return pixel_discriminator
