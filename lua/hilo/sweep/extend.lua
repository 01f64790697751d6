--- sweep/extend.lua: the same sweep asked for again: what may grow does (axes, seeds, trials), what would change the meaning of the
--- trials that are there is an error.
local unistd = require 'posix.unistd'
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local definition = require 'hilo.sweep.definition'
local distributions = require 'hilo.sweep.distributions'
local free = require('hilo.train.options').free
local sorted_keys = require 'hilo.keys'
local options = require 'hilo.options.values'
local plan = require 'hilo.sweep.plan'
local space = require 'hilo.sweep.samplers.space'

local check = core.check

local function saved_stage(stage)
   return {script = stage.script, fixed = stage.fixed, defaults = stage.defaults, computed = stage.compute ~= nil}
end

--- A definition as the store keeps it.
---@param d Definition
---@return table
local function to_saved(d)
   local stages = {}
   for name, stage in pairs(d.stages) do stages[name] = saved_stage(stage) end
   return {file = d.file, words = d.words, folder = unistd.getcwd(), settings = d.settings, slurm = d.slurm, main = saved_stage(d.main),
      stages = stages, axes = d.stored_axes, seeds = d.seeds}
end

local function compare(d, what, old, new)
   check(old == new, "sweep '%s' was begun with %s=%s; with %s it would be another one: take another name=", d.settings.name, what, old,
      new)
end

local function text(value) return value == nil and '(its default)' or axes_of.text_of(value) end

-- Fixed options that are not axes now, and are not among those that change no result.
local function compare_fixed(d, prefix, old, new)
   for _, key in ipairs(sorted_keys(old.fixed, new.fixed)) do
      local was, is = old.fixed[key], new.fixed[key]
      if was == nil then was = old.defaults[key] end
      if is == nil then is = new.defaults[key] end
      if not free[key] and not d.axis_of[prefix .. key] then compare(d, prefix .. key, text(was), text(is)) end
   end
end

-- The old axes of a list of which the command names one value alone: that value of the axis, old or new.
local function take_single_values(d, saved)
   for _, old in ipairs(saved.axes) do
      local stage, own_key = definition.owner_of(d, old.name)
      local default, value = stage.defaults[own_key], stage.fixed[own_key]
      if old.kind == 'choice' and not d.axis_of[old.name] and value ~= nil then
         local single = type(value) == 'table' and table.concat(value, type(value[1]) == 'number' and 'x' or ',') or value
         for _, one in ipairs(old.choices) do -- 96x64 is {96, 64}
            if text(options.parse(axes_of.text_of(one), default)) == text(value) then single = one end
         end
         stage.fixed[own_key], d.axis_of[old.name] = nil, {name = old.name, kind = 'choice', choices = {single}}
      end
   end
   d.axes = {}
   for i, key in ipairs(sorted_keys(d.axis_of)) do d.axes[i] = d.axis_of[key] end
end

-- What is judged, and how, can be said anew as long as nothing has been judged.
local function compare_judgement(d, study, saved)
   local judged = study.db:value([[SELECT COUNT(*) FROM trials LEFT JOIN trial_intermediate_values i USING (trial_id)
      LEFT JOIN trial_values v USING (trial_id) WHERE study_id = ? AND (i.step IS NOT NULL OR v.objective IS NOT NULL)]], study.id) > 0
   if judged then
      compare(d, 'direction', study.direction, d.settings.direction)
      for _, key in ipairs {'metric', 'at'} do compare(d, key, saved and saved.settings[key] or d.settings[key], d.settings[key]) end
   end
   study:set_direction(d.settings.direction)
end

local function compare_script(d, saved) compare(d, 'script', saved.main.script, d.main.script) end

local function compare_meaning(d, saved)
   compare_fixed(d, '', saved.main, d.main)
   compare(d, 'stages', table.concat(sorted_keys(saved.stages), ','), table.concat(sorted_keys(d.stages), ','))
   for name, stage in pairs(d.stages) do
      compare(d, name .. '.script', saved.stages[name].script, stage.script)
      compare_fixed(d, name .. '.', saved.stages[name], stage)
   end
end

-- The choices of both, the old ones first: a trial's value is kept as a position among them.
local function joined(old, new)
   local choices = {}
   for i, value in ipairs(old.choices) do choices[i] = value end
   for _, value in ipairs(new.choices) do
      if not axes_of.position(old, value) then choices[#choices + 1] = value end
   end
   return {name = new.name, kind = 'choice', choices = choices}
end

local function old_axes(study, saved)
   local by_name = {}
   for _, axis in ipairs(saved and saved.axes or {}) do by_name[axis.name] = axis end
   if saved then return by_name end
   for _, row in ipairs(study.db:rows('SELECT DISTINCT param_name, distribution_json FROM trial_params JOIN trials USING (trial_id) '
      .. 'WHERE study_id = ?', study.id)) do
      by_name[row.param_name] = distributions.decode(row.param_name, row.distribution_json)
   end
   return by_name
end

-- Axes stay: a range does not become one value.
local function check_axes(d, old)
   for _, name in ipairs(sorted_keys(old)) do
      check(d.axis_of[name], "sweep '%s' varies %s (%s); say so again, or take another name=", d.settings.name, name,
         axes_of.describe(old[name]))
   end
end

-- What the trials that are there have for an axis that is new.
local function former_value(d, saved, key)
   local stage, own_key = definition.owner_of(d, key)
   local old = stage.name and saved.stages[stage.name] or saved.main
   local value = old.fixed[own_key]
   if value == nil then value = old.defaults[own_key] end
   return type(value) == 'table' and axes_of.text_of(value) or value
end

-- The axes as the store has them; trials that are there get what they lack.
local function extend_axes(d, study, saved, old)
   local stored = {}
   local has_trials = study:count_trials() > 0
   for i, axis in ipairs(d.axes) do
      local before = old[axis.name]
      check(not before or (before.kind == 'choice') == (axis.kind == 'choice'),
         "sweep '%s': %s was %s and cannot become %s; take another name=", d.settings.name, axis.name,
         before and axes_of.describe(before), axes_of.describe(axis))
      stored[i] = before and axis.kind == 'choice' and joined(before, axis) or axis
      if not before and has_trials and saved then
         local value = former_value(d, saved, axis.name)
         check(value ~= nil and axes_of.holds(axis, value),
            "sweep '%s': its trials have %s=%s, which is none of the values of the new axis; add it, or take another name=",
            d.settings.name, axis.name, text(value))
         for _, trial in ipairs(study:trials()) do study:set_values(trial.id, {stored[i]}, {[axis.name] = value}) end
      elseif before and #(stored[i].choices or {}) > #(before.choices or {}) then
         -- Optuna wants one distribution in all trials of a study
         study.db:run('UPDATE trial_params SET distribution_json = ? WHERE param_name = ? AND trial_id IN (SELECT trial_id FROM trials '
            .. 'WHERE study_id = ?)', distributions.encode(stored[i]), axis.name, study.id)
      end
   end
   return stored
end

local function union_of_seeds(old, new)
   local seen, all = {}, {}
   for _, list in ipairs {old, new} do
      for _, seed in ipairs(list) do
         if not seen[seed] then
            seen[seed], all[#all + 1] = true, seed
         end
      end
   end
   return all
end

local function contains(list, item)
   for _, one in ipairs(list) do
      if one == item then return true end
   end
   return false
end

-- The option by which a run that is there is another one than what is planned in its place, with both values; nil where none is. What
-- its stages were told comes first, for the names of their runs follow from that.
local function difference(d, study, there, run, planned)
   for _, other in ipairs(planned) do
      for _, name in ipairs(contains(run.needs, other.name) and there.needs or {}) do
         local needed = study:run(name)
         local key, was, is
         if needed and needed.stage == other.stage then key, was, is = difference(d, study, needed, other, planned) end
         if key then return key, was, is end
      end
   end
   local stage = d.stages[run.stage] or d.main
   for _, key in ipairs(sorted_keys(there.options, run.options)) do
      local was, is = there.options[key], run.options[key]
      if was == nil then was = stage.defaults[key] end
      if is == nil then is = stage.defaults[key] end
      if not free[key] and text(was) ~= text(is) then
         return run.stage and run.stage .. '.' .. key or key, text(was), text(is)
      end
   end
end

-- Options may have changed that are computed, or all where nothing is kept. What has failed or not begun is planned anew with them; any
-- other run would be that of another sweep.
local function renew_changed(d, study)
   for _, trial in ipairs(study:trials()) do
      for _, there in ipairs(study:runs(trial.id)) do
         local planned = plan(d, trial.number, trial.values, there.seed)
         local key, was, is = difference(d, study, there, planned[#planned], planned)
         if key then
            if study:is_kept(there) then compare(d, key, was, is) end
            study:forget_run(there)
            study:add_runs(trial.id, planned)
            study:reopen(trial.id)
            study:settle(trial.id)
         end
      end
   end
   study:forget_unneeded()
end

-- Trials that are there get the runs of seeds that are new.
local function add_seeds(d, study)
   for _, trial in ipairs(study:trials()) do
      local before = #study:runs(trial.id)
      if before > 0 and (trial.state == 'complete' or trial.state == 'running') then
         for _, seed in ipairs(d.seeds) do study:add_runs(trial.id, plan(d, trial.number, trial.values, seed)) end
         if #study:runs(trial.id) > before then
            study:reopen(trial.id)
            study:settle(trial.id)
         end
      end
   end
end

-- What will be run though this command does not name it: seeds of earlier ones, and values whose runs have not ended.
local function older_parts(d, study, asked_seeds)
   local parts, named, seen = {}, {}, {}
   local function note(part)
      if not seen[part] then
         seen[part], parts[#parts + 1] = true, part
      end
   end
   for _, seed in ipairs(asked_seeds) do named[seed] = true end
   local trials = {}
   for _, trial in ipairs(study:trials()) do trials[trial.id] = trial end
   local more = study:count_trials() < math.min(space.size(d.axes), d.settings.trials > 0 and d.settings.trials or math.huge)
   for _, seed in ipairs(d.seeds) do
      if more and not named[seed] then note('seed ' .. seed) end
   end
   for _, run in ipairs(study:runs()) do
      if run.state == 'WAITING' or run.state == 'RUNNING' then
         if not named[run.seed] then note('seed ' .. run.seed) end
         for _, axis in ipairs(trials[run.trial_id] and d.axes or {}) do
            local value = trials[run.trial_id].values[axis.name]
            if value ~= nil and not axes_of.holds(axis, value) then note(axis.name .. '=' .. text(value)) end
         end
      end
   end
   return parts
end

--- Joins what is asked for with what the store has of a sweep, and saves it.
---@param d Definition
---@param study Study
---@return string[] older what will be run of earlier commands that this one does not name: 'seed 2', 'lr=0.1'
return function(d, study)
   local older
   study:transaction(function()
      local saved = not study:forget_unbegun() and study:definition() or nil
      compare_judgement(d, study, saved)
      if saved then
         compare_script(d, saved)
         take_single_values(d, saved)
      end
      local old = old_axes(study, saved)
      check_axes(d, old)
      if saved and study:has_kept() then compare_meaning(d, saved) end
      d.stored_axes = extend_axes(d, study, saved, old)
      local asked_seeds = d.seeds
      d.seeds = union_of_seeds(saved and saved.seeds or {}, d.seeds)
      if saved then renew_changed(d, study) end
      if d.settings.retry_failed then
         study:retry_failed()
         study:retry_refused()
      end
      if saved then add_seeds(d, study) end
      study:save_definition(to_saved(d))
      d.extent = study:extent()
      older = saved and older_parts(d, study, asked_seeds) or {}
   end)
   return older
end
