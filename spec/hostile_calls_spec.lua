--- hostile_calls_spec.lua: calls that once ended the process or never came back, reduced from what spec/fuzz found: each is an error
--- that says what is wrong, or does nothing.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

describe('a tensor without elements', function()
   local in_place = {
      add = function(x, y) return x:add(y) end, copy = function(x, y) return x:copy(y) end, pow = function(x, y) return x:pow(y) end,
      cmul = function(x, y) return x:cmul(y) end, cdiv = function(x, y) return x:cdiv(y) end,
      addcmul = function(x, y) return x:addcmul(1, y, y) end,
      ['assignment to a part'] = function(x, y)
         x[{{1, 2}}] = y
         return x
      end,
   }
   for name, f in pairs(in_place) do
      it('does not stretch to one with elements: ' .. name, function()
         local x = hilo.ones(2, 3)
         assert.matches('empty', helper.error_of(f, x, hilo.empty()))
         assert.matches('stretch', helper.error_of(f, x, hilo.empty(0, 3)))
         assert.equal(6, x:sum())
      end)
   end

   it('takes part where there is nothing to write', function()
      assert.equal(0, hilo.empty():add(hilo.empty()):nElement())
      assert.same({0, 3}, hilo.empty(0, 3):add(hilo.empty(0, 3)):size():totable())
      assert.same({0, 3}, hilo.empty(0, 3):copy(hilo.empty()):size():totable())
      assert.same({0, 3}, hilo.empty(0, 3):cmul(hilo.ones(1, 3)):size():totable())
   end)
end)

describe('random numbers', function()
   it('of bfloat16 on the CPU are refused', function()
      for draw, arguments in pairs {uniform = {}, normal = {}, bernoulli = {0.5}, random = {1, 5}} do
         local x = hilo.zeros({3}, {dtype = 'bfloat16'})
         assert.matches('bfloat16.*CPU computes', helper.error_of(x[draw], x, unpack(arguments)))
      end
   end)

   it('of an epoch have bounds', function()
      local order = hilo.data.Draws.order
      assert.matches('n must be a whole number 0..2%^26', helper.error_of(order, 0, 6, 2, 2 ^ 53))
      assert.matches('n must be', helper.error_of(order, 0, 6, 2, 1.5))
      assert.matches('n must be', helper.error_of(order, 0, 6, 2, 0 / 0))
      assert.matches('seed must be', helper.error_of(order, -1, 6, 2, 3))
      assert.matches('stream must be', helper.error_of(order, 1, 0, 2, 3))
      assert.matches('epoch must be', helper.error_of(order, 1, 1, 'x', 3))
      assert.equal(3, #order(2 ^ 32 - 1, 255, 0, 3))
      assert.same({}, order(1, 1, 0, 0))
   end)
end)

it('class_targets wants a number of classes that a matrix of them can be made of', function()
   local labels = hilo.zeros({2, 3, 3}, {dtype = 'byte'})
   local targets = hilo.methods.class_targets
   for _, classes in ipairs {0, -1, 1.5, 2 ^ 31, 0 / 0, 'many'} do
      assert.matches('classes must be a whole number 1..4096', helper.error_of(targets, labels, classes))
   end
   assert.matches('labels must be', helper.error_of(targets, labels[1], 3))
   assert.matches('labels must be', helper.error_of(targets, nil, 3))
end)

it('as_strided does not reach beyond the memory of its tensor', function()
   local x = hilo.range(1, 6):view(2, 3)
   assert.same({{1, 4}, {2, 5}}, x:as_strided({2, 2}, {1, 3}):totable())
   assert.same({2, 3}, x:as_strided({2}, nil, 1):totable())
   assert.same({6, 5}, x:as_strided({2}, {-1}, 5):totable())
   assert.same({1}, x[2]:as_strided({1}, {1}, -3):totable())
   local function fails(text, ...) assert.matches(text, helper.error_of(x.as_strided, ...)) end
   fails('from element 0 to 6 of memory that has 6', x, {2, 4}, {3, 1})
   fails('from element %-1 to 0', x, {2}, {-1})
   fails('from element 5 to 6', x[2], {2}, {1}, 2)
   fails('from element 0 to 0 of memory that has 0', hilo.empty(0, 3), {1}, {1})
   fails('a stride for each of 2 sizes, got 1', x, {2, 2}, {1})
   fails('strides%[1%] must be a whole number, got nan', x, {2}, {0 / 0})
   fails('sizes must be a list', x, 2)
   fails('offset must be', x, {1}, {1}, 0.5)
   assert.matches('memory that has 6', helper.error_of(hilo.restride, x, {7}, {1}))
end)

describe('sizes that a loop would never get to the end of are refused', function()
   it('by ClassSimplexCriterion', function()
      assert.matches('nClasses must be a whole number 2..2048', helper.error_of(hilo.nn.ClassSimplexCriterion, 2 ^ 31))
      assert.matches('nClasses must be a whole number 2..2048', helper.error_of(hilo.nn.ClassSimplexCriterion, 0 / 0))
      local corners = hilo.nn.ClassSimplexCriterion(5).simplex:double()
      helper.assert_close(hilo.matmul(corners, corners:t()), hilo.eye(5):double():mul(1.25):add(-0.25), 1e-6)
   end)

   it('by modules, with the name of what is wrong', function()
      local nn = hilo.nn
      for text, f in pairs {
         ['VolumetricReplicationPadding: pad_l must be a whole number'] = function() nn.VolumetricReplicationPadding(1e308) end,
         ['SpatialReplicationPadding: pad_b must be'] = function() nn.SpatialReplicationPadding(1, 1, 1, 2 ^ 40) end,
         ['SpatialConvolutionMM: kH must be a whole number from 1'] = function() nn.SpatialConvolutionMM(7, 2, 3, 2 ^ 24, 3) end,
         ['VolumetricConvolution: dT must be'] = function() nn.VolumetricConvolution(1, 1, 2, 2, 2, 0 / 0) end,
         ['TemporalMaxPooling: dW must be'] = function() nn.TemporalMaxPooling(2, 0) end,
         ['TemporalConvolution: dW must be'] = function() nn.TemporalConvolution(2, 2, 1, 0.5) end,
         ['SpatialFractionalMaxPooling: the output must be'] = function() nn.SpatialFractionalMaxPooling(2, 2, 2 ^ 40, 3) end,
         ['NarrowTable: length must be'] = function() nn.NarrowTable(1, 1e308) end,
         ['tables.full: expects planes of 1 or more, with up to 16777216 connections'] = function() nn.tables.full(2 ^ 20, 2 ^ 20) end,
         ['ELU: alpha must be a number'] = function() nn.ELU 'x' end,
      } do assert.matches(text, helper.error_of(f)) end
      assert.equal(1, #nn.NarrowTable(2, 2 ^ 31):forward {hilo.ones(1), hilo.ones(1)})
   end)

   it('by shared_columns', function()
      local columns = hilo.methods.discriminator.shared_columns
      assert.matches('inside must be a tensor %(N,H,W%) with N of 1 or more, got 0x2x2',
         helper.error_of(columns, hilo.ByteTensor(1, 2, 2):zero(), hilo.empty({0, 2, 2}, {dtype = 'byte'})))
      assert.matches('labels must be a tensor', helper.error_of(columns, 3, hilo.ByteTensor(1, 2, 2):zero()))
   end)
end)

describe('what the fuzzer found is told where it enters:', function()
   local nn = hilo.nn
   local x = hilo.ones(2, 3)
   local cases = {
      ['palette: n must be a whole number 0..256, got 16777216'] = function() hilo.data.classes.palette(2 ^ 24) end,
      ['elu: what follows the tensor must be numbers'] = function() x:elu(1, 'x') end,
      ['cmax: the factor must be a number'] = function() hilo.maximum(x, x, x) end,
      ['expandAs: other must be a tensor, got nil'] = function() hilo.expandAs(x) end,
      ['apply: f must be a function, got nil'] = function() x:apply() end,
      ['isSetTo: other must be a tensor'] = function() x:isSetTo(print) end,
      ['has no module; add one first'] = function() nn.MapTable():resize(2) end,
      ["nn.ReLU: 'forward' is no parameter"] = function() nn.ReLU():parameter 'forward' end,
      ['nn.VGG: o.width is missing: it must be a number'] = function() hilo.models.vgg16 {width = 1}
         nn.VGG {output_stride = 8, dropout = 0} end,
      ['nn.CAddTable:updateOutput: xs must be a table, got nil'] = function() nn.CAddTable():forward(nil) end,
      ["there is no layout 'nosuch'; use auto or voc"] = function() hilo.data.layouts.read('.', 'nosuch', {}) end,
      ['optim.sgd: feval must be a function'] = function() hilo.optim.sgd(nil, x, {}) end,
      ['transforms: resize must be one whole number or two'] = function() hilo.data.transforms.resized {} end,
      ['multi_label: row 1 must have 2 scores and targets, got 1 and 1'] = function()
         hilo.train.metrics.multi_label({{0.5}}, {{1}}, {'a', 'b'})
      end,
      ['must be {input, target}, got nil'] = function()
         local trainer = nn.StochasticGradient(nn.Linear(1, 1), nn.MSECriterion())
         trainer.verbose = false
         trainer:train {size = function() return 1 end}
      end,
      ['nn.MM:updateOutput: xs must be {a tensor, a tensor}'] = function() nn.MM():forward {nil, x} end,
      ['nn.MixtureTable:updateOutput: xs must be'] = function() nn.MixtureTable():forward {} end,
      ['a table of tensors holds itself'] = function()
         local loop = {x}
         loop[2] = loop
         nn.SoftShrink():forward(loop)
      end,
      ['multinomialAlias: expects what multinomialAliasSetup gave'] = function()
         hilo.multinomialAlias(hilo.LongTensor(16, 2), {hilo.LongTensor(1536):fill(1), hilo.rand(7, 16, 0)})
      end,
      ['nn.tables.dense: expects weights (K,kH,kW) and pairs (K,2)'] = function()
         nn.tables.dense(hilo.zeros(2, 0, 8), hilo.randn(16, 4), 1, {3, 9})
      end,
      ['nn.tables.dense: pair 2 is 3, 1, and there are 2 and 1 planes'] = function()
         nn.tables.dense(hilo.zeros(2, 1, 1), hilo.Tensor {{1, 1}, {3, 1}}, 1, {2, 1})
      end,
      ['polyinterp: expects two rows {place, value, slope}'] = function() hilo.optim.polyinterp(hilo.randn(3, 4, 2)) end,
      ['nn.ZipTable: expects a table of tables; 2 is'] = function()
         nn.ZipTable():forward {{x}, hilo.randn(4, 5):to{dtype = 'bfloat16'}:data()}
      end,
      ['nn.JoinTable: expects a table of tensors, element 1 is a nil'] = function() nn.JoinTable(1):forward {nil, x} end,
      ['f gave number, not a tensor'] = function() nn.ReLU():over_images(hilo.zeros(1, 2, 2), function() return 1 end) end,
      ['nn.Reshape: expects sizes'] = function() nn.Reshape() end,
      ['targets must be classes from 1 to 1, or 0 for the end, got 0.5'] = function()
         nn.MultiLabelMarginCriterion():forward(hilo.ones(1), hilo.ones(1):mul(0.5))
      end,
      ['nn.ReLU: %s%n%d'] = function() nn.ReLU():check(nil, '%s%n%d') end,
      ['the function must return a number first, got nil'] = function()
         hilo.optim.sgd(function(w) return nil, w end, hilo.ones(2), {})
      end,
   }
   for expected, f in pairs(cases) do
      it(expected, function()
         local text = helper.error_of(f)
         assert.truthy(text:find(expected, 1, true), text)
      end)
   end
end)

it('what takes a network takes no criterion, and says what else it lacks', function()
   local methods, nn = hilo.methods, hilo.nn
   assert.matches('student must be a module, got nn.MSECriterion', helper.error_of(methods.mean_teacher.of, nn.MSECriterion()))
   assert.matches('net must be a module, got nn.BCECriterion', helper.error_of(methods.fixed, nn.BCECriterion(), 'x'))
   assert.matches('D must be a module, got nn.MSECriterion',
      helper.error_of(methods.confidence, nn.MSECriterion(), hilo.ones(1)))
   local x = hilo.zeros(2, 3, 4, 4)
   assert.matches('must have features', helper.error_of(methods.feature_perturbation, nn.Sequential(), x, 1, 0.5))
end)

it('the heads of DeepLab-v2 have one to four branches', function()
   local nn = hilo.nn
   for _, n in ipairs {0, 5, 2 ^ 53} do
      assert.matches('branches must be a whole number 1..4', helper.error_of(nn.AtrousPyramid, 2, 3, n))
      assert.matches('branches must be a whole number 1..4', helper.error_of(nn.LargeFOVPyramid, 2, 3, n, {width = 1, dropout = 0.5}))
   end
   assert.equal(4, nn.AtrousPyramid(2, 3, 4):size())
end)

it('an outline with an infinite number is refused', function()
   local raster = require 'hilo.data.raster'
   for _, x in ipairs {1 / 0, -1 / 0, 0 / 0} do
      assert.matches('an outline has the number', helper.error_of(raster.polygon, nil, 4, 6, {1, 1, 4, x, 2, 3}))
   end
end)

it('expand takes whole numbers or one list of them', function()
   assert.matches('size 2 must be a whole number, got a table', helper.error_of(hilo.expand, hilo.zeros(3), 1, {2}))
   assert.same({2, 3}, hilo.zeros(3):expand({2, 3}):size():totable())
end)

it('nn.CMul passes a tensor without dimensions on to what multiplies', function()
   assert.not_matches('attempt to', helper.error_of(hilo.nn.CMul(3).forward, hilo.nn.CMul(3), hilo.Tensor()))
end)

it('nn.Reshape without its first size, and nn.Discriminator without options that have defaults elsewhere, say so', function()
   assert.matches('sizes must be whole numbers of 1 or more, got nil', helper.error_of(hilo.nn.Reshape, nil, hilo.nn.ReLU()))
   assert.is_table(hilo.models.discriminator {classes = 1, channels = 1})
   for _, left_out in ipairs {'dropout', 'slope', 'pool'} do
      local o = {classes = 1, channels = 1, dropout = 0.5, dropout_last = false, slope = 0.2, pool = 'global'}
      o[left_out] = nil
      assert.matches('nn.Discriminator: expects all options of models.discriminator, .*; ' .. left_out .. ' is nil',
         helper.error_of(hilo.nn.Discriminator, o))
   end
end)

it('a criterion checks with a format that does not fit as a module does: the format is told', function()
   assert.matches('nn.MSECriterion: %%s%%n%%d', helper.error_of(function() hilo.nn.MSECriterion():check(false, '%s%n%d') end))
   assert.matches('nn.MSECriterion: 3 are few', helper.error_of(function() hilo.nn.MSECriterion():check(false, '%d are few', 3) end))
end)

it('the part of a criterion that is given no tensor is refused', function()
   local nn = hilo.nn
   assert.matches('expects a tensor, or tables of tensors',
      helper.error_of(nn.ClassNLLCriterion().part, nn.ClassNLLCriterion(), nn.Sequential(), nil, {0.5, -1, -1}))
end)

describe('many tensors', function()
   it('are split, given gradients and joined in time that grows as their number does', function()
      for _, n in ipairs {3, 1000, 1001, 20000} do
         local x, split, dys = hilo.randn(n, 2), hilo.nn.SplitTable(1), {}
         local ys = split:forward(x)
         assert.same({n, 1, 2}, {#ys, ys[n]:dim(), ys[n]:size(1)})
         for i = 1, n do dys[i] = hilo.Tensor {i, -i} end
         local dx = split:backward(x, dys)
         assert.same({n, 2}, dx:size():totable())
         assert.same({1, -1, n, -n}, {dx[1][1], dx[1][2], dx[n][1], dx[n][2]})
         assert.equal(0, (hilo.cat(ys, 1) - x:view(-1)):abs():max())
         assert.equal(n, #hilo.split(x, 1))
      end
      assert.equal(2, #hilo.split(hilo.zeros(5, 2), 3))
      assert.equal(2, hilo.split(hilo.zeros(5, 2), 3)[2]:size(1))
      assert.equal(0, #hilo.nn.SplitTable(1):forward(hilo.empty(0, 3)))
      assert.same({1}, hilo.nn.SplitTable(1):forward(hilo.zeros(4))[4]:size():totable())
   end)

   it('go without a gradient where they are not used', function()
      local x = hilo.ones(3, 2)
      x.requires_grad = true
      hilo.sum(hilo.split(x, 1)[2]):backward()
      assert.same({0, 1, 0}, {x.grad[1][1], x.grad[2][1], x.grad[3][1]})
   end)

   it('are refused where no table would hold them', function()
      local x = hilo.zeros(1, 1):expand(2 ^ 20, 2 ^ 20)
      assert.matches('nn.SplitTable: dimension 1 of 1048576x1048576 gives 1048576 pieces, more than a table of tensors holds, 262144',
         helper.error_of(hilo.nn.SplitTable(1).forward, hilo.nn.SplitTable(1), x))
      assert.matches('split: dimension 2 of 1048576x1048576 gives 524288 pieces', helper.error_of(hilo.split, x, 2, 2))
   end)
end)

it('tables of 2^24 connections are made in little memory', function()
   collectgarbage()
   local before = collectgarbage 'count'
   local t = hilo.nn.tables.full(1, 2 ^ 24)
   assert.is_true(collectgarbage 'count' - before < 2 ^ 10)
   assert.same({1, 2 ^ 24}, t[2 ^ 24]:totable())
end)

describe('Ctrl-C', function()
   -- Runs f with the flag raised after a moment, as by Ctrl-C, and expects the error within a second of it.
   local function stopped(script)
      local path = os.tmpname()
      helper.write_file(path, [[
         local core, hilo = require 'hilo.core', require 'hilo'
         core.call(core.host, 'hl_host_interrupt_install')
         local x = hilo.zeros(1, 1):expand(2 ^ 20, 2 ^ 19)
         os.execute(('(sleep 0.3; kill -INT %d) &'):format(require('posix.unistd').getpid()))
         local began = core.host.hl_host_time()
         local ok, message = pcall(function() ]] .. script .. [[ end)
         print(ok, message, core.host.hl_host_time() - began < 20)
      ]])
      local pipe = io.popen('timeout -s KILL 60 luajit ' .. path .. ' 2>&1')
      local text = pipe:read('*a')
      pipe:close()
      os.remove(path)
      return text
   end

   for _, call in ipairs {'x:sum()', 'x:sum(1)', 'x:max()', 'x:var()', 'x:norm()'} do
      it('reaches a reduction of an expanded tensor of 5e11 elements: ' .. call, function()
         local text = stopped('return ' .. call)
         assert.matches('^false%s', text)
         assert.matches('interrupted%s+true', text)
      end)
   end
end)

it('an annotation of COCO for the picture NaN is refused', function()
   local root = tiny.folder()
   hilo.io.image.save(root .. '/a.png', hilo.ByteTensor(3, 4, 6):zero())
   helper.write_file(root .. '/a.json', [[{"images": [{"id": 1, "file_name": "a.png", "width": 6, "height": 4}],
      "annotations": [{"image_id": nan, "category_id": 1, "segmentation": []}], "categories": [{"id": 1, "name": "car"}]}]])
   assert.not_matches('table index', helper.error_of(hilo.data.open, {root = root}))
   tiny.remove(root)
end)

it('an outline of COCO with null for a number is refused', function()
   local root = tiny.folder()
   hilo.io.image.save(root .. '/a.png', hilo.ByteTensor(3, 4, 6):zero())
   helper.write_file(root .. '/a.json', [=[{"images": [{"id": 1, "file_name": "a.png", "width": 6, "height": 4}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[0, null, 3, 0, 3, 3]]}],
      "categories": [{"id": 1, "name": "car"}]}]=])
   assert.matches('number 2 of an outline is no number', helper.error_of(hilo.data.open, {root = root}))
   tiny.remove(root)
end)

it('a line of 70 000 letters in a list is refused at once', function()
   local root = tiny.voc {n = 2, val = 1}
   local set = hilo.data.open {root = root}
   local path = helper.write_file(root .. '/list.txt', ('x'):rep(70000) .. '/y\n')
   local began = os.clock()
   assert.matches('there is no such image', helper.error_of(require('hilo.data.lists').read, set, path))
   assert.is_true(os.clock() - began < 1)
   tiny.remove(root)
end)
