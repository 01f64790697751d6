-- Kills what carries a sweep out, at random and as hard as can be, and compares the end with that of a sweep that nobody disturbed.
--
--    luajit spec/sweep/faults.lua kills=100 seed=1
--
-- Prints one line; the exit status tells whether all is well.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local hilo = require 'hilo'
local core = require 'hilo.core'
local poll = require 'posix.poll'
local signal = require 'posix.signal'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local o = {kills = 100, seed = 1, trials = 24}
for _, word in ipairs(arg) do
   local key, value = word:match('^(%w+)=(%d+)$')
   o[assert(o[key] and key, word)] = tonumber(value)
end

local hilo_bin, script = core.root .. 'lua/bin/hilo', core.root .. 'spec/sweep/tiny.lua'

local function command(runs)
   local lr = {}
   for i = 1, o.trials do lr[i] = i / 100 end
   return {'luajit', hilo_bin, 'sweep', script, 'runs=' .. runs, 'name=faults', 'lr=' .. table.concat(lr, ','), 'seed=7', 'jobs=2',
      'steps=40', 'pause=5', 'checkpoint_every=4', 'log_every=4', 'eval_every=10', 'retries=1000', 'report=false', 'cache_mb=0',
      'workers=0', 'tracking=false'}
end

-- The processes that train for this folder.
local function workers_of(runs)
   local list = {}
   local _, text = process.capture {'pgrep', '-f', script .. ' .*runs=' .. runs .. ' name=faults/'}
   for pid in text:gmatch('%d+') do list[#list + 1] = tonumber(pid) end
   return list
end

local function values_of(runs)
   local store = hilo.sweep.Store.open(runs .. '/sweeps.db')
   local study = store:study 'faults'
   local values = {}
   for _, run in ipairs(study:runs()) do
      assert(run.state == 'COMPLETE', ('%s is %s: %s'):format(run.name, run.state, tostring(run.error)))
      assert(not values[run.name], run.name)
      values[run.name] = ('%.17g'):format(run.value)
   end
   local sound = store.db:value 'PRAGMA integrity_check'
   assert(sound == 'ok', sound)
   assert(study:count_trials() == o.trials, 'there are ' .. study:count_trials() .. ' trials')
   store:close()
   return values
end

local calm, rough = tiny.folder(), tiny.folder()
local log = rough .. '/log'
assert(process.wait(process.start(command(calm), {output = log})).code == 0, tiny.read(log))

math.randomseed(o.seed)
local began, kills, coordinators, workers = core.host.hl_host_time(), 0, 0, 0
local coordinator = process.start(command(rough), {output = log})
local finished
while true do
   local ending = process.ended(coordinator)
   if ending and ending.code then
      assert(ending.code == 0, tiny.read(log))
      finished = true
      break
   elseif ending then
      coordinator = process.start(command(rough), {output = log})
   end
   poll.poll({}, math.random(10, 250))
   local victims = workers_of(rough)
   if kills < o.kills and #victims > 0 then
      if math.random() < 0.3 then
         process.kill(coordinator, signal.SIGKILL)
         process.wait(coordinator)
         coordinator = process.start(command(rough), {output = log})
         coordinators = coordinators + 1
      else
         process.kill(victims[math.random(#victims)], signal.SIGKILL)
         workers = workers + 1
      end
      kills = kills + 1
   end
end
assert(finished)
local a, b = values_of(calm), values_of(rough)
for name, value in pairs(a) do assert(b[name] == value, ('%s: %s, undisturbed %s'):format(name, tostring(b[name]), value)) end
print(('%d kills (%d of coordinators, %d of workers) in %.0f s: %d trials end once each, all values equal to the last bit')
   :format(kills, coordinators, workers, core.host.hl_host_time() - began, o.trials))
tiny.remove(calm)
tiny.remove(rough)
