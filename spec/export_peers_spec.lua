-- What onnxruntime makes of what hilo exports: modules, networks, and whole runs on photographs (those that scikit-learn brings). `make
-- peers` installs these; where they are not there this is skipped.
local hilo = require 'hilo'
local core = require 'hilo.core'
local cases = require 'spec.t7_modules'
local gradients = require 'spec.nn_gradients'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local models = hilo.models
local python = os.getenv 'HILO_PEERS_PYTHON' or core.root .. 'build/peers/bin/python'

local function python_has(...)
   if core.host.hl_host_path_kind(python) == 0 then return false end
   for _, name in ipairs {...} do
      local code = process.capture {python, '-c', ('import importlib.util, sys; sys.exit(importlib.util.find_spec("%s") is None)')
         :format(name)}
      if code ~= 0 then return false end
   end
   return true
end

local has_runtime = python_has('onnxruntime', 'sklearn')
local function needs_runtime(name, f)
   if has_runtime then it(name, f) else pending(name .. ' (make peers installs onnxruntime and scikit-learn)') end
end

local work
setup(function() work = tiny.folder() end)
teardown(function() tiny.remove(work) end)

-- list: {name, write(path), cases}; gives what runtime.py says of each.
local function compare(list)
   local words = {python, core.root .. 'spec/peers/runtime.py'}
   for i, one in ipairs(list) do
      local base = ('%s/%d'):format(work, i)
      one.write(base .. '.onnx')
      hilo.io.safetensors.save(base .. '.safetensors', one.cases)
      words[#words + 1], words[#words + 2] = base .. '.onnx', base .. '.safetensors'
   end
   local code, text = process.capture(words)
   assert.equal(0, code, text)
   return hilo.train.json.decode(text:match('([^\n]+)%s*$'), 'onnxruntime')
end

-- Running statistics such as training leaves behind.
local function lived(net)
   return net:apply(function(m)
      if m.running_mean then
         m.running_mean:uniform(-0.2, 0.2)
         m.running_var:uniform(0.5, 1.5)
      end
   end):evaluate()
end

local function of_network(name, net, inputs, sizes)
   local given = {}
   for i, x in ipairs(inputs) do
      given[i .. '/input'] = x
      given[i .. '/output'] = hilo.no_grad(net.forward, net:evaluate(), x):clone()
   end
   return {name = name, cases = given, write = function(path) hilo.export.network(net, path, sizes) end}
end

local function check_networks(list)
   for i, found in ipairs(compare(list)) do
      local scale = 1
      for name, t in pairs(list[i].cases) do if name:find 'output' then scale = math.max(scale, t:clone():abs():max()) end end
      for case, one in pairs(found.cases) do
         assert.is_true(one.output <= 1e-5 * scale, ('%s, case %s: %g'):format(list[i].name, case, one.output))
      end
   end
end

describe('onnxruntime', function()
   needs_runtime('computes what modules of nn do', function()
      local list, dims = {}, {'N', false, 'H', 'W'}
      for _, case in ipairs(cases) do
         local x = case[2]
         if hilo.isTensor(x) and case[1].__typename ~= 'nn.SpatialAdaptiveMaxPooling' then
            local sizes = {}
            for d = 1, x:dim() do sizes[d] = dims[d] or x:size(d) end
            list[#list + 1] = of_network(case.name or case[1].__typename, case[1], {x}, sizes)
         end
      end
      assert.is_true(#list > 30)
      check_networks(list)
   end)

   needs_runtime('computes what the modules of Torch7 do that have an operator', function()
      local list, nn = {}, hilo.nn
      local function add(name, net, x)
         local sizes = x:size():totable()
         sizes[1] = 'N'
         if pcall(hilo.export.network, net, work .. '/try.onnx', sizes) then list[#list + 1] = of_network(name, net, {x}, sizes) end
      end
      for _, case in ipairs(require 'spec.nn_cases') do
         local x = gradients.input(case[3])
         if hilo.isTensor(x) and case[1] ~= 'PReLU of one image' then -- the first dimension is the batch
            hilo.manualSeed(1)
            add(case[1], case[2]():float():evaluate(), x:float())
         end
      end
      for _, name in ipairs {'SpatialZeroPadding', 'SpatialReplicationPadding', 'SpatialReflectionPadding'} do
         add(name, nn[name](1, 2, 0, 3), hilo.randn(2, 3, 5, 6))
      end
      require 'hilo.torch.nngraph'
      local x = nn.Identity()()
      add('gModule', nn.gModule({x}, {nn.CMulTable()({nn.Linear(4, 3)(x), nn.Tanh()(nn.Linear(4, 3)(x))})}), hilo.randn(5, 4))
      assert.is_true(#list >= 51, #list)
      check_networks(list)
   end)

   needs_runtime('computes what a network of Torch7 gave', function()
      local list = {}
      for _, name in ipairs {'net', 'old_net'} do
         local v = hilo.io.t7.read(('spec/golden/t7/%s.t7'):format(name))
         list[#list + 1] = {name = name, cases = {['1/input'] = v.input:float(), ['1/output'] = v.output:float()},
            write = function(path) hilo.export.network(v.net:float():evaluate(), path, {'N', 3, 12, 12}) end}
      end
      check_networks(list)
   end)

   needs_runtime('computes what every backbone and head does, for any batch and size', function()
      local list, sizes = {}, {'N', 3, 'H', 'W'}
      for _, backbone in ipairs {'resnet18', 'resnet50', 'resnet101', 'vgg16', 'mobilenet_v2'} do
         for head, stride in pairs {deeplab2 = 8, deeplab3plus = 16} do
            local net = lived(models.deeplab {backbone = backbone, head = head, classes = 3, width = 4, output_stride = stride})
            list[#list + 1] = of_network(backbone .. ' ' .. head, net, {hilo.randn(2, 3, 65, 97), hilo.randn(1, 3, 40, 50)}, sizes)
         end
         list[#list + 1] = of_network(backbone, lived(models.classifier {backbone = backbone, classes = 3, width = 4}),
            {hilo.randn(2, 3, 64, 96), hilo.randn(1, 3, 80, 75)}, sizes)
      end
      check_networks(list)
   end)

   -- What hilo says of photographs.
   local function of_model(name, model, paths)
      local given = {}
      for i, path in ipairs(paths) do
         local picture = hilo.io.image.load(path)
         local h, w = picture:size(2), picture:size(3)
         local found = model:label(model:inputs_of(picture), h, w)
         given[i .. '/image'] = picture:view(1, 3, h, w)
         if found.rows then given[i .. '/scores'] = hilo.Tensor(found.rows) end
         if found.labels then
            local labels = model:predict(path)
            given[i .. '/labels'], given[i .. '/logits'] = labels:view(1, h, w), found.logits
            given[i .. '/values'] = found.rows and hilo.methods.fusion(found.logits, found.rows[1], model.fusion) or found.logits
         end
      end
      return {name = name, cases = given, write = function(path) hilo.export.model(model, path) end}
   end

   needs_runtime('labels photographs as hilo does: alone, at several sizes, and fused with a classifier in both ways', function()
      local code, folder = process.capture {python, '-c', 'import os, sklearn; print(os.path.join(os.path.dirname(sklearn.__file__), '
         .. '"datasets", "images"))'}
      assert.equal(0, code, folder)
      folder = folder:match '[^\n]+'
      local paths = {folder .. '/china.jpg', folder .. '/flower.jpg'}
      local made = tiny_runs.make {mlmt = true, supervised = 'steps=30'}
      finally(function() made.remove() end)
      local function open(which, o)
         o.runs = made.runs
         local model = hilo.open(which, o)
         -- photographs are far from what it learnt in these steps: logits of 285, where trained ones are some 15
         if model.S then hilo.no_grad(function() for _, p in ipairs((model.S.head:parameters())) do p:mul(0.05) end end) end
         return model
      end
      -- between what the classifier says of the classes, so that some are switched off
      local _, seen = open('multi', {}):predict(paths[1])
      local low, high = math.huge, 0
      for _, class in pairs(seen.classes) do low, high = math.min(low, class.score), math.max(high, class.score) end
      local tau = (low + high) / 2
      local list = {
         of_model('alone', open('sup', {}), paths),
         of_model('sizes', open('sup', {scales = {0.75, 1}, mirror = true}), paths),
         of_model('threshold', open('sup', {mlmt = 'multi', tau = tau}), paths),
         of_model('soft', open('sup', {mlmt = 'multi', fusion = 'soft', exponent = 0.7}), paths),
         of_model('classifier', open('multi', {}), paths),
      }
      local calibrated = open('sup', {mlmt = 'multi'})
      calibrated.fusion = setmetatable({tau = {0.2, tau, tau},
         calibration = {how = 'platt', by = 'class', a = {1.5, 0.7, 1}, b = {0.1, -0.2, 0}}}, {__index = calibrated.fusion})
      list[#list + 1] = of_model('calibrated', calibrated, paths)
      local zeros = list[3].cases['1/values']:eq(0):sum()
      assert.is_true(zeros > 0 and zeros < list[3].cases['1/values']:nElement())
      for i, found in ipairs(compare(list)) do
         local name = list[i].name
         for case, one in pairs(found.cases) do
            assert.is_true((one.scores or 0) <= 1e-5 and (one.logits or 0) <= 1e-4, ('%s: scores %g, logits %g'):format(name,
               one.scores or 0, one.logits or 0))
            assert.equal(name ~= 'classifier' and 0 or nil, one.labels, name .. ', picture ' .. case)
         end
         assert.same({'N', '3', 'H', 'W'}, found.inputs.image)
         assert.same({'hilo', 'uint8'}, {found.producer, found.metadata.input:match '^%w+'})
         assert.same({'background', 'red', 'green'}, hilo.train.json.decode(found.metadata.classes, name))
      end
   end)
end)
