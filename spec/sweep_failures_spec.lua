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
      assert.equal(0, code, text)
      local found = results()
      assert.same({'complete', 'failed', 'complete'}, {found.trials[1].state, found.trials[2].state, found.trials[3].state})
      assert.matches('this kind cannot be trained', found.trials[2].error)
      assert.matches('trial 0001 failed: .*this kind cannot be trained', text)
      local again
      code, again = sweep('kind=plain,odd,other', 'fail=odd', 'retry_failed=true')
      assert.equal(0, code)
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
      assert.equal(0, code, text)
      local found = results()
      assert.same({'complete', 'failed'}, {found.trials[1].state, found.trials[2].state})
      local path = runs .. '/untrained.lua'
      tiny.write(path, [[
         local hilo = require 'hilo'
         local o = hilo.train.options {kind = ''}
         hilo.train.json.save(('%s/%s/scores.json'):format(o.runs, o.name), {mean_iou = o.kind == 'odd' and o.seed == 2 and 0 / 0 or 1})
      ]])
      code, text = process.capture(words_of(path, 'runs=' .. runs, 'name=s2', 'report=false', 'kind=odd,plain', 'seed=1..2'))
      assert.equal(0, code, text)
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
      assert.equal(0, (sweep('kind=plain,odd', 'fail=odd')))
      assert.equal(0, (sweep('kind=plain,odd', 'fail=odd', 'seed=1..2', 'retry_failed=true')))
      assert.same({2, 2}, {#results().trials[1].runs, #results().trials[2].runs})
   end)
end)
