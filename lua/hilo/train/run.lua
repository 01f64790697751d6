--- train/run.lua: one training run and its folder:
---
---     runs/<name>/options.json       what it was told, all of it; defaults.json: what its script says without being told, and what the
---                                    command line said
---     runs/<name>/split.json         which images it used; tags.json: the image-level tags it learnt from, where data.tags names some
---     runs/<name>/classes.json       names and colours of the classes, and how pictures are normalised
---     runs/<name>/log.jsonl          a line an interval
---     runs/<name>/last.safetensors   everything needed to go on; previous.safetensors: the checkpoint before; best.safetensors: the
---                                    networks at their best score
---     runs/<name>/scores.json        the final scores
---
--- and, with tracking=true, what the results do not depend on:
---
---     runs/<name>/events.out.tfevents.*  for TensorBoard, a file a process: losses, learning rates, speed, scores, pictures, options
---     runs/<name>/machine.json           what it ran on and what it used, with a line a process
---     runs/<name>/evaluation/            of the newest evaluation: confusion.json, and <image name>.png with image, truth,
---                                        prediction and errors side by side
---
--- A run that was killed goes on with resume=true and gives what it would have given, to the last bit.
local core = require 'hilo.core'
local hilo = require 'hilo'
local arguments = require 'hilo.ops.arguments'
local interrupts = require 'hilo.interrupts'
local lock = require 'hilo.io.lock'
local memory_limit = require 'hilo.memory_limit'
local merged = require 'hilo.merged'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local prepare_device = require 'hilo.train.device'
local json = require 'hilo.io.json'
local kept = require 'hilo.train.kept'
local Log = require 'hilo.train.log'
local non_finite = require 'hilo.train.non_finite'
local options_of = require 'hilo.train.options'
local option_values = require 'hilo.options.values'
local Progress = require 'hilo.train.progress'
local sorted_keys = require 'hilo.keys'
local split_of = require 'hilo.train.split'
local event_tags = require 'hilo.train.event_tags'
local tagged = require 'hilo.train.tagged'
local Tensor = require 'hilo.tensor'
local Tracking = require 'hilo.train.tracking'
local unlisted = require 'hilo.nn.unlisted'

local check, host = core.check, core.host

---@class Run
---@field options table
---@field path string its folder
---@field workers Workers
---@field saved integer? the step of its newest checkpoint; good: where that lies
---@field beginning table<string, string>? of a run that has not begun: the texts that its folder will hold, by file
---@field state table? while it trains: step, how many it has made, and what is kept from step to step
local Run = {}
Run.__index = Run

--- Starts a run, or opens the one to continue: makes its folder, saves the options, seeds the generator.
---@param o table what options.resolve gave
---@return Run
function Run.new(o)
   option_values.check_whole(o, 0, 'eval_every', 'checkpoint_every', 'pictures', 'histograms', 'diagnostics')
   option_values.check_whole(o, 1, 'log_every')
   check(not o.graph or o.device ~= 'cpu', 'graph=true records the step for a card; it needs device=cuda')
   check(o.name ~= '', 'the run needs a name: name=...')
   prepare_device(o)
   local self = setmetatable({options = o, path = o.runs .. '/' .. o.name, loaders = {}, diagnosing = 0}, Run)
   self.last, self.best = self.path .. '/' .. kept.last, self.path .. '/' .. kept.best
   self:enter()
   self.tracking = Tracking.new(o, self.path)
   -- a file that does not come is told on stderr
   core.call(host, 'hl_host_watch_files', tonumber(os.getenv 'HILO_PATIENCE') or 10)
   hilo.manualSeed(o.seed)
   self.workers = hilo.data.workers {threads = o.workers, cache_mb = o.cache_mb}
   return self
end

local refusals = {
   run = '%s holds a run already; continue it with resume=true, take another name=, or replace it with overwrite=true',
   runs = '%s holds other runs, as the folder of a sweep does; take another name=',
}

-- The folder is this process's from here on.
---@private
function Run:enter()
   local o = self.options
   folder.make(self.path)
   check(lock.take(self.path), 'another process trains in %s; wait until it ends, stop it, or take another name=', self.path)
   -- what is there counts once the folder is locked: another process may have trained in it until now
   local there = not o.resume and not o.overwrite and kept.found(self.path)
   if refusals[there] then
      lock.give_back(self.path)
      core.raise(refusals[there]:format(self.path))
   end
   if there == 'log' then self:say(('the run in %s ended before its first checkpoint; it begins anew'):format(self.path)) end
   kept.clear_temporary(self.path)
   if o.resume then
      options_of.check_unchanged(o)
   else
      self.beginning = {}
      self:record('defaults.json', options_of.origin(o))
      self:record('options.json', o)
   end
end

--- Writes a file of the run; of one that has not begun, when it does.
---@private
function Run:record(name, value)
   local text = json.encode(value) .. '\n'
   if self.beginning then self.beginning[name] = text else file.write(self:file(name), function(out) out(text) end) end
end

-- From here on the folder is this run's. One that it replaces is kept until now, when all that was asked for has been read: it may have
-- been wrong, or the weights of that very run.
---@private
function Run:begin()
   if not self.beginning then return end
   kept.remove(self.path)
   Tracking.clear(self.path)
   local beginning = self.beginning
   self.beginning = nil
   for name, text in pairs(beginning) do file.write(self:file(name), function(out) out(text) end) end
end

--- Path of a file of the run.
---@param name string
---@return string
function Run:file(name) return self.path .. '/' .. name end

-- Crops in which the cells of a network lie where its logits are put, see data.transforms.whole.
local function tell_of_crop(run)
   local o = run.options
   local stride = o.model and o.model.output_stride
   if not stride or not o.crop or o.resume then return end
   local fitting, fits = {}, true
   for i, side in ipairs(o.crop) do
      fitting[i] = math.max(1, math.floor((side - 1) / stride + 0.5)) * stride + 1
      fits = fits and fitting[i] == side
   end
   if not fits then
      run:say(('note: with output stride %d label maps are placed exactly in crops of %dk+1 pixels: crop=%s in the place of %s'):format(
         stride, stride, table.concat(fitting, ','), table.concat(o.crop, ',')))
   end
end

--- The parts of a data set that this run uses: found at its start and saved, read back when it is continued.
---@param set DataSet
---@return Split
function Run:split(set)
   tell_of_crop(self)
   return split_of(self, set)
end

--- A loader with the run's seed, device and workers, which follows the run's steps.
---@param options table of data.loader
---@return Loader
function Run:loader(options)
   options.seed, options.device, options.workers = self.options.seed, self.options.device, self.workers
   local loader = hilo.data.loader(options)
   self.loaders[#self.loaders + 1] = loader
   return loader
end

--- Loaders of the same crops, one for each transform: the first draws all of a sample, the others the same place and colours of their
--- own. So a teacher is shown pictures as they are, and its student the same crops in other colours.
---@param options table of data.loader, but for transform and look
---@param transforms Transform[]
---@return Loader ... as many as transforms
function Run:looks(options, transforms)
   local loaders = {}
   for i, transform in ipairs(transforms) do
      loaders[i] = self:loader(merged(options, {transform = transform, look = i > 1 and i - 1 or nil}))
   end
   return unpack(loaders)
end

--- The image-level tags of data.tags, of pictures that neither train with label maps nor measure; nil where there are none.
---@param set DataSet
---@param split Split
---@return RunTags?
function Run:tags(set, split) return tagged(self, set, split) end

--- Prints a line: above the progress bar, or with the time of day.
---@param text string
function Run:say(text)
   (self.progress or Progress.new {total = 0}):line(text)
end

-- ---- checkpoints ----

---@private
function Run:save(job, state)
   lock.check(self.path)
   self.log:sync() -- the log is never behind the checkpoint, also where the power fails
   kept.save(self.path, {nets = job.nets, optims = job.optims, meta = state})
   self.saved, self.good = state.step, self.last
end

local function new_state(job) return {step = 0, sums = {}, counted = 0, evaluated = 0, own = job.keep} end

local function on_device(value, device)
   if core.is_tensor(value) then return value:to{device = device} end
   if type(value) == 'table' then
      for key, inner in pairs(value) do value[key] = on_device(inner, device) end
   end
   return value
end

-- What the script keeps itself, in the table that it holds.
local function restore_own(job, state, device)
   if not job.keep then return end
   for key in pairs(job.keep) do job.keep[key] = nil end
   for key, value in pairs(state.own or {}) do job.keep[key] = on_device(value, device) end
   state.own = job.keep
end

---@private
function Run:restore(job)
   if not self.options.resume then return new_state(job) end
   local path = kept.sound(self.path, function(text) self:say(text) end)
   if not path then
      self:say(('%s has no checkpoint yet, so the run starts from its beginning'):format(self.path))
      return new_state(job)
   end
   local state = hilo.io.checkpoint.load(path, {nets = job.nets, optims = job.optims})
   for _, loader in ipairs(self.loaders) do loader:seek(state.step + 1) end
   on_device(state.sums, self.options.device)
   restore_own(job, state, self.options.device)
   self.saved, self.good = state.step, path
   self:say(('continuing %s from step %d'):format(self.path, state.step))
   return state
end

-- ---- the log ----

-- Errors unless these are numbers or tensors of one element by name, or groups of such.
local function check_losses(values, name)
   if name and (type(values) == 'number' or core.is_tensor(values) and values:nElement() == 1) then return end
   if type(values) ~= 'table' or getmetatable(values) then
      core.raise(('the step must return what is logged by name, {loss = L}, numbers or tensors of one element; %s is %s'):format(
         name and ("its '%s'"):format(name) or 'what it returned', core.is_tensor(values)
            and 'a tensor of ' .. Tensor.shape_text(values) or arguments.describe(values)))
   end
   for key, value in pairs(values) do check_losses(value, name and name .. '/' .. key or tostring(key)) end
end

-- Sums stay on the device, so that nothing waits for it until a line is due.
local function add_to_sums(sums, values, group)
   for key, value in pairs(values) do
      local name = group .. key
      local sum = sums[name]
      if core.is_tensor(value) then
         -- a copy of the first, for the next step may reuse it
         sums[name] = sum and hilo.no_grad(hilo.add, sum, value) or hilo.no_grad(value.clone, value)
      elseif type(value) == 'table' then
         add_to_sums(sums, value, name .. '/')
      else
         sums[name] = (sum or 0) + value
      end
   end
end

local function add_losses(state, losses)
   add_to_sums(state.sums, losses, '')
   state.counted = state.counted + 1
end

local function means_of(state)
   local means, names = {}, {}
   for name, sum in pairs(state.sums) do
      means[name] = (core.is_tensor(sum) and sum:item() or sum) / state.counted
      names[#names + 1] = name
   end
   table.sort(names)
   return means, names
end

-- Sums of losses that are not finite end the run.
---@private
function Run:check_finite(job, state)
   local name, value = non_finite.of((means_of(state)))
   if name then non_finite.stop(self, job, state.step, name, value) end
end

---@private
function Run:write_log(state)
   local means, names = means_of(state)
   local parts, entry = {}, {step = state.step, seconds = host.hl_host_time() - self.began}
   for _, name in ipairs(names) do
      entry[name] = means[name]
      if not event_tags.is_of_group(name) then parts[#parts + 1] = ('%s %.4g'):format(name, means[name]) end
   end
   lock.check(self.path)
   self.log:write(entry)
   self.tracking:line(state.step, means, names)
   state.sums, state.counted = {}, 0
   self.progress:report(table.concat(parts, '  '))
end

-- What the script measures besides scores: figures by group and name, and a line about them.
---@private
function Run:diagnose(job)
   if not job.diagnose or self.options.diagnostics == 0 then return nil end
   local began = host.hl_host_time()
   local figures, told = job.diagnose()
   self.diagnosing = self.diagnosing + host.hl_host_time() - began
   return figures, told
end

---@private
function Run:evaluate(job, state)
   local began = host.hl_host_time()
   self.measuring = true
   local scores, seen = job.evaluate()
   check(type(scores) == 'table' and not core.is_tensor(scores), 'evaluate must return a table of scores by name, got %s',
      core.is_tensor(scores) and 'a tensor' or type(scores))
   local figures, told = self:diagnose(job)
   -- the state, the log and the best network belong together: Ctrl-C waits for all of them
   interrupts.hold(function()
      self:note_evaluation(job, state, scores, figures, told)
      self.tracking:evaluation(job, state, seen, began, figures)
   end)
   self.measuring = false
end

local function is_nan(x) return x ~= x end

---@private
function Run:note_evaluation(job, state, scores, figures, told)
   local value = scores[job.score]
   check(type(value) == 'number', "evaluate gave no number '%s', by which the best network is told; it gave %s", job.score,
      table.concat(sorted_keys(scores), ', '))
   state.evaluated, state.scores = state.step, scores
   lock.check(self.path)
   self.log:write {step = state.step, scores = scores, diagnostics = figures}
   self:say(('step %d: %s %.2f%s'):format(state.step, job.score:gsub('_', ' '), value, told and '; ' .. told or ''))
   if not state.best or value > state.best.value or is_nan(state.best.value) then
      state.best = {step = state.step, value = value}
      hilo.io.checkpoint.save(self.best, {nets = job.nets, generator = false, meta = {step = state.step, scores = scores}})
   end
end

--- f() with the batches of the last step given once more; the steps that follow get those that they would have had. For what is
--- measured after an evaluation, inside train.undisturbed.
---@param f fun(): ...
---@return ... what f returns
function Run:again(f)
   local step = check(self.state and self.state.step > 0 and self.state.step, 'run:again: the run has made no step yet')
   local function seek(to)
      for _, loader in ipairs(self.loaders) do loader:seek(to) end
   end
   local function restore(ok, ...)
      seek(step + 1)
      if not ok then error((...), 0) end
      return ...
   end
   seek(step)
   return restore(pcall(f))
end

-- ---- training ----

local function due(step, every, steps) return step == steps or (every > 0 and step % every == 0) end

-- A step, its losses and its line of the log belong together: Ctrl-C waits for all of them.
---@private
function Run:one_step(job, state)
   state.step = state.step + 1
   if job.schedule then job.schedule(state.step) end
   local losses = self.step(state.step) or {}
   check_losses(losses)
   local accepted = not self.guard or self.guard:accept(losses)
   if accepted then
      add_losses(state, losses)
   else
      self:say(('step %d was left out: its losses or gradients are not finite (%d so far)'):format(state.step, self.guard.skipped))
   end
   self.progress:update(state.step)
   local logs = due(state.step, self.options.log_every, job.steps)
   -- on a card only where the run waits for it anyway, and then all steps since
   if logs then
      self.failed = non_finite.of((means_of(state))) ~= nil
   elseif accepted and self.options.device == 'cpu' then
      self.failed = non_finite.of(losses) ~= nil
   end
   if logs and not self.failed then self:write_log(state) end
end

---@private
function Run:after_step(job, state)
   local o = self.options
   if state.step > 0 and state.evaluated < state.step and due(state.step, o.eval_every, job.steps) then self:evaluate(job, state) end
   if state.step > 0 and self.saved ~= state.step and due(state.step, o.checkpoint_every, job.steps) then
      self:check_finite(job, state)
      self:save(job, state)
   end
end

---@private
function Run:loop(job, state)
   self:after_step(job, state)
   while state.step < job.steps do
      interrupts.hold(self.one_step, self, job, state)
      if self.failed then self:check_finite(job, state) end
      if interrupts.pending() then error('interrupted', 0) end
      self:after_step(job, state)
   end
   self.measuring = true
   if job.finish then job.finish() end
end

-- Ctrl-C, SIGTERM or SIGUSR1 came between two steps or in an evaluation, which changes nothing: the state is that after state.step.
---@private
function Run:stop(job, state)
   self.progress:finish()
   local said = ('interrupted at step %d of %d; '):format(state.step, job.steps)
   local name, value = non_finite.of((means_of(state)))
   if name then -- on a card nobody has looked since the last line of the log
      self:say(('%s%s is %g, so it is not saved%s'):format(said, name, value,
         self.saved and ('; the checkpoint of step %d is kept'):format(self.saved) or ''))
   else
      self:save(job, state)
      self:say(said .. 'the checkpoint is saved. To go on:')
      self:say(('   the same command with name=%s resume=true'):format(self.options.name))
   end
   if interrupts.at_prompt then error('interrupted', 0) end
   os.exit(128 + host.hl_host_interrupt_signal(), true)
end

-- What failed is an evaluation or what comes after the last: the training up to here is saved. Returns the message with that.
---@private
function Run:rescue(job, state, message)
   if not self.measuring or self.saved == state.step or non_finite.of((means_of(state))) then return message end
   if not pcall(self.save, self, job, state) then return message end
   return ('%s\nthe training is saved up to step %d: once that is mended, the same command with name=%s resume=true goes on'):format(
      message, state.step, self.options.name)
end

---@private
function Run:finish(job, state)
   local scores = {step = state.step, best = {step = state.best.step, [job.score] = state.best.value}}
   for key, value in pairs(state.scores) do scores[key] = value end
   lock.check(self.path)
   json.save(self:file('scores.json'), scores)
   self.progress:finish()
   self:say(('%s: %s %.1f (best %.1f at step %d), in %s'):format(self.options.name, job.score:gsub('_', ' '), scores[job.score],
      state.best.value, state.best.step, Progress.duration(host.hl_host_time() - self.began)))
   return scores
end

--- Trains. For t = 1..steps, `schedule(t)` sets what changes from step to step: learning rates, and tensors that hold weights;
--- then `step(t)` returns what to log: {name = tensor of one element or number}, of which the log holds the mean over the interval.
--- A table of such under a name is a group: {D = {real = x}} is logged as 'D/real', and not printed.
--- With graph=true the step is recorded after two plain ones, see hilo.graph: then only `schedule` is called anew each time.
--- A step is never stopped half way; Ctrl-C is answered after it.
---
--- A run that goes on has its networks, optimisers, hilo's generator and the table `keep` as they were. What else a script remembers
--- from step to step has to be in that table; numbers of math.random are drawn anew, those of hilo are not.
---@param job {steps: integer, schedule: (fun(t: integer))?, step: (fun(t: integer): table<string, Tensor|number>),
--- evaluate: (fun(): table, SegmentationSeen?), diagnose: (fun(): table<string, table<string, number>>, string?)?, score: string,
--- finish: fun()?, nets: table<string, Module>, optims: table<string, Optimiser>, keep: table?} diagnose: figures by
--- group and name, measured after each evaluation, and a line of text about them (train.diagnose); score: the field of what evaluate
--- returns that tells the best, the larger the better; finish: makes what else the trained networks are for, before the run counts as
--- ended; keep: numbers, strings, booleans, tensors and tables of them
---@return table scores those of the last evaluation, with step and best
function Run:train(job)
   option_values.check_whole(job, 1, 'steps')
   option_values.choice('on_nan', self.options.on_nan, {'stop', 'skip'})
   check(not (self.options.graph and self.options.on_nan == 'skip'), 'on_nan=skip looks at each step, which a recorded one does not '
      .. 'wait for; take graph=false, or on_nan=stop')
   self.guard = self.options.on_nan == 'skip' and non_finite.guard(job) or nil
   self.step = self.options.graph and hilo.graph(job.step, {device = self.options.device}) or job.step
   core.call(host, 'hl_host_interrupt_install')
   if not interrupts.at_prompt then core.call(host, 'hl_host_stop_install') end
   self.began = host.hl_host_time()
   local state = self:restore(job)
   self.state = state
   self:begin()
   for name, net in pairs(job.nets) do
      local why = unlisted(net)
      if why then self:say(('warning: %s: %s'):format(name, why)) end
   end
   self.log = Log.open(self:file('log.jsonl'), state.step)
   memory_limit.name(job.nets, job.optims)
   self.tracking:start(job, state)
   self.progress = Progress.new {total = job.steps, done = state.step, title = self.options.name}
   local ok, message = xpcall(self.loop, function(text)
      if os.getenv('HILO_TRACEBACK') then text = debug.traceback(text) end
      return text
   end, self, job, state)
   core.call(host, 'hl_host_interrupt_remove')
   self.tracking:close(state, ok, message, job.diagnose and self.diagnosing)
   if not ok then
      self.progress:finish()
      if interrupts.is(message) then self:stop(job, state) end
      message = self:rescue(job, state, message)
      if tostring(message):find('memory_limit: ', 1, true) and self.saved then
         message = ('%s; the checkpoint of step %d is kept'):format(message, self.saved)
      end
      error(message, 0)
   end
   return self:finish(job, state)
end

return Run
