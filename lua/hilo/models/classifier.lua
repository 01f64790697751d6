--- models/classifier.lua: which classes are in an image (MLMT).
local options_of = require 'hilo.models.options'
local resnet = require 'hilo.models.resnet'

local known = {backbone = {'any', default = 'resnet101'}, classes = {'whole', required = true}}
for name, rule in pairs(resnet.known) do
   if not known[name] then known[name] = rule end
end

--- A residual network, global average pooling and a linear layer to one score for each class; a sigmoid makes it a probability.
--- Options: backbone ('resnet101' if not given), classes (required), and those of models.resnet.
---@param options table
---@return ResNet
local function classifier(options)
   local o = options_of.read('models.classifier', options, known)
   return resnet.make(o.backbone, options_of.pick(o, resnet.known))
end

return classifier
