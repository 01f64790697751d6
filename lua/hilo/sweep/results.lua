--- sweep/results.lua: what a sweep has found, as tables: for the report, for scripts, and as a table of text.
local aligned = require 'hilo.aligned'
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local distributions = require 'hilo.sweep.distributions'
local numbers = require 'hilo.sweep.numbers'
local ranking = require 'hilo.sweep.ranking'
local Store = require 'hilo.sweep.store'

local results = {}

local run_states = {WAITING = 'waiting', RUNNING = 'running', COMPLETE = 'complete', PRUNED = 'pruned', FAIL = 'failed'}

---@class SweepResults
---@field name string
---@field script string
---@field created string?
---@field metric string
---@field direction 'max'|'min'
---@field at 'last'|'best'
---@field sampler string
---@field pruner string
---@field store string path
---@field runs string folder of all runs
---@field axes Axis[]
---@field fixed table<string, any>
---@field computed boolean? whether a function computes the other options
---@field defaults table<string, any>
---@field seeds integer[]
---@field trials TrialResult[]
---@field stages RunResult[] runs that trials share

---@class RunResult
---@field name string
---@field path string its folder
---@field seed integer?
---@field stage string?
---@field script string
---@field options table<string, any>
---@field state string
---@field value number? where it is complete
---@field error string?
---@field seconds number
---@field curve {step: integer, value: number}[]

---@class TrialResult
---@field number integer
---@field state 'complete'|'running'|'waiting'|'pruned'|'failed'
---@field values table<string, any>
---@field value number? mean over the finished runs
---@field spread number? standard deviation over them (n - 1)
---@field n integer finished runs
---@field error string?
---@field curve {step: integer, value: number}[]
---@field seconds number
---@field runs RunResult[]

local function axes_found(study, saved)
   if saved then return saved.axes end
   local axes, seen = {}, {}
   for _, row in ipairs(study.db:rows('SELECT param_name, distribution_json FROM trial_params JOIN trials USING (trial_id) '
      .. 'WHERE study_id = ? ORDER BY param_name, trial_id DESC', study.id)) do
      if not seen[row.param_name] then
         seen[row.param_name] = true
         axes[#axes + 1] = distributions.decode(row.param_name, row.distribution_json)
      end
   end
   return axes
end

-- The trials of the store run from their beginning; here those that run nothing just now wait.
local function state_of(trial, runs)
   if trial.state ~= 'running' or #runs == 0 then return trial.state end
   for _, run in ipairs(runs) do
      if run.state == 'running' then return 'running' end
   end
   return 'waiting'
end

--- What a study holds. Studies that Optuna made have trials without runs.
---@param study Study
---@return SweepResults
function results.of(study)
   local saved = study:definition()
   local settings = saved and saved.settings or {metric = 'value', at = 'last', sampler = '', pruner = 'none', runs = ''}
   local by_trial, stages = {}, {}
   for _, row in ipairs(study:runs()) do
      local run = {name = row.name, path = settings.runs .. '/' .. row.name, seed = row.seed, stage = row.stage, script = row.script,
         options = row.options, state = run_states[row.state], value = row.state == 'COMPLETE' and row.value or nil, error = row.error,
         seconds = row.seconds, curve = study:curve(row.run_id)}
      if row.trial_id then
         by_trial[row.trial_id] = by_trial[row.trial_id] or {}
         table.insert(by_trial[row.trial_id], run)
      else
         stages[#stages + 1] = run
      end
   end
   local found = {name = study.name, script = saved and saved.main.script or '', metric = settings.metric, direction = study.direction,
      at = settings.at, sampler = settings.sampler, pruner = settings.pruner, store = study.db.path, runs = settings.runs,
      axes = axes_found(study, saved), fixed = saved and saved.main.fixed or {}, defaults = saved and saved.main.defaults or {},
      computed = saved and saved.main.computed, trials = {}, stages = stages, seeds = saved and saved.seeds or {}}
   for i, trial in ipairs(study:trials()) do
      local runs = by_trial[trial.id] or {}
      local values, seconds, message = {}, 0, nil
      for _, run in ipairs(runs) do
         values[#values + 1] = run.value
         seconds, message = seconds + run.seconds, message or run.error
      end
      found.created = found.created or trial.started
      found.trials[i] = {number = trial.number, state = state_of(trial, runs), values = trial.values, value = trial.value,
         spread = numbers.spread(values), n = #values, error = message or trial.error, curve = trial.curve,
         seconds = seconds, runs = runs}
   end
   return found
end

--- What the sweep of that name in a store has found.
---@param path string of the store
---@param name string
---@return SweepResults
function results.load(path, name)
   return Store.use(path, function(store)
      local study = store:study(name)
      core.check(study, "there is no sweep '%s' in %s; it has %s", name, path, table.concat(store:names(), ', '))
      return results.of(study)
   end)
end

local function value_text(trial)
   if trial.state == 'failed' then return 'failed' end
   local text = trial.value and numbers.text(trial.value) or '-'
   if trial.spread then text = text .. ' ± ' .. numbers.text(trial.spread, trial.value) end
   return trial.state == 'complete' and text or ('%s (%s)'):format(text, trial.state)
end

--- The table of configurations, best first.
---@param found SweepResults
---@param options? {most: integer?} rows at the most
---@return string
function results.table(found, options)
   local head = {'trial'}
   for _, axis in ipairs(found.axes) do head[#head + 1] = axis.name end
   head[#head + 1], head[#head + 2], head[#head + 3] = found.metric, 'n', 'time'
   local rows = {head}
   for i, trial in ipairs(ranking.ordered(found)) do
      if options and options.most and i > options.most then break end
      local row = {('%04d'):format(trial.number)}
      for _, axis in ipairs(found.axes) do
         local value = trial.values[axis.name]
         row[#row + 1] = value == nil and '-' or type(value) == 'number' and ('%.5g'):format(value) or axes_of.text_of(value)
      end
      row[#row + 1], row[#row + 2], row[#row + 3] = value_text(trial), tostring(trial.n), ('%.0fs'):format(trial.seconds)
      rows[#rows + 1] = row
   end
   return aligned(rows)
end

return results
