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
      for _, dtype in ipairs {'float', 'double', 'byte', 'int', 'long'} do
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
      for dtype, numpy in pairs {float = 'float32', double = 'float64', byte = 'uint8', int = 'int32', long = 'int64'} do
         assert.same({numpy, {{1, 2, 3}, {4, 5, 6}}}, found.types[dtype])
      end
      assert.same({{1, 4}, {2, 5}, {3, 6}}, found.transposed)
   end)
end)
