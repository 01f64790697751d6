--- spec/bench/checked.lua: what it costs that public functions test their arguments: an s4GAN step of a thin network on small
--- pictures, whose rest is short, with the tests and without, in processes that take turns. Processor time of one thread, the least of
--- all rounds:
---
---     luajit spec/bench/checked.lua [ROUNDS=6] [STEPS=100]
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path

local function untested()
   local function same(_, x) return x end
   package.preload['hilo.checked'] = function()
      return {module = same, class = same, tensors = function() end, inside = function(f) return f end}
   end
end

if arg[1] == 'step' then
   if arg[2] == 'without' then untested() end
   require 'hilo'.setnumthreads(1)
   local step = require 'spec.bench.steps'.s4gan_step {backbone = 'resnet18', width = 4, batch = 1, classes = 8, size = 17}
   for _ = 1, 20 do step() end
   local n, began, losses = tonumber(arg[3]), os.clock(), nil
   for _ = 1, n do losses = step() end
   print(('%.6f %.6f'):format((os.clock() - began) / n, losses.ce:item()))
   return
end

local timing = require 'spec.bench.timing'
local o = timing.options(arg, {ROUNDS = '6', STEPS = '100'})
local least = timing.in_turns(arg[0], {'with', 'without'}, tonumber(o.ROUNDS), tonumber(o.STEPS))
local with, without = least.with, least.without
print(('a step: %.2f ms with tests of arguments, %.2f ms without: %.2f ms'):format(1e3 * with, 1e3 * without, 1e3 * (with - without)))
