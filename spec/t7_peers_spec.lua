-- Torch7's files that hilo writes, as torchfile, a reader of another hand, finds them. `make peers` installs it; where it is not there
-- this is skipped.
local hilo = require 'hilo'
local core = require 'hilo.core'
local nn = require 'hilo.nn'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local python = os.getenv 'HILO_PEERS_PYTHON' or core.root .. 'build/peers/bin/python'
local has_torchfile = core.host.hl_host_path_kind(python) ~= 0
   and process.capture {python, '-c', 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torchfile") is None)'} == 0

local function needs_torchfile(name, f)
   if has_torchfile then it(name, f) else pending(name .. ' (make peers installs torchfile)') end
end

describe('torchfile', function()
   needs_torchfile('finds a network of hilo with its weights, and tensors of every type', function()
      local work = tiny.folder()
      finally(function() tiny.remove(work) end)
      local net = nn.Sequential():add(nn.SpatialConvolution(2, 3, 3, 3)):add(nn.SpatialBatchNormalization(3)):add(nn.ReLU())
         :add(nn.Concat(2):add(nn.Identity()):add(nn.SpatialMaxPooling(1, 1))):add(nn.View(-1, 24)):add(nn.Linear(24, 2))
      local types = {}
      for _, dtype in ipairs {'float', 'double', 'byte', 'char', 'short', 'int', 'long'} do
         types[dtype] = hilo.range(1, 6):to{dtype = dtype}:view(2, 3)
      end
      local state = {rate = 0.1, list = {1, 2, 3}, types = types, transposed = types.double:t()}
      state.itself = state
      hilo.io.t7.write(work .. '/net.t7', {net = net, again = net, state = state})
      local code, text = process.capture {python, core.root .. 'spec/peers/t7.py', work .. '/net.t7'}
      assert.equal(0, code, text)
      local found = hilo.train.json.decode(text:match('([^\n]+)%s*$'), 'torchfile')
      assert.same({'nn.Sequential', 'nn.SpatialConvolution', 'nn.SpatialBatchNormalization', 'nn.ReLU',
         {'nn.Concat', 'nn.Identity', 'nn.SpatialMaxPooling'}, 'nn.View', 'nn.Linear'}, found.kinds)
      for i, m in ipairs {net:get(1), net:get(2), net:get(6)} do
         assert.same(m.weight:view(m.weight:nElement()):totable(), found.weights[i])
      end
      assert.same({{-1, 24}, true, true, 0.1, {1, 2, 3}}, {found.view, found.same, found.itself, found.rate, found.list})
      for dtype, numpy in pairs {float = 'float32', double = 'float64', byte = 'uint8', char = 'int8', short = 'int16', int = 'int32',
         long = 'int64'} do
         assert.same({numpy, {{1, 2, 3}, {4, 5, 6}}}, found.types[dtype])
      end
      assert.same({{1, 4}, {2, 5}, {3, 6}}, found.transposed)
   end)

   -- What the file `path` holds, as torchfile finds it.
   local function found_in(path)
      local code, text = process.capture {python, core.root .. 'spec/peers/t7_all.py', path}
      assert.equal(0, code, text)
      return hilo.train.json.decode(text:match('([^\n]+)%s*$'), 'torchfile')
   end

   local states = {'weight', 'bias', 'running_mean', 'running_var'}

   -- 'class field sizes sum first', sorted
   local function lines_of(list, add)
      local lines = {}
      add(list, function(class, field, sizes, sum, first)
         lines[#lines + 1] = ('%s %s %s %.6g %.6g'):format(class, field, table.concat(sizes, 'x'), sum, first)
      end)
      table.sort(lines)
      return lines
   end

   local function expected_of(module, note)
      module:apply(function(m)
         note(m.__typename, '', {}, 0, 0)
         for _, field in ipairs(states) do
            local t = m[field]
            if hilo.isTensor(t) and t:nElement() > 0 then
               local dense = t:detach():double():contiguous():view(-1)
               note(m.__typename, field, t:size():totable(), dense:sum(), dense[1])
            end
         end
      end)
   end

   local function found_of(x, note)
      if type(x) ~= 'table' then return end
      if x.class and x.class:match '^nn%.' then
         note(x.class, '', {}, 0, 0)
         for _, field in ipairs(states) do
            local t = x.fields[field]
            if type(t) == 'table' and type(t[3]) == 'table' and #t[3] > 0 then
               local sum = 0
               for _, v in ipairs(t[3]) do sum = sum + v end
               note(x.class, field, t[2], sum, t[3][1])
            end
         end
         for _, m in pairs(type(x.fields.modules) == 'table' and x.fields.modules or {}) do found_of(m, note) end
      end
   end

   needs_torchfile('finds every module with its class, what it holds, and its weights', function()
      local work = tiny.folder()
      finally(function() tiny.remove(work) end)
      local modules, names = {}, {}
      for _, list in ipairs {require 'spec.nn_network_cases', require 'spec.nn_cases'} do
         for _, case in ipairs(list) do
            hilo.manualSeed(1)
            modules[#modules + 1], names[#names + 1] = case[2](), case[1]
         end
      end
      hilo.io.t7.write(work .. '/modules.t7', modules)
      local found = found_in(work .. '/modules.t7')
      assert.equal(#modules, #found)
      for i, m in ipairs(modules) do
         assert.same(lines_of(m, expected_of), lines_of(found[i], found_of), names[i])
      end
   end)

   needs_torchfile('finds tensors and storages of every type of Torch7', function()
      local work = tiny.folder()
      finally(function() tiny.remove(work) end)
      local code, text = process.capture {'luajit', '-l', 'hilo.torch', '-e', ([[
         local list = {}
         for _, kind in ipairs {"Byte", "Char", "Short", "Int", "Long", "Float", "Double"} do
            local x = torch[kind .. "Tensor"] {1, 2, 3, 100}:view(2, 2)
            list[#list + 1] = {kind = kind, whole = x, turned = x:t(), storage = x:storage()}
         end
         torch.save("%s/types.t7", list)]]):format(work)}
      assert.equal(0, code, text)
      local numpy = {Byte = 'uint8', Char = 'int8', Short = 'int16', Int = 'int32', Long = 'int64', Float = 'float32',
         Double = 'float64'}
      local found = found_in(work .. '/types.t7')
      assert.equal(7, #found)
      for _, one in ipairs(found) do
         assert.same({numpy[one.kind], {2, 2}, {1, 2, 3, 100}}, one.whole)
         assert.same({1, 3, 2, 100}, one.turned[3])
         assert.same({1, 2, 3, 100}, one.storage[3] or one.storage)
      end
   end)
end)
