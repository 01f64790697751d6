--- export/torch7_layers.lua: modules of torch/nn that hilo's own networks do without, as operators of ONNX, in evaluation.
local core = require 'hilo.core'
local Exporter = require 'hilo.export.layers'
require 'hilo.nn'

local add = Exporter.add

-- ---- functions of single elements ----

for name, kind in pairs {Abs = 'Abs', Exp = 'Exp', Log = 'Log', Sqrt = 'Sqrt', SoftSign = 'Softsign', Contiguous = 'Identity',
   GradientReversal = 'Identity', ZeroGrad = 'Identity', WhiteNoise = 'Identity'} do
   add('nn.' .. name, function(_, g, _, x) return g:op(kind, {x}) end)
end

add('nn.Square', function(_, g, _, x) return g:op('Mul', {x, x}) end)
add('nn.Power', function(_, g, m, x) return g:op('Pow', {x, g:numbers(m.pow)}) end)
add('nn.HardTanh', function(_, g, m, x) return g:op('Clip', {x, g:numbers(m.min_val), g:numbers(m.max_val)}) end)
add('nn.ReLU6', function(_, g, _, x) return g:op('Clip', {x, g:numbers(0), g:numbers(6)}) end)
add('nn.ELU', function(_, g, m, x) return g:op('Elu', {x}, {alpha = m.alpha}) end)
add('nn.RReLU', function(_, g, m, x) return g:op('LeakyRelu', {x}, {alpha = (m.lower + m.upper) / 2}) end)
add('nn.LogSigmoid', function(_, g, _, x) return g:op('Neg', {g:op('Softplus', {g:op('Neg', {x})})}) end)
add('nn.TanhShrink', function(_, g, _, x) return g:op('Sub', {x, g:op('Tanh', {x})}) end)
add('nn.SoftMin', function(_, g, _, x) return g:op('Softmax', {g:op('Neg', {x})}, {axis = 1}) end)

add('nn.SoftPlus', function(_, g, m, x)
   local beta = g:numbers(m.beta)
   return g:op('Div', {g:op('Softplus', {g:op('Mul', {x, beta})}), beta})
end)

add('nn.SoftShrink', function(_, g, m, x)
   return g:op('Sub', {x, g:op('Clip', {x, g:numbers(-m.lambda), g:numbers(m.lambda)})})
end)

local function kept_where(g, condition, x, other) return g:op('Where', {condition, x, g:numbers(other)}, nil, g.ranks[x]) end

add('nn.HardShrink', function(_, g, m, x)
   return kept_where(g, g:op('Greater', {g:op('Abs', {x}), g:numbers(m.lambda)}), x, 0)
end)
add('nn.Threshold', function(_, g, m, x) return kept_where(g, g:op('Greater', {x, g:numbers(m.threshold)}), x, m.val) end)

-- A slope for all, or one a plane.
add('nn.PReLU', function(e, g, m, x)
   local sizes = {m.weight:nElement()}
   for _ = 3, g.ranks[x] do sizes[#sizes + 1] = 1 end
   return g:op('PRelu', {x, g:op('Reshape', {e:weight(m.weight), g:numbers(sizes, 'int64')})})
end)

-- ---- with parameters ----

add('nn.Mul', function(e, g, m, x) return g:op('Mul', {x, e:weight(m.weight)}) end)
add('nn.Add', function(e, g, m, x) return g:op('Add', {x, e:weight(m.bias)}) end)

-- Sizes of one sample stretch over the batch.
add('nn.CMul', function(e, g, m, x) return g:op('Mul', {x, e:weight(m.weight)}) end)
add('nn.CAdd', function(e, g, m, x) return g:op('Add', {x, e:weight(m.bias)}) end)

add('nn.SpatialFullConvolution', function(e, g, m, x)
   core.check(type(x) == 'string', 'export: %s to the size of another tensor has no operator in ONNX', m.__typename)
   return g:op('ConvTranspose', {x, e:weight(m.weight), m.bias and e:weight(m.bias)}, {kernel_shape = {m.kH, m.kW},
      strides = {m.dH, m.dW}, pads = {m.padH, m.padW, m.padH, m.padW}, output_padding = {m.adjH, m.adjW}})
end)

add('nn.VolumetricConvolution', function(e, g, m, x)
   return g:op('Conv', {x, e:weight(m.weight), m.bias and e:weight(m.bias)}, {kernel_shape = {m.kT, m.kH, m.kW},
      strides = {m.dT, m.dH, m.dW}, pads = {m.padT, m.padH, m.padW, m.padT, m.padH, m.padW},
      dilations = {m.dilationT, m.dilationH, m.dilationW}})
end)

add('nn.LookupTable', function(e, g, m, x)
   core.check(not m.maxNorm, 'export: %s with maxNorm changes its weights when it runs', m.__typename)
   return g:op('Gather', {e:weight(m.weight), g:op('Sub', {g:op('Cast', {x}, {to = 7}), g:numbers(1, 'int64')})}, {axis = 0},
      g.ranks[x] + 1)
end)

-- ---- tables ----

local function folded(kind)
   return function(_, g, _, xs) return g:op(kind, xs) end
end
add('nn.CMaxTable', folded 'Max')
add('nn.CMinTable', folded 'Min')

add('nn.MM', function(_, g, m, xs)
   local function turned(x, is_turned)
      local perm = g.ranks[x] == 3 and {0, 2, 1} or {1, 0}
      return is_turned and g:op('Transpose', {x}, {perm = perm}) or x
   end
   return g:op('MatMul', {turned(xs[1], m.transA), turned(xs[2], m.transB)})
end)

add('nn.NarrowTable', function(_, _, m, xs)
   local ys = {}
   for i = 1, m.length do ys[i] = xs[m.offset + i - 1] end
   return ys
end)

-- ---- sizes ----

-- A dimension from 1, or from the end, as an axis of ONNX; that of a sample of `dims` dimensions lies behind the batch's.
local function axis_of(g, x, dimension, dims)
   local rank = g.ranks[x]
   if dimension < 0 then return rank + dimension end
   return dimension - 1 + (dims and rank > dims and 1 or 0)
end

local function slice(g, x, axis, first, stop)
   return g:op('Slice', {x, g:numbers({first}, 'int64'), g:numbers({stop}, 'int64'), g:numbers({axis}, 'int64')})
end

local endless = 2 ^ 52

add('nn.Narrow', function(_, g, m, x)
   local first = m.index < 0 and m.index or m.index - 1
   local stop = m.length < 0 and m.length + 1 or first + m.length
   if stop == 0 and (first < 0 or m.length < 0) then stop = endless end
   return slice(g, x, axis_of(g, x, m.dimension), first, stop)
end)

add('nn.Select', function(_, g, m, x)
   return g:op('Gather', {x, g:numbers(m.index < 0 and m.index or m.index - 1, 'int64')}, {axis = axis_of(g, x, m.dimension)},
      g.ranks[x] - 1)
end)

add('nn.Unsqueeze', function(_, g, m, x)
   return g:op('Unsqueeze', {x, g:numbers({axis_of(g, x, m.pos, m.numInputDims)}, 'int64')}, nil, g.ranks[x] + 1)
end)

add('nn.Transpose', function(_, g, m, x)
   local perm, shift = {}, m.numInputDims and g.ranks[x] > m.numInputDims and 1 or 0
   for d = 1, g.ranks[x] do perm[d] = d - 1 end
   for _, pair in ipairs(m.permutations) do
      local a, b = pair[1] + shift, pair[2] + shift
      perm[a], perm[b] = perm[b], perm[a]
   end
   return g:op('Transpose', {x}, {perm = perm})
end)

add('nn.Replicate', function(_, g, m, x)
   local axis = axis_of(g, x, m.dim, m.ndim)
   local sizes, rank = {}, g.ranks[x] + 1
   for d = 1, rank do sizes[d] = d == axis + 1 and m.nfeatures or 1 end
   return g:op('Expand', {g:op('Unsqueeze', {x, g:numbers({axis}, 'int64')}, nil, rank), g:numbers(sizes, 'int64')})
end)

add('nn.GatedLinearUnit', function(_, g, m, x)
   local axis = axis_of(g, x, m.dim or g.ranks[x])
   local n = g:op('Gather', {g:op('Shape', {x}), g:numbers({axis}, 'int64')}, {axis = 0})
   local half = g:op('Div', {n, g:numbers({2}, 'int64')})
   local at = g:numbers({axis}, 'int64')
   local value = g:op('Slice', {x, g:numbers({0}, 'int64'), half, at})
   return g:op('Mul', {value, g:op('Sigmoid', {g:op('Slice', {x, half, n, at})})})
end)

for name, kind in pairs {Max = 'ReduceMax', Min = 'ReduceMin'} do
   add('nn.' .. name, function(_, g, m, x)
      return g:op(kind, {x}, {axes = {axis_of(g, x, m.dimension, m.nInputDims)}, keepdims = 0}, g.ranks[x] - 1)
   end)
end

add('nn.PixelShuffle', function(_, g, m, x) return g:op('DepthToSpace', {x}, {blocksize = m.upscaleFactor, mode = 'CRD'}) end)

for name, mode in pairs {SpatialZeroPadding = 'constant', SpatialReplicationPadding = 'edge', SpatialReflectionPadding = 'reflect'} do
   add('nn.' .. name, function(_, g, m, x)
      core.check(m.pad_l >= 0 and m.pad_r >= 0 and m.pad_t >= 0 and m.pad_b >= 0, 'export: %s that cuts off cannot be written',
         m.__typename)
      return g:op('Pad', {x, g:numbers({0, 0, m.pad_t, m.pad_l, 0, 0, m.pad_b, m.pad_r}, 'int64')}, {mode = mode})
   end)
end

add('nn.SpatialCrossMapLRN', function(_, g, m, x)
   return g:op('LRN', {x}, {size = m.size, alpha = m.alpha, beta = m.beta, bias = m.k})
end)

add('nn.SpatialDilatedMaxPooling', function(_, g, m, x)
   return g:op('MaxPool', {x}, {kernel_shape = {m.kH, m.kW}, strides = {m.dH, m.dW}, pads = {m.padH, m.padW, m.padH, m.padW},
      dilations = {m.dilationH, m.dilationW}, ceil_mode = m.ceil_mode and 1 or 0})
end)

-- ---- nngraph ----

-- What a node sees: the one thing that comes to it, or the list.
local function seen_by(node, values)
   if #node.inputs == 1 and not node.data.nested then return values[node.inputs[1]] end
   local list = {}
   for i, from in ipairs(node.inputs) do list[i] = values[from] end
   return list
end

add('nn.gModule', function(e, _, m, x)
   local values, given = {}, {}
   for i, node in ipairs(m.inputs) do given[node] = #m.inputs == 1 and x or x[i] end
   for _, node in ipairs(m.forwardnodes) do
      local y = given[node] or seen_by(node, values)
      if node.data.selectindex then y = y[node.data.selectindex] end
      values[node] = node.data.module and e:module(node.data.module, y) or y
   end
   local ys = {}
   for i, node in ipairs(m.outputs) do ys[i] = values[node] end
   return #ys == 1 and ys[1] or ys
end)
