--- models: networks, each made by a function from options by name: models.deeplab{backbone = 'resnet18', classes = 11}.
local backbones = require 'hilo.models.backbone'

---@class hilo.models
local models = {
   deeplab = require 'hilo.models.deeplab',
   discriminator = require 'hilo.models.discriminator',
   pixel_discriminator = require 'hilo.models.pixel_discriminator',
   classifier = require 'hilo.models.classifier',
}

--- models.resnet18(options) and so on; see models/resnet.lua, vgg.lua and mobilenet.lua.
for _, name in ipairs(backbones.names) do models[name] = backbones.kinds[name].make end

require('hilo.checked').module('nn', require 'hilo.nn') -- with the networks' classes

return models
