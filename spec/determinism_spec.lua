--- determinism_spec.lua: the same seed gives the same bits: whatever the number of threads and of workers, with and without what a run
--- tells of itself. spec/experiments_spec.lua and spec/kill_spec.lua hold the same of continued runs, spec/sweep_spec.lua of a sweep's
--- trials.
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

describe('a run of s4GAN', function()
   local set, runs
   setup(function() set, runs = tiny.voc {n = 6, val = 2}, tiny.folder() end)
   teardown(function()
      tiny.remove(set)
      tiny.remove(runs)
   end)

   local function run(name, rest)
      local code, text = tiny_runs.shell(('env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/s4gan.lua name=%s runs=%s '
         .. 'data.root=%s model.width=4 d_channels=4 crop=33 batch=2 unlabelled_batch=2 data.labelled=3 gamma=0.4 log_every=1 '
         .. 'eval_every=2 steps=4 %s'):format(core.root, core.root, name, runs, set, rest))
      assert.equal(0, code, text)
      return tiny.read(('%s/%s/last.safetensors'):format(runs, name))
   end

   it('ends in the same bits with any number of threads and workers', function()
      local one = run('one', 'threads=1 workers=0')
      assert.is_true(one == run('two', 'threads=2 workers=1 cache_mb=0 tracking=false'), 'two threads, one worker')
      assert.is_true(one == run('three', 'threads=3 workers=3 histograms=1 diagnostics=2'), 'three threads, three workers')
      assert.is_false(one == run('other', 'threads=1 workers=1 seed=2'), 'another seed')
   end)
end)
