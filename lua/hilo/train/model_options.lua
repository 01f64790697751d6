--- train/model_options.lua: the options `model.` that experiments share. A script names those whose default it changes;
--- `script.lua help` lists all with what they mean.
local backbones = require 'hilo.models.backbone'
local group = require 'hilo.options.group'
local options = require 'hilo.options.values'
local rules = require 'hilo.models.deeplab_options'

local shared = {
   {'backbone', 'resnet18', table.concat(backbones.names, ', ')},
   {'width', 24, 'channels of its first stage, with those of all others in proportion; 64 for any published network'},
   {'bn', 'train', 'batch normalisation: train, frozen_affine (scale and shift stay, running statistics move), or frozen'},
   {'weights', '', "a file as published for ImageNet or COCO, or another run: its name, folder or checkpoint; '': random"},
   {'checkpoint', false, 'true: stages are computed again in backward, for less memory and more time'},
}

local deeplab = {
   {'head', 'deeplab2', 'deeplab2 (dilated convolutions, summed), or deeplab3plus (image pooling and a decoder)'},
   {'output_stride', 8, 'side of the picture over that of the features: 8, 16 or 32'},
   {'aspp_branches', 4, 'of deeplab2: how many dilated convolutions, 1 to 4: dilations 6, 12, 18, 24'},
   {'stem', '7x7', 'of residual networks: the convolution that sees the pictures, or 3x3: three of them'},
   {'stride_on', '3x3', "which convolution of a bottleneck strides: 3x3 as torchvision's, 1x1 as Caffe's"},
}

options.choices['model.backbone'], options.choices['model.bn'] = backbones.names, {'train', 'frozen_affine', 'frozen'}
for key, rule in pairs(rules) do
   if rule[1] == 'one of' then options.choices['model.' .. key] = rule[2] end
end

local model_options = {}

--- The group `model` of a script that trains DeepLab; for networks.segmentation.
---@param given? table<string, any>
---@return table
function model_options.segmentation(given)
   local all = {unpack(shared)}
   for _, option in ipairs(deeplab) do all[#all + 1] = option end
   return group('model', all, given)
end

--- The group `model` of a script that trains a classifier; for networks.classifier.
---@param given? table<string, any>
---@return table
function model_options.classifier(given) return group('model', shared, given) end

return model_options
