--- models/backbone.lua: the networks that features are taken from, by name.
local core = require 'hilo.core'
local mobilenet = require 'hilo.models.mobilenet'
local options_of = require 'hilo.models.options'
local resnet = require 'hilo.models.resnet'
local vgg = require 'hilo.models.vgg'

-- Each knows its options (`known`) and makes a network of them (`make`).
local kinds, names = {}, {}
local function add(name, kind)
   names[#names + 1] = name
   kinds[name] = kind
end
for _, name in ipairs {'resnet18', 'resnet34', 'resnet50', 'resnet101'} do
   add(name, {known = resnet.known, make = resnet.makers[name]})
end
add('vgg16', vgg)
add('mobilenet_v2', mobilenet)

local backbone = {kinds = kinds, names = names}

-- Without defaults: those are each network's own.
local known = {}
for _, kind in pairs(kinds) do
   for name, rule in pairs(kind.known) do known[name] = {rule[1], rule[2]} end
end

--- The options of what is made of a backbone: `own`, and those of all backbones. What a backbone does not have, such as the
--- stride_on of a network without bottlenecks, it leaves.
---@param own table<string, table>
---@return table<string, table>
function backbone.known(own) return options_of.joined(own, known) end

--- A backbone; see models/resnet.lua, vgg.lua and mobilenet.lua for their options.
---@param name string
---@param options? table
---@return ResNet|VGG|MobileNet
function backbone.make(name, options)
   core.check(kinds[name], "models: there is no backbone '%s'; use %s", tostring(name), table.concat(backbone.names, ', '))
   return kinds[name].make(options)
end

--- The same of the options of what is made of it, which may hold others.
---@param name string
---@param options table
---@return ResNet|VGG|MobileNet
function backbone.part(name, options)
   return backbone.make(name, kinds[name] and options_of.pick(options, kinds[name].known))
end

return backbone
