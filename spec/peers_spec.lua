-- Other people's programs on what hilo writes: Optuna and its dashboard, TensorBoard, Slurm. `make peers` installs them; where they are
-- not there these are skipped.
local hilo = require 'hilo'
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local python = core.root .. 'build/peers/bin/python'
local script = core.root .. 'spec/sweep/tiny.lua'
local has_python = core.host.hl_host_path_kind(python) ~= 0
local runs

local function capture(words)
   local code, text = process.capture(words)
   assert.equal(0, code, table.concat(words, ' ') .. '\n' .. text)
   return text
end

-- What a program prints last, as JSON.
local function answer(words) return hilo.train.json.decode(capture(words):match('([^\n]+)%s*$'), words[2]) end

local function peer(name, ...) return {python, ('%sspec/peers/%s.py'):format(core.root, name), ...} end

-- In the stores of both sides a trial has failed, so the status is 1.
local function sweep(...)
   local code, text = process.capture {'luajit', core.root .. 'lua/bin/hilo', 'sweep', script, 'runs=' .. runs, 'report=false',
      'tracking=false', 'workers=0', 'jobs=2', ...}
   assert.equal(1, code, text)
   return text
end

before_each(function() runs = tiny.folder() end)
after_each(function() tiny.remove(runs) end)

local function needs_python(name, f)
   if has_python then it(name, f) else pending(name .. ' (make peers installs it)') end
end

describe('Optuna', function()
   local function trials(name)
      local found = hilo.sweep.results.load(runs .. '/sweeps.db', name)
      local list = {}
      for i, trial in ipairs(found.trials) do
         list[i] = {number = trial.number, state = trial.state, values = trial.values, value = trial.value, curve = trial.curve}
      end
      return {direction = found.direction, trials = list}
   end

   needs_python('finds the trials of a sweep complete, samples a next one, and its dashboard serves them', function()
      sweep('name=s', 'lr=log:0.01..0.5', 'depth=int:1..4', 'kind=plain,odd,bad', 'wide=true,false', 'size=8x8,4x4', 'seed=1..2',
         'steps=6', 'eval_every=2', 'sampler=random', 'trials=12', 'fail=bad')
      local expected = trials 's'
      hilo.train.json.save(runs .. '/expected.json', expected)
      local failed = 0
      for _, trial in ipairs(expected.trials) do failed = failed + (trial.state == 'failed' and 1 or 0) end
      assert.is_true(failed > 0 and failed < 12)
      local asked = answer(peer('store', 'read', runs .. '/sweeps.db', 's', runs .. '/expected.json'))
      local last = trials('s').trials[13]
      assert.same({12, 'complete', 12.5, asked.values}, {last.number, last.state, last.value, last.values})
      assert.matches('13', capture(peer('store', 'dashboard', runs .. '/sweeps.db', 's')))
   end)

   needs_python('makes studies that a sweep reads and goes on with', function()
      local made = answer(peer('store', 'make', runs .. '/sweeps.db', 'theirs'))
      local found = hilo.sweep.results.load(runs .. '/sweeps.db', 'theirs')
      local words = {complete = 'COMPLETE', failed = 'FAIL', pruned = 'PRUNED', waiting = 'WAITING'}
      for i, trial in ipairs(made) do
         assert.equal(trial.state, words[found.trials[i].state])
         assert.same(trial.values, found.trials[i].values)
      end
      assert.equal(math.huge, found.trials[4].value)
      sweep('name=theirs', 'lr=log:0.01..0.2', 'depth=int:1..4', 'kind=plain,odd', 'wide=true,false', 'sampler=tpe', 'trials=9',
         'steps=2')
      found = hilo.sweep.results.load(runs .. '/sweeps.db', 'theirs')
      assert.equal(9, #found.trials)
      assert.same({0.125, 'odd', 'complete'}, {found.trials[7].values.lr, found.trials[7].values.kind, found.trials[7].state})
      capture(peer('store', 'dashboard', runs .. '/sweeps.db', 'theirs'))
   end)

   needs_python("'s TPE finds no better than hilo's", function() capture(peer('tpe', '--quick')) end)

   needs_python('finds the options as important as hilo does', function() capture(peer('importance', '--seeds', '2')) end)
end)

describe('TensorBoard', function()
   needs_python('reads the events of every kind of run', function()
      capture {'luajit', core.root .. 'spec/peers/events.lua', 'PYTHON=' .. python}
   end)
end)

describe('Slurm', function()
   local is_there = os.execute('command -v slurmctld munged >/dev/null 2>&1 && [ "$(id -u)" = 0 ]') == 0
   if is_there then
      it('carries a sweep to its end through killed, requeued, warned and cancelled tasks', function()
         assert.matches('12 runs on Slurm', capture {'luajit', core.root .. 'spec/sweep/slurm.lua'})
      end)
   else
      pending('carries a sweep to its end (make peers installs slurm-wlm and munge; the daemons need root)')
   end
end)

it('A sweep ends as an undisturbed one after 100 kills at random', function()
   assert.matches('trials end once each', capture {'luajit', core.root .. 'spec/sweep/faults.lua', 'kills=100'})
end)
