-- Coordinators of a sweep: stopped, killed, two at a time, next to trials from outside; jobs of Slurm.
local hilo = require 'hilo'
local core = require 'hilo.core'
local lock = require 'hilo.io.lock'
local process = require 'hilo.io.process'
local signal = require 'posix.signal'
local stdlib = require 'posix.stdlib'
local tiny = require 'spec.tiny_set'
local tiny_sweep = require 'spec.tiny_sweep'

local script, sweep, results = tiny_sweep.script, tiny_sweep.sweep, tiny_sweep.results
local words_of, count = tiny_sweep.words_of, tiny_sweep.count
local runs
before_each(function() runs = tiny_sweep.begin() end)
after_each(tiny_sweep.finish)

describe('hilo sweep', function()
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
         'lr=0.05,0.1', 'steps=100000', 'pause=5', 'log_every=100000', 'checkpoint_every=2'), {output = runs .. '/out'})
      local saved = runs .. '/s/0000-s1/last.safetensors'
      while not hilo.data.folder.is_file(saved) do os.execute('sleep 0.02') end
      local _, text = process.capture(words_of('status', 'runs=' .. runs))
      assert.matches('s: 1 trials; runs: 0 done, 1 running', text)
      assert.matches('0000%-s1 at step [1-9]', text) -- the checkpoint's, for there is no line in the log yet
      local code
      code, text = process.capture(words_of('stop', 's', 'runs=' .. runs))
      assert.equal(0, code)
      assert.matches('its runs save their checkpoints', text)
      assert.equal(130, process.wait(pid).code)
      assert.matches(('stops at step %d; it will go on'):format(hilo.io.checkpoint.meta(saved).step), tiny.read(runs .. '/out'))
      _, text = process.capture(words_of('status', 's', 'runs=' .. runs))
      assert.matches('0 running, 1 waiting', text)
      assert.matches('%(waiting%)', text)
      assert.not_matches('%(running%)', text)
      code, text = process.capture(words_of('stop', 's', 'runs=' .. runs))
      assert.equal(0, code)
      assert.matches('nothing of s is running', text)
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
      assert.equal(1, (sweep('depth=1,2', 'steps=2'))) -- the grid has no more values
      assert.equal('failed', results().trials[3].state)
      store.db:run('UPDATE hilo_sweeps SET owner = ?, heartbeat = ?', 'elsewhere:12:34', study.now())
      study:ask_to_stop(true)
      local code, text = sweep('depth=1,2', 'steps=2')
      assert.equal(1, code)
      assert.matches('from one machine at a time', text)
      assert.is_true(study:is_asked_to_stop()) -- as the other one was
      store.db:run('UPDATE hilo_sweeps SET heartbeat = ?', study.now() - 100)
      assert.equal(1, (sweep('depth=1,2', 'steps=2'))) -- it is the failed trial's
      store:close()
   end)

   it('shares OMP_NUM_THREADS out among the runs where it is set', function()
      local former = os.getenv 'OMP_NUM_THREADS'
      local function threads(limit, jobs)
         stdlib.setenv('OMP_NUM_THREADS', limit)
         local code, text = sweep('lr=0.1,0.2', 'steps=2', 'name=s' .. limit, 'jobs=' .. jobs)
         stdlib.setenv('OMP_NUM_THREADS', former)
         assert.equal(0, code, text)
         return hilo.train.json.load(('%s/s%s/0000-s1/options.json'):format(runs, limit)).threads
      end
      assert.equal(1, threads('1', 1))
      assert.equal(3, threads('6', 2))
   end)
end)
