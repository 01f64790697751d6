--- models/vgg.lua: VGG-16 (Simonyan and Zisserman, 2015) with torchvision's parameter names, at any output stride.
local nn = require 'hilo.nn'
local pool = require 'hilo.ops.pool'
local options_of = require 'hilo.models.options'
local parts = require 'hilo.models.parts'
local precision = require 'hilo.models.precision'

---@class VGG: Container
---@field planes integer channels of the features
---@field low_planes integer channels of what low_level gives
---@field low_level boolean? the output is {features, features at a quarter of the images' size}
---@field output_stride integer
local VGG, parent = nn.class('nn.VGG', 'nn.Container')

-- Channels of the convolutions between poolings, as factors of the first one's.
local stages = {{1, 1}, {2, 2}, {4, 4, 4}, {8, 8, 8}, {8, 8, 8}}
-- Side of the images over that of what each stage works on, where nothing is dilated.
local strides = {1, 2, 4, 8, 16}

-- A pooling that does not stride sees 3x3, so that the size stays (Chen et al., 2018).
local function pooling(strided)
   if strided then return nn.SpatialMaxPooling(2, 2, 2, 2) end
   return nn.SpatialMaxPooling(3, 3, 1, 1, 1, 1)
end

---@private
function VGG:add_stages(o)
   local features, from = nn.Sequential(), 3
   for i, factors in ipairs(stages) do
      local dilation = math.max(1, strides[i] / o.output_stride)
      for _, factor in ipairs(factors) do
         local d = dilation
         features:add(nn.SpatialDilatedConvolution(from, factor * o.width, 3, 3, 1, 1, d, d, d, d)):add(nn.ReLU())
         from = factor * o.width
      end
      if i == 3 then self.low_at, self.low_planes = features:size(), from end
      features:add(pooling(strides[i] < o.output_stride))
   end
   self.planes = from
   self:add(features, 'features')
end

--- As models.vgg16 makes it, with all options given.
---@param o {width: number, dropout: number, output_stride: integer, [string]: any} options of models.vgg16
function VGG:__init(o)
   parent.__init(self)
   self.kind, self.output_stride, self.precision = 'vgg16', o.output_stride, o.precision
   self:add_stages(o)
   if o.classes then
      local wide = 64 * o.width
      self:add(nn.Sequential():add(nn.Linear(self.planes * 49, wide)):add(nn.ReLU()):add(nn.Dropout(o.dropout))
         :add(nn.Linear(wide, wide)):add(nn.ReLU()):add(nn.Dropout(o.dropout)):add(nn.Linear(wide, o.classes)), 'classifier')
   end
   parts.initialise(self, o.generator, 0.01)
end

--- What the last pooling gives.
---@param x Tensor (N,3,H,W)
---@return Tensor (N,planes,H',W'), H' about H / output_stride
---@return Tensor (N,low_planes,H/4,W/4) what the third stage gives before its pooling
function VGG:features_of(x)
   self:check_dims(x, 'images (N,3,H,W)', 4)
   x = precision.enter(self, x)
   local low
   for i, layer in ipairs(self.features.modules) do
      x = layer(x)
      if i == self.low_at then low = x end
   end
   return precision.leave(self, x), precision.leave(self, low)
end

--- Scores (N,classes), or the features where it was made without classes.
---@param x Tensor (N,3,H,W)
---@return Tensor|Tensor[]
function VGG:updateOutput(x)
   local f, low = self:features_of(x)
   if not self.classifier then return self.low_level and {f, low} or f end
   return self.classifier(pool.adaptive_avg_pool(f, 7, 7):reshape(f:size(1), 49 * self.planes))
end

options_of.add_groups(VGG, 'classifier.6.')

local vgg = {}

vgg.known = options_of.joined({dropout = {'number', default = 0.5}}, options_of.of_backbone)

--- VGG-16. Options, besides those of all backbones (models/resnet.lua):
---   classes        ends in pooling to 7x7 and three linear layers to so many scores; features only if not given
---   width          channels of the first stage, 64; those of all other layers are in proportion
---   output_stride  32 (default), 16 or 8: the last poolings keep the size, and the convolutions after the first such are dilated
---   dropout        before the last two linear layers: 0.5
--- Nothing is computed again in backward (checkpoint): there is little that is kept twice.
---
---     local features = hilo.models.vgg16 {width = 4}(hilo.randn(1, 3, 64, 64))  -- (1,32,2,2)
---@param options? table
---@return VGG
function vgg.make(options)
   local o = options_of.read('vgg16', options, vgg.known)
   return options_of.made(VGG(o), 'vgg16', o)
end

--- What DeepLab-v2 makes of the two wide linear layers: a 3x3 convolution of every third weight of the 7x7 ones and every fourth
--- output, and a 1x1 convolution of every fourth in- and output (Chen et al., 2015, section 3.1; Liu et al., 2016, section 2.2).
---@param tensors table<string, Tensor> of torchvision's file
---@return table<string, Tensor>? by the names of a branch of the head; nil where the file does not hold them
function vgg.decimated(tensors)
   local w6, b6, w7, b7 = tensors['classifier.0.weight'], tensors['classifier.0.bias'], tensors['classifier.3.weight'],
      tensors['classifier.3.bias']
   if not (w6 and b6 and w7 and b7) then return nil end
   local wide, planes = w6:size(1), w6:size(2) / 49
   if wide % 4 ~= 0 or planes % 1 ~= 0 then return nil end
   local narrow = wide / 4
   return {
      ['fc6.weight'] = w6:contiguous():as_strided({narrow, planes, 3, 3}, {4 * planes * 49, 49, 21, 3}):clone(),
      ['fc6.bias'] = b6:contiguous():as_strided({narrow}, {4}):clone(),
      ['fc7.weight'] = w7:contiguous():as_strided({narrow, narrow, 1, 1}, {4 * wide, 4, 1, 1}):clone(),
      ['fc7.bias'] = b7:contiguous():as_strided({narrow}, {4}):clone(),
   }
end

return vgg
