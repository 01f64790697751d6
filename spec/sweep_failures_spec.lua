-- Sweeps whose trials fail, and what counts as the metric of one.
local hilo = require 'hilo'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'
local tiny_sweep = require 'spec.tiny_sweep'

local words_of, sweep, results = tiny_sweep.words_of, tiny_sweep.sweep, tiny_sweep.results
local runs
before_each(function() runs = tiny_sweep.begin() end)
after_each(tiny_sweep.finish)

describe('hilo sweep', function()
   it('marks a trial that fails, with its error, and goes on with the others', function()
      local code, text = sweep('kind=plain,odd,other', 'fail=odd')
      assert.equal(1, code, text)
      local found = results()
      assert.same({'complete', 'failed', 'complete'}, {found.trials[1].state, found.trials[2].state, found.trials[3].state})
      assert.matches('this kind cannot be trained', found.trials[2].error)
      assert.matches('\n0001.*\ntrial 0001 failed: .*this kind cannot be trained', text) -- below the table
      local again
      code, again = sweep('kind=plain,odd,other', 'fail=odd', 'retry_failed=true')
      assert.equal(1, code)
      assert.matches('starts  kind=odd', again)
      assert.not_matches('starts  kind=plain', again)
   end)

   it('starts no more trials once too many have failed', function()
      local _, text = sweep('lr=0.1,0.2,0.3,0.4,0.5', 'fail=always', 'fail_limit=2')
      assert.equal(2, #results().trials, text)
      assert.matches('2 trials have failed', text)
      assert.matches('trial 0001 failed: .*this kind cannot be trained', text)
   end)

   it('names the scores there are where the one that was asked for is none of them', function()
      local code, text = sweep('lr=0.1,0.2', 'metric=mean_iuo')
      assert.equal(1, code)
      assert.matches("iou.one, iou.two, lr, mean_iou; there is no 'mean_iuo' among them, did you mean metric=mean_iou", text)
      code, text = sweep('lr=0.1,0.2', 'metric=iou.two', 'direction=min')
      assert.equal(0, code, text)
      assert.same({2, 2}, {results().trials[1].value, results().trials[2].value})
      assert.not_matches('0000%-s1 starts', text) -- it had come to its end
   end)

   it('ends where the metric is none of those that runs which have ended reported', function()
      sweep('lr=0.1,0.2', 'metric=foo')
      local code, text = sweep('lr=0.1,0.2', 'metric=bar') -- the first run is not run again
      assert.equal(1, code)
      assert.matches("there is no 'bar' among them", text)
   end)

   it('waits for the first line of losses where a loss is the metric', function()
      local code, text = sweep('lr=0.05,0.1', 'metric=mse', 'direction=min', 'eval_every=2', 'log_every=8')
      assert.equal(0, code, text)
      for _, trial in ipairs(results().trials) do assert.equal(1, trial.n) end
   end)

   it('fails the trials whose metric is no number, and no others', function()
      local code, text = sweep('lr=0.1,1e30', 'eval_every=2', 'log_every=8')
      assert.equal(1, code, text)
      local found = results()
      assert.same({'complete', 'failed'}, {found.trials[1].state, found.trials[2].state})
      local path = runs .. '/untrained.lua'
      tiny.write(path, [[
         local hilo = require 'hilo'
         local o = hilo.train.options {kind = ''}
         hilo.train.json.save(('%s/%s/scores.json'):format(o.runs, o.name), {mean_iou = o.kind == 'odd' and o.seed == 2 and 0 / 0 or 1})
      ]])
      code, text = process.capture(words_of(path, 'runs=' .. runs, 'name=s2', 'report=false', 'kind=odd,plain', 'seed=1..2'))
      assert.equal(1, code, text)
      found = hilo.sweep.results.load(runs .. '/sweeps.db', 's2')
      assert.same({'failed', 'complete'}, {found.trials[1].state, found.trials[2].state})
      assert.matches('its mean_iou is not a finite number', found.trials[1].error)
   end)

   it('takes any scalar, the best or the last of it', function()
      assert.equal(0, (sweep('lr=0.02,0.5', 'metric=mse', 'direction=min', 'at=best', 'log_every=2')))
      local found = results()
      for _, trial in ipairs(found.trials) do
         local least = math.huge
         local log = hilo.train.Log.read(trial.runs[1].path .. '/log.jsonl')
         for _, entry in ipairs(log) do least = math.min(least, entry.mse or least) end
         assert.equal(least, trial.value)
         assert.equal(4, #trial.curve)
      end
      assert.equal(0, (sweep('depth=1,2,3', 'name=two', 'metric=iou.two')))
      local two = hilo.sweep.results.load(runs .. '/sweeps.db', 'two')
      assert.same({1, 2, 3}, {two.trials[1].value, two.trials[2].value, two.trials[3].value})
   end)

   it('gives new seeds to failed trials that are tried again', function()
      assert.equal(1, (sweep('kind=plain,odd', 'fail=odd')))
      assert.equal(1, (sweep('kind=plain,odd', 'fail=odd', 'seed=1..2', 'retry_failed=true')))
      assert.same({2, 2}, {#results().trials[1].runs, #results().trials[2].runs})
   end)

   -- A Lua sweep whose options are computed from what `axis` takes; a negative number is refused.
   local function computed(axis, ...)
      local path = runs .. '/computed.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {change = %s},
            options = function(values)
               assert(tonumber(values.change), 'change: expected a number, got ' .. tostring(values.change))
               if values.change < 0 then error('change: expected a positive number') end
               return {lr = math.abs(values.change), steps = 2}
            end,
         }
      ]]):format(tiny_sweep.script, runs, axis))
      return process.capture(words_of(path, ...))
   end

   it('starts nothing where the options of one of its configurations cannot be computed', function()
      local code, text = computed '{0.1, -1}'
      assert.equal(1, code)
      assert.matches('change: expected a positive number', text)
      assert.not_matches('starts', text)
      assert.is_false(hilo.data.folder.is_file(runs .. '/sweeps.db'))
      code, text = computed('{0.1}', 'steps=3')
      assert.equal(0, code, text)
   end)

   it('tells what a run has on its axes, also on one that is no option', function()
      local _, text = computed '{0.1}'
      assert.matches('0000%-s1 starts  change=0.1\n.*0000%-s1 mean_iou %S+  change=0.1  in', text)
   end)

   it('fails the trials of a range whose options cannot be computed, and tries them again when told to', function()
      local _, text = computed('{low = -1, high = 1}', 'trials=6', 'sampler=random')
      local found, failed = results(), 0
      assert.equal(6, #found.trials, text)
      for _, trial in ipairs(found.trials) do
         assert.equal(trial.values.change < 0 and 'failed' or 'complete', trial.state)
         if trial.state == 'failed' then
            failed = failed + 1
            assert.matches('expected a positive number', trial.error)
         end
      end
      assert.is_true(failed > 0 and failed < 6)
      tiny.write(runs .. '/computed.lua', tiny.read(runs .. '/computed.lua'):gsub('values.change < 0', 'false'))
      local code
      code, text = process.capture(words_of(runs .. '/computed.lua', 'trials=6', 'sampler=random', 'retry_failed=true'))
      assert.equal(0, code, text)
      for i, trial in ipairs(results().trials) do
         assert.equal('complete', trial.state)
         assert.equal(found.trials[i].values.change, trial.values.change)
      end
   end)

   it('takes a new definition as long as no run has begun', function()
      local Store = hilo.sweep.Store
      local function planned(...)
         local d = hilo.sweep.definition.read(tiny_sweep.script, {'runs=' .. runs, 'name=s', 'report=false', 'workers=0',
            'tracking=false', ...})
         local store = Store.open(runs .. '/sweeps.db', {create = true})
         local study = store:make_study('s', 'max')
         require('hilo.sweep.extend')(d, study)
         local id, number = study:add_trial()
         study:set_values(id, d.axes, {depth = 1})
         study:add_runs(id, require('hilo.sweep.plan')(d, number, {depth = 1}, 1))
         return study, store
      end
      local _, store = planned('depth=1,2', 'steps=3')
      store:close()
      local code, text = sweep('lr=0.1,0.2', 'steps=2', 'metric=iou.two')
      assert.equal(0, code, text)
      local found = results()
      assert.same({2, 0.1, 0.2}, {#found.trials, found.trials[1].values.lr, found.trials[2].values.lr})
      code, text = sweep('lr=0.1,0.2', 'steps=3', 'metric=iou.two')
      assert.equal(1, code)
      assert.matches('was begun with steps=2; with 3', text)
   end)

   it('takes other options as long as all runs have failed, and tries these again with them', function()
      local code, text = sweep('depth=1,2', 'steps=2', 'fail=always')
      assert.equal(1, code, text)
      assert.matches('\nthe same command with retry_failed=true tries again what failed', text)
      code, text = sweep('depth=1,2', 'steps=2')
      assert.equal(0, code, text)
      assert.same({'complete', 'complete'}, {results().trials[1].state, results().trials[2].state})
      assert.not_matches('retry_failed', text)
      code, text = sweep('depth=1,2', 'steps=2', 'fail=odd')
      assert.equal(1, code)
      assert.matches('was begun with fail=; with odd', text)
   end)

   it('says what goes on with a sweep that a script has made', function()
      local store = hilo.sweep.Store.open(runs .. '/sweeps.db', {create = true})
      require('hilo.sweep.extend')(hilo.sweep.definition.of_table {script = tiny_sweep.script, name = 's', runs = runs},
         store:make_study('s', 'max'))
      store:close()
      local code, text = process.capture(tiny_sweep.words_of('stop', 's', 'runs=' .. runs))
      assert.equal(0, code, text)
      assert.matches('nothing of s is running. To go on: the script that made it, once more', text, 1, true)
      code, text = process.capture(tiny_sweep.words_of('resume', 's', 'runs=' .. runs))
      assert.equal(1, code)
      assert.matches('s was made by a script that calls hilo.sweep; run that script again', text, 1, true)
   end)

   it('does not move into the folder of a run', function()
      local hilo_path = require('hilo.core').root .. 'lua/bin/hilo'
      assert.equal(0, (process.capture {'luajit', hilo_path, tiny_sweep.script, 'runs=' .. runs, 'name=s', 'steps=2'}))
      local log = tiny.read(runs .. '/s/log.jsonl')
      local code, text = sweep('lr=0.1,0.2')
      assert.equal(1, code)
      assert.matches('/s holds a run already; take another name=', text)
      assert.equal(log, tiny.read(runs .. '/s/log.jsonl'))
      code, text = sweep('lr=0.1,0.2', 'name=t')
      assert.equal(0, code, text)
      assert.same({'t'}, hilo.sweep.Store.use(runs .. '/sweeps.db', function(store) return store:names() end))
   end)

   it('reads one value of an axis that it has as such, and as another one of it where it is new', function()
      assert.equal(0, (sweep('lr=0.01,0.02', 'size=8x8,8x16', 'steps=2')))
      local code, text = sweep('lr=0.01', 'size=8,16', 'steps=2')
      assert.equal(0, code, text)
      assert.not_matches('starts', text)
      assert.equal(4, #results().trials)
      code, text = sweep('lr=0.03', 'size=8x8,8x16', 'steps=2')
      assert.equal(0, code, text)
      assert.equal(6, #results().trials)
      assert.same({0.03, '8x16'}, {results().trials[6].values.lr, results().trials[6].values.size})
      assert.equal(0, (sweep('lr=0.1..0.2', 'trials=1', 'steps=2', 'name=range')))
      code, text = sweep('lr=0.1', 'steps=2', 'name=range')
      assert.equal(1, code)
      assert.matches("varies lr %(0.1..0.2%); say so again", text)
   end)

   it('says of a sweep whose trials have all failed how to see why', function()
      assert.equal(1, (sweep('lr=0.1,0.2', 'fail=always')))
      local code, text = process.capture(words_of('best', 's', 'runs=' .. runs))
      assert.equal(1, code)
      assert.matches('all trials of s have failed, the first: .*this kind cannot be trained.*hilo sweep report s runs=', text)
   end)

   it('says what it also runs of an earlier command', function()
      assert.equal(0, (sweep('lr=0.1', 'depth=1,2', 'seed=1..2', 'steps=2')))
      local code, text = sweep('lr=0.1', 'depth=1,2', 'seed=1', 'steps=2')
      assert.equal(0, code, text)
      assert.not_matches('also runs', text) -- all has ended
      code, text = sweep('lr=0.1', 'depth=1,2,3', 'seed=1', 'steps=2')
      assert.equal(0, code, text)
      assert.matches('also runs seed 2 of the earlier command\n', text)
      local store = hilo.sweep.Store.open(runs .. '/sweeps.db')
      store.db:run("UPDATE hilo_runs SET state = 'WAITING' WHERE name LIKE '%/0000-s1'")
      store:close()
      code, text = sweep('lr=0.1', 'depth=2,3', 'seed=1..2', 'steps=2')
      assert.equal(0, code, text)
      assert.matches('also runs depth=1 of the earlier command\n', text)
   end)
end)
