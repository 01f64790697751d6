-- experiments/demo.lua on a tiny set: every method with every seed, and a table of them.
local hilo = require 'hilo'
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'

local set, runs

setup(function() set, runs = tiny.voc {n = 6, val = 3}, tiny.folder() end)
teardown(function()
   tiny.remove(set)
   tiny.remove(runs)
end)

describe('experiments/demo.lua', function()
   it('prints what each method scores with each seed, and hands on what any experiment can be told', function()
      local pipe = io.popen(("cd '%s' && OMP_WAIT_POLICY=passive luajit lua/bin/hilo experiments/demo.lua runs='%s' root='%s' "
         .. 'seeds=1..2 labelled=2 steps=2 mlmt_steps=1 batch=2 crop=33 cache_mb=77 2>&1; echo "exit $?"'):format(core.root, runs,
         set))
      local text = pipe:read '*a'
      pipe:close()
      assert.matches('exit 0\n$', text)
      local scores = {}
      for _, method in ipairs {'supervised', 's4GAN', 's4GAN %+ MLMT, tau 0%.2', 's4GAN %+ MLMT and presence, soft'} do
         local first, second, mean = text:match('\n' .. method .. ' +([%d.]+) +([%d.]+) +([%d.]+) ± [%d.]+\n')
         assert.is_truthy(mean, method .. ' in ' .. text)
         assert.is_true(math.abs((first + second) / 2 - mean) <= 0.101)
         scores[#scores + 1] = {tonumber(first), tonumber(second)}
      end
      for seed = 1, 2 do
         local function results(name)
            return hilo.train.json.load(('%s/demo/%s-s%d/scores.json'):format(runs, name, seed)).results
         end
         local by_tau, soft = results 'fused', results 'fused-soft'
         for method, result in ipairs {by_tau[1], by_tau[2], by_tau[3], soft[2]} do
            assert.is_true(math.abs(result.mean_iou - scores[method][seed]) <= 0.0501)
         end
         for _, name in ipairs {'supervised', 's4gan', 'mlmt', 'presence', 'exponent', 'fused-soft'} do
            assert.equal(77, hilo.train.json.load(('%s/demo/%s-s%d/options.json'):format(runs, name, seed)).cache_mb)
         end
      end
   end)
end)
