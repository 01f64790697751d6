-- Stages that the trials of a sweep need.
local hilo = require 'hilo'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'
local tiny_sweep = require 'spec.tiny_sweep'

local script, words_of, results = tiny_sweep.script, tiny_sweep.words_of, tiny_sweep.results
local runs
before_each(function() runs = tiny_sweep.begin() end)
after_each(tiny_sweep.finish)

describe('hilo sweep', function()
   it('prepares the stages that trials need, once for all that agree in them', function()
      local path = runs .. '/staged.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false,
            axes = {lr = {0.1, 0.2}, ['first.depth'] = {1, 2}}, options = {after = '{first}', steps = 2},
            needs = {first = {script = '%s', options = {steps = 3}}},
         }
      ]]):format(script, runs, script))
      local code, text = process.capture(words_of(path, 'jobs=2'))
      assert.equal(0, code, text)
      assert.matches('first%-%x+%-s1 is done  in %d+s\n', text)
      local found = results()
      assert.equal(4, #found.trials)
      assert.equal(2, #found.stages)
      for _, trial in ipairs(found.trials) do
         local o = hilo.train.json.load(trial.runs[1].path .. '/options.json')
         assert.equal(trial.values['first.depth'], hilo.train.json.load(('%s/%s/options.json'):format(runs, o.after)).depth)
      end
   end)

   it('fails the trials whose stage fails, and no others', function()
      local path = runs .. '/staged.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {['first.kind'] = {'odd', 'plain'}},
            options = {after = '{first}'}, needs = {first = {script = '%s', options = {fail = 'odd'}}},
         }
      ]]):format(script, runs, script))
      local code, text = process.capture(words_of(path))
      assert.equal(1, code, text)
      local found = results()
      assert.same({'failed', 'complete'}, {found.trials[1].state, found.trials[2].state})
      assert.matches('the run that it needs, .*, failed', found.trials[1].error)
   end)

   it('fails all trials that need a stage which has failed', function()
      local path = runs .. '/staged.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {lr = {0.1, 0.2, 0.3}}, seed = '1..2',
            options = {after = '{first}', steps = 2}, needs = {first = {script = '%s', options = {fail = 'always'}}},
         }
      ]]):format(script, runs, script))
      local code, text = process.capture(words_of(path))
      assert.equal(1, code, text)
      for i = 1, 3 do assert.equal('failed', results().trials[i].state) end
   end)

   it('lets seeds that wait for their stage hold nobody up', function()
      local path = runs .. '/staged.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {lr = {0.1, 0.2}}, seed = '1..2', jobs = 2,
            pruner = 'median', options = {after = '{first}', steps = 40, eval_every = 2, pause = 25},
            needs = {first = {script = '%s', options = function(_, seed) return {steps = 4, pause = seed == 2 and 500 or 0} end}},
         }
      ]]):format(script, runs, script))
      local code, text = process.capture(words_of(path))
      assert.equal(0, code, text)
      assert.not_matches('0000%-s1 goes on', text)
   end)

   it('shares the run of a stage whose options differ in nothing that changes a result, and renews those of runs that wait', function()
      local path = runs .. '/staged.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {kind = {'plain', 'odd', 'other'}},
            options = {after = '{first}', steps = 2, fail = 'odd'}, needs = {first = {script = '%s', options = {steps = 3}}},
         }
      ]]):format(script, runs, script))
      local code, text = process.capture(words_of(path, 'trials=2', 'first.workers=1', 'workers=1'))
      assert.equal(1, code, text)
      code, text = process.capture(words_of(path, 'first.workers=0', 'workers=0', 'retry_failed=true'))
      assert.equal(1, code, text)
      local found = results()
      assert.equal(1, #found.stages)
      assert.same({1, 0, 0}, {found.trials[1].runs[1].options.workers, found.trials[2].runs[1].options.workers,
         found.trials[3].runs[1].options.workers})
   end)

   -- A sweep of two trials whose options are computed, in the stage and in the script.
   local function computed(steps, fail)
      local path = runs .. '/computed.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {way = {'a', 'b'}},
            options = function(values) return {after = values.way == 'b' and '{second}' or '{first}', steps = 2} end,
            needs = {first = {script = '%s', options = function() return {steps = %d} end},
               second = {script = '%s', options = function() return {fail = '%s'} end}},
         }
      ]]):format(script, runs, script, steps, script, fail))
      return path
   end

   it('refuses computed options that would make what has ended another sweep', function()
      local code, text = process.capture(words_of(computed(3, '')))
      assert.equal(0, code, text)
      code, text = process.capture(words_of(computed(4, '')))
      assert.equal(1, code, text)
      assert.matches("sweep 's' was begun with first.steps=3; with 4 it would be another one: take another name=", text, 1, true)
      assert.equal(2, #results().stages)
   end)

   it('plans anew with other computed options what has failed, and forgets the stages that nothing needs any more', function()
      local code, text = process.capture(words_of(computed(3, 'always')))
      assert.equal(1, code, text)
      assert.matches('the run that it needs, s/second%-%x+%-s1, failed: .*this kind cannot be trained', results().trials[2].error)
      code, text = process.capture(words_of(computed(3, '')))
      assert.equal(0, code, text)
      assert.not_matches('0000%-s1 starts', text)
      assert.same({'complete', 'complete'}, {results().stages[1].state, results().stages[2].state})
      code, text = process.capture(words_of(computed(3, ''), 'retry_failed=true'))
      assert.equal(0, code, text)
      assert.equal(2, #results().stages)
   end)
end)
