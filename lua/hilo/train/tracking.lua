--- train/tracking.lua: what a run tells besides its log, none of which changes its results: events for TensorBoard, machine.json,
--- and what its evaluations saw. A run holds one of these; with tracking=false it does nothing.
local core = require 'hilo.core'
local interrupts = require 'hilo.interrupts'
local events = require 'hilo.io.events'
local file = require 'hilo.io.file'
local free = require('hilo.train.options').free
local git = require 'hilo.io.git'
local hparams = require 'hilo.io.hparams'
local histograms = require 'hilo.train.histograms'
local json = require 'hilo.io.json'
local options_of = require 'hilo.options.values'
local Sessions = require 'hilo.train.sessions'
local seen_files = require 'hilo.train.seen'
local event_tags = require 'hilo.train.event_tags'

local host = core.host

---@class Tracking
---@field on boolean
---@field spent number seconds that tracking took so far
local Tracking = {}
Tracking.__index = Tracking

-- A method that does nothing where the run is not tracked, and counts the time that it takes.
local function counted(f)
   return function(self, ...)
      if not self.on then return end
      local began = host.hl_host_time()
      f(self, ...)
      self.spent = self.spent + host.hl_host_time() - began
   end
end

--- Of a run that is about to begin or to go on. The working folder's state is asked for now, and read when training starts.
---@param options table
---@param path string the run's folder
---@return Tracking
function Tracking.new(options, path)
   local began = host.hl_host_time()
   local self = setmetatable({options = options, path = path, on = options.tracking, steps = 0, seconds = 0}, Tracking)
   if self.on then self.git_status, self.started = git.status(), os.time() end
   self.spent = host.hl_host_time() - began
   return self
end

--- Removes what an earlier run of that folder left.
---@param path string
function Tracking.clear(path)
   for _, name in ipairs(events.list(path)) do os.remove(path .. '/' .. name) end
   os.remove(path .. '/machine.json')
   seen_files.clear(path)
end

-- ---- the start ----

-- Options that bear on results, as single values.
local function bearing(options)
   local flat, chosen = options_of.flatten(options), {}
   for key, value in pairs(flat) do
      if not free[key] and key ~= 'name' then
         chosen[key] = type(value) == 'table' and options_of.text_of(value) or value
      end
   end
   return chosen
end

local function as_markdown(options, command)
   local flat, keys = options_of.flatten(options)
   local lines = {'    ' .. command, ''}
   for _, key in ipairs(keys) do lines[#lines + 1] = ('    %s=%s'):format(key, options_of.text_of(flat[key])) end
   return table.concat(lines, '\n')
end

local function learning_rates(job)
   local list = {}
   for name, optimiser in pairs(job.optims or {}) do
      if optimiser.groups then
         for g, group_name in ipairs(event_tags.of_groups(optimiser, job.nets or {})) do
            local tag = group_name == '' and name or name .. '/' .. group_name
            list[#list + 1] = {tag = 'lr/' .. tag, group = optimiser.groups[g]}
         end
      end
   end
   table.sort(list, function(a, b) return a.tag < b.tag end)
   return list
end

--- Training starts after state.step steps.
---@param job table what Run:train takes
---@param state table
Tracking.start = counted(function(self, job, state)
   local o = self.options
   self.session = Sessions.open(self.path, o, {from_step = state.step, started = self.started, git_status = self.git_status})
   self.writer = events.open(self.path, {resumed_after = o.resume and state.step or nil})
   local told = as_markdown(o, self.session.facts.command)
   self.writer:add(0, {hparams.started(bearing(o), self.started), events.text('run/options', told)})
   self.writer:flush()
   self.rates = learning_rates(job)
   self.mark = {step = state.step, time = host.hl_host_time()}
end)

-- ---- the log ----

-- Steps a second since the last line of the log, evaluations left out.
local function rate(self, step)
   local mark, now = self.mark, host.hl_host_time()
   local steps, seconds = step - mark.step, now - mark.time
   self.mark = {step = step, time = now}
   self.steps, self.seconds = self.steps + steps, self.seconds + seconds
   return steps / math.max(seconds, 1e-9)
end

--- A line of the log is due.
---@param step integer
---@param means table<string, number> what is in it
---@param names string[] of the means, in order
Tracking.line = counted(function(self, step, means, names)
   local values = {}
   for _, name in ipairs(names) do
      values[#values + 1] = events.scalar(event_tags.is_of_group(name) and name or 'train/' .. name, means[name])
   end
   for _, entry in ipairs(self.rates) do values[#values + 1] = events.scalar(entry.tag, entry.group.lr) end
   values[#values + 1] = events.scalar('speed/steps_per_second', rate(self, step))
   self.writer:add(step, values)
   self.writer:flush()
end)

-- ---- evaluations ----

-- What was given on the command line when the run was new.
local function given_to(path)
   local ok, origin = pcall(json.load, path .. '/defaults.json')
   return ok and type(origin.given) == 'table' and origin.given or {}
end

-- The options and the scores that TensorBoard shows beside each other.
local function experiment(self, job, scores)
   local metrics = {'scores/' .. job.score}
   for _, entry in ipairs(event_tags.of_scores(scores)) do
      if entry.tag:match('^scores/[^/]+$') and entry.tag ~= metrics[1] then metrics[#metrics + 1] = entry.tag end
   end
   return hparams.experiment(bearing(self.options), metrics, self.started, given_to(self.path))
end

local function add_pictures(self, values, seen, step)
   if seen.matrix then seen_files.save_confusion(self.path, seen.classes, seen.matrix, step) end
   for i, path in ipairs(seen_files.save_pictures(self.path, seen.pictures or {})) do
      local picture = seen.pictures[i]
      values[#values + 1] = events.image('evaluation/' .. picture.name, picture.pixels:size(2), picture.pixels:size(3), file.read(path))
   end
   self.spent = self.spent + (seen.seconds or 0)
end

local function add_histogram(values, tag, t)
   local h = histograms.of(t)
   if h then values[#values + 1] = events.histogram(tag, h) end
end

-- Gradients that nobody asked for were only promised; looking at them would take memory.
local function add_histograms(values, nets)
   for net_name, net in pairs(nets or {}) do
      for _, p in ipairs(net:namedParameters()) do
         local name, gradient = net_name .. '/' .. p.name, p.tensor.grad
         add_histogram(values, 'parameters/' .. name, p.tensor)
         if gradient and not gradient._storage.promised then add_histogram(values, 'gradients/' .. name, gradient) end
      end
   end
end

local function wants_histograms(o, step, steps)
   if o.histograms == 0 then return false end
   return step == steps or o.eval_every > 0 and step / o.eval_every % o.histograms == 0
end

--- An evaluation is done and its scores are in state.
---@param job table
---@param state table
---@param seen SegmentationSeen? the second result of job.evaluate
---@param began number host.hl_host_time() before it
---@param figures table<string, table<string, number>>? what job.diagnose found
Tracking.evaluation = counted(function(self, job, state, seen, began, figures)
   interrupts.hold(function()
      local values = {}
      for _, entry in ipairs(event_tags.of_scores(state.scores)) do values[#values + 1] = events.scalar(entry.tag, entry.value) end
      for _, entry in ipairs(event_tags.of_scores(figures or {})) do values[#values + 1] = events.scalar(entry.tag, entry.value) end
      if not self.described then
         self.writer:add(0, {experiment(self, job, state.scores)})
         self.described = true
      end
      if type(seen) == 'table' then add_pictures(self, values, seen, state.step) end
      if wants_histograms(self.options, state.step, job.steps) then add_histograms(values, job.nets) end
      self.writer:add(state.step, values)
      self.writer:flush()
   end)
   self.mark.time = self.mark.time + host.hl_host_time() - began
end)

-- ---- the end ----

local end_run = counted(function(self, state, how, message, diagnosing)
   if not self.writer then return end
   if how == 'finished' then self.writer:add(state.step, {hparams.finished(os.time())}) end
   self.writer:close()
   self.session:close {to_step = state.step, ended = how, error = message, tracking_seconds = self.spent,
      diagnostics_seconds = diagnosing,
      steps_per_second = self.seconds > 0 and self.steps / self.seconds or nil}
end)

--- Training came to its end, or was stopped, or failed; a failure is told by the caller, whatever becomes of this.
---@param state table
---@param ok boolean
---@param message any the error where it is not ok
---@param diagnosing number? seconds that job.diagnose took
function Tracking:close(state, ok, message, diagnosing)
   local how = ok and 'finished' or interrupts.is(message) and 'interrupted' or 'failed'
   local closed, why = pcall(end_run, self, state, how, how == 'failed' and tostring(message) or nil, diagnosing)
   if ok and not closed then error(why, 0) end
end

return Tracking
