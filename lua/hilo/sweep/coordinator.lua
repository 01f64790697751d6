--- sweep/coordinator.lua: carries a sweep out: makes trials, gives their runs to a launcher, keeps what they report, and goes on where
--- another coordinator was stopped or died.
local poll = require 'posix.poll'
local signal = require 'posix.signal'
local command = require 'hilo.command'
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local kept = require 'hilo.train.kept'
local lock = require 'hilo.io.lock'
local nearest = require 'hilo.nearest'
local plan = require 'hilo.sweep.plan'
local process = require 'hilo.io.process'
local processors = require 'hilo.processors'
local pruners = require 'hilo.sweep.pruners'
local Reported = require 'hilo.sweep.reported'
local script = require 'hilo.sweep.script'

local check, host = core.check, core.host

local beat_every = 5    -- seconds
local look_every = 0.25 -- seconds between two looks at the logs of runs
local pause_ms = 40     -- between two looks for runs that have ended

---@class Coordinator
---@field d Definition
---@field study Study
---@field launcher LocalLauncher
---@field display Display
---@field active table<integer, ActiveRun> by run_id
local Coordinator = {}
Coordinator.__index = Coordinator

---@class ActiveRun
---@field run SweepRun
---@field reported Reported
---@field values table<string, any>? of its trial on the axes
---@field began number
---@field output string what it prints
---@field printed integer bytes that were there before
---@field path string its folder
---@field judged integer the last step at which its trial was judged
---@field steps integer? that it takes in all, once it has said so
---@field eval_every integer? as it has said too

-- Processors that the runs share: as many as OMP_NUM_THREADS says, as for a run alone.
local function shared_processors() return tonumber((os.getenv 'OMP_NUM_THREADS' or ''):match '^%s*(%d+)') or processors() end

---@param d Definition
---@param study Study
---@param launcher LocalLauncher
---@param display Display
---@return Coordinator
function Coordinator.new(d, study, launcher, display)
   local self = setmetatable({d = d, study = study, launcher = launcher, display = display, active = {}, owner = process.identity(),
      beaten = 0, looked = 0}, Coordinator)
   self.sampler = require('hilo.sweep.samplers.' .. d.settings.sampler)
   self.decide = pruners[d.settings.pruner].decide
   self.threads = math.max(1, math.floor(shared_processors() / d.settings.jobs))
   self.is_gone = study.is_gone
   return self
end

-- ---- new trials ----

local function sampler_options(self, number)
   return {number = number, seed = self.d.settings.sampler_seed, direction = self.d.settings.direction}
end

--- How many trials there will be in all.
---@return number
function Coordinator:total()
   local s = self.d.settings
   local grid = s.sampler == 'grid' and self.sampler.count(self.d.axes, sampler_options(self, 0)) or math.huge
   return math.min(s.trials > 0 and s.trials or math.huge, grid)
end

-- A trial whose options cannot be computed fails, and the others go on.
local function add_runs(self, trial_id, number, values)
   local planned = {}
   for i, seed in ipairs(self.d.seeds) do
      local ok, runs = pcall(plan, self.d, number, values, seed)
      if not ok then
         self.study:refuse(trial_id, command.plain(runs))
         return
      end
      planned[i] = runs
   end
   for _, runs in ipairs(planned) do self.study:add_runs(trial_id, runs) end
   self.study:settle(trial_id) -- its stages may have failed already
end

-- A trial that was put into the store from outside; what it leaves open is sampled.
local function begin_enqueued(self, waiting)
   local values = self.sampler.suggest(self.d.axes, self.study:trials(), sampler_options(self, waiting.number)) or {}
   for _, axis in ipairs(self.d.axes) do
      local given = waiting.fixed[axis.name]
      if given ~= nil and axes_of.holds(axis, given) then values[axis.name] = given end
      if values[axis.name] == nil then
         self.study:refuse(waiting.id, ('it was put into the store without a value of %s that the axis holds'):format(axis.name))
         return
      end
   end
   self.study:begin_trial(waiting.id)
   self.study:set_values(waiting.id, self.d.stored_axes or self.d.axes, values)
   add_runs(self, waiting.id, waiting.number, values)
end

--- Makes one more trial, where there are to be more.
---@return boolean made
function Coordinator:make_trial()
   local s = self.d.settings
   return self.study:transaction(function()
      if self.study:extent() ~= self.d.extent then return false end -- who has extended the sweep meanwhile makes them as they are now
      local waiting = self.study:enqueued()[1]
      if waiting then
         begin_enqueued(self, waiting)
         return true
      end
      local n = self.study:count_trials()
      if s.trials > 0 and n >= s.trials then return false end
      if s.fail_limit > 0 and self.study:count_failed() >= s.fail_limit then
         self.limited = true
         return false
      end
      local values = self.sampler.suggest(self.d.axes, self.study:trials(), sampler_options(self, n))
      if not values then return false end
      local id, number = self.study:add_trial()
      self.study:set_values(id, self.d.stored_axes or self.d.axes, values)
      add_runs(self, id, number, values)
      return true
   end)
end

-- ---- runs ----

local function command_of(self, run, path)
   local s, words, given = self.d.settings, script.command(run.script), {}
   for key, value in pairs(run.options) do given[#given + 1] = ('%s=%s'):format(key, axes_of.text_of(value)) end
   table.sort(given)
   for _, word in ipairs(given) do words[#words + 1] = word end
   words[#words + 1] = 'runs=' .. s.runs
   words[#words + 1] = 'name=' .. run.name
   words[#words + 1] = 'seed=' .. run.seed
   if self.launcher.outlives then return words end -- the task itself sees what is there and which processors it has
   if run.options.threads == nil then words[#words + 1] = 'threads=' .. self.threads end
   words[#words + 1] = script.beginning(path)
   return words
end

-- The last step at which the trial of a run could be judged before.
local function judged_until(self, run)
   if self.d.settings.pruner == 'none' or not run.trial_id then return 0 end
   return self.study:last_step(run.trial_id)
end

local function values_of(self, run)
   for _, trial in ipairs(run.trial_id and self.study:trials() or {}) do
      if trial.id == run.trial_id then return trial.values end
   end
   return nil
end

local function start(self, run, former)
   local path = ('%s/%s'):format(self.d.settings.runs, run.name)
   folder.make(path)
   local output = path .. '/output.txt'
   if run.begun ~= 1 then -- a folder of that name may be left from a sweep whose store is gone
      kept.remove(path)
      os.remove(output)
      self.study:set_begun(run)
   end
   local active = {run = run, values = values_of(self, run), reported = Reported.new(path, self.d.settings.metric),
      began = host.hl_host_time(), output = output, printed = Reported.size(output), path = path, judged = judged_until(self, run)}
   self.active[run.run_id] = active
   if run.begun == 1 and Reported.is_finished(path) then -- it came to its end when nobody looked
      self:take_ending(active, {run = run, code = 0})
      return
   end
   if former and self.launcher.outlives and self.launcher:adopt(run) then return end
   self.launcher:start(run, command_of(self, run, path), output)
   self.display:started(active, run.step > 0 or former ~= nil)
end

--- Gives the launcher as many runs as it takes.
---@return boolean busy whether anything is under way or may come
function Coordinator:fill()
   local batched = self.launcher.flush and self.study.transaction or function(_, f) return f() end
   local waits = batched(self.study, function() return self:start_runs() end)
   if self.launcher.flush then self.launcher:flush(self.study) end
   if waits or next(self.active) then return true end
   local counts = self.study:counts()
   return not self.stopping and counts.WAITING + counts.RUNNING > 0
end

-- Whether a run cannot begin yet, since its former process has not ended.
function Coordinator:start_runs()
   while not (self.stopping or self.fatal) and self.launcher:room() > 0 do
      local run, former = self.study:claim(self.owner, self.is_gone)
      if run and not self.launcher.outlives and lock.held(('%s/%s'):format(self.d.settings.runs, run.name)) then
         self.study:release(run, self.owner, {})
         return true
      elseif run then
         start(self, run, former)
      elseif not self:make_trial() then
         break
      end
   end
   return false
end

-- ---- endings ----

-- A pruner compares what runs report on their way: a run that evaluates at its end alone says so in its options, or by having ended.
local function warn_of_idle_pruner(self, active, ending)
   local s, reported, steps, every = self.d.settings, active.reported, active.steps, active.eval_every
   if s.pruner == 'none' or self.warned or active.run.stage then return end
   local first = reported.points[1]
   local seldom = reported.entry and not reported:is_loss() and steps and every and (every == 0 or every >= steps)
   if seldom or ending and ending.code == 0 and not (first and first.step < reported.step) then
      self.warned = true
      self.display:note(('pruner=%s has nothing to compare: runs report %s at their end only%s'):format(s.pruner, s.metric,
         steps and ('; eval_every=%d does so on the way'):format(math.max(1, math.floor(steps / 10))) or ''))
   end
end

local stop_signals = {[signal.SIGUSR1] = true, [signal.SIGTERM] = true, [signal.SIGINT] = true}

local function error_of(active, code)
   local text = Reported.tail(active.output, active.printed)
   local said = text:match('.*\n?hilo: (.-)%s*$') or text:match('([^\n]+)%s*$')
   return said or ('it ended with status %d and said nothing'):format(code)
end

-- A sweep whose metric no run reports cannot go on.
local function miss_metric(self, active)
   local known, metric = active.reported:known(), self.d.settings.metric
   self.fatal = ("runs of %s report %s; there is no '%s' among them, did you mean metric=%s?"):format(active.run.script,
      #known > 0 and table.concat(known, ', ') or 'nothing', metric, nearest(metric, known) or '...')
end

--- Keeps how a run ended.
---@param active ActiveRun
---@param ending RunEnding
function Coordinator:take_ending(active, ending)
   local run, s = active.run, self.d.settings
   self:look_at(active)
   warn_of_idle_pruner(self, active, ending)
   self.active[run.run_id] = nil
   local ended = {step = active.reported:reached(), seconds = ending.seconds or host.hl_host_time() - active.began}
   local code, killed = ending.code, ending.signal
   local stopped = killed and stop_signals[killed] or code and code > 128 and stop_signals[code - 128]
   if code == 0 then
      ended.value = not run.stage and active.reported:value(s.at, s.direction) or nil
      if not ended.value and not run.stage then -- it has ended well, so that another metric= finds what it reported
         miss_metric(self, active)
         self.study:release(run, self.owner, ended)
      elseif ended.value and ended.value ~= ended.value then
         ended.error = ('its %s is not a finite number'):format(s.metric)
         self.study:fail(run, self.owner, ended)
      else
         self.study:complete(run, self.owner, ended)
      end
   elseif stopped and (ending.asked or self.stopping) or killed == signal.SIGKILL and self.stopping then
      self.study:release(run, self.owner, ended)
   elseif killed or stopped then
      ended.how = ('its process was ended by signal %d'):format(killed or code - 128)
      self.study:died(run, self.owner, ended, s.retries)
   else
      ended.error = error_of(active, code)
      self.study:fail(run, self.owner, ended)
   end
   self.display:ended(active, ending, ended, self.study)
end

-- ---- what runs report ----

-- Whether some seed of the trial waits to come as far as this run has.
local function others_wait(self, run, step)
   for _, other in ipairs(self.study:runs(run.trial_id)) do
      if other.state == 'WAITING' and other.step < step and self.study:is_ready(other.needs) then return true end
   end
   return false
end

-- Whether a run gives way to the other seeds of its trial: not at its end, nor while there is no trial to stay behind.
local function gives_way(self, active, others, step)
   if not self.launcher.takes_turns or active.steps and step >= active.steps then return false end
   for _, trial in ipairs(others) do
      if #trial.curve > 0 then return others_wait(self, active.run, step) end
   end
   return false
end

local function prune(self, trial_id)
   self.study:prune(trial_id)
   for _, active in pairs(self.active) do
      if active.run.trial_id == trial_id then self.launcher:stop(active.run) end
   end
end

-- A trial is judged by the mean of its seeds, at each step that all of them have come to.
local function judge(self, active, points)
   local run, trial, others = active.run, nil, {}
   for _, one in ipairs(self.study:trials()) do
      if one.id == run.trial_id then trial = one else others[#others + 1] = one end
   end
   local seen = {number = trial.number, state = trial.state, curve = {}}
   for _, point in ipairs(trial.curve) do
      table.insert(seen.curve, point)
      if point.step > active.judged and trial.state == 'running'
         and self.decide(seen, others, point.step, {direction = self.d.settings.direction}) then
         prune(self, run.trial_id)
         self.display:pruned(trial, point.step)
         return
      end
   end
   active.judged = #trial.curve > 0 and trial.curve[#trial.curve].step or active.judged
   if gives_way(self, active, others, points[#points].step) then self.launcher:stop(run) end
end

--- Reads what a run has reported since the last look.
---@param active ActiveRun
function Coordinator:look_at(active)
   local points, run = active.reported:poll(), active.run
   if not active.steps and folder.is_file(active.path .. '/options.json') then
      local o = json.load(active.path .. '/options.json')
      active.steps, active.eval_every = o.steps, o.eval_every
   end
   warn_of_idle_pruner(self, active)
   if not run.stage and active.reported:lacks_metric() then miss_metric(self, active) end
   if #points == 0 or run.stage then return end
   self.study:report(run, points)
   if self.d.settings.pruner ~= 'none' and not self.stopping then judge(self, active, points) end
end

-- ---- the loop ----

function Coordinator:active_runs()
   local list = {}
   for _, active in pairs(self.active) do list[#list + 1] = active end
   table.sort(list, function(a, b) return a.run.run_id < b.run.run_id end)
   return list
end

-- Says that this coordinator lives, and hears what others say.
function Coordinator:beat()
   self.study:beat(self.owner)
   if self.study:is_asked_to_stop() then self.stopping = self.stopping or 'asked to stop' end
   local runs = {}
   for _, active in pairs(self.active) do runs[#runs + 1] = active.run end
   for _, run in ipairs(self.study:lost(self.owner, runs)) do self.launcher:stop(run) end
end

local function stop_all(self)
   for _, active in pairs(self.active) do self.launcher:stop(active.run) end
end

-- Ctrl-C, SIGTERM: runs save their checkpoints and end; a second one ends them at once.
local function hear_signals(self)
   if host.hl_host_interrupted() == 0 then return end
   host.hl_host_interrupt_clear()
   if self.stopping == 'interrupted' then self.launcher:kill() end
   self.stopping = 'interrupted'
   self.display:note(self.launcher.outlives and 'the jobs go on without this coordinator; `hilo sweep stop` would end them'
      or 'stopping: runs save their checkpoints; Ctrl-C again ends them at once')
end

function Coordinator:one_round()
   for _, ending in ipairs(self.launcher:ended()) do
      local active = self.active[ending.run.run_id]
      if active then self:take_ending(active, ending) end
   end
   hear_signals(self)
   local now = host.hl_host_time()
   if now - self.looked > look_every then
      self.looked = now
      for _, active in ipairs(self:active_runs()) do self:look_at(active) end
      self.display:show(self)
   end
   if now - self.beaten > beat_every then
      self.beaten = now
      self:beat()
   end
   if self.fatal and not self.stopping then self.stopping = 'failed' end
   if self.stopping == 'interrupted' and self.launcher.outlives then return false end
   if self.stopping and not self.told then
      self.told = true
      stop_all(self)
   end
   return self:fill()
end

-- On Slurm one coordinator is enough. On this machine several may share the work; from another one none may write to the same database,
-- for its locks do not hold across hosts.
function Coordinator:take_ownership()
   local only_one = self.launcher.outlives
   local other = self.study:take_ownership(self.owner, function(owner, heartbeat)
      return self.is_gone(owner, heartbeat) or not only_one and process.is_gone(owner) == false
   end)
   check(not other, 'another coordinator looks after this sweep, %s; %s', tostring(other),
      only_one and 'one is enough for Slurm' or 'a store is written to from one machine at a time')
end

--- Carries the sweep out to its end, or until it is stopped.
---@return string? why it was stopped: 'interrupted', 'asked to stop', or that too many trials have failed
function Coordinator:run()
   self:take_ownership()
   core.call(host, 'hl_host_interrupt_install')
   core.call(host, 'hl_host_stop_install')
   self.study:ask_to_stop(false)
   self:beat()
   local pruner, least = self.d.settings.pruner, pruners[self.d.settings.pruner].least
   if self:total() < least then
      self.display:note(('pruner=%s ends no trial of a sweep of fewer than %d that has not diverged'):format(pruner, least))
   end
   local ok, message = pcall(function()
      while self:one_round() do poll.poll({}, next(self.active) and pause_ms or 500) end
   end)
   self.display:close()
   self.study:give_up_ownership(self.owner)
   core.call(host, 'hl_host_interrupt_remove')
   if not ok then error(message, 0) end
   check(not self.fatal, 'sweep: %s', tostring(self.fatal))
   return self.stopping or self.limited and ('%d trials have failed, fail_limit=%d; retry_failed=true tries them again'):format(
      self.study:count_failed(), self.d.settings.fail_limit) or nil
end

return Coordinator
