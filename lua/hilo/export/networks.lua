--- export/networks.lua: the networks of hilo.models as operators of ONNX: backbones, heads, DeepLab.
local Exporter = require 'hilo.export.layers'
local resampling = require 'hilo.export.resampling'
require 'hilo.models'

local add = Exporter.add

local function relu(g, x) return g:op('Relu', {x}) end
local function relu6(g, x) return g:op('Clip', {x, g:numbers(0), g:numbers(6)}) end

-- Convolution and normalisation.
local function normalised(e, bn, conv, x) return e:module(bn, e:module(conv, x)) end

-- What a backbone gives: features, and those at a quarter of the size where they are asked for.
local function given(m, f, low) return m.low_level and {f, low} or f end

-- ---- residual networks ----

local function shortcut(e, m, x) return m.downsample and e:module(m.downsample, x) or x end

add('nn.ResNetBasicBlock', function(e, g, m, x)
   local y = relu(g, normalised(e, m.bn1, m.conv1, x))
   return relu(g, g:op('Add', {normalised(e, m.bn2, m.conv2, y), shortcut(e, m, x)}))
end)

add('nn.ResNetBottleneck', function(e, g, m, x)
   local y = relu(g, normalised(e, m.bn1, m.conv1, x))
   y = relu(g, normalised(e, m.bn2, m.conv2, y))
   return relu(g, g:op('Add', {normalised(e, m.bn3, m.conv3, y), shortcut(e, m, x)}))
end)

local function linear_of_means(e, g, linear, x)
   return e:module(linear, g:op('Flatten', {g:op('GlobalAveragePool', {x})}, {axis = 1}, 2))
end

add('nn.ResNet', function(e, g, m, x)
   local low = e:module(m.layer1, e:module(m.maxpool, relu(g, normalised(e, m.bn1, m.conv1, x))))
   local f = low
   for i = 2, 4 do f = e:module(m['layer' .. i], f) end
   if m.fc then return linear_of_means(e, g, m.fc, f) end
   return given(m, f, low)
end)

-- ---- VGG-16 ----

add('nn.VGG', function(e, g, m, x)
   local low
   for i, layer in ipairs(m.features.modules) do
      x = e:module(layer, x)
      if i == m.low_at then low = x end
   end
   if not m.classifier then return given(m, x, low) end
   return e:module(m.classifier, g:op('Flatten', {resampling.adaptive_means(g, x, 7, 7)}, {axis = 1}, 2))
end)

-- ---- MobileNet-v2 ----

local function clipped(e, g, pair, x) return relu6(g, e:module(pair, x)) end

add('nn.InvertedResidual', function(e, g, m, x)
   local layers, y = m.conv.modules, x
   for i = 1, #layers - 2 do y = clipped(e, g, layers[i], y) end
   y = normalised(e, layers[#layers], layers[#layers - 1], y)
   return m.residual and g:op('Add', {y, x}) or y
end)

add('nn.MobileNet', function(e, g, m, x)
   local features, low = m.features, nil
   local f = clipped(e, g, features:get(1), x)
   for i = 2, m.classifier and features:size() - 1 or features:size() do
      f = e:module(features:get(i), f)
      if i == m.low_at then low = f end
   end
   if m.classifier then return linear_of_means(e, g, m.classifier, clipped(e, g, features:get(features:size()), f)) end
   return given(m, f, low)
end)

-- ---- heads ----

local function summed(e, g, m, x)
   local y
   for _, branch in ipairs(m.modules) do
      local z = e:module(branch, x)
      y = y and g:op('Add', {y, z}) or z
   end
   return y
end

add('nn.AtrousPyramid', summed)
add('nn.LargeFOVPyramid', summed)

add('nn.LargeFOV', function(e, g, m, x)
   for _, layer in ipairs {m.fc6, m.fc7} do x = relu(g, e:module(layer, x)) end
   return e:module(m.fc8, x)
end)

add('nn.AtrousPyramidPooling', function(e, g, m, x)
   local branches, n = {}, m.convs:size()
   for i = 1, n do branches[i] = relu(g, e:module(m.convs:get(i), x)) end
   branches[n] = g:op('Expand', {branches[n], g:op('Concat', {g:numbers({1, 1}, 'int64'), resampling.sides_of(g, x)}, {axis = 0})})
   return relu(g, e:module(m.project, g:op('Concat', branches, {axis = 1})))
end)

add('nn.DeepLabDecoder', function(e, g, m, x)
   local low = relu(g, e:module(m.low, x[2]))
   local f = resampling.aligned(g, e:module(m.aspp, x[1]), resampling.sides_of(g, low))
   local y = g:op('Concat', {f, low}, {axis = 1})
   for _, layer in ipairs {m.refine1, m.refine2} do y = relu(g, e:module(layer, y)) end
   return e:module(m.classify, y)
end)

local networks = {}

--- Logits; of a DeepLab before they are brought to the size of the images.
---@param e Exporter
---@param m Module
---@param x string (N,3,H,W)
---@return string (N,classes,H',W')
function networks.logits(e, m, x) return m.logits and e:module(m.head, e:module(m.backbone, x)) or e:module(m, x) end

add('nn.DeepLab', function(e, g, m, x) return resampling.aligned(g, networks.logits(e, m, x), resampling.sides_of(g, x)) end)

return networks
