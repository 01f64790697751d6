--- long_spec.lua: a short form of spec/bench/long.lua, which takes 100 000 steps.
local core = require 'hilo.core'
local long = require 'spec.bench.long'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

describe('a run with all that it can do', function()
   it('keeps its memory, its open files and its threads from step to step', function()
      local change = long.change(long.run {steps = 400, script = 'small', pause = 5}, 6)
      -- of some 45 MB; what the caches and the compiler of Lua still take in a run this short
      assert.is_true(change.growth < 8, ('memory grew by %.2f %%'):format(change.growth))
      assert.same({0, 0}, {change.threads, change.handles})
   end)

   it('keeps what LuaJIT has compiled: with its own limits it threw all away every few hundred steps', function()
      local set, runs = tiny.voc {n = 8, val = 2}, tiny.folder()
      local script = runs .. '/counted.lua'
      tiny.write(script, ([[
local flushes = 0
jit.attach(function(what) if what == 'flush' then flushes = flushes + 1 end end, 'trace')
dofile '%sspec/bench/long_run.lua'
print(('flushed %%d times'):format(flushes))
]]):format(core.root))
      local code, said = process.capture {'luajit', core.root .. 'lua/bin/hilo', script, 'name=a', 'runs=' .. runs, 'data.root=' .. set,
         'threads=1', 'workers=1', 'steps=600', 'log_every=10', 'eval_every=20', 'checkpoint_every=20', 'pictures=2', 'on_nan=skip',
         'histograms=1'}
      tiny.remove(set)
      tiny.remove(runs)
      assert.equal(0, code, said)
      assert.matches('flushed 0 times', said)
   end)
end)
