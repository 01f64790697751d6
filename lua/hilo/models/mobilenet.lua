--- models/mobilenet.lua: MobileNet-v2 (Sandler et al., 2018) with torchvision's parameter names, at any output stride.
local nn = require 'hilo.nn'
local pointwise = require 'hilo.ops.pointwise'
local pool = require 'hilo.ops.pool'
local options_of = require 'hilo.models.options'
local parts = require 'hilo.models.parts'
local precision = require 'hilo.models.precision'

-- min(max(0, bn(conv(x))), 6) of a pair {conv, bn}
local function clipped(pair, x)
   local y = parts.normalised(pair:get(2), pair:get(1), x, {relu = false})
   local z = pointwise.relu6(y)
   parts.release(y, z)
   return z
end

local function pair(from, to, kernel, stride, dilation, groups)
   return nn.Sequential():add(parts.conv(from, to, kernel, stride, dilation, groups)):add(nn.SpatialBatchNormalization(to))
end

--- A 1x1 convolution to more channels, a depthwise 3x3 one, and a 1x1 one to few, added to the input where that has their size.
local InvertedResidual, parent = nn.class('nn.InvertedResidual', 'nn.Container')

---@param p {expand: integer, stride: integer, dilation: integer, strides: boolean, [string]: any} strides: as published,
--- also where it is dilated here
---@param from integer planes of the input
---@param to integer planes of the output
function InvertedResidual:__init(from, to, p)
   parent.__init(self)
   local inner = from * p.expand
   self.residual = not p.strides and from == to
   local chain = nn.Sequential()
   if p.expand ~= 1 then chain:add(pair(from, inner, 1)) end
   chain:add(pair(inner, inner, 3, p.stride, p.dilation, inner)):add(parts.conv(inner, to, 1))
      :add(nn.SpatialBatchNormalization(to))
   self:add(chain, 'conv')
end

function InvertedResidual:updateOutput(x)
   local layers = self.conv.modules
   local y = x
   for i = 1, #layers - 2 do y = clipped(layers[i], y) end
   return parts.normalised(layers[#layers], layers[#layers - 1], y, {relu = false, add = self.residual and x or nil})
end

---@class MobileNet: Container
---@field planes integer channels of the features
---@field low_planes integer channels of what low_level gives
---@field low_level boolean? the output is {features, features at a quarter of the images' size}
---@field output_stride integer
local MobileNet = nn.class('nn.MobileNet', 'nn.Container')

-- Expansion, channels, blocks and stride of the stages.
local stages = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}

-- The multiple of 8 nearest to v, and no less than nine tenths of it.
local function divisible(v)
   local n = math.max(8, math.floor((v + 4) / 8) * 8)
   return n < 0.9 * v and n + 8 or n
end

---@private
function MobileNet:add_stages(o, factor)
   local from, reached, dilation = divisible(32 * factor), 2, 1
   local features = nn.Sequential():add(pair(3, from, 3, 2))
   for _, stage in ipairs(stages) do
      local expand, channels, blocks, stride = unpack(stage)
      local to, first, strides = divisible(channels * factor), dilation, stride == 2
      if strides and reached == o.output_stride then
         stride, dilation = 1, dilation * 2
      else
         reached = reached * stride
      end
      for i = 1, blocks do
         features:add(InvertedResidual(from, to, {expand = expand, stride = i == 1 and stride or 1,
            dilation = i == 1 and first or dilation, strides = i == 1 and strides}))
         from = to
      end
      if reached == 4 then self.low_at, self.low_planes = features:size(), from end
   end
   self.planes = from
   return features
end

--- As models.mobilenet_v2 makes it, with all options given.
---@param o {width: number, output_stride: integer, [string]: any} options of models.mobilenet_v2
function MobileNet:__init(o)
   parent.__init(self)
   self.kind, self.output_stride, self.recomputes, self.precision = 'mobilenet_v2', o.output_stride, o.checkpoint, o.precision
   local factor = o.width / 64
   local features = self:add_stages(o, factor)
   self:add(features, 'features')
   if o.classes then
      local last = divisible(1280 * math.max(1, factor))
      features:add(pair(self.planes, last, 1))
      self:add(nn.Sequential():add(nn.Dropout(o.dropout)):add(nn.Linear(last, o.classes)), 'classifier')
   end
   parts.initialise(self, o.generator, 0.01)
end

--- What the last block gives.
---@param x Tensor (N,3,H,W)
---@return Tensor (N,planes,H',W'), H' about H / output_stride
---@return Tensor (N,low_planes,H/4,W/4) what the blocks at that size give
function MobileNet:features_of(x)
   self:check_dims(x, 'images (N,3,H,W)', 4)
   local low
   x = clipped(self.features:get(1), precision.enter(self, x))
   for i = 2, self.classifier and self.features:size() - 1 or self.features:size() do
      local block = self.features:get(i)
      x = self.recomputes and nn.checkpoint(block, x) or block(x)
      if i == self.low_at then low = x end
   end
   return x, low
end

--- Scores (N,classes), or the features where it was made without classes.
---@param x Tensor (N,3,H,W)
---@return Tensor|Tensor[]
function MobileNet:updateOutput(x)
   local f, low = self:features_of(x)
   if self.classifier then
      return self.classifier(pool.global_avg_pool(precision.leave(self, clipped(self.features:get(self.features:size()), f))))
   end
   f = precision.leave(self, f)
   return self.low_level and {f, precision.leave(self, low)} or f
end

options_of.add_groups(MobileNet, 'classifier.1.')

local mobilenet = {}

mobilenet.known = options_of.joined({dropout = {'number', default = 0.2}}, options_of.of_backbone)

--- MobileNet-v2. Options, besides those of all backbones (models/resnet.lua):
---   classes        ends in a 1x1 convolution to 1280 channels, global average pooling and a linear layer to so many scores; features
---                  only, of the last block, if not given
---   width          64 (default) for the published network; the channels of all layers are in proportion, rounded to multiples of 8
---   output_stride  32 (default), 16 or 8: the last stages keep their stride at 1 and are dilated instead
---   dropout        before the linear layer: 0.2
---   checkpoint     true: the insides of all blocks are computed again in backward, to save memory
---
---     local scores = hilo.models.mobilenet_v2 {classes = 10, width = 16}(hilo.randn(1, 3, 64, 64))  -- (1,10)
---@param options? table
---@return MobileNet
function mobilenet.make(options)
   local o = options_of.read('mobilenet_v2', options, mobilenet.known)
   local net = MobileNet(o)
   if o.freeze_bn ~= 'none' then net:freezeBatchNorm{statistics = o.freeze_bn == 'all'} end
   return options_of.made(net, 'mobilenet_v2', o)
end

return mobilenet
