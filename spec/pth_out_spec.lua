-- What hilo.save writes for PyTorch and safetensors, and what hilo.load makes of it; what Python finds in it is checked where
-- `make peers` has brought Python (with PyTorch, where that Python has it).
local bit = require 'bit'
local hilo = require 'hilo'
local core = require 'hilo.core'
local nn = require 'hilo.nn'
local helper = require 'spec.helper'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'
local cases = require 'spec.t7_modules'

local models = hilo.models
local python = os.getenv 'HILO_PEERS_PYTHON' or core.root .. 'build/peers/bin/python'
local has_python = core.host.hl_host_path_kind(python) ~= 0
local work

setup(function() work = tiny.folder() end)
teardown(function() tiny.remove(work) end)

local function needs_python(name, f)
   if has_python then it(name, f) else pending(name .. ' (make peers installs Python)') end
end

local function seen_by_python(path)
   local code, text = process.capture {python, core.root .. 'spec/peers/pth.py', path}
   assert.equal(0, code, text)
   return hilo.train.json.decode(text:match('([^\n]+)%s*$'), 'pth.py')
end

local fails = helper.assert_error

local function same_state(a, b)
   local there = b:stateDict()
   for name, t in pairs(a:stateDict()) do assert.is_true(hilo.equal(t, there[name]), name) end
end

-- ---- values ----

local base = hilo.range(1, 24):view(2, 3, 4)
local function values()
   return {
      float = base, transposed = base:transpose(1, 3), double = hilo.DoubleTensor {1 / 3, -2.5e300}, byte = hilo.ByteTensor {0, 255},
      int = hilo.IntTensor {-2 ^ 31, 2 ^ 31 - 1}, long = hilo.LongTensor {-2 ^ 52, 7},
      char = hilo.Tensor {-128, 127}:char(), short = hilo.Tensor {-32768, 32767}:short(),
      half = hilo.Tensor {1.5, -2}:to{dtype = 'bfloat16'},
      part = hilo.zeros(100, 100):narrow(1, 3, 1):narrow(2, 1, 2), none = hilo.Tensor(), epoch = 5, best = 0.25, large = 2 ^ 40,
      negative = -3, below = -2 ^ 40, name = 'schön', done = true, list = {1, 2, 'x'}, inner = {weight = hilo.Tensor {1, 2}},
   }
end

describe('hilo.save to .pth', function()
   it('keeps tensors of every type, views of one storage, and no more of a large one than is seen', function()
      local path = work .. '/values.pth'
      hilo.save(values(), path)
      local t = hilo.load(path)
      assert.same(base:totable(), t.float:totable())
      assert.same(base:transpose(1, 3):totable(), t.transposed:totable())
      assert.is_true(rawequal(t.float._storage, t.transposed._storage))
      assert.same({{1 / 3, -2.5e300}, {0, 255}, {-2 ^ 31, 2 ^ 31 - 1}, {-2 ^ 52, 7}, {1.5, -2}, {-128, 127}, {-32768, 32767}},
         {t.double:totable(), t.byte:totable(), t.int:totable(), t.long:totable(), t.half:totable(), t.char:totable(),
            t.short:totable()})
      assert.same({'float64', 'uint8', 'int8', 'int16', 'int32', 'int64'}, {t.double:dtype(), t.byte:dtype(), t.char:dtype(),
         t.short:dtype(), t.int:dtype(), t.long:dtype()})
      assert.same({{{0, 0}}, 2, 0}, {t.part:totable(), t.part._storage.size, t.none:nElement()})
      assert.same({1, 2}, t['inner.weight']:totable())
      assert.is_true(core.host.hl_host_path_kind(path) == 1 and #helper.read_file(path) < 6000)
   end)

   needs_python('is what Python reads by the few names that weights need', function()
      local path = work .. '/values.pth'
      hilo.save(values(), path)
      local v = seen_by_python(path).found
      assert.same(base:totable(), v.float.values)
      assert.same(base:transpose(1, 3):totable(), v.transposed.values)
      assert.equal(v.float.key, v.transposed.key)
      assert.same({'DoubleStorage', 'ByteStorage', 'IntStorage', 'LongStorage', 'BFloat16Storage', 'CharStorage', 'ShortStorage'},
         {v.double.storage, v.byte.storage, v.int.storage, v.long.storage, v.half.storage, v.char.storage, v.short.storage})
      assert.same({{1 / 3, -2.5e300}, {0, 255}, {-2 ^ 31, 2 ^ 31 - 1}, {-2 ^ 52, 7}, {0x3fc0, 0xc000}},
         {v.double.values, v.byte.values, v.int.values, v.long.values, v.half.values})
      assert.same({{1, 2}, {0}}, {v.part.sizes, v.none.sizes})
      assert.same({5, 0.25, 2 ^ 40, -3, -2 ^ 40, 'schön', true, {1, 2, 'x'}},
         {v.epoch, v.best, v.large, v.negative, v.below, v.name, v.done, v.list})
   end)

   needs_python("calls the tensors of a network as torchvision does, in the modules' order", function()
      local path = work .. '/net.pth'
      hilo.save(models.resnet18 {classes = 3, width = 2}, path)
      local seen = seen_by_python(path)
      assert.same({'conv1.weight', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var', 'layer1.0.conv1.weight'},
         {unpack(seen.order, 1, 6)})
      assert.same({'fc.weight', 'fc.bias'}, {unpack(seen.order, #seen.order - 1)})
      assert.same({3, 16}, seen.found['fc.weight'].sizes)
   end)

   it('gives a DeepLab torchvision\'s names, those of s4GAN\'s authors or its own, and all are taken back', function()
      local path = work .. '/net.pth'
      local function v3plus() return models.deeplab {backbone = 'resnet18', head = 'deeplab3plus', width = 4, classes = 3} end
      local function v2() return models.deeplab {backbone = 'resnet18', width = 4, classes = 3} end
      for _, case in ipairs {{v3plus, nil, 'classifier.0.convs.4.1.weight'}, {v2, nil, 'classifier.3.bias'},
         {v2, 's4gan', 'layer5.conv2d_list.3.bias'}, {v2, 'hilo', 'head.3.bias'}, {v3plus, 'hilo', 'head.aspp.convs.4.1.weight'}} do
         local from, to = case[1](), case[1]()
         for _, ending in ipairs {'.pth', '.safetensors'} do
            path = work .. '/net' .. ending
            hilo.save(from, path, {names = case[2]})
            assert.truthy(hilo.load(path)[case[3]], case[3])
            local told = hilo.load(path, to)
            same_state(from, to)
            assert.falsy(told:find('left out', 1, true) or told:find('new in', 1, true), told)
         end
      end
      fails('names=s4gan are those', hilo.save, v3plus(), path, {names = 's4gan'})
      fails("names must be 'torchvision', 's4gan' or 'hilo', got 'mine'", hilo.save, v2(), path, {names = 'mine'})
   end)

   it('takes networks inside of tables, as checkpoints of training hold them', function()
      local path = work .. '/checkpoint.pth'
      local from, to = models.resnet18 {classes = 3, width = 2}, models.resnet18 {classes = 3, width = 2}
      hilo.save({state_dict = from, epoch = 7, optimizer = {momentum = {hilo.ones(2)}}}, path)
      local told = hilo.load(path, to)
      assert.truthy(told:find("took what is under 'state_dict' and left epoch, optimizer", 1, true), told)
      local own = to:stateDict()
      for name, t in pairs(from:stateDict()) do
         if name:sub(1, 3) ~= 'fc.' then assert.is_true(hilo.equal(t, own[name]), name) end
      end
   end)

   it('is the same for the same value, and an old file stays where writing fails', function()
      local path = work .. '/same.pth'
      hilo.save(values(), path)
      local before = helper.read_file(path)
      hilo.save(values(), path)
      assert.equal(before, helper.read_file(path))
      fails('the value.bad is a function', hilo.save, {bad = print}, path)
      fails('hold itself', hilo.save, (function()
         local t = {}
         t.t = t
         return t
      end)(), path)
      assert.equal(before, helper.read_file(path))
   end)

   it('is found damaged where a bit of its weights is changed', function()
      local path = work .. '/bits.pth'
      hilo.save({w = hilo.range(1, 100)}, path)
      local text = helper.read_file(path)
      local at = text:find('\0\0\128\63', 1, true) + 50
      helper.write_file(path, text:sub(1, at - 1) .. string.char(bit.bxor(text:byte(at), 1)) .. text:sub(at + 1))
      fails('does not have the checksum', hilo.load, path)
   end)
end)

describe('hilo.save and hilo.load', function()
   for _, ending in ipairs {'.pth', '.safetensors', '.t7'} do
      it(('bring the state of every module back (%s)'):format(ending), function()
         local path = work .. '/module' .. ending
         local nets, saved = {}, 0
         for i, case in ipairs(cases) do nets[i] = case[1] end
         for _, case in ipairs(require 'spec.nn_cases') do nets[#nets + 1] = case[2]():double() end
         for _, net in ipairs(nets) do
            if next(net:stateDict()) then
               saved = saved + 1
               local other = net:clone()
               for _, t in pairs(other:stateDict()) do t:fill(7) end
               hilo.save(net, path, {names = ending ~= '.t7' and 'hilo' or nil})
               hilo.load(path, other)
               same_state(net, other)
            end
         end
         assert.is_true(saved > 40, saved)
      end)
   end

   it('keep numbers, strings and booleans beside tensors in .pth, by names as tensors have them', function()
      local path = work .. '/value.pth'
      hilo.save({x = hilo.Tensor {5}, epoch = 3, deep = {name = 'a', rates = {0.5, 2}, on = false}}, path)
      local read, notes = hilo.load(path)
      assert.equal(5, read.x[1])
      read.x = nil
      assert.same({epoch = 3, ['deep.name'] = 'a', ['deep.rates.1'] = 0.5, ['deep.rates.2'] = 2, ['deep.on'] = false}, read)
      assert.same({}, notes)
      local tensors = hilo.io.load_tensors(path)
      assert.equal('x', (next(tensors)))
      assert.is_nil(next(tensors, 'x'))
      hilo.save({epoch = 3, best = 0.5}, path)
      assert.same({epoch = 3, best = 0.5}, (hilo.load(path)))
      fails('there is no tensor in this file', hilo.io.load_tensors, path)
      hilo.save({state_dict = {x = hilo.ones(1)}, epoch = 3}, path)
      assert.same({"took what is under 'state_dict' and left epoch"}, select(2, hilo.load(path)))
   end)

   it('keep values in .t7, as text where that is asked for', function()
      local path = work .. '/value.t7'
      hilo.save({1, 'two', {three = hilo.Tensor {3}}}, path, {ascii = true})
      assert.equal('3\n', helper.read_file(path):sub(1, 2))
      assert.equal(3, hilo.load(path)[3].three[1])
      hilo.save({1}, work .. '/value.bin', {format = 't7'})
      assert.same({1}, hilo.load(work .. '/value.bin'))
   end)

   it('say what is wrong', function()
      fails("what shall 'x.bin' hold", hilo.save, {}, 'x.bin')
      fails('path must be a string, got a table', hilo.save, 'x.t7', {})
      fails("there is no option 'text'; it takes format, ascii, names", hilo.save, {}, 'x.t7', {text = true})
      fails('takes a network or a table of tensors, got a tensor', hilo.save, hilo.ones(2), 'x.pth')
      fails('net must be a module, got 5', hilo.load, 'x.pth', 5)
      for text, shown in pairs {['<html>404</html>'] = "it begins with '<html>40'",
         ['\255\216\0\16JFIF'] = "'\239\191\189\239\191\189\\0\\16JFIF'", [''] = 'it is empty'} do
         tiny.write(work .. '/other.pth', text)
         for _, load in ipairs {hilo.load, hilo.io.load_tensors} do
            local message = helper.error_of(load, work .. '/other.pth')
            assert.is_truthy(message:find('other.pth is neither .t7, .pth nor safetensors: ', 1, true), message)
            assert.is_truthy(message:find(shown, 1, true), message)
         end
      end
      hilo.save({a = 1}, work .. '/value.t7')
      fails('is a file of Torch7, where .pth or safetensors is expected', hilo.io.load_tensors, work .. '/value.t7')
      fails('holds no network by itself', hilo.load, work .. '/value.t7', nn.Linear(2, 2))
      hilo.save(nn.Linear(2, 3), work .. '/linear.pth')
      fails('wrong size: weight is 2x2 here, 3x2 in the table', hilo.load, work .. '/linear.pth', nn.Linear(2, 2))
   end)
end)
