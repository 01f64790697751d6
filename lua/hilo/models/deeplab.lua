--- models/deeplab.lua: DeepLab-v2 (Chen et al., 2018): a dilated residual network, and four dilated convolutions summed.
local conv = require 'hilo.ops.conv'
local loss = require 'hilo.ops.loss'
local resize = require 'hilo.ops.resize'
local autograd = require 'hilo.autograd'
local nn = require 'hilo.nn'
local options_of = require 'hilo.models.options'
local precision = require 'hilo.models.precision'
local resnet = require 'hilo.models.resnet'

--- Atrous spatial pyramid: 3x3 convolutions side by side, summed.
local Pyramid, parent = nn.class('nn.AtrousPyramid', 'nn.Container')

function Pyramid:__init(from, classes, dilations, generator)
   parent.__init(self)
   for _, d in ipairs(dilations) do
      local branch = nn.SpatialDilatedConvolution(from, classes, 3, 3, 1, 1, d, d, d, d)
      autograd.no_grad(function()
         branch.weight:normal(0, 0.01, {generator = generator})
         branch.bias:zero()
      end)
      self:add(branch)
   end
end

function Pyramid:updateOutput(x)
   local weights, biases, options = {}, {}, {}
   for i, m in ipairs(self.modules) do
      weights[i], biases[i] = m:parameter('weight'), m:parameter('bias')
      options[i] = {pad = {m.padH, m.padW}, dilation = {m.dilationH, m.dilationW}}
   end
   return conv.conv2d_sum(x, weights, biases, options)
end

function Pyramid:__tostring__() return self:branches_text() end

---@class DeepLab: Container
---@field backbone ResNet
local DeepLab = nn.class('nn.DeepLab', 'nn.Container')

function DeepLab:__init(backbone, head, precise)
   parent.__init(self)
   self.precision = precise
   self:add(backbone, 'backbone')
   self:add(head, 'head')
end

--- What the head sees.
---@param x Tensor (N,3,H,W)
---@return Tensor (N,planes,H',W'), H' about H / output_stride
function DeepLab:features(x) return self.backbone(precision.enter(self, x)) end

--- What the head says of features.
---@param features Tensor (N,planes,H',W')
---@return Tensor (N,classes,H',W')
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
---@param options? {void: integer, weight: Tensor, per_image: boolean} as hilo.cross_entropy takes them
---@return Tensor loss (1), or (N) with per_image
function DeepLab:cross_entropy(x, labels, options)
   options = options or {}
   return loss.resize_cross_entropy(self:logits(x), labels, {align_corners = true, void = options.void, weight = options.weight,
      per_image = options.per_image})
end

--- Parameters of the residual network that train (those that are not frozen), each once.
---@return Tensor[]
function DeepLab:backboneParameters()
   return options_of.trainable(self, function(name) return name:sub(1, 9) == 'backbone.' end)
end

--- Parameters of the classification convolutions, each once.
---@return Tensor[]
function DeepLab:headParameters()
   return options_of.trainable(self, function(name) return name:sub(1, 5) == 'head.' end)
end

local known = {
   backbone = {'any', default = 'resnet101'},
   classes = {'whole', required = true},
   output_stride = {'one of', {8, 16, 32}, default = 8},
   aspp_branches = {'one of', {1, 2, 3, 4}, default = 4},
   freeze_bn = {'one of', {'none', 'affine', 'all'}, default = 'affine'},
}
for name, rule in pairs(resnet.known) do
   if not known[name] then known[name] = rule end
end

local dilations = {6, 12, 18, 24}

--- DeepLab-v2. Options, besides those of models.resnet:
---   backbone       'resnet101' (default), 'resnet50', 'resnet34' or 'resnet18'
---   classes        required
---   output_stride  8 (default), 16 or 32
---   aspp_branches  how many of the dilations 6, 12, 18, 24 are used: 4 (default); 2 in the authors' code
---   stride_on      '3x3' (default); '1x1' in the authors' code
---   freeze_bn      'affine' (default): scale and shift of batch normalisation fixed while its running statistics move; 'none', 'all'
---   precision      'float32' (default), or 'bf16': on a card, computes in bfloat16 from images to logits; these, and all that is
---                  learnt, are float32
---@param options table
---@return DeepLab
local function deeplab(options)
   local o = options_of.read('models.deeplab', options, known)
   local of_backbone = options_of.pick(o, resnet.known)
   of_backbone.classes, of_backbone.precision = nil, nil
   local backbone = resnet.make(o.backbone, of_backbone)
   local head = Pyramid(backbone.planes, o.classes, {unpack(dilations, 1, o.aspp_branches)}, o.generator)
   return DeepLab(backbone, head, o.precision)
end

return deeplab
