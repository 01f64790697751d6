--- models/deeplab.lua: DeepLab-v2 and v3+ (Chen et al., 2018, both): a dilated network, and a head that says what is in each pixel.
local backbones = require 'hilo.models.backbone'
local decoder = require 'hilo.models.decoder'
local known = require 'hilo.models.deeplab_options'
local loss = require 'hilo.ops.loss'
local resize = require 'hilo.ops.resize'
local nn = require 'hilo.nn'
local options_of = require 'hilo.models.options'
local precision = require 'hilo.models.precision'
local pyramid = require 'hilo.models.pyramid'

---@class DeepLab: Container
---@field backbone ResNet|VGG|MobileNet
local DeepLab, parent = nn.class('nn.DeepLab', 'nn.Container')

--- A backbone and a head; models.deeplab makes both.
---@param backbone ResNet|VGG|MobileNet
---@param head Module features -> logits
---@param precise? 'float32'|'bf16' what is computed in
function DeepLab:__init(backbone, head, precise)
   parent.__init(self)
   self.precision = precise
   self:add(backbone, 'backbone')
   self:add(head, 'head')
end

--- What the head sees.
---@param x Tensor (N,3,H,W)
---@return Tensor|Tensor[] (N,planes,H',W'), H' about H / output_stride; with v3+'s head {that, (N,low_planes,H/4,W/4)}
function DeepLab:features(x) return self.backbone(precision.enter(self, x)) end

--- What the head says of features.
---@param features Tensor|Tensor[]
---@return Tensor (N,classes,H',W'); with v3+'s head at a quarter of the images' size
function DeepLab:classify(features) return precision.leave(self, self.head(features)) end

--- Logits before they are brought to the images' size.
---@param x Tensor (N,3,H,W)
---@return Tensor (N,classes,H',W')
function DeepLab:logits(x) return self:classify(self:features(x)) end

--- Logits, upsampled bilinearly with the corners aligned.
---@param x Tensor (N,3,H,W)
---@return Tensor (N,classes,H,W)
function DeepLab:updateOutput(x)
   return resize.resize(self:logits(x), x:size(3), x:size(4), {mode = 'bilinear', align_corners = true})
end

--- cross_entropy(self(x), labels), without storing the upsampled logits: what training on labels needs.
---@param x Tensor (N,3,H,W)
---@param labels Tensor (N,H,W)
---@param options? {void?: integer, weight?: Tensor, per_image?: boolean}|Tensor as hilo.cross_entropy takes them; a tensor is none
--- of them: what loader:tensors() gives third
---@return Tensor loss (1), or (N) with per_image
function DeepLab:cross_entropy(x, labels, options)
   options = options or {}
   return loss.resize_cross_entropy(self:logits(x), labels, {align_corners = true, void = options.void, weight = options.weight,
      per_image = options.per_image})
end

--- Parameters of the backbone that train (those that are not frozen), each once.
---@return Tensor[]
function DeepLab:backboneParameters()
   return options_of.trainable(self, function(name) return name:sub(1, 9) == 'backbone.' end)
end

--- Parameters of the head, each once.
---@return Tensor[]
function DeepLab:headParameters()
   return options_of.trainable(self, function(name) return name:sub(1, 5) == 'head.' end)
end

--- DeepLab. Options, besides those of the backbone (models/resnet.lua, vgg.lua, mobilenet.lua):
---   backbone       'resnet101' (default), 'resnet50', 'resnet34', 'resnet18', 'vgg16' or 'mobilenet_v2'
---   head           'deeplab2' (default): dilated convolutions, summed (models/pyramid.lua), or 'deeplab3plus': image pooling and a
---                  decoder (models/decoder.lua), whose batch normalisation always trains
---   classes        required
---   output_stride  8 (default), 16 or 32
---   aspp_branches  of deeplab2: how many of the dilations 6, 12, 18, 24 are used: 4 (default); 2 in the authors' code
---   stride_on      '3x3' (default); '1x1' in the authors' code
---   stem           '7x7' (default); '3x3' in many others' code
---   freeze_bn      of the backbone: 'affine' (default): scale and shift of batch normalisation fixed while its running statistics
---                  move; 'none', 'all'
---   precision      'float32' (default), or 'bf16': computes in bfloat16 from images to logits; these, and all that is
---                  learnt, are float32
---
---     local net = hilo.models.deeplab {backbone = 'resnet18', classes = 5, width = 8}
---     local logits = net(hilo.randn(1, 3, 65, 65))              -- (1,5,65,65)
---@param options table
---@return DeepLab
local function deeplab(options)
   local o = options_of.read('models.deeplab', options, known)
   local of_backbone = options_of.pick(o, known)
   of_backbone.classes, of_backbone.precision = nil, nil
   local backbone = backbones.part(o.backbone, of_backbone)
   local of_head = {classes = o.classes, branches = o.aspp_branches, width = o.width, dropout = o.dropout, generator = o.generator}
   local head = (o.head == 'deeplab2' and pyramid or decoder).of(backbone, of_head)
   return options_of.made(DeepLab(backbone, head, o.precision), 'deeplab', o)
end

return deeplab
