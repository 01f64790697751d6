-- How a sweep shares the processors: the same four ResNet-18 runs, two at a time with half of the threads each, and one after the other
-- with all of them, taking turns.
--
--    luajit spec/bench/jobs.lua [ROUNDS=3] [STEPS=40] [DATA=data/scenes] [JOBS=2]
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local processors = require 'hilo.processors'
local timing = require 'spec.bench.timing'
local tiny = require 'spec.tiny_set'

local o = timing.options(arg, {ROUNDS = 3, STEPS = 40, DATA = 'data/scenes', JOBS = 2})

-- Seconds of a sweep.
local function sweep(jobs)
   local runs = tiny.folder()
   local began = timing.now()
   local code, text = process.capture {'luajit', core.root .. 'lua/bin/hilo', 'sweep', core.root .. 'experiments/supervised.lua',
      'runs=' .. runs, 'name=s', 'data.root=' .. o.DATA, 'lr=1e-3,2e-3', 'seed=1..2', 'steps=' .. o.STEPS, 'model.width=64', 'batch=4',
      'eval_every=0', 'report=false', 'jobs=' .. jobs}
   local seconds = timing.now() - began
   assert(code == 0, text)
   tiny.remove(runs)
   return seconds
end

local together, alone = {}, {}
for round = 1, o.ROUNDS do
   together[round], alone[round] = sweep(o.JOBS), sweep(1)
   print(('round %d: jobs=%d %.1f s, one after the other %.1f s'):format(round, o.JOBS, together[round], alone[round]))
end
print(('%d processors: four runs, jobs=%d: median %.1f s, one after the other with %d threads: %.1f s, %.2f times as fast'):format(
   processors(), o.JOBS, timing.median(together), processors(), timing.median(alone), timing.median(alone) / timing.median(together)))
