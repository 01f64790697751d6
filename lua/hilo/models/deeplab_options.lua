--- models/deeplab_options.lua: the options of models.deeplab, with those of its backbones.
local backbones = require 'hilo.models.backbone'
local precision = require 'hilo.models.precision'

return backbones.known {
   backbone = {'any', default = 'resnet101'},
   head = {'one of', {'deeplab2', 'deeplab3plus'}, default = 'deeplab2'},
   classes = {'whole', required = true},
   width = {'whole', default = 64},
   output_stride = {'one of', {8, 16, 32}, default = 8},
   aspp_branches = {'one of', {1, 2, 3, 4}, default = 4},
   freeze_bn = {'one of', {'none', 'affine', 'all'}, default = 'affine'},
   precision = precision.rule,
}
