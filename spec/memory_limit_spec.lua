--- memory_limit_spec.lua: memory_limit= and hilo.setmemorylimit.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local alone = tiny_runs.alone -- what else this process holds would count too

describe('a limit of memory', function()
   it('has room for what nobody but compiled code holds any more', function()
      local text = alone [[
         local core = require 'hilo.core'
         local function made()
            local big = hilo.zeros(2 ^ 25)
            local function f()
               local s = 0
               for i = 1, 1000 do s = s + big._offset end -- a trace of this has big as a constant
               return s
            end
            for i = 1, 100 do f() end
         end
         made()
         for _ = 1, 3 do collectgarbage() end
         print(core.memory(core.device 'cpu').live / 2 ^ 20)
         hilo.setmemorylimit(200)
         assert(hilo.zeros(2 ^ 25):sum() == 0)]]
      assert.matches('^128', text)
   end)

   it('makes an allocation beyond it an error that names the largest tensors, and all goes on', function()
      local text = alone [[
         hilo.setmemorylimit(1500)
         local kept = {}
         print(select(2, pcall(function()
            for i = 1, 40 do kept[i] = hilo.empty(1e7) end -- nothing is written to them, so the system has not given them yet
         end)))
         print(#kept .. ' kept')
         kept = nil
         for _ = 1, 80 do hilo.empty(1e7) end -- what nobody holds any more is not counted
         assert(hilo.ones(4):sum() == 4)]]
      assert.matches('memory_limit: 40.0 MB more for a tensor would exceed 1500.0 MB: tensors have %d', text)
      assert.matches('The largest: 40.0 MB of a result %(10000000 float32%), 40.0 MB', text)
      assert.is_true(tonumber(text:match '(%d+) kept') > 20, text)
   end)

   it('gives back what is only cached', function()
      alone [[
         hilo.setmemorylimit(1000)
         for n = 1, 30 do hilo.empty(1e6 + n * 2e6):free() end
         local m = hilo.memory()
         assert(m.live + m.cached < 1000e6, m.live + m.cached)]]
   end)

   it('is megabytes', function()
      assert.matches('expected megabytes', helper.error_of(require 'hilo.memory_limit'.set, -1))
   end)
end)

it('a run that meets its memory_limit says what took the memory, and keeps its checkpoint', function()
   local made = tiny_runs.make {supervised = 'checkpoint_every=2 steps=4'}
   tiny.write(made.runs .. '/more.lua', [[
      local hilo = require 'hilo'
      local o = hilo.train.options {name = 'sup', steps = 6}
      local run = hilo.train.run(o)
      local net = hilo.nn.Linear(1500, 1500)
      local sgd, kept = hilo.optim.SGD(net, {lr = 0.1}), {}
      run:train {steps = o.steps, score = 'mean_iou', nets = {S = net}, optims = {S = sgd},
         step = function(t)
            if t > 4 then for i = 1, 1000 do kept[#kept + 1] = hilo.empty(1e6) end end
            return {loss = 1}
         end,
         evaluate = function() return {mean_iou = 1} end}
   ]])
   local line = ('env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %s/more.lua name=more runs=%s memory_limit=400 threads=1 '
      .. 'checkpoint_every=2 eval_every=0 tracking=false'):format(core.root, made.runs, made.runs)
   local code, text = tiny_runs.shell(line)
   assert.equal(1, code, text)
   assert.matches('memory_limit: 4.0 MB more for a tensor would exceed 400.0 MB', text)
   assert.matches('The largest: 9.0 MB of S/weight %(2250000 float32%)', text)
   assert.matches('the checkpoint of step 4 is kept', text)
   assert.equal(4, hilo.io.checkpoint.meta(made.runs .. '/more/last.safetensors').step)
   made.remove()
end)
