--- models/classifier.lua: which classes are in an image (MLMT).
local backbones = require 'hilo.models.backbone'
local options_of = require 'hilo.models.options'

local known = backbones.known {backbone = {'any', default = 'resnet101'}, classes = {'whole', required = true}}

--- A network that ends in one score for each class; a sigmoid makes it a probability. Options: backbone ('resnet101' if not given),
--- classes (required), and those of the backbone.
---@param options table
---@return ResNet|VGG|MobileNet
local function classifier(options)
   local o = options_of.read('models.classifier', options, known)
   return options_of.made(backbones.part(o.backbone, o), 'classifier', o)
end

return classifier
