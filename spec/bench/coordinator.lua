-- What a sweep costs beside its runs: processor time of the coordinator, its store and its looks at the logs, over that of the runs.
--
--    luajit spec/bench/coordinator.lua [STEPS=100] [DATA=data/scenes]
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local hilo = require 'hilo'
local core = require 'hilo.core'
local timing = require 'spec.bench.timing'
local tiny = require 'spec.tiny_set'

local o = timing.options(arg, {STEPS = '100', DATA = 'data/scenes'})
local runs = tiny.folder()
local before, began = os.clock(), timing.now()
local found = hilo.sweep {
   script = core.root .. 'experiments/supervised.lua', runs = runs, name = 's', axes = {lr = {2e-2, 5e-2}}, seed = '1..2', jobs = 2,
   options = {steps = tonumber(o.STEPS), eval_every = 50, log_every = 5, data = {root = o.DATA}},
}
local own, wall, of_runs = os.clock() - before, timing.now() - began, 0
for _, trial in ipairs(found.trials) do of_runs = of_runs + trial.seconds end
print(('4 runs of %s steps, %.1f s each, %.1f s in all; the coordinator used %.2f s of a processor, %.2f %% of what the runs took')
   :format(o.STEPS, of_runs / 4, wall, own, 100 * own / of_runs))
tiny.remove(runs)
