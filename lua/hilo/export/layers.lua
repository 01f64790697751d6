--- export/layers.lua: modules of nn as operators of ONNX, in evaluation. A module of a class that is not here, and does not compute as
--- the class that it extends, is an error that names it.
local core = require 'hilo.core'
local hilo = require 'hilo'
local resampling = require 'hilo.export.resampling'

---@class Exporter
---@field graph OnnxGraph
---@field name_of fun(t: Tensor): string? what a parameter is called
local Exporter = {}
Exporter.__index = Exporter

local layers = {} -- class name -> f(exporter, graph, module, input): output

--- An exporter into a graph.
---@param graph OnnxGraph
---@param name_of fun(t: Tensor): string?
---@return Exporter
function Exporter.new(graph, name_of) return setmetatable({graph = graph, name_of = name_of}, Exporter) end

--- A parameter, or what a module makes of one, as a constant.
---@param t Tensor
---@return string
function Exporter:weight(t) return self.graph:tensor(self.name_of(t), t) end

-- The nearest class whose updateOutput a module has and that is known.
local function handler_of(m)
   local c = getmetatable(m)
   while c do
      local f = layers[rawget(c, '__typename')]
      if f then return f end
      if rawget(c, 'updateOutput') then return nil end
      local meta = getmetatable(c)
      c = meta and meta.__index
   end
   return nil
end

--- What a module makes of its input.
---@param m Module
---@param x string|table names in the graph, nested as the module's input
---@return string|table
function Exporter:module(m, x)
   local f = core.check(handler_of(m), 'export: there is no way to write a %s in ONNX here', tostring(m.__typename))
   return f(self, self.graph, m, x)
end

--- The same as of another class that has what is written there.
---@param class_name string 'nn.BatchNormalization'
---@param m Module
---@param x string|table
---@return string|table
function Exporter:as(class_name, m, x) return layers[class_name](self, self.graph, m, x) end

-- ---- containers ----

layers['nn.Sequential'] = function(e, _, m, x)
   for _, child in ipairs(m.modules) do x = e:module(child, x) end
   return x
end

layers['nn.ConcatTable'] = function(e, _, m, x)
   local ys = {}
   for i, child in ipairs(m.modules) do ys[i] = e:module(child, x) end
   return ys
end

layers['nn.ParallelTable'] = function(e, _, m, xs)
   local ys = {}
   for i, child in ipairs(m.modules) do ys[i] = e:module(child, xs[i]) end
   return ys
end

layers['nn.Concat'] = function(e, g, m, x)
   return g:op('Concat', layers['nn.ConcatTable'](e, g, m, x), {axis = m.dimension - 1})
end

local function folded(kind)
   return function(_, g, _, xs)
      local y = xs[1]
      for i = 2, #xs do y = g:op(kind, {y, xs[i]}) end
      return y
   end
end
layers['nn.CAddTable'], layers['nn.CSubTable'] = folded 'Add', folded 'Sub'
layers['nn.CMulTable'], layers['nn.CDivTable'] = folded 'Mul', folded 'Div'

-- A dimension of one sample, which has `dims` of them, lies behind that of the batch.
local function axis_of(dimension, dims)
   if dimension < 0 then return dimension end
   return dims and dimension or dimension - 1
end

layers['nn.JoinTable'] = function(_, g, m, xs) return g:op('Concat', xs, {axis = axis_of(m.dimension, m.nInputDims)}) end
layers['nn.SelectTable'] = function(_, _, m, xs) return xs[m.index < 0 and #xs + 1 + m.index or m.index] end

layers['nn.FlattenTable'] = function(_, _, _, xs)
   local list = {}
   local function visit(x)
      if type(x) == 'string' then
         list[#list + 1] = x
      else
         for _, inner in ipairs(x) do visit(inner) end
      end
   end
   visit(xs)
   return list
end

-- ---- elementwise ----

layers['nn.Identity'] = function(_, _, _, x) return x end
for name, kind in pairs {ReLU = 'Relu', Sigmoid = 'Sigmoid', Tanh = 'Tanh'} do
   layers['nn.' .. name] = function(_, g, _, x) return g:op(kind, {x}) end
end
layers['nn.LeakyReLU'] = function(_, g, m, x) return g:op('LeakyRelu', {x}, {alpha = m.negval}) end
layers['nn.MulConstant'] = function(_, g, m, x) return g:op('Mul', {x, g:numbers(m.constant_scalar)}) end
layers['nn.AddConstant'] = function(_, g, m, x) return g:op('Add', {x, g:numbers(m.constant_scalar)}) end
layers['nn.Dropout'] = function(_, g, m, x)
   core.check(not m.stochastic_inference, 'export: %s drops in evaluation too, at random, which ONNX cannot repeat', m.__typename)
   return (m.v2 or m.p == 0) and x or g:op('Mul', {x, g:numbers(1 - m.p)})
end
layers['nn.SpatialDropout'] = function(_, g, m, x)
   core.check(not m.stochastic_inference, 'export: %s drops in evaluation too, at random, which ONNX cannot repeat', m.__typename)
   return g:op('Mul', {x, g:numbers(1 - m.p)})
end

for name, kind in pairs {SoftMax = 'Softmax', LogSoftMax = 'LogSoftmax', SpatialSoftMax = 'Softmax',
   SpatialLogSoftMax = 'LogSoftmax'} do
   layers['nn.' .. name] = function(_, g, _, x) return g:op(kind, {x}, {axis = 1}) end
end

-- ---- layers with weights ----

layers['nn.Linear'] = function(e, g, m, x)
   return g:op('Gemm', {x, e:weight(m.weight), m.bias and e:weight(m.bias)}, {transB = 1})
end

layers['nn.SpatialConvolution'] = function(e, g, m, x)
   local kernel, offset = hilo.no_grad(function() return m:kernel(), m:offset() end)
   return g:op('Conv', {x, e:weight(kernel), offset and e:weight(offset)}, {kernel_shape = {m.kH, m.kW}, strides = {m.dH, m.dW},
      pads = {m.padH, m.padW, m.padH, m.padW}, dilations = {m.dilationH, m.dilationW}, group = m.groups})
end

layers['nn.BatchNormalization'] = function(e, g, m, x)
   local function all(value)
      local list = {}
      for i = 1, m.nOutput do list[i] = value end
      return g:numbers(list)
   end
   return g:op('BatchNormalization', {x, m.weight and e:weight(m.weight) or all(1), m.weight and e:weight(m.bias) or all(0),
      e:weight(m.running_mean), e:weight(m.running_var)}, {epsilon = m.eps})
end

-- ---- pooling and sizes ----

local function window(m)
   return {kernel_shape = {m.kH, m.kW}, strides = {m.dH, m.dW}, pads = {m.padH, m.padW, m.padH, m.padW},
      ceil_mode = m.ceil_mode and 1 or 0}
end

layers['nn.SpatialMaxPooling'] = function(_, g, m, x) return g:op('MaxPool', {x}, window(m)) end

layers['nn.SpatialAveragePooling'] = function(_, g, m, x)
   local how = window(m)
   how.count_include_pad = m.count_include_pad and 1 or 0
   local y = g:op('AveragePool', {x}, how)
   return m.divide and y or g:op('Mul', {y, g:numbers(m.kW * m.kH)})
end

layers['nn.SpatialAdaptiveAveragePooling'] = function(_, g, m, x) return resampling.adaptive_means(g, x, m.H, m.W) end

layers['nn.SpatialAdaptiveMaxPooling'] = function(_, g, m, x)
   core.check(m.H == 1 and m.W == 1, 'export: %s(%d, %d) has no operator in ONNX; only that to 1 x 1 has', m.__typename, m.W, m.H)
   return g:op('GlobalMaxPool', {x})
end

layers['nn.SpatialUpSamplingNearest'] = function(_, g, m, x)
   return g:op('Resize', {x, '', g:numbers {1, 1, m.scale_factor, m.scale_factor}},
      {mode = 'nearest', coordinate_transformation_mode = 'asymmetric', nearest_mode = 'floor'})
end

layers['nn.SpatialUpSamplingBilinear'] = function(_, g, m, x)
   if m.oheight then return resampling.aligned(g, x, g:numbers({m.oheight, m.owidth}, 'int64')) end
   local s = m.scale_factor -- (n - 1) * (s - 1) + n
   return resampling.aligned(g, x, g:op('Sub', {g:op('Mul', {resampling.sides_of(g, x), g:numbers({s}, 'int64')}),
      g:numbers({s - 1}, 'int64')}))
end

layers['nn.View'] = function(_, g, m, x)
   local sizes = {m.infers and m.numInputDims and 0 or nil}
   if not m.infers then sizes[1] = -1 end
   for _, n in ipairs(m.size) do sizes[#sizes + 1] = n end
   return g:op('Reshape', {x, g:numbers(sizes, 'int64')}, nil, #sizes)
end

layers['nn.Reshape'] = function(_, g, m, x)
   local sizes = {0, unpack(m.size)}
   if m.batchMode == false then sizes = {unpack(m.size)} end
   return g:op('Reshape', {x, g:numbers(sizes, 'int64')}, nil, #sizes)
end

layers['nn.Squeeze'] = function(_, g, m, x)
   core.check(m.dim, 'export: %s without a dimension depends on the sizes that it is given', m.__typename)
   return g:op('Squeeze', {x, g:numbers({axis_of(m.dim, m.numInputDims)}, 'int64')}, nil, g.ranks[x] - 1)
end

layers['nn.Sum'] = function(_, g, m, x)
   local keepdims = m.squeeze and 0 or 1
   local axis = axis_of(m.dimension, m.nInputDims)
   local rank = g.ranks[x] - 1 + keepdims
   if m.sizeAverage then return g:op('ReduceMean', {x}, {axes = {axis}, keepdims = keepdims}, rank) end
   return g:op('ReduceSum', {x, g:numbers({axis}, 'int64')}, {keepdims = keepdims}, rank)
end

--- Adds what is written of a class: f(exporter, graph, module, input), which returns the name of the output.
---@param name string 'nn.DeepLab'
---@param f fun(e: Exporter, g: OnnxGraph, m: Module, x: string|table): string|table
function Exporter.add(name, f) layers[name] = f end

return Exporter
