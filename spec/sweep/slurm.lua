-- A sweep on a real Slurm of one node, whose tasks are killed, requeued, signalled and cancelled and whose coordinator is killed once,
-- ends as one on this machine that nobody disturbed.
--
--    luajit spec/sweep/slurm.lua         (as root; Debian's slurm-wlm and munge)
--
-- Prints one line; the exit status tells whether all is well.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local hilo = require 'hilo'
local core = require 'hilo.core'
local poll = require 'posix.poll'
local signal = require 'posix.signal'
local stdlib = require 'posix.stdlib'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local bin, script = core.root .. 'lua/bin/hilo', core.root .. 'spec/sweep/tiny.lua'
local node, calm, rough = tiny.folder(), tiny.folder(), tiny.folder()
local log = rough .. '/log'

local function command(runs, ...)
   return {'luajit', bin, 'sweep', script, 'runs=' .. runs, 'name=s', 'lr=0.01..0.06:0.01', 'seed=1..2', 'steps=60', 'pause=40',
      'checkpoint_every=5', 'log_every=5', 'eval_every=20', 'retries=100', 'report=false', 'workers=0', 'tracking=false', 'jobs=2', ...}
end

local function values_of(runs)
   local values = {}
   for _, trial in ipairs(hilo.sweep.results.load(runs .. '/sweeps.db', 's').trials) do
      assert(trial.state == 'complete', ('trial %d is %s: %s'):format(trial.number, trial.state, tostring(trial.error)))
      for _, run in ipairs(trial.runs) do values[run.name] = ('%.17g'):format(run.value) end
   end
   return values
end

local function running_tasks()
   local list = {}
   local _, text = process.capture {'squeue', '--noheader', '--array', '--states=RUNNING', '--format=%i'}
   for id in text:gmatch('%d+_%d+') do list[#list + 1] = id end
   return list
end

-- What Slurm sends before the time limit. Where a task ends at once scancel tries for a minute to tell it again: nobody waits for it.
local function warn(task)
   process.start {'timeout', '3', 'scancel', '--signal=USR1', '--batch', task}
   return 0
end

-- Waits until two tasks have written some of their log.
local function settle() poll.poll({}, 1200) end

local began = core.host.hl_host_time()
local ok, message = pcall(function()
   assert(process.wait(process.start({'bash', core.root .. 'spec/sweep/slurm-node.sh', 'start', node}, {output = log})).code == 0,
      tiny.read(log))
   stdlib.setenv('SLURM_CONF', node .. '/slurm.conf')
   assert(process.wait(process.start(command(calm), {output = log})).code == 0, tiny.read(log))

   local on_slurm = command(rough, 'launcher=slurm')
   local coordinator = process.start(on_slurm, {output = log})
   local done = {}
   local faults = {
      warn,
      function() return process.capture {'pkill', '-KILL', '-f', 'tiny.lua .*runs=' .. rough .. ' name=s/'} end,
      function(task) return process.capture {'scontrol', 'requeue', task} end,
      function()
         process.kill(coordinator, signal.SIGKILL)
         process.wait(coordinator)
         poll.poll({}, 1000)
         coordinator = process.start(on_slurm, {output = log})
         return 0
      end,
      function() return process.capture {'pkill', '-KILL', '-f', 'sweep task ' .. rough} end,
      function(task) return process.capture {'scancel', task} end,
      warn,
   }
   for i, fault in ipairs(faults) do
      local tasks, limit = {}, core.host.hl_host_time() + 60
      while #tasks == 0 and core.host.hl_host_time() < limit do
         settle()
         tasks = running_tasks()
      end
      assert(#tasks > 0, 'no task runs: ' .. tiny.read(log))
      local code, text = fault(tasks[1])
      assert(code == 0, ('fault %d: %s'):format(i, tostring(text)))
      done[i] = true
   end
   assert(process.wait(coordinator).code == 0, tiny.read(log))
   local a, b, n = values_of(calm), values_of(rough), 0
   for name, value in pairs(a) do
      assert(b[name] == value, ('%s: %s on Slurm, %s here'):format(name, tostring(b[name]), value))
      n = n + 1
   end
   assert(n == 12)
   print(('12 runs on Slurm, two at a time, %d faults in %.0f s: all end once, all values equal to the last bit'):format(#done,
      core.host.hl_host_time() - began))
end)
process.capture {'bash', core.root .. 'spec/sweep/slurm-node.sh', 'stop', node}
poll.poll({}, 500) -- the daemons save their state last
if not ok then
   io.stderr:write(message, '\n', hilo.data.folder.is_file(log) and tiny.read(log) or '', '\n')
   os.exit(1)
end
for _, folder in ipairs {node, calm, rough} do tiny.remove(folder) end
