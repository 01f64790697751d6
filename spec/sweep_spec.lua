-- Sweeps as users run them: from the command line, continued, extended, stopped, with trials that fail and stages that others need.
local hilo = require 'hilo'
local core = require 'hilo.core'
local Display = require 'hilo.sweep.display'
local definition = require 'hilo.sweep.definition'
local lock = require 'hilo.io.lock'
local process = require 'hilo.io.process'
local signal = require 'posix.signal'
local tiny = require 'spec.tiny_set'

local script = core.root .. 'spec/sweep/tiny.lua'
local runs
before_each(function() runs = tiny.folder() end)
after_each(function() tiny.remove(runs) end)

local function words_of(...) return {'luajit', core.root .. 'lua/bin/hilo', 'sweep', ...} end

local function sweep(...)
   return process.capture(words_of(script, 'runs=' .. runs, 'name=s', 'report=false', 'workers=0', 'tracking=false', ...))
end

local function results() return hilo.sweep.results.load(runs .. '/sweeps.db', 's') end

-- When each run last ended, by name.
local function endings()
   local when = {}
   for _, trial in ipairs(results().trials) do
      for _, run in ipairs(trial.runs) do
         when[run.name] = tiny.read(run.path .. '/log.jsonl')
      end
   end
   return when
end

local function count(t)
   local n = 0
   for _ in pairs(t) do n = n + 1 end
   return n
end

describe('hilo sweep', function()
   it('runs each configuration with each seed once, and prints them best first', function()
      local code, text = sweep('lr=0.05,0.1', 'seed=1..2', 'jobs=2')
      assert.equal(0, code, text)
      local found = results()
      assert.equal(2, #found.trials)
      for _, trial in ipairs(found.trials) do
         assert.equal('complete', trial.state)
         assert.equal(2, trial.n)
         assert.equal(trial.value, (trial.runs[1].value + trial.runs[2].value) / 2)
         assert.is_number(trial.spread)
         for _, run in ipairs(trial.runs) do
            assert.equal(run.value, hilo.train.json.load(run.path .. '/scores.json').mean_iou)
            assert.equal(trial.values.lr, hilo.train.json.load(run.path .. '/options.json').lr)
         end
      end
      local first = require('hilo.sweep.ranking').best(found)
      assert.is_true(first.value >= found.trials[1].value and first.value >= found.trials[2].value)
      assert.matches(('%%n0*%d '):format(first.number):gsub('%%n', '\n'), text)
   end)

   it('runs nothing twice, and goes on where values, seeds or trials are added', function()
      assert.equal(0, (sweep('lr=0.05,0.1', 'seed=1')))
      local before = endings()
      local code, text = sweep('lr=0.05,0.1', 'seed=1')
      assert.equal(0, code, text)
      assert.not_matches('starts', text)
      assert.same(before, endings())
      code, text = sweep('lr=0.05,0.1,0.2', 'seed=1..2')
      assert.equal(0, code, text)
      local after = endings()
      assert.equal(6, count(after))
      for name, log in pairs(before) do assert.equal(log, after[name]) end
      code, text = sweep('lr=0.05,0.1,0.2', 'depth=2,3', 'seed=1..2')
      assert.equal(0, code, text)
      assert.equal(12, count(endings()))
      for i, trial in ipairs(results().trials) do assert.equal(i <= 3 and 2 or 3, trial.values.depth) end
      for name, log in pairs(after) do assert.equal(log, endings()[name]) end
   end)

   it('draws the missing trials where their number grows, and the same ones whether in one go or two', function()
      for _, sampler in ipairs {'random', 'sobol', 'tpe'} do
         assert.equal(0, (sweep('lr=log:0.01..0.5', 'trials=3', 'steps=2', 'name=' .. sampler, 'sampler=' .. sampler)))
         assert.equal(0, (sweep('lr=log:0.01..0.5', 'trials=5', 'steps=2', 'name=' .. sampler, 'sampler=' .. sampler)))
         assert.equal(0, (sweep('lr=log:0.01..0.5', 'trials=5', 'steps=2', 'name=' .. sampler .. '2', 'sampler=' .. sampler)))
         local values = {}
         for which, name in ipairs {sampler, sampler .. '2'} do
            values[which] = {}
            for i, trial in ipairs(hilo.sweep.results.load(runs .. '/sweeps.db', name).trials) do values[which][i] = trial.values.lr end
         end
         assert.equal(5, #values[1])
         assert.same(values[1], values[2])
      end
   end)

   it('refuses to mix what would be two sweeps', function()
      assert.equal(0, (sweep('lr=0.05,0.1')))
      local function refused(pattern, ...)
         local code, text = sweep(...)
         assert.equal(1, code)
         assert.matches(pattern, text)
         assert.not_matches('traceback', text)
      end
      refused('was begun with steps=8; with 9', 'lr=0.05,0.1', 'steps=9')
      refused('was begun with direction=max', 'lr=0.05,0.1', 'direction=min')
      refused('varies lr', 'depth=1,2')
      refused('none of the values of the new axis', 'lr=0.05,0.1', 'depth=5,6')
      assert.equal(0, (sweep('lr=0.05,0.1', 'threads=1'))) -- changes no result
   end)

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

   local function has_begun(name)
      local path = ('%s/s/%s/log.jsonl'):format(runs, name)
      return hilo.data.folder.is_file(path) and tiny.read(path):find('mse') ~= nil
   end

   -- Starts a sweep and sends a signal to its coordinator once both of its runs have got some way.
   local function signalled(number, ...)
      local out = runs .. '/out'
      local pid = process.start(words_of(script, 'runs=' .. runs, 'name=s', 'report=false', 'tracking=false', 'workers=0', ...),
         {output = out})
      local limit = core.host.hl_host_time() + 30
      repeat
         os.execute('sleep 0.02')
      until has_begun '0000-s1' and has_begun '0001-s1' or core.host.hl_host_time() > limit
      process.kill(pid, number)
      local ending = process.wait(pid)
      return ending, tiny.read(out)
   end

   it('that gets Ctrl-C lets its runs save their checkpoints, and goes on to the same end', function()
      local options = {'lr=0.05,0.1', 'jobs=2', 'steps=60', 'pause=10', 'log_every=2', 'checkpoint_every=0'}
      local ending, text = signalled(signal.SIGINT, unpack(options))
      assert.equal(130, ending.code, text)
      assert.matches('hilo sweep resume s runs=', text)
      for _, trial in ipairs(results().trials) do
         assert.is_true(hilo.io.checkpoint.meta(trial.runs[1].path .. '/last.safetensors').step > 0)
      end
      local code, said = process.capture(words_of('resume', 's', 'runs=' .. runs))
      assert.equal(0, code, said)
      assert.matches('goes on', said)
      assert.equal(0, (sweep('name=calm', unpack(options))))
      code, said = process.capture(words_of('resume', 's', 'runs=' .. runs)) -- again, though there is nothing left to do
      assert.equal(0, code, said)
      assert.not_matches('starts', said)
      local calm = hilo.sweep.results.load(runs .. '/sweeps.db', 'calm')
      for i, trial in ipairs(results().trials) do assert.equal(calm.trials[i].value, trial.value) end
   end)

   it('that is killed takes its runs with it, which save their checkpoints', function()
      signalled(signal.SIGKILL, 'lr=0.05,0.1', 'jobs=2', 'steps=100000', 'pause=5', 'log_every=1', 'checkpoint_every=0')
      local limit = core.host.hl_host_time() + 10
      for i = 0, 1 do
         local path = ('%s/s/%04d-s1'):format(runs, i)
         while lock.held(path) and core.host.hl_host_time() < limit do os.execute('sleep 0.02') end
         assert.is_false(lock.held(path))
      end
      assert.is_true(hilo.io.checkpoint.meta(runs .. '/s/0000-s1/last.safetensors').step > 0)
   end)

   it('that is asked to stop does so, and tells how far it is', function()
      local pid = process.start(words_of(script, 'runs=' .. runs, 'name=s', 'report=false', 'workers=0', 'tracking=false',
         'lr=0.05,0.1', 'steps=100000', 'pause=5'), {output = runs .. '/out'})
      while not hilo.data.folder.is_file(runs .. '/s/0000-s1/log.jsonl') do os.execute('sleep 0.02') end
      local _, text = process.capture(words_of('status', 'runs=' .. runs))
      assert.matches('s: 1 trials; runs: 0 done, 1 running', text)
      assert.equal(0, (process.capture(words_of('stop', 's', 'runs=' .. runs))))
      assert.equal(130, process.wait(pid).code)
      _, text = process.capture(words_of('status', 's', 'runs=' .. runs))
      assert.matches('0 running, 1 waiting', text)
   end)

   it('ends jobs of Slurm that no coordinator looks after when it is asked to stop', function()
      local store = hilo.sweep.Store.open(runs .. '/sweeps.db', {create = true})
      local study = store:make_study('s', 'max')
      study:save_definition {settings = {launcher = 'slurm', runs = runs, metric = 'mean_iou'}, axes = {}, seeds = {1},
         main = {script = script, fixed = {}, defaults = {}}}
      study:add_runs((study:add_trial()), {{name = 's/0000-s1', script = script, seed = 1, options = {}, needs = {}}})
      study:set_job(study:claim('nobody', function() return true end), '12_3 ' .. runs .. '/s/slurm/1/3')
      tiny.write(runs .. '/scancel', ('#!/bin/sh\necho "$@" >>%s/cancelled\n'):format(runs))
      os.execute('chmod +x ' .. runs .. '/scancel')
      local function stop()
         local words = words_of('stop', 's', 'runs=' .. runs)
         return process.capture {'env', ('PATH=%s:%s'):format(runs, os.getenv('PATH')), unpack(words)}
      end
      assert.is_nil((study:take_ownership(process.identity(), study.is_gone)))
      assert.equal(0, (stop()))
      assert.is_false(hilo.data.folder.is_file(runs .. '/cancelled')) -- this process would see to it
      study:give_up_ownership(process.identity())
      assert.equal(0, (stop()))
      assert.equal('12_3\n', tiny.read(runs .. '/cancelled'))
      store:close()
   end)

   it('gives Slurm no longer arrays than it takes, one after the other', function()
      local Slurm = require 'hilo.sweep.launchers.slurm'
      local capture = process.capture
      finally(function() process.capture = capture end)
      process.capture = function() return 0, '' end -- there is an sbatch
      local slurm, n = Slurm.new({runs = runs, name = 's', sampler = 'grid', pruner = 'none', jobs = 2}, {}), 0
      while slurm:room() > 0 do
         n = n + 1
         slurm:start({run_id = n}, {}, '')
      end
      assert.equal(1000, n)
      slurm.tasks[1] = nil
      assert.equal(0, slurm:room())
      slurm.tasks = {}
      assert.equal(1000, slurm:room())
      slurm = Slurm.new({runs = runs, name = 's', sampler = 'tpe', pruner = 'none', jobs = 2}, {})
      slurm:start({run_id = 1}, {}, '')
      assert.equal(1, slurm:room())
   end)

   it('prints commands as a shell reads them', function()
      local odd = "it's $HOME"
      assert.equal(0, (sweep('kind=' .. odd .. ',plain')))
      local _, text = process.capture(words_of('best', 's', 'runs=' .. runs))
      local pipe = io.popen("printf '%s|' " .. text:match('hilo (.-)\n'))
      assert.matches('|kind=' .. odd:gsub('%$', '%%$') .. '|', pipe:read('*a'))
      pipe:close()
   end)

   it('prints the best configuration and the command that runs it', function()
      assert.equal(0, (sweep('depth=1,3,2', 'metric=iou.two')))
      local code, text = process.capture(words_of('best', 's', 'runs=' .. runs))
      assert.equal(0, code)
      assert.matches('trial 0001: iou.two 3', text)
      assert.matches('hilo .*tiny.lua depth=3', text)
      code, text = process.capture(words_of('best', 'z', 'runs=' .. runs))
      assert.equal(1, code)
      assert.matches("did you mean 's'", text)
   end)

   it('shares the work between two coordinators', function()
      local lr = {}
      for i = 1, 12 do lr[i] = i / 100 end
      local pids = {}
      for i = 1, 3 do
         pids[i] = process.start(words_of(script, 'runs=' .. runs, 'name=s', 'report=false', 'workers=0', 'tracking=false', 'steps=4',
            'lr=' .. table.concat(lr, ',')), {output = runs .. '/out'})
      end
      for i = 1, 3 do assert.equal(0, process.wait(pids[i]).code, tiny.read(runs .. '/out')) end
      local found = results()
      assert.equal(12, #found.trials)
      for _, trial in ipairs(found.trials) do assert.equal('complete', trial.state) end
      local _, starts = tiny.read(runs .. '/out'):gsub('starts', '')
      assert.equal(12, starts)
   end)

   it('leaves new trials to the coordinator that was told of more axes and seeds', function()
      local function start(...)
         return process.start(words_of(script, 'runs=' .. runs, 'name=s', 'report=false', 'workers=0', 'tracking=false', 'pause=20',
            'lr=0.1,0.2,0.3,0.4', ...), {output = runs .. '/out'})
      end
      local first = start()
      while not hilo.data.folder.is_file(runs .. '/s/0000-s1/log.jsonl') do os.execute('sleep 0.02') end
      local second = start('depth=2,3', 'seed=1..2')
      assert.equal(0, process.wait(first).code, tiny.read(runs .. '/out'))
      assert.equal(0, process.wait(second).code, tiny.read(runs .. '/out'))
      local seen = {}
      for _, trial in ipairs(results().trials) do
         assert.equal(2, trial.n)
         local key = ('%g %g'):format(trial.values.lr, trial.values.depth)
         assert.is_nil(seen[key])
         seen[key] = true
      end
      assert.equal(8, count(seen))
   end)

   it('takes up trials that were put into its store from outside', function()
      assert.equal(0, (sweep('lr=0.1..0.9', 'depth=1,2', 'sampler=random', 'trials=1', 'steps=2')))
      local store = hilo.sweep.Store.open(runs .. '/sweeps.db')
      local study = store:study 's'
      store.db:run("INSERT INTO trials (number, study_id, state) VALUES (1, ?, 'WAITING')", study.id)
      store.db:run("INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) VALUES (2, 'fixed_params', '{\"lr\": 0.125}')")
      store:close()
      assert.equal(0, (sweep('lr=0.1..0.9', 'depth=1,2', 'sampler=random', 'trials=2', 'steps=2')))
      local trial = results().trials[2]
      assert.same({'complete', 0.125}, {trial.state, trial.values.lr})
      assert.is_number(trial.values.depth)
   end)

   it('fails a trial from outside that it cannot complete, and leaves a store alone that another machine writes to', function()
      assert.equal(0, (sweep('depth=1,2', 'steps=2')))
      local store = hilo.sweep.Store.open(runs .. '/sweeps.db')
      local study = store:study 's'
      store.db:run("INSERT INTO trials (number, study_id, state) VALUES (2, ?, 'WAITING')", study.id)
      assert.equal(0, (sweep('depth=1,2', 'steps=2'))) -- the grid has no more values
      assert.equal('failed', results().trials[3].state)
      store.db:run('UPDATE hilo_sweeps SET owner = ?, heartbeat = ?', 'elsewhere:12:34', study.now())
      local code, text = sweep('depth=1,2', 'steps=2')
      assert.equal(1, code)
      assert.matches('from one machine at a time', text)
      store.db:run('UPDATE hilo_sweeps SET heartbeat = ?', study.now() - 100)
      assert.equal(0, (sweep('depth=1,2', 'steps=2')))
      store:close()
   end)

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
      assert.equal(0, code, text)
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
      assert.equal(0, code, text)
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
      assert.equal(0, code, text)
      code, text = process.capture(words_of(path, 'first.workers=0', 'workers=0', 'retry_failed=true'))
      assert.equal(0, code, text)
      local found = results()
      assert.equal(1, #found.stages)
      assert.same({1, 0, 0}, {found.trials[1].runs[1].options.workers, found.trials[2].runs[1].options.workers,
         found.trials[3].runs[1].options.workers})
   end)

   it('gives new seeds to failed trials that are tried again', function()
      assert.equal(0, (sweep('kind=plain,odd', 'fail=odd')))
      assert.equal(0, (sweep('kind=plain,odd', 'fail=odd', 'seed=1..2', 'retry_failed=true')))
      assert.same({2, 2}, {#results().trials[1].runs, #results().trials[2].runs})
   end)

   it('is resumed where it is, or not at all', function()
      assert.equal(0, (sweep('lr=0.1,0.2', 'trials=1')))
      local elsewhere = runs .. '/else where'
      hilo.data.folder.make(elsewhere)
      os.rename(runs .. '/sweeps.db', elsewhere .. '/sweeps.db')
      os.rename(runs .. '/s', elsewhere .. '/s')
      local code, text = process.capture(words_of('resume', 's', 'runs=' .. elsewhere))
      assert.equal(1, code)
      assert.matches('repeat that with name=s and the runs= and store=', text)
      assert.is_false(hilo.data.folder.is_file(runs .. '/sweeps.db'))
      code, text = sweep('lr=0.1,0.2', 'runs=' .. elsewhere)
      assert.equal(0, code, text)
      code, text = process.capture(words_of('stop', 's', 'runs=' .. elsewhere))
      assert.equal(0, code)
      assert.matches("hilo sweep resume s 'runs=.*/else where'\n", text)
   end)

   it('takes lists and texts with commas as the options of a Lua sweep', function()
      local path = runs .. '/lists.lua'
      tiny.write(path, ([[
         return {
            script = '%s', name = 's', runs = '%s', report = false, axes = {lr = {0.1, 0.2}},
            options = {size = {16, 16}, kind = 'a,b', steps = 2},
         }
      ]]):format(script, runs))
      local code, text = process.capture(words_of(path))
      assert.equal(0, code, text)
      local o = hilo.train.json.load(results().trials[1].runs[1].path .. '/options.json')
      assert.same({{16, 16}, 'a,b'}, {o.size, o.kind})
   end)

   it('prunes configurations, by the mean over their seeds', function()
      local code, text = sweep('depth=9,8,7,6,5,1', 'seed=1..2', 'metric=iou.two', 'pruner=median', 'steps=6', 'eval_every=2',
         'pause=100', 'jobs=2')
      assert.equal(0, code, text)
      local last = results().trials[6]
      assert.equal('pruned', last.state)
      assert.equal(1, last.value)
      assert.matches('trial 0005 is pruned at step [24]:', text)
      assert.equal('complete', results().trials[1].state)
   end)

   it('can be run from a script', function()
      local found = hilo.sweep {script = script, runs = runs, name = 's', report = false, axes = {depth = {1, 2}},
         options = {steps = 2, tracking = false}, metric = 'iou.two'}
      assert.same({1, 2}, {found.trials[1].value, found.trials[2].value})
      assert.matches('trial', hilo.sweep.results.table(found))
   end)

   it('says what is wrong with the command', function()
      local function wrong(pattern, ...)
         local code, text = process.capture(words_of(...))
         assert.equal(1, code)
         assert.matches(pattern, text)
         assert.not_matches('lua:%d+:', text)
      end
      wrong("did you mean 'status'", 'statsu')
      wrong('there is no script', 'nowhere.lua')
      wrong('there is no store', 'status', 'runs=' .. runs .. '/none')
      wrong("did you mean 'lr'", script, 'ls=1,2')
   end)
end)

describe('the display of a sweep', function()
   it('is a line for each run and one for the whole on a terminal, which make room for lines that stay', function()
      local out = {}
      local file = {write = function(_, ...) for _, text in ipairs {...} do out[#out + 1] = text end end, flush = function() end}
      local d = definition.read(script, {'lr=0.1,0.2', 'name=s', 'jobs=2'})
      local display = Display.new(d, {out = file, width = 100})
      local active = {run = {name = 's/0000-s1', options = {lr = 0.1}}, began = core.host.hl_host_time() - 5, steps = 40,
         reported = {step = 20, points = {{step = 10, value = 41.234}}}, first = 0}
      local coordinator = {
         active_runs = function() return {active} end, total = function() return 2 end,
         study = {
            counts = function() return {COMPLETE = 1, RUNNING = 1, WAITING = 0, PRUNED = 0, FAIL = 0} end,
            trials = function() return {{state = 'complete', value = 44.5, number = 1}} end,
         },
      }
      display:show(coordinator)
      local text = table.concat(out)
      assert.matches('0000%-s1 lr=0.1  20/40 %[=+ +%] 5s left  mean_iou 41.23\n', text)
      assert.matches('s 1/2 %[=+ +%].*best 44.50 %(0001%)\n', text)
      display:note('something')
      assert.matches('\27%[2F\27%[Jsomething\n', table.concat(out))
      for line in text:gmatch('[^\n]+') do assert.is_true(#line < 100) end
   end)
end)
