-- Graphs of ONNX: what stands in the files, read by a small reader of protocol buffers, and what cannot be written. What they compute
-- is compared in spec/export_peers_spec.lua.
local ffi = require 'ffi'
local hilo = require 'hilo'
local cases = require 'spec.t7_modules'
local gradients = require 'spec.nn_gradients'
local helper = require 'spec.helper'
local nn = require 'hilo.nn'
local protobuf = require 'hilo.io.protobuf'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local export, models = hilo.export, hilo.models
local work

setup(function() work = tiny.folder() end)
teardown(function() tiny.remove(work) end)

-- ---- a reader: fields by number, each a list of numbers or strings ----

local function varint(text, at)
   local value, scale = 0ULL, 1ULL
   while true do
      local b = text:byte(at)
      value, at = value + (b % 128) * scale, at + 1
      if b < 128 then return tonumber(ffi.cast('int64_t', value)), at end
      scale = scale * 128
   end
end

local function fields(text)
   local found, at = {}, 1
   while at <= #text do
      local key, value
      key, at = varint(text, at)
      local number, wire = math.floor(key / 8), key % 8
      if wire == 0 then
         value, at = varint(text, at)
      else
         local n = wire == 5 and 4 or wire == 1 and 8 or nil
         if not n then n, at = varint(text, at) end
         value, at = text:sub(at, at + n - 1), at + n
      end
      found[number] = found[number] or {}
      table.insert(found[number], value)
   end
   return found
end

local function attribute(text)
   local f = fields(text)
   if f[20][1] == 1 then
      local x = ffi.new('float[1]')
      ffi.copy(x, f[2][1], 4)
      return f[1][1], x[0]
   end
   return f[1][1], f[20][1] == 7 and f[8] or (f[3] or f[4])[1]
end

-- A model as tables: {opset, nodes = {{kind, inputs, outputs, attributes}}, constants = {name = {sizes, type, data}}, ...}.
local function read(path)
   local model = fields(helper.read_file(path))
   local graph = fields(model[7][1])
   local found = {ir = model[1][1], opset = fields(model[8][1])[2][1], producer = model[2][1], nodes = {}, constants = {},
      metadata = {}, kinds = {}, inputs = {}, outputs = {}}
   for i, text in ipairs(graph[1]) do
      local f = fields(text)
      local node = {kind = f[4][1], inputs = f[1] or {}, output = f[2][1], attributes = {}}
      for _, a in ipairs(f[5] or {}) do
         local name, value = attribute(a)
         node.attributes[name] = value
      end
      found.nodes[i] = node
      found.kinds[node.kind] = (found.kinds[node.kind] or 0) + 1
   end
   for _, text in ipairs(graph[5] or {}) do
      local f = fields(text)
      found.constants[f[8][1]] = {sizes = f[1] or {}, type = f[2][1], data = f[9][1]}
   end
   for number, list in pairs {[11] = found.inputs, [12] = found.outputs} do
      for _, text in ipairs(graph[number]) do
         local f = fields(text)
         local tensor, sizes = fields(fields(f[2][1])[1][1]), {}
         for i, dim in ipairs(fields(tensor[2][1])[1]) do
            local d = fields(dim)
            sizes[i] = (d[1] or d[2])[1]
         end
         list[f[1][1]] = {type = tensor[1][1], sizes = sizes}
      end
   end
   for _, text in ipairs(model[14] or {}) do
      local f = fields(text)
      found.metadata[f[1][1]] = f[2][1]
   end
   return found
end

-- Every input of a node is given, a constant, or computed before.
local function check_order(found)
   local known = {['']=true}
   for name in pairs(found.constants) do known[name] = true end
   for name in pairs(found.inputs) do known[name] = true end
   for _, node in ipairs(found.nodes) do
      for _, name in ipairs(node.inputs) do assert.is_true(known[name], ('%s needs %s'):format(node.output, name)) end
      assert.is_nil(known[node.output], node.output .. ' is computed twice')
      known[node.output] = true
   end
   for name in pairs(found.outputs) do assert.is_true(known[name], name) end
end

local function written(net, sizes)
   local path = work .. '/net.onnx'
   local bytes = export.network(net, path, sizes or {'N', 3, 'H', 'W'})
   assert.equal(bytes, #helper.read_file(path))
   local found = read(path)
   check_order(found)
   return found
end

local fails = helper.assert_error

describe('a graph', function()
   it('writes whole numbers of either sign as protocol buffers do', function()
      for _, n in ipairs {0, 1, 127, 128, 2 ^ 52, -1, -2, -128, -2 ^ 31, -2 ^ 53} do
         assert.equal(n, fields(protobuf.signed(3, n))[3][1])
      end
      assert.equal(11, #protobuf.signed(3, -1))
   end)

   it('holds a convolution with its weights, strides and open sizes', function()
      local conv = nn.SpatialDilatedConvolution(3, 4, 3, 5, 2, 1, 2, 3, 2, 1)
      local found = written(conv)
      assert.same({8, 17, 'hilo'}, {found.ir, found.opset, found.producer})
      local node = found.nodes[1]
      assert.same({kind = 'Conv', inputs = {'input', 'weight', 'bias'}, output = node.output, attributes = {kernel_shape = {5, 3},
         strides = {1, 2}, pads = {3, 2, 3, 2}, dilations = {1, 2}, group = 1}}, node)
      assert.same({{4, 3, 5, 3}, 1}, {found.constants.weight.sizes, found.constants.weight.type})
      local n = conv.weight:nElement()
      assert.equal(ffi.string(conv.weight:data(), 4 * n), found.constants.weight.data)
      assert.same({type = 1, sizes = {'N', 3, 'H', 'W'}}, found.inputs.input)
      assert.equal(4, #found.outputs.output.sizes)
   end)

   it('holds what two modules share once', function()
      local linear = nn.Linear(4, 4)
      local found = written(nn.Sequential():add(linear):add(nn.ReLU()):add(linear), {'N', 4})
      local count = 0
      for _ in pairs(found.constants) do count = count + 1 end
      assert.same({2, 2}, {count, found.kinds.Gemm})
      assert.same({1, 'weight'}, {found.nodes[1].attributes.transB, (found.nodes[1].inputs[2]:match 'weight$')})
   end)

   it('is written of every module of nn, or an error names the one', function()
      for _, case in ipairs(cases) do
         local name, x = case.name or case[1].__typename, case[2]
         if case[1].__typename == 'nn.SpatialAdaptiveMaxPooling' then
            fails('nn.SpatialAdaptiveMaxPooling(2, 3) has no operator', written, case[1])
         elseif hilo.isTensor(x) then
            local sizes = {'N'}
            for d = 2, x:dim() do sizes[d] = x:size(d) end
            local found = written(case[1], sizes)
            assert.is_true(#found.nodes >= 1, name)
            local y = hilo.no_grad(case[1].forward, case[1]:evaluate(), x)
            assert.equal(y:dim(), #found.outputs.output.sizes, name)
         end
      end
   end)

   it('is written of the modules of Torch7 that have operators, and of the others an error names the one', function()
      local count = 0
      for _, list in ipairs {require 'spec.nn_cases', require 'spec.nn_other_cases'} do
         for _, case in ipairs(list) do
            local x = gradients.input(case[3])
            local net = case[2]():float():evaluate()
            if hilo.isTensor(x) then
               local ok, message = pcall(written, net, x:size():totable())
               count = count + (ok and 1 or 0)
               local named = message and tostring(message):match 'nn%.%w+'
               local found = ok
               net:apply(function(m) found = found or m.__typename == named end)
               assert.is_true(found, ('%s: %s'):format(case[1], tostring(message)))
            end
         end
      end
      assert.is_true(count >= 73, count)
   end)

   it('has the operators of each backbone and head', function()
      local function kinds(options)
         options.classes, options.width = 3, 4
         return written(models.deeplab(options)).kinds
      end
      local v2 = kinds {backbone = 'resnet18'}
      assert.same({24, 20, 17, 1}, {v2.Conv, v2.BatchNormalization, v2.Relu, v2.Resize})
      local plus = kinds {backbone = 'resnet50', head = 'deeplab3plus', output_stride = 16}
      assert.same({53 + 6 + 4, 2, 1, 2}, {plus.Conv, plus.Resize, plus.GlobalAveragePool, plus.Concat - 3})
      local mobile = kinds {backbone = 'mobilenet_v2'}
      local residual = 0
      for _, m in ipairs(models.mobilenet_v2({width = 4}):findModules 'nn.InvertedResidual') do
         if m.residual then residual = residual + 1 end
      end
      assert.same({51 + 4, 34, residual + 3}, {mobile.Conv, mobile.Clip, mobile.Add})
      local vgg = kinds {backbone = 'vgg16'}
      assert.same({13 + 12, 5}, {vgg.Conv, vgg.MaxPool})
      assert.equal(1, written(models.classifier {backbone = 'resnet34', classes = 3, width = 4}).kinds.Gemm)
   end)

   it('tells what cannot be written', function()
      local Odd = nn.class('nn.OddReLU', 'nn.ReLU')
      function Odd:updateOutput(x) return x * 2 end
      fails('no way to write a nn.OddReLU', written, nn.Sequential():add(Odd()))
      local Same = nn.class('nn.SameReLU', 'nn.ReLU')
      assert.equal('Relu', written(Same()).nodes[1].kind)
      fails('at random, which ONNX cannot repeat', written, nn.Dropout(0.5, false, false, true))
      fails('the network gives a table', written, nn.ConcatTable():add(nn.Identity()):add(nn.ReLU()))
      fails('depends on the sizes', written, nn.Squeeze())
      fails('net must be a module', export.network, {}, 'x.onnx', {1})
      fails("such as {'N', 3, 'H', 'W'}", export.network, nn.ReLU(), 'x.onnx')
   end)
end)

describe('hilo export', function()
   local made
   setup(function() made = tiny_runs.make {mlmt = true} end)
   teardown(function() made.remove() end)

   local function command(...) return tiny_runs.command('export', {'runs=' .. made.runs, ...}) end

   it('writes a run whose graph takes bytes and gives label maps, logits and the classes in its metadata', function()
      local path = work .. '/sup.onnx'
      local status, text = command('net=sup', 'onnx=' .. path)
      assert.same({0, ('%s: segmentation of sup, 3 classes, %.1f MB\n'):format(path, #helper.read_file(path) / 1e6)}, {status, text})
      local found = read(path)
      check_order(found)
      assert.same({image = {type = 2, sizes = {'N', 3, 'H', 'W'}}}, found.inputs)
      assert.same({logits = {type = 1, sizes = {'N', 3, 'H', 'W'}}, labels = {type = 2, sizes = {'N', 'H', 'W'}}}, found.outputs)
      local decode = hilo.train.json.decode
      assert.same({'background', 'red', 'green'}, decode(found.metadata.classes))
      assert.equal(9, #decode(found.metadata.palette))
      assert.same({'sup', '255', 3}, {found.metadata.name, found.metadata.void, #decode(found.metadata.normalise).mean})
      assert.truthy(found.constants['segmentation.backbone.conv1.weight'])
   end)

   it('writes a classifier, and its fusion with a segmentation in one graph with the weights of both', function()
      local path = work .. '/multi.onnx'
      local status, text = command('net=multi', 'onnx=' .. path)
      assert.truthy(status == 0 and text:find('classifier of multi', 1, true), text)
      assert.same({scores = {type = 1, sizes = {'N', 3}}}, read(path).outputs)
      status, text = command('net=sup', 'mlmt=multi', 'fusion=soft', 'scales=0.5,1', 'mirror=true', 'onnx=' .. path)
      assert.truthy(status == 0 and text:find('segmentation fused with scores (soft) of sup', 1, true), text)
      local found = read(path)
      check_order(found)
      assert.truthy(found.constants['segmentation.head.0.weight'] and found.constants['classifier.fc.weight'])
      assert.same({1, 1, 5}, {found.kinds.Pow, found.kinds.ArgMax, found.kinds.Softmax})
      assert.equal('soft', hilo.train.json.decode(found.metadata.fusion).how)
   end)

   it('leaves resizing and normalising to the caller where that is asked for', function()
      local path = work .. '/plain.onnx'
      assert.equal(0, (command('net=sup', 'input=normalised', 'onnx=' .. path)))
      local found = read(path)
      assert.same({type = 1, sizes = {'N', 3, 'H', 'W'}}, found.inputs.image)
      assert.is_nil(found.kinds.MatMul)
      assert.truthy(found.metadata.input:find('(RGB / 255 - mean) / std', 1, true))
      local _, message = command('net=sup', 'mlmt=multi', 'input=normalised', 'onnx=' .. path)
      assert.truthy(message:find('take input=picture', 1, true), message)
   end)

   it('writes a network of Torch7', function()
      local path = work .. '/t7.onnx'
      local status, text = command('net=spec/golden/t7/net.t7', 'sizes=N,3,12,12', 'onnx=' .. path)
      assert.truthy(status == 0 and text:find('nn.Sequential of spec/golden/t7/net.t7', 1, true), text)
      local found = read(path)
      check_order(found)
      assert.same({'N', 3, 12, 12}, found.inputs.input.sizes)
      assert.same({3, 1, 1}, {found.kinds.Conv, found.kinds.LogSoftmax, found.kinds.Gemm})
      local _, message = command('net=spec/golden/t7/values.t7', 'onnx=' .. path)
      assert.truthy(message:find('holds no network', 1, true), message)
   end)

   it('tells what it takes, and what is wrong', function()
      local status, text = tiny_runs.command('export', {'help'})
      assert.truthy(status == 0 and text:find('net=RUN onnx=FILE', 1, true))
      for _, case in ipairs {{{'net=sup'}, 'which run, and which file?'}, {{'net=none', 'onnx=x'}, "there is no run 'none'"},
         {{'sup', 'onnx=x'}, 'names are given as net=RUN'}, {{'net=sup', 'onnx=x', 'fusion=hard'}, 'fusion'},
         {{'net=sup', 'onnx=/nowhere/x.onnx'}, '/nowhere/x.onnx'}} do
         local _, message = command(unpack(case[1]))
         assert.truthy(message:find(case[2], 1, true), message)
      end
      local model = hilo.open('sup', {runs = made.runs, window = {32, 32}})
      fails('windows cannot be written', export.model, model, 'x.onnx')
      fails("input must be 'picture' or 'normalised'", export.model, model, 'x.onnx', {input = 'bytes'})
   end)
end)
