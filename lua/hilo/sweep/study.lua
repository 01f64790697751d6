--- sweep/study.lua: one sweep of a store: what it is asked, and its trials. Its runs are in study_runs.lua. Each method is one
--- transaction or part of one, so several coordinators may work on one sweep.
local time = require 'posix.sys.time'
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local distributions = require 'hilo.sweep.distributions'
local json = require 'hilo.io.json'
local numbers = require 'hilo.sweep.numbers'
local process = require 'hilo.io.process'

local patience = 60 -- seconds of silence after which a coordinator of another machine is taken for dead

---@class Study
---@field db Database
---@field id integer
---@field name string
---@field direction 'max'|'min'
local Study = {}
Study.__index = Study

for name, f in pairs(require 'hilo.sweep.study_runs') do Study[name] = f end

--- A sweep's rows in a store.
---@param db Database
---@param id integer of the study
---@param name string
---@param direction 'max'|'min'
---@return Study
function Study.new(db, id, name, direction)
   return setmetatable({db = db, id = id, name = name, direction = direction}, Study)
end

--- Seconds since 1970.
---@return number
function Study.now()
   local t = time.gettimeofday()
   return t.tv_sec + t.tv_usec / 1e6
end

--- Whether a coordinator has ended.
---@param owner string
---@param heartbeat number? when it last said that it lives
---@return boolean
function Study.is_gone(owner, heartbeat)
   local gone = process.is_gone(owner)
   if gone == nil then return Study.now() - (heartbeat or 0) > patience end
   return gone
end

-- The time of day as Optuna writes it.
local function time_text()
   local t = time.gettimeofday()
   return os.date('%Y-%m-%d %H:%M:%S', t.tv_sec) .. ('.%06d'):format(t.tv_usec)
end

--- f() as one transaction.
---@param f fun(): ...
---@return ... what f returns
function Study:transaction(f) return self.db:transaction(f) end

-- ---- what the sweep is asked ----

--- What was asked for last; nil for a study that Optuna made.
---@return table? saved
function Study:definition()
   local text = self.db:value('SELECT definition_json FROM hilo_sweeps WHERE study_id = ?', self.id)
   return text and json.decode(text, self.db.path)
end

--- What the sweep spans: its axes and seeds as one text.
---@return string
function Study:extent()
   local saved = self:definition()
   return json.encode({axes = saved.axes, seeds = saved.seeds}, {one_line = true})
end

--- Keeps what was asked for, for who continues the sweep.
---@param saved table
function Study:save_definition(saved)
   self.db:run([[INSERT INTO hilo_sweeps (study_id, definition_json) VALUES (?, ?)
      ON CONFLICT (study_id) DO UPDATE SET definition_json = excluded.definition_json]], self.id, json.encode(saved, {one_line = true}))
end

--- Forgets what was asked for, and the trials that were planned, as long as nothing has come of it: no run has begun, nobody looks
--- after the sweep, and all trials are its own.
---@return boolean forgotten
---@private
function Study:forget_unbegun()
   return self.db:transaction(function()
      local function count(text) return self.db:value('SELECT COUNT(*) FROM ' .. text, self.id) end
      if self:is_owned() or count "hilo_runs WHERE study_id = ? AND (begun = 1 OR state NOT IN ('WAITING', 'FAIL'))" > 0 then
         return false
      end
      if count [[trials t WHERE study_id = ? AND (
         trial_id IN (SELECT trial_id FROM trial_system_attributes WHERE "key" = 'fixed_params')
         OR trial_id NOT IN (SELECT trial_id FROM hilo_runs WHERE trial_id IS NOT NULL) AND NOT (state = 'FAIL'
            AND trial_id IN (SELECT trial_id FROM trial_user_attributes WHERE "key" = 'error')))]] > 0 then
         return false
      end
      for _, place in ipairs {'trial_user_attributes', 'trial_system_attributes', 'trial_params', 'trial_values',
         'trial_intermediate_values', 'trial_heartbeats'} do
         self.db:run(('DELETE FROM %s WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?)'):format(place), self.id)
      end
      for _, place in ipairs {'hilo_runs', 'trials', 'hilo_sweeps'} do
         self.db:run(('DELETE FROM %s WHERE study_id = ?'):format(place), self.id)
      end
      return true
   end)
end

--- Which values are good.
---@param direction 'max'|'min'
function Study:set_direction(direction)
   self.direction = direction
   self.db:run('UPDATE study_directions SET direction = ? WHERE study_id = ?', direction == 'max' and 'MAXIMIZE' or 'MINIMIZE', self.id)
end

--- Asks the coordinators of this sweep to end, or forgets that they were asked.
---@param stop boolean
function Study:ask_to_stop(stop) self.db:run('UPDATE hilo_sweeps SET stop = ? WHERE study_id = ?', stop and 1 or 0, self.id) end

--- Whether somebody asked the coordinators of this sweep to end.
---@return boolean
function Study:is_asked_to_stop() return self.db:value('SELECT stop FROM hilo_sweeps WHERE study_id = ?', self.id) == 1 end

--- Makes `owner` the only coordinator, where the sweep may have but one.
---@param owner string
---@param gone fun(owner: string, heartbeat: number): boolean whether the one that is noted has ended
---@return string? other the owner that is there instead
function Study:take_ownership(owner, gone)
   return self.db:transaction(function()
      local row = self.db:row('SELECT owner, heartbeat FROM hilo_sweeps WHERE study_id = ?', self.id)
      if row.owner and row.owner ~= owner and not gone(row.owner, row.heartbeat) then return row.owner end
      self.db:run('UPDATE hilo_sweeps SET owner = ?, heartbeat = ? WHERE study_id = ?', owner, self.now(), self.id)
   end)
end

--- Whether a coordinator looks after a sweep that may have but one.
---@return boolean
function Study:is_owned()
   local row = self.db:row('SELECT owner, heartbeat FROM hilo_sweeps WHERE study_id = ?', self.id)
   return row ~= nil and row.owner ~= nil and not self.is_gone(row.owner, row.heartbeat)
end

--- `owner` is no longer the coordinator.
---@param owner string
function Study:give_up_ownership(owner)
   self.db:run('UPDATE hilo_sweeps SET owner = NULL WHERE study_id = ? AND owner = ?', self.id, owner)
end

-- ---- trials ----

local states = {COMPLETE = 'complete', RUNNING = 'running', WAITING = 'waiting', PRUNED = 'pruned', FAIL = 'failed'}

---@class StoredTrial
---@field id integer
---@field number integer from 0
---@field state 'complete'|'running'|'waiting'|'pruned'|'failed'
---@field values table<string, any>
---@field value number? the mean over its runs; while it is running over those that have ended
---@field step integer? the last one that all of its runs reported
---@field curve {step: integer, value: number}[]
---@field started string?
---@field ended string?
---@field error string? why it failed

-- The trial of a row that names one: those of a damaged file may name none.
local function trial_of(self, by_id, row)
   return core.check(row.trial_id and by_id[row.trial_id], '%s: a row names the trial %s, which is not there: the file is damaged; '
      .. 'take a copy of it, or let `sqlite3 FILE .recover` write what can be read', self.db.path, tostring(row.trial_id))
end

local function fill_values(self, by_id)
   local decoded = {} -- a sweep has few distributions and many values
   for _, row in ipairs(self.db:rows('SELECT p.* FROM trial_params p JOIN trials t USING (trial_id) WHERE study_id = ?', self.id)) do
      local key = row.param_name .. row.distribution_json
      decoded[key] = decoded[key] or distributions.decode(row.param_name, row.distribution_json)
      trial_of(self, by_id, row).values[row.param_name] = distributions.value(decoded[key], row.param_value)
   end
end

local function fill_curves(self, by_id)
   for _, row in ipairs(self.db:rows([[SELECT i.* FROM trial_intermediate_values i JOIN trials t USING (trial_id) WHERE study_id = ?
      ORDER BY step]], self.id)) do
      local trial = trial_of(self, by_id, row)
      trial.step = row.step
      table.insert(trial.curve, {step = row.step, value = numbers.restored(row.intermediate_value, row.intermediate_value_type)})
   end
end

--- All trials, by number.
---@return StoredTrial[]
function Study:trials()
   local list, by_id = {}, {}
   for i, row in ipairs(self.db:rows([[SELECT t.trial_id, number, state, datetime_start, datetime_complete, value, value_type
      FROM trials t LEFT JOIN trial_values v ON v.trial_id = t.trial_id AND objective = 0
      WHERE study_id = ? ORDER BY number]], self.id)) do
      list[i] = {id = row.trial_id, number = row.number, state = states[row.state], values = {}, curve = {},
         value = row.value_type and numbers.restored(row.value, row.value_type), started = row.datetime_start,
         ended = row.datetime_complete}
      if row.trial_id then by_id[row.trial_id] = list[i] end
      trial_of(self, by_id, row)
   end
   fill_values(self, by_id)
   fill_curves(self, by_id)
   for _, row in ipairs(self.db:rows([[SELECT trial_id, AVG(value) AS mean FROM hilo_runs
      WHERE study_id = ? AND state = 'COMPLETE' AND trial_id IS NOT NULL GROUP BY trial_id]], self.id)) do
      local trial = trial_of(self, by_id, row)
      trial.value = trial.value or row.mean
   end
   for _, row in ipairs(self.db:rows([[SELECT a.trial_id, value_json FROM trial_user_attributes a JOIN trials t USING (trial_id)
      WHERE study_id = ? AND "key" = 'error']], self.id)) do
      trial_of(self, by_id, row).error = axes_of.text_of(json.decode('[' .. row.value_json .. ']', self.db.path)[1])
   end
   return list
end

--- Number of trials, in whatever state.
---@return integer
function Study:count_trials() return self.db:value('SELECT COUNT(*) FROM trials WHERE study_id = ?', self.id) end

--- Number of trials that failed.
---@return integer
function Study:count_failed() return self.db:value("SELECT COUNT(*) FROM trials WHERE study_id = ? AND state = 'FAIL'", self.id) end

--- Adds a trial. Its number is the count of those before it, as Optuna's is; it is running from the beginning, for Optuna would take
--- one that waits for its own.
---@return integer trial_id
---@return integer number
function Study:add_trial()
   return self.db:transaction(function()
      local number = self:count_trials()
      local id = self.db:run("INSERT INTO trials (number, study_id, state) VALUES (?, ?, 'RUNNING')", number, self.id)
      self:begin_trial(id)
      return id, number
   end)
end

--- Trials that somebody has put there to be run and nobody has begun, such as those of Optuna's enqueue_trial.
---@return {id: integer, number: integer, fixed: table<string, any>}[]
function Study:enqueued()
   local list = {}
   for i, row in ipairs(self.db:rows([[SELECT t.trial_id, number, value_json FROM trials t
      LEFT JOIN trial_system_attributes a ON a.trial_id = t.trial_id AND a.key = 'fixed_params'
      WHERE study_id = ? AND state = 'WAITING' ORDER BY number]], self.id)) do
      list[i] = {id = row.trial_id, number = row.number, fixed = row.value_json and json.decode(row.value_json, self.db.path) or {}}
   end
   return list
end

--- Puts the values of a trial where Optuna looks for them.
---@param trial_id integer
---@param axes Axis[]
---@param values table<string, any>
function Study:set_values(trial_id, axes, values)
   for _, axis in ipairs(axes) do
      local value = values[axis.name]
      if value ~= nil then
         self.db:run([[INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)
            ON CONFLICT (trial_id, param_name) DO UPDATE SET param_value = excluded.param_value,
            distribution_json = excluded.distribution_json]], trial_id, axis.name, distributions.number(axis, value),
            distributions.encode(axis))
      end
   end
end

local function set_attribute(self, trial_id, key, value)
   local text = type(value) == 'table' and json.encode(value, {one_line = true}) or json.encode(value)
   self.db:run([[INSERT INTO trial_user_attributes (trial_id, "key", value_json) VALUES (?, ?, ?)
      ON CONFLICT (trial_id, "key") DO UPDATE SET value_json = excluded.value_json]], trial_id, key, text)
end

--- Notes that a trial runs, and since when.
---@param trial_id integer
function Study:begin_trial(trial_id)
   self.db:run([[UPDATE trials SET state = 'RUNNING', datetime_start = COALESCE(datetime_start, ?), datetime_complete = NULL
      WHERE trial_id = ?]], time_text(), trial_id)
   self.db:run([[INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (?, CURRENT_TIMESTAMP)
      ON CONFLICT (trial_id) DO UPDATE SET heartbeat = excluded.heartbeat]], trial_id)
end

--- A trial that had ended goes on.
---@param trial_id integer
function Study:reopen(trial_id)
   self.db:run("UPDATE trials SET state = 'RUNNING', datetime_complete = NULL WHERE trial_id = ?", trial_id)
   self.db:run('DELETE FROM trial_values WHERE trial_id = ?', trial_id)
   self.db:run([[DELETE FROM trial_user_attributes WHERE trial_id = ? AND "key" IN ('error', 'spread', 'seeds')]], trial_id)
end

--- The trial's value at a step, where all of its runs have come there: the mean over them.
---@param trial_id integer
---@param step integer
function Study:report_trial(trial_id, step)
   local values = {}
   for i, row in ipairs(self.db:rows([[SELECT v.value, v.run_id FROM hilo_runs r LEFT JOIN hilo_run_values v
      ON v.run_id = r.run_id AND v.step = ? WHERE r.trial_id = ? ORDER BY r.run_id]], step, trial_id)) do
      if not row.run_id then return end
      values[i] = row.value or 0 / 0
   end
   local value, kind = numbers.stored(numbers.mean(values))
   self.db:run([[INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type)
      VALUES (?, ?, ?, ?) ON CONFLICT (trial_id, step) DO UPDATE SET intermediate_value = excluded.intermediate_value,
      intermediate_value_type = excluded.intermediate_value_type]], trial_id, step, value, kind)
end

--- The last step that all runs of a trial have reported; 0 where there is none.
---@param trial_id integer
---@return integer
function Study:last_step(trial_id)
   return self.db:value('SELECT MAX(step) FROM trial_intermediate_values WHERE trial_id = ?', trial_id) or 0
end

-- ---- endings ----

local function set_value(self, trial_id, value)
   local number, kind = numbers.stored(value)
   self.db:run([[INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, ?)
      ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value, value_type = excluded.value_type]], trial_id, number,
      kind)
end

local function last_reported(self, trial_id)
   local row = self.db:row([[SELECT intermediate_value, intermediate_value_type FROM trial_intermediate_values WHERE trial_id = ?
      ORDER BY step DESC LIMIT 1]], trial_id)
   return row and numbers.restored(row.intermediate_value, row.intermediate_value_type)
end

-- How the trial of these runs ends: its state, its value, and what Optuna keeps beside it. Nothing while a run has not ended.
local function ending_of(self, trial_id, runs)
   local values, attributes, state, seeds = {}, {runs = {}}, 'COMPLETE', {}
   for _, run in ipairs(runs) do
      if run.state == 'WAITING' or run.state == 'RUNNING' then return nil end
      table.insert(attributes.runs, run.name)
      if run.state == 'COMPLETE' then
         values[#values + 1], seeds[tostring(run.seed)] = run.value, run.value
      elseif run.state == 'FAIL' then
         state, attributes.error = 'FAIL', attributes.error or run.error
      elseif state == 'COMPLETE' then
         state = 'PRUNED'
      end
   end
   attributes.seeds = next(seeds) and seeds or nil
   if state == 'COMPLETE' then attributes.spread = numbers.spread(values) end
   local value
   if state == 'COMPLETE' then value = numbers.mean(values) elseif state == 'PRUNED' then value = last_reported(self, trial_id) end
   return state, value, attributes
end

--- A trial whose runs have all ended ends too.
---@param trial_id integer
function Study:settle(trial_id)
   local state, value, attributes = ending_of(self, trial_id, self:runs(trial_id))
   if not state then return end
   if value and value == value then set_value(self, trial_id, value) end -- Optuna has no value that is not a number
   for key, attribute in pairs(attributes) do set_attribute(self, trial_id, key, attribute) end
   self.db:run('UPDATE trials SET state = ?, datetime_complete = ? WHERE trial_id = ?', state, time_text(), trial_id)
end

--- Ends a trial that cannot be run.
---@param trial_id integer
---@param reason string
function Study:refuse(trial_id, reason)
   set_attribute(self, trial_id, 'error', reason)
   self.db:run("UPDATE trials SET state = 'FAIL', datetime_complete = ? WHERE trial_id = ?", time_text(), trial_id)
end

--- Trials that were refused wait to be tried again, as Optuna's enqueued ones do.
---@return integer number of trials
---@private
function Study:retry_refused()
   return self.db:transaction(function()
      local n = 0
      for _, trial in ipairs(self:trials()) do
         if trial.state == 'failed' and trial.error and #self:runs(trial.id) == 0 then
            self:reopen(trial.id)
            self.db:run([[INSERT INTO trial_system_attributes (trial_id, "key", value_json) VALUES (?, 'fixed_params', ?)
               ON CONFLICT (trial_id, "key") DO UPDATE SET value_json = excluded.value_json]], trial.id,
               json.encode(trial.values, {one_line = true}))
            self.db:run("UPDATE trials SET state = 'WAITING' WHERE trial_id = ?", trial.id)
            n = n + 1
         end
      end
      return n
   end)
end

--- Ends a trial: none of its runs goes on.
---@param trial_id integer
function Study:prune(trial_id)
   self.db:transaction(function()
      self.db:run([[UPDATE hilo_runs SET state = 'PRUNED', owner = NULL, job = NULL
         WHERE trial_id = ? AND state IN ('WAITING', 'RUNNING')]], trial_id)
      self:settle(trial_id)
   end)
end

return require('hilo.checked').class('Study', Study)
