-- Torch7's files: those of spec/golden/t7 were made by a writer of another hand, spec/golden/make_t7.py.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local nn = require 'hilo.nn'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local t7 = hilo.io.t7
local golden = 'spec/golden/t7/'
local work

setup(function() work = tiny.folder() end)
teardown(function() tiny.remove(work) end)

local fails = helper.assert_error

describe('a file of Torch7', function()
   for _, name in ipairs {'values', 'values_ascii'} do
      it(('gives values, tables that are met again and a table that holds itself (%s)'):format(name), function()
         local v = t7.read(golden .. name .. '.t7')
         assert.same({7, 1 / 3, 2 ^ 60, 5e-324, -math.huge}, {v.whole, v.third, v.large, v.tiny, v.infinite})
         assert.is_true(v.nan ~= v.nan and v.yes == true and v.no == false)
         assert.same({'two\nlines', ''}, {v.text, v.empty})
         assert.same({256, 0, 255}, {#v.bytes, v.bytes:byte(1), v.bytes:byte(256)})
         assert.same({10, 'twenty', {30}}, v.list)
         assert.same({'one', 'two and a half', 'true', 'text'}, {v.mixed[1], v.mixed[2.5], v.mixed[true], v.mixed.key})
         assert.is_true(rawequal(v, v.itself) and rawequal(v.list, v.again))
         assert.equal('a table is the key', v.by_table[v.list])
      end)
   end

   it('gives what referenced(false) wrote as tables of their own', function()
      local v = t7.read(golden .. 'apart.t7')
      assert.same({1, 2}, v.b)
      assert.same(v.a, v.b)
      assert.is_false(rawequal(v.a, v.b))
   end)

   it('of a 32-bit machine is read where that is said', function()
      local v = t7.read(golden .. 'values_b32.t7', {format = 'b32'})
      assert.same({{1, 2}, {3, 4}, {{1, 2}, {3, 4}}}, {v.list, v.sizes:totable(), v.matrix:totable()})
      assert.is_false((pcall(t7.read, golden .. 'values_b32.t7')))
   end)

   local dtypes = {Float = 'float32', Double = 'float64', Half = 'float32', Byte = 'uint8', Char = 'int8', Short = 'int16',
      Int = 'int32', Long = 'int64', Cuda = 'float32', CudaDouble = 'float64', CudaLong = 'int64', CudaHalf = 'float32',
      CudaByte = 'uint8'}
   local numbers = {Double = {1 / 3, -2.5e300, 5e-324}, Byte = {0, 10, 255}, Char = {-128, 10, 127}, Short = {-32768, 0, 32767},
      Int = {-2 ^ 31, 0, 2 ^ 31 - 1}, Cuda = {1.5, 2.5, -3.5}, CudaDouble = {1.5, 2.5, 1e300}, CudaLong = {1, 2, 2 ^ 40},
      CudaHalf = {1.5, 2.5, 0}, CudaByte = {1, 2, 3}, Float = {0.5, -3.25, tonumber(ffi.new('float', 3e38))}}

   for _, name in ipairs {'tensors', 'tensors_ascii'} do
      it(('gives tensors and storages of every type (%s)'):format(name), function()
         local v = t7.read(golden .. name .. '.t7')
         for kind, expected in pairs(numbers) do
            assert.same(expected, v[kind]:totable(), kind)
            assert.same(expected, v.storages[kind]:totable(), kind)
         end
         for kind, dtype in pairs(dtypes) do assert.equal(dtype, v[kind]:dtype()) end
         local long = v.Long:data()
         assert.same({'-9223372036854775808LL', '9007199254740993LL', '9223372036854775807LL'},
            {tostring(long[0]), tostring(long[1]), tostring(long[2])})
         local half = v.Half:totable()
         assert.same({0.5, -65504}, {half[1], half[2]})
         assert.near(6e-8, half[3], 4e-10)
      end)

      it(('gives views with their strides, on the storage that they share (%s)'):format(name), function()
         local v = t7.read(golden .. name .. '.t7')
         assert.equal((1 * 12 + 2 * 4 + 3) / 8, v.dense:get(2, 3, 4))
         assert.equal(v.dense:get(2, 3, 4), v.transposed:get(4, 3, 2))
         assert.same({5 / 8, 6 / 8, 7 / 8, 1}, v.narrowed:totable())
         assert.same({{2 / 8, 3 / 8}, {2 / 8, 3 / 8}, {2 / 8, 3 / 8}}, v.expanded:totable())
         for _, key in ipairs {'transposed', 'narrowed', 'expanded', 'base'} do
            assert.is_true(rawequal(v.dense._storage, v[key]._storage), key)
         end
         assert.is_true(rawequal(v.dense, v.same))
         assert.same({0, 0, 'float64'}, {v.empty:dim(), v.emptied:dim(), v.emptied:dtype()})
      end)
   end

   it('without versions of classes is read', function()
      local v = t7.read(golden .. 'old.t7')
      assert.same({{{1 / 8, 2 / 8}, {5 / 8, 6 / 8}}, {2, 3}}, {v.t:totable(), v.sizes:totable()})
      assert.same({15, 31}, v.net:forward(hilo.Tensor {1, 2}):totable())
   end)

   it('with a function is refused', function()
      for _, kind in ipairs {6, 7, 8} do fails('functions are code', t7.read, ('%sfunction_%d.t7'):format(golden, kind)) end
   end)

   it('gives the tables of tds as tables', function()
      local v = t7.read(golden .. 'tds.t7')
      assert.same({{1, 'two', 3}, 1, {5}}, {v.vec, v.hash.one, v.hash[2]})
   end)

   it('keeps objects of unknown classes as tables that tell their class', function()
      local v = t7.read(golden .. 'classes.t7')
      assert.equal('graph.Node', v.node.__typename)
      assert.is_true(rawequal(v.node, v.node.children[1].parent))
      assert.same({'my.Trainer', 0.1, {{1, 1}, {1, 1}}}, {v.trainer.__typename, v.trainer.rate, v.trainer.weight:totable()})
      local again = t7.decode(t7.encode(v))
      assert.equal('graph.Node', again.node.children[1].__typename)
      local Trainer = {__typename = 'my.Trainer', name = 'a trainer'}
      Trainer.__index = Trainer
      local own = t7.read(golden .. 'classes.t7', {class = function(name) return name == 'my.Trainer' and Trainer or nil end})
      assert.same({'a trainer', 0.1}, {own.trainer.name, own.trainer.rate})
   end)
end)

describe('a network of Torch7', function()
   for _, name in ipairs {'net', 'net_ascii', 'old_net'} do
      it(('computes what it did (%s)'):format(name), function()
         local v = t7.read(golden .. name .. '.t7')
         helper.assert_close(v.net:evaluate():forward(v.input), v.output, 1e-5)
         local again = t7.decode(t7.encode(v.net))
         helper.assert_close(again:forward(v.input), v.output, 1e-5)
      end)
   end

   it('that is a graph computes what it did, and learns', function()
      local v = t7.read(golden .. 'graph.t7')
      assert.equal('nn.gModule', v.net.__typename)
      for _, net in ipairs {v.net, t7.decode(t7.encode(v.net))} do
         local y = net:forward(v.input)
         helper.assert_close(y[1], v.output[1], 1e-6)
         helper.assert_close(y[2], v.output[2], 1e-6)
         net:zeroGradParameters()
         net:backward(v.input, y)
         assert.is_true(net:parameters()[1].grad:abs():sum() > 0)
      end
      fails('nn.gModule: its graph is not whole', t7.decode, (helper.read_file(golden .. 'graph.t7'):gsub('outnode', 'outnote')))
   end)

   it('learns: its gradients fit its weights, and what it shares it shares here', function()
      local v = t7.read(golden .. 'net.t7')
      local twice = v.net:get(5)
      assert.is_true(rawequal(twice:get(1), twice:get(2):get(1)))
      assert.same({'nn.CrossEntropyCriterion', false, 5}, {v.criterion.__typename, v.criterion.sizeAverage,
         v.criterion.nll.weights:nElement()})
      assert.equal(12, v.state.evalCounter)
      local target = hilo.LongTensor {2, 5}
      v.net:training()
      local before = v.criterion:forward(v.net:forward(v.input), target)
      for _ = 1, 5 do
         v.net:zeroGradParameters()
         v.net:backward(v.input, v.criterion:backward(v.net:forward(v.input), target))
         v.net:updateParameters(0.01)
      end
      v.net:evaluate()
      assert.is_true(v.criterion:forward(v.net:forward(v.input), target) < before)
      local old = t7.read(golden .. 'old_net.t7')
      old.net:zeroGradParameters()
      old.net:backward(old.input, old.net:forward(old.input))
      assert.is_true(old.net:get(1).gradWeight:abs():sum() > 0)
   end)
end)

-- ---- round trips ----

describe('what is written', function()
   for _, format in ipairs {'binary', 'ascii'} do
      it(('is read again: values, types, views, loops (%s)'):format(format), function()
         local base = hilo.range(1, 24):view(2, 3, 4)
         local value = {n = -0.1, text = 'a\0b\n', yes = true, deep = {{{1}}}, t = base, part = base:select(1, 2):t(),
            spread = hilo.Tensor {3}:expand(4), none = hilo.Tensor(), sizes = base:size(), [3] = 'three', [-1.5] = 'x'}
         for _, dtype in ipairs {'float', 'double', 'byte', 'char', 'short', 'int', 'long'} do value[dtype] = base:to{dtype = dtype} end
         value.self, value.again = value, value.deep
         local path = work .. '/value.t7'
         t7.write(path, value, {format = format})
         local v = t7.read(path)
         assert.same({-0.1, 'a\0b\n', true, 'three', 'x'}, {v.n, v.text, v.yes, v[3], v[-1.5]})
         assert.is_true(rawequal(v.self, v) and rawequal(v.again, v.deep) and v.deep[1][1][1] == 1)
         assert.is_true(rawequal(v.t._storage, v.part._storage))
         assert.same(value.part:totable(), v.part:totable())
         assert.same({3, 3, 3, 3}, v.spread:totable())
         assert.equal(1, v.spread._storage.size)
         assert.equal(0, v.none:dim())
         assert.same({2, 3, 4}, v.sizes:totable())
         for _, dtype in ipairs {'float', 'double', 'byte', 'char', 'short', 'int', 'long'} do
            assert.equal(value[dtype]:dtype(), v[dtype]:dtype())
            assert.same(base:totable(), v[dtype]:totable(), dtype)
         end
      end)
   end

   it('is the same bytes for the same value, and the same values in both formats', function()
      local v = t7.read(golden .. 'net.t7')
      assert.equal(t7.encode(v), t7.encode(v))
      assert.equal(t7.encode(v), t7.encode(t7.decode(t7.encode(v, {format = 'ascii'}))))
   end)

   it('keeps bfloat16 as float, and zeros that nobody used without memory for them', function()
      local t = hilo.Tensor {1.5, -2}:to{dtype = 'bfloat16'}
      local v = t7.decode(t7.encode(t))
      assert.same({'float32', {1.5, -2}}, {v:dtype(), v:totable()})
      local zeros = require('hilo.tensor').promised_zeros(5, 2)
      assert.same({{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}}, t7.decode(t7.encode(zeros)):totable())
      assert.is_true(zeros._storage.promised)
   end)

   it('takes storages in other clothes both ways', function()
      local memory = hilo.Tensor {1, 2, 3}
      local wrapped = {storage = memory._storage}
      local text = t7.encode({wrapped, memory}, {storage_of = function(x) return x.storage end})
      local v = t7.decode(text, {storage = function(storage) return {of = storage} end})
      assert.is_true(rawequal(v[1].of, v[2]._storage))
   end)

   it('holds no functions and no cdata, and the message leads to them', function()
      fails('value[net][1][f]: it is a function', t7.encode, {net = {{f = print}}})
      fails('it is a cdata', t7.encode, {1LL})
      fails("got 'text'", t7.encode, 1, {format = 'text'})
      fails("there is no option 'ascii'", t7.encode, 1, {ascii = true})
      local deep = {}
      for _ = 1, 1000 do deep = {deep} end
      fails('nested more than', t7.encode, deep)
   end)
end)

local gradients = require 'spec.nn_gradients'
local tree = require 'hilo.nn.tree'

-- Of each case: name, a module in evaluation, an input. Those of spec/nn_cases.lua are of float64.
local modules = {}
for _, case in ipairs(require 'spec.t7_modules') do
   modules[#modules + 1] = {case.name or case[1].__typename, function() return case[1]:evaluate() end, case[2]}
end
for _, list in ipairs {require 'spec.nn_cases', require 'spec.nn_other_cases'} do
   for _, case in ipairs(list) do
      modules[#modules + 1] = {case[1], function()
         hilo.manualSeed(1)
         return case[2]():double():evaluate()
      end, tree.map(gradients.input(case[3]), function(x) return x:dtype() == 'float32' and x:double() or x end)}
   end
end
modules[#modules + 1] = {'CriterionTable', function() return nn.CriterionTable(nn.MSECriterion()) end,
   {hilo.ones(2, 3), hilo.zeros(2, 3)}}

-- Outputs, however nested, as tables of numbers.
local function values(y)
   if hilo.isTensor(y) then return y:totable() end
   local list = {}
   for key, v in pairs(y) do list[key] = values(v) end
   return list
end

local function computed(net, x)
   hilo.manualSeed(2)
   return values(net:forward(x))
end

describe('a module that is written and read', function()
   for _, case in ipairs(modules) do
      it(('computes the same: %s'):format(case[1]), function()
         local net, texts = case[2](), {}
         for i, format in ipairs {'binary', 'ascii'} do texts[i] = t7.encode(net, {format = format}) end
         local expected = computed(net, case[3])
         for _, text in ipairs(texts) do
            local again = t7.decode(text)
            assert.equal(getmetatable(net), getmetatable(again))
            assert.same(expected, computed(again, case[3]))
         end
      end)
   end

   it('is each of nn', function()
      local covered = {}
      for _, case in ipairs(modules) do case[2]():apply(function(m) covered[m.__typename] = true end) end
      -- what others extend, needs a second card, or prints
      for name in ('Module Container Decorator GPU PrintSize'):gmatch '%w+' do covered['nn.' .. name] = true end
      local missing = {}
      for name, class in pairs(nn) do
         if type(class) == 'table' and nn.isModule(setmetatable({}, class)) and rawget(class, '__typename') == 'nn.' .. name
            and not covered['nn.' .. name] and core.host.hl_host_path_kind(('%slua/hilo/nn/%s.lua'):format(core.root, name)) ~= 0 then
            missing[#missing + 1] = name
         end
      end
      assert.same({}, missing)
   end)

   it('may be a criterion: each of nn', function()
      local list, covered = {}, {['nn.Criterion'] = true}
      for _, case in ipairs(require 'spec.nn_criterion_cases') do list[#list + 1] = {case[2](), gradients.input(case[3]), case[4]} end
      local x = hilo.Tensor {{0.2, 0.7}, {0.6, 0.4}}
      list[#list + 1] = {nn.CrossEntropyCriterion(hilo.Tensor {1, 3}, false), x, hilo.LongTensor {2, 1}}
      list[#list + 1] = {nn.L1Cost(), x}
      for _, case in ipairs(list) do
         local expected = case[1]:forward(case[2], case[3])
         covered[case[1].__typename] = true
         for _, format in ipairs {'binary', 'ascii'} do
            local again = t7.decode(t7.encode(case[1], {format = format}))
            assert.equal(getmetatable(case[1]), getmetatable(again))
            assert.equal(expected, again:forward(case[2], case[3]), case[1].__typename)
         end
      end
      local missing = {}
      for name, class in pairs(nn) do
         if type(class) == 'table' and rawget(class, '__typename') == 'nn.' .. name and nn.isA(setmetatable({}, class), 'nn.Criterion')
            and not covered['nn.' .. name] and core.host.hl_host_path_kind(('%slua/hilo/nn/%s.lua'):format(core.root, name)) ~= 0 then
            missing[#missing + 1] = name
         end
      end
      assert.same({}, missing)
   end)
end)

-- ---- damage ----

describe('damaged files', function()
   local function put(text) return helper.write_file(work .. '/damaged.t7', text) end

   local function int(...) return ffi.string(ffi.new('int32_t[?]', select('#', ...), ...), 4 * select('#', ...)) end
   local function long(...) return ffi.string(ffi.new('int64_t[?]', select('#', ...), ...), 8 * select('#', ...)) end
   local function text(s) return int(#s) .. s end
   local function object(name, index) return int(4, index) .. text 'V 1' .. text(name) end

   it('that are cut short at any byte are errors', function()
      for _, name in ipairs {'tensors.t7', 'values_ascii.t7'} do
         local whole = helper.read_file(golden .. name)
         for n = 0, #whole - 2, 7 do
            local ok, message = pcall(t7.decode, whole:sub(1, n))
            assert.is_true(not ok and type(message) == 'string', n)
         end
      end
   end)

   it('that claim more than they hold are errors before memory is asked for', function()
      local before = hilo.memory().peak
      local huge = 1e12
      fails('a storage of 1000000000000', t7.decode, object('torch.FloatStorage', 1) .. long(huge) .. long(1))
      fails('a storage of -1', t7.decode, object('torch.ByteStorage', 1) .. long(-1))
      fails('a string of 2147483647', t7.decode, int(2, 2147483647) .. 'short')
      fails('a string of -5', t7.decode, int(2, -5))
      fails('a table of 2147483647', t7.decode, int(3, 1, 2147483647))
      fails('a storage of 1000000000000', t7.decode, '4\n1\n3\nV 1\n18\ntorch.FloatStorage\n1000000000000\n1 2\n')
      local storage = object('torch.FloatStorage', 2) .. long(2) .. ('\0'):rep(8)
      local function tensor(n, list) return object('torch.FloatTensor', 1) .. int(n) .. long(unpack(list)) .. storage end
      assert.equal(2, t7.decode(tensor(1, {2, 1, 1})):nElement())
      fails('reaches element 3 of 2', t7.decode, tensor(1, {2, 2, 1}))
      fails('reaches element', t7.decode, tensor(1, {2, 1, 0}))
      fails('a tensor of size -1', t7.decode, tensor(1, {-1, 1, 1}))
      fails('a tensor of size 10000000000000', t7.decode, tensor(1, {1e13, 0, 1}))
      fails('elements', t7.decode, tensor(2, {1e6, 1e7, 0, 0, 1}))
      fails('stride -1', t7.decode, tensor(1, {2, -1, 2}))
      fails('dimensions', t7.decode, tensor(1000, {1}))
      fails('a tensor without a storage', t7.decode, object('torch.FloatTensor', 1) .. int(1) .. long(1, 1, 1) .. int(1) .. long(0))
      fails('whose storage is something else', t7.decode, int(3, 1, 1, 1) .. long(0) .. object('torch.FloatTensor', 2) .. int(1)
         .. long(1, 1, 1) .. int(4, 1))
      assert.is_true(hilo.memory().peak - before < 1e6)
   end)

   it('that nest without end are errors', function()
      local nested = {}
      for i = 1, 5000 do nested[i] = int(3, i, 1, 5, 1) end
      fails('nested more than', t7.decode, table.concat(nested))
      local objects = {}
      for i = 1, 5000 do objects[i] = object('nn.Sequential', 2 * i) .. int(3, 2 * i + 1, 1, 5, 1) end
      fails('nested more than', t7.decode, table.concat(objects))
   end)

   it('with keys, types and names that cannot be are errors', function()
      fails('a key that is nil', t7.decode, int(3, 1, 1, 0, 0))
      fails('a value of type 9', t7.decode, int(9))
      fails('in a way of its own', t7.decode, object('tds.Tree', 1) .. long(7))
      fails('without a proper name', t7.decode, object('os.execute("x")', 1))
      fails('it is empty', t7.decode, '')
      fails("'x' is no number", t7.decode, '1\nx\n')
      fails('1.5 is no whole number', t7.decode, '2\n1.5\na')
      fails('No such file', t7.read, work .. '/nothing.t7')
   end)

   it('whose modules lack what they need are errors that name them', function()
      fails("nn.Linear: its 'weight' is no tensor", t7.decode, object('nn.Linear', 1) .. int(3, 2, 0))
      fails("nn.Sequential: its 'modules' is no table", t7.decode,
         object('nn.Sequential', 1) .. int(3, 2, 1) .. int(2) .. text 'modules' .. int(5, 1))
      fails("its 'kW' is no number", t7.decode,
         (helper.read_file(golden .. 'net.t7'):gsub('kW', 'kw')))
   end)

   it('whose modules seem to have more than any memory are errors', function()
      local function wide(name) -- 10^6 x 10^6 elements that are one
         return int(2) .. text(name) .. object('torch.FloatTensor', 3) .. int(2) .. long(1e6, 1e6, 0, 0, 1)
            .. object('torch.FloatStorage', 4) .. long(1) .. '\0\0\0\0'
      end
      for class, case in pairs {['nn.Linear'] = {'weight', 'is not contiguous'}, ['nn.View'] = {'size', 'sizes of 1000000x1000000'},
         ['nn.BatchNormalization'] = {'running_mean', 'less than it says'}} do
         fails(case[2], t7.decode, object(class, 1) .. int(3, 2, 1) .. wide(case[1]))
      end
   end)

   it('at random give values or errors, never more', function()
      local random = helper.numbers(7)
      for _, name in ipairs {'tensors.t7', 'values.t7', 'old_net.t7', 'tensors_ascii.t7'} do
         local whole = helper.read_file(golden .. name)
         for _ = 1, 150 do
            local changed = whole
            for _ = 1, 1 + math.floor(random() * 3) do
               local at = 1 + math.floor(random() * #changed)
               changed = changed:sub(1, at - 1) .. string.char(math.floor(random() * 256)) .. changed:sub(at + 1)
            end
            local ok, message = pcall(t7.read, put(changed))
            if not ok then assert.truthy(tostring(message):find 't7', tostring(message)) end
         end
      end
   end)
end)
