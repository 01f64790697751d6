--- models/decoder.lua: the head of DeepLab-v3+ (Chen et al., 2018, "Encoder-decoder with atrous separable convolution"): a pyramid
--- with image pooling, brought to a quarter of the images' size, joined with the features there and refined.
local nn = require 'hilo.nn'
local parts = require 'hilo.models.parts'
local resize = require 'hilo.ops.resize'
local shape = require 'hilo.ops.shape'

local function pair(from, to, kernel, dilation)
   return nn.Sequential():add(parts.conv(from, to, kernel, 1, dilation)):add(nn.SpatialBatchNormalization(to))
end

local function rectified(layers, x)
   local n = layers:size()
   return parts.normalised(layers:get(n), layers:get(n - 1), n == 3 and layers:get(1)(x) or x)
end

local function resized(x, like) return resize.resize(x, like:size(3), like:size(4), {mode = 'bilinear', align_corners = true}) end

--- A 1x1 convolution, three dilated 3x3 ones and the mean of the image, side by side, and a 1x1 convolution of all. The names are
--- those of torchvision's ASPP.
local Pyramid, parent = nn.class('nn.AtrousPyramidPooling', 'nn.Container')

---@param from integer planes of the input
---@param to integer planes of the output
---@param rates integer[] dilations
function Pyramid:__init(from, to, rates)
   parent.__init(self)
   local convs = nn.Container():add(pair(from, to, 1))
   for _, rate in ipairs(rates) do convs:add(pair(from, to, 3, rate)) end
   local pooled = pair(from, to, 1)
   convs:add(pooled:insert(nn.SpatialAdaptiveAveragePooling(1, 1), 1))
   self:add(convs, 'convs')
   self:add(pair(convs:size() * to, to, 1), 'project')
   self:add(nn.Dropout(0.1), 'dropout')
end

function Pyramid:updateOutput(x)
   local branches, n = {}, self.convs:size()
   for i = 1, n do branches[i] = rectified(self.convs:get(i), x) end
   branches[n] = resized(branches[n], x)
   return self.dropout(rectified(self.project, shape.cat(branches, 2)))
end

---@class Decoder: Container
local Decoder = nn.class('nn.DeepLabDecoder', 'nn.Container')

--- The head of DeepLab-v3+.
---@param planes integer of the backbone's last features
---@param low_planes integer of those at a quarter of the images' size
---@param o {classes: integer, width: integer, rates: integer[], generator: Generator?, [string]: any}
function Decoder:__init(planes, low_planes, o)
   parent.__init(self)
   local to, low = 4 * o.width, math.ceil(0.75 * o.width)
   self:add(Pyramid(planes, to, o.rates), 'aspp')
   self:add(pair(low_planes, low, 1), 'low')
   self:add(pair(to + low, to, 3), 'refine1')
   self:add(pair(to, to, 3), 'refine2')
   self:add(nn.SpatialConvolution(to, o.classes, 1, 1), 'classify')
   parts.initialise(self, o.generator)
   parts.begin_classifier(self.classify, o.generator)
end

--- Logits at a quarter of the images' size.
---@param x Tensor[] {features (N,planes,H',W'), features (N,low_planes,H/4,W/4)}
---@return Tensor (N,classes,H/4,W/4)
function Decoder:updateOutput(x)
   local f, low = x[1], rectified(self.low, x[2])
   local joined = shape.cat({resized(self.aspp(f), low), low}, 2)
   return self.classify(rectified(self.refine2, rectified(self.refine1, joined)))
end

local decoder = {}

--- The head of DeepLab-v3+ for a backbone, whose output becomes a pair. Its convolutions have 256 channels and the features at a
--- quarter 48 at the published width, 64. Rates 6, 12, 18 at output stride 16, twice that at 8, half at 32.
---@param backbone ResNet|VGG|MobileNet
---@param o {classes: integer, width: integer, generator: Generator?, [string]: any}
---@return Decoder
function decoder.of(backbone, o)
   backbone.low_level = true
   local rates = {}
   for i = 1, 3 do rates[i] = 6 * i * 16 / backbone.output_stride end
   return Decoder(backbone.planes, backbone.low_planes, {classes = o.classes, width = o.width, rates = rates, generator = o.generator})
end

return decoder
