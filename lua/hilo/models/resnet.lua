--- models/resnet.lua: residual networks (He et al., 2016) with torchvision's parameter names, at any output stride.
local autograd = require 'hilo.autograd'
local pool = require 'hilo.ops.pool'
local nn = require 'hilo.nn'
local options_of = require 'hilo.models.options'
local parts = require 'hilo.models.parts'
local precision = require 'hilo.models.precision'

local conv, normalised, release = parts.conv, parts.normalised, parts.release

-- ---- blocks ----

local function shortcut(block, from, to, stride)
   if stride == 1 and from == to then return end
   block:add(nn.Sequential():add(conv(from, to, 1, stride, 1)):add(nn.SpatialBatchNormalization(to)), 'downsample')
end

--- Two 3x3 convolutions.
local BasicBlock, parent = nn.class('nn.ResNetBasicBlock', 'nn.Container')
BasicBlock.expansion = 1

---@param p {stride: integer, dilation: integer, first_dilation: integer, [string]: any}
---@param from integer planes of the input
---@param planes integer planes of the output
function BasicBlock:__init(from, planes, p)
   parent.__init(self)
   self:add(conv(from, planes, 3, p.stride, p.first_dilation), 'conv1')
   self:add(nn.SpatialBatchNormalization(planes), 'bn1')
   self:add(conv(planes, planes, 3, 1, p.dilation), 'conv2')
   self:add(nn.SpatialBatchNormalization(planes), 'bn2')
   shortcut(self, from, planes, p.stride)
end

function BasicBlock:updateOutput(x)
   local inner = normalised(self.bn1, self.conv1, x)
   local y = normalised(self.bn2, self.conv2, inner, {add = self.downsample and self.downsample(x) or x})
   release(inner, y)
   if self.forgets_input then autograd.forget(x) end
   return y
end

--- 1x1, 3x3 and 1x1 convolution.
local Bottleneck = nn.class('nn.ResNetBottleneck', 'nn.Container')
Bottleneck.expansion = 4

---@param p {stride: integer, dilation: integer, first_dilation: integer, stride_on: '3x3'|'1x1', [string]: any}
---@param from integer planes of the input
---@param planes integer inner planes; those of the output are 4 times as many
function Bottleneck:__init(from, planes, p)
   parent.__init(self)
   local on_first = p.stride_on == '1x1'
   self:add(conv(from, planes, 1, on_first and p.stride or 1, 1), 'conv1')
   self:add(nn.SpatialBatchNormalization(planes), 'bn1')
   self:add(conv(planes, planes, 3, on_first and 1 or p.stride, p.first_dilation), 'conv2')
   self:add(nn.SpatialBatchNormalization(planes), 'bn2')
   self:add(conv(planes, 4 * planes, 1, 1, 1), 'conv3')
   self:add(nn.SpatialBatchNormalization(4 * planes), 'bn3')
   shortcut(self, from, 4 * planes, p.stride)
end

function Bottleneck:updateOutput(x)
   local narrow = normalised(self.bn1, self.conv1, x)
   local inner = normalised(self.bn2, self.conv2, narrow)
   release(narrow, inner)
   local y = normalised(self.bn3, self.conv3, inner, {add = self.downsample and self.downsample(x) or x})
   release(inner, y)
   if self.forgets_input then autograd.forget(x) end
   return y
end

-- ---- networks ----

local kinds = {
   resnet18 = {block = BasicBlock, layers = {2, 2, 2, 2}},
   resnet34 = {block = BasicBlock, layers = {3, 4, 6, 3}},
   resnet50 = {block = Bottleneck, layers = {3, 4, 6, 3}},
   resnet101 = {block = Bottleneck, layers = {3, 4, 23, 3}},
}

---@class ResNet: Container
---@field planes integer channels of the last stage
---@field low_planes integer channels of the first
---@field low_level boolean? the output is {features, features of the first stage, a quarter of the images' size}
---@field output_stride integer
local ResNet = nn.class('nn.ResNet', 'nn.Container')

-- Stride and dilation of the four stages.
local function strides_of(output_stride)
   local plan, dilation, reached = {{stride = 1, dilation = 1}}, 1, 4
   for i = 2, 4 do
      local stride = 2
      if reached == output_stride then
         stride, dilation = 1, dilation * 2
      else
         reached = reached * 2
      end
      plan[i] = {stride = stride, dilation = dilation}
   end
   return plan
end

-- To compute a block's output again takes the output of the block before it. So each keep_every-th is kept, and as many
-- at most are there at a time in backward.
local keep_every = 4

local function stage(kind, from, planes, count, plan, previous_dilation, o)
   local blocks = nn.Sequential()
   for i = 1, count do
      local first_dilation = i == 1 and o.first_block == 'previous' and previous_dilation or plan.dilation
      local block = kind.block(from, planes, {stride = i == 1 and plan.stride or 1, dilation = plan.dilation,
         first_dilation = first_dilation, stride_on = o.stride_on})
      block.forgets_input = (i - 1) % keep_every ~= 0
      blocks:add(block)
      from = planes * kind.block.expansion
   end
   return blocks, from
end

-- What sees the pictures: one convolution of 7x7, or three of 3x3 (He et al., 2019, "Bag of tricks", ResNet-C), whose last gives twice
-- the width; and how many channels it gives.
local function stem_of(o)
   if o.stem == '7x7' then return nn.SpatialConvolution(3, o.width, 7, 7, 2, 2, 3, 3):noBias(), o.width end
   local stem, wide = nn.Sequential(), 2 * o.width
   stem:add(conv(3, o.width, 3, 2, 1)):add(nn.SpatialBatchNormalization(o.width)):add(nn.ReLU())
   stem:add(conv(o.width, o.width, 3, 1, 1)):add(nn.SpatialBatchNormalization(o.width)):add(nn.ReLU())
   return stem:add(conv(o.width, wide, 3, 1, 1)), wide
end

--- As models.resnet18 and the others make it, with all options given.
---@param name 'resnet18'|'resnet34'|'resnet50'|'resnet101'
---@param o {width: number, output_stride: integer, [string]: any} options of models.resnet50
function ResNet:__init(name, o)
   parent.__init(self)
   local kind = kinds[name]
   self.kind, self.output_stride, self.recomputes, self.precision = name, o.output_stride, o.checkpoint, o.precision
   local stem, from = stem_of(o)
   self:add(stem, 'conv1')
   self:add(nn.SpatialBatchNormalization(from), 'bn1')
   self:add(nn.SpatialMaxPooling(3, 3, 2, 2, 1, 1), 'maxpool')
   if o.ceil_mode then self.maxpool:ceil() end
   local previous = 1
   for i, plan in ipairs(strides_of(o.output_stride)) do
      local blocks
      blocks, from = stage(kind, from, o.width * 2 ^ (i - 1), kind.layers[i], plan, previous, o)
      self:add(blocks, 'layer' .. i)
      previous = plan.dilation
      if i == 1 then self.low_planes = from end
   end
   self.planes = from
   if o.classes then self:add(nn.Linear(from, o.classes), 'fc') end
   parts.initialise(self, o.generator)
end

-- One of layer1 .. layer4, computed again in backward where asked for.
local function run_stage(self, i, x)
   local layer, again = self['layer' .. i], self.recomputes
   if again == true or type(again) == 'table' and again[i] then return nn.checkpoint(layer, x) end
   return layer(x)
end

--- What the last stage and the first compute.
---@param x Tensor (N,3,H,W)
---@return Tensor (N,planes,H',W'), H' about H / output_stride
---@return Tensor (N,low_planes,H/4,W/4)
function ResNet:features_of(x)
   self:check_dims(x, 'images (N,3,H,W)', 4)
   local low = run_stage(self, 1, self.maxpool(normalised(self.bn1, self.conv1, precision.enter(self, x))))
   x = low
   for i = 2, 4 do x = run_stage(self, i, x) end
   return x, low
end

--- Scores (N,classes), or the features where it was made without classes.
---@param x Tensor (N,3,H,W)
---@return Tensor|Tensor[]
function ResNet:updateOutput(x)
   local f, low = self:features_of(x)
   f = precision.leave(self, f)
   if self.fc then return self.fc(pool.global_avg_pool(f)) end
   return self.low_level and {f, precision.leave(self, low)} or f
end

options_of.add_groups(ResNet, 'fc.')

function ResNet:__tostring__()
   return (self:named_text():gsub('^nn%.ResNet', ('nn.ResNet(%s, output stride %d)'):format(self.kind, self.output_stride)))
end

local known = options_of.joined({
   stride_on = {'one of', {'3x3', '1x1'}, default = '3x3'},
   stem = {'one of', {'7x7', '3x3'}, default = '7x7'},
   first_block = {'one of', {'dilated', 'previous'}, default = 'dilated'},
   ceil_mode = {'boolean', default = false},
}, options_of.of_backbone)

local function maker(name)
   --- A residual network (He et al., 2016). Options:
   ---   classes        ends in global average pooling and a linear layer to so many scores; features only if not given
   ---   width          channels of the first convolution and stage, 64; doubled by each stage after it
   ---   output_stride  32 (default), 16 or 8: the last stages keep their stride at 1 and are dilated instead
   ---   first_block    of a dilated stage: 'dilated' as the others (default; DeepLab-v2), or 'previous': with the dilation of
   ---                  the stage before (torchvision)
   ---   stride_on      convolution of a bottleneck that takes the stride: '3x3' (default, torchvision) or '1x1' (the authors' code)
   ---   stem           what sees the pictures: '7x7' (default), or '3x3': three convolutions, as many DeepLabs of others have
   ---   ceil_mode      the max pooling rounds its output size up
   ---   freeze_bn      'none' (default), 'affine': scale and shift fixed, or 'all': running statistics too
   ---   checkpoint     true, or {[3] = true, ...}: these stages are computed again in backward to save memory
   ---   precision      'float32' (default), or 'bf16': computes in bfloat16 from images to features; these, and all that
   ---                  is learnt, are float32
   ---   generator      hilo.Generator for the initial weights, the default one if not given
   ---
   ---     local scores = hilo.models.resnet18 {classes = 10, width = 8}(hilo.randn(1, 3, 64, 64))  -- (1,10)
   ---@param options? table
   ---@return ResNet
   return function(options)
      local o = options_of.read(name, options, known)
      local net = ResNet(name, o)
      if o.freeze_bn ~= 'none' then net:freezeBatchNorm{statistics = o.freeze_bn == 'all'} end
      return options_of.made(net, name, o)
   end
end

--- What the file makes: the options that it knows, and a function for each depth.
local resnet = {known = known, makers = {}}
for name in pairs(kinds) do resnet.makers[name] = maker(name) end

return resnet
