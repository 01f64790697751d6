--- export/more_layers.lua: further modules of torch/nn as operators of ONNX: volumes, norms, resampling, and what passes on what it
--- gets.
local core = require 'hilo.core'
local Exporter = require 'hilo.export.layers'

local add = Exporter.add

-- ---- what passes on what it gets, or what a module inside makes of it ----

for _, name in ipairs {'L1Penalty', 'PrintSize'} do add('nn.' .. name, function(_, _, _, x) return x end) end
for _, name in ipairs {'Decorator', 'Profile', 'NaN'} do
   add('nn.' .. name, function(e, _, m, x) return e:module(m.modules[1], x) end)
end

-- ---- functions of vectors ----

local function added_up(g, x, axis) return g:op('ReduceSum', {x, g:numbers({axis}, 'int64')}, {keepdims = 1}) end
local function mean(g, x, axis) return g:op('ReduceMean', {x}, {axes = {axis}, keepdims = 1}) end

add('nn.CReLU', function(_, g, m, x)
   return g:op('Concat', {g:op('Relu', {x}), g:op('Relu', {g:op('Neg', {x})})}, {axis = g.ranks[x] > m.nInputDims and 1 or 0})
end)

add('nn.Normalize', function(_, g, m, x)
   local axis, eps, size = g.ranks[x] - 1, g:numbers(m.eps), g:op('Abs', {x})
   if m.p == math.huge then
      return g:op('Div', {x, g:op('Add', {g:op('ReduceMax', {size}, {axes = {axis}, keepdims = 1}), eps})})
   end
   local total = g:op('Add', {added_up(g, g:op('Pow', {size, g:numbers(m.p)}), axis), eps})
   return g:op('Div', {x, g:op('Pow', {total, g:numbers(1 / m.p)})})
end)

add('nn.LayerNormalization', function(e, g, m, x)
   local centred = g:op('Sub', {x, mean(g, x, 1)})
   local deviation = g:op('Add', {g:op('Sqrt', {mean(g, g:op('Mul', {centred, centred}), 1)}), g:numbers(m.eps)})
   local y = g:op('Div', {centred, deviation})
   return m.weight and g:op('Add', {g:op('Mul', {y, e:weight(m.weight)}), e:weight(m.bias)}) or y
end)

-- ---- volumes ----

local function window(m)
   return {kernel_shape = {m.kT, m.kH, m.kW}, strides = {m.dT, m.dH, m.dW}, pads = {m.padT, m.padH, m.padW, m.padT, m.padH, m.padW},
      ceil_mode = m.ceil_mode and 1 or 0}
end

add('nn.VolumetricMaxPooling', function(_, g, m, x)
   local how = window(m)
   how.dilations = {m.dilationT or 1, m.dilationH or 1, m.dilationW or 1}
   return g:op('MaxPool', {x}, how)
end)

add('nn.VolumetricAveragePooling', function(_, g, m, x)
   core.check(not m.ceil_mode, 'export: %s with ceil() counts what lies outside in another way than ONNX', m.__typename)
   local how = window(m)
   how.count_include_pad = m.count_include_pad and 1 or 0
   return g:op('AveragePool', {x}, how)
end)

add('nn.VolumetricFullConvolution', function(e, g, m, x)
   core.check(type(x) == 'string', 'export: %s to the size of another tensor has no operator in ONNX', m.__typename)
   return g:op('ConvTranspose', {x, e:weight(m.weight), m.bias and e:weight(m.bias)}, {kernel_shape = {m.kT, m.kH, m.kW},
      strides = {m.dT, m.dH, m.dW}, pads = {m.padT, m.padH, m.padW, m.padT, m.padH, m.padW},
      output_padding = {m.adjT, m.adjH, m.adjW}})
end)

-- As of planes: statistics of one channel.
for name, plane in pairs {VolumetricBatchNormalization = 'BatchNormalization', VolumetricDropout = 'SpatialDropout'} do
   add('nn.' .. name, function(e, _, m, x) return e:as('nn.' .. plane, m, x) end)
end

-- ---- images ----

add('nn.UpSampling', function(e, g, m, x)
   core.check(g.ranks[x] == 4, 'export: %s of volumes has no operator in ONNX here', m.__typename)
   if m.mode == 'nearest' then return e:as('nn.SpatialUpSamplingNearest', m, x) end
   return e:as('nn.SpatialUpSamplingBilinear', m, x)
end)

-- Each plane's sums times its weight.
add('nn.SpatialSubSampling', function(e, g, m, x)
   local sums = g:op('Mul', {g:op('AveragePool', {x}, {kernel_shape = {m.kH, m.kW}, strides = {m.dH, m.dW}}),
      g:numbers(m.kW * m.kH)})
   local sizes = g:numbers({m.weight:nElement(), 1, 1}, 'int64')
   return g:op('Add', {g:op('Mul', {sums, g:op('Reshape', {e:weight(m.weight), sizes})}), g:op('Reshape', {e:weight(m.bias), sizes})})
end)

add('nn.OneHot', function(_, g, m, x)
   local position = g:op('Sub', {g:op('Cast', {x}, {to = 7}), g:numbers(1, 'int64')})
   return g:op('OneHot', {position, g:numbers(m.outputSize, 'int64'), g:numbers {0, 1}}, {axis = -1}, g.ranks[x] + 1)
end)
