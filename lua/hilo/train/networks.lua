--- train/networks.lua: networks as the options of a script describe them.
local core = require 'hilo.core'
local hilo = require 'hilo'
local folder = require 'hilo.data.folder'
local kept = require 'hilo.train.kept'
local model_options = require 'hilo.train.model_options'
local options_of = require 'hilo.options.values'
local pretrained = require 'hilo.train.pretrained'
local Progress = require 'hilo.train.progress'

local networks = {options = model_options}

-- How batch normalisation trains, in the words of the options and in those of models.
local frozen = {train = 'none', frozen_affine = 'affine', frozen = 'all'}

local function freezing(model)
   options_of.choice('model.bn', model.bn)
   return frozen[model.bn]
end

-- The precision that was asked for.
local function precision_of(o)
   local precision = o.precision or 'float32'
   options_of.choice('precision', precision)
   return precision
end

-- The file that model.weights names: a file, or a run by its folder or its name below the folder of all runs.
local function weights_file(weights, runs, say)
   if folder.is_file(weights) then return weights end
   weights = weights:gsub('(.)/+$', '%1')
   local seen
   for _, path in ipairs {weights, runs and runs .. '/' .. weights} do
      local checkpoint = kept.readable(path, say)
      if checkpoint then return checkpoint end
      seen = seen or folder.is_folder(path) and path .. '/' .. kept.last
   end
   core.check(not seen, 'model.weights: there is no %s; is %s a run, and did it save a checkpoint?', seen, weights)
   core.raise(("model.weights: there is no file %s%s; torchvision downloads those of ImageNet from "
      .. "https://download.pytorch.org/models, a ResNet-18's are resnet18-f37072fd.pth; without model.weights= the network starts "
      .. 'from random ones'):format(weights, runs and (', nor a run of that name in ' .. runs) or ''))
end

local function load_weights(net, o)
   local model = o.model
   if model.weights == '' then return end
   local function say(text) Progress.new {total = 0}:line(text) end
   say(pretrained.load(net, weights_file(model.weights, o.runs, say), model.stride_on))
end

--- DeepLab-v2 or v3+.
---@param o {model: table, device: string, precision: 'float32'|'bf16'|nil, runs: string?, [string]: any} model: backbone, head,
--- width, output_stride, aspp_branches, stem, stride_on, bn, weights ('' for none, a file, or a run of those in runs), checkpoint
---@param set {classes: string[], [string]: any} a DataSet, or its classes
---@return DeepLab
function networks.segmentation(o, set)
   local model = o.model
   local S = hilo.models.deeplab {
      backbone = model.backbone, head = model.head, width = model.width, classes = #set.classes, output_stride = model.output_stride,
      aspp_branches = model.aspp_branches, stride_on = model.stride_on, stem = model.stem, freeze_bn = freezing(model),
      checkpoint = model.checkpoint, precision = precision_of(o),
   }
   load_weights(S, o)
   return S:to{device = o.device}
end

--- SGD, or Adam where asked for, over the backbone, at lr, and the head, at head_lr.
---@param S DeepLab
---@param o {lr: number, head_lr: number, momentum: number, weight_decay: number, repeat_backbone: boolean?,
--- optimiser: 'sgd'|'adam'|nil, [string]: any}
---@return Optimiser
function networks.segmentation_optimiser(S, o)
   local backbone = o.repeat_backbone and hilo.methods.original.repeated_parameters(S) or S:backboneParameters()
   options_of.choice('optimiser', o.optimiser or 'sgd')
   if o.optimiser == 'adam' then
      return hilo.optim.Adam({{params = backbone, lr = o.lr}, {params = S:headParameters(), lr = o.head_lr}},
         {weight_decay = o.weight_decay})
   end
   return hilo.optim.SGD({{params = backbone, lr = o.lr}, {params = S:headParameters(), lr = o.head_lr}},
      {momentum = o.momentum, weight_decay = o.weight_decay, allow_duplicates = o.repeat_backbone})
end

--- The discriminator of s4GAN.
---@param o {d_dropout: number, d_channels: integer, device: string, precision: 'float32'|'bf16'|nil, [string]: any}
---@param set {classes: string[], [string]: any} a DataSet, or its classes
---@return Discriminator
function networks.discriminator(o, set)
   return hilo.models.discriminator {classes = #set.classes, dropout = o.d_dropout, channels = o.d_channels,
      precision = precision_of(o)}:to{device = o.device}
end

--- The discriminator of AdvSemiSeg.
---@param o {d_channels: integer, device: string, precision: 'float32'|'bf16'|nil, [string]: any}
---@param set {classes: string[], [string]: any} a DataSet, or its classes
---@return PixelDiscriminator
function networks.pixel_discriminator(o, set)
   return hilo.models.pixel_discriminator {classes = #set.classes, channels = o.d_channels,
      precision = precision_of(o)}:to{device = o.device}
end

--- The classifier of MLMT.
---@param o {model: table, device: string, precision: 'float32'|'bf16'|nil, runs: string?, [string]: any} model: backbone, width,
--- bn, weights
---@param set {classes: string[], [string]: any} a DataSet, or its classes
---@return ResNet|VGG|MobileNet
function networks.classifier(o, set)
   local model = o.model
   local net = hilo.models.classifier {backbone = model.backbone, width = model.width, classes = #set.classes,
      freeze_bn = freezing(model), checkpoint = model.checkpoint, precision = precision_of(o)}
   load_weights(net, o)
   return net:to{device = o.device}
end

return networks
