--- sweep/study_runs.lua: the runs of a sweep as the store keeps them: methods of Study.
local cjson = require 'cjson'
local core = require 'hilo.core'
local json = require 'hilo.io.json'
local numbers = require 'hilo.sweep.numbers'
local options = require 'hilo.train.options'

local Runs = {}

---@class SweepRun
---@field run_id integer
---@field trial_id integer? nil for a stage's
---@field number integer? of the trial
---@field stage string?
---@field name string
---@field script string
---@field seed integer
---@field options table<string, any>
---@field state 'WAITING'|'RUNNING'|'COMPLETE'|'PRUNED'|'FAIL'
---@field begun integer 1 once its folder holds this run and no older one
---@field step integer that it has reached
---@field job string? what the launcher calls it

local columns = 'SELECT r.*, t.number FROM hilo_runs r LEFT JOIN trials t USING (trial_id) '

local function run_of(row)
   row.options = json.decode(row.options_json, row.name)
   row.needs = json.decode(row.needs_json, row.name)
   row.options_json, row.needs_json = nil, nil
   return row
end

-- Marks a run as failed where one that it needs has failed.
local function fail_with_needs(self, run)
   for _, name in ipairs(cjson.decode(run.needs_json)) do
      local needed = self.db:row('SELECT state, error FROM hilo_runs WHERE study_id = ? AND name = ?', self.id, name)
      if needed and needed.state == 'FAIL' then
         self.db:run("UPDATE hilo_runs SET state = 'FAIL', error = ? WHERE run_id = ?",
            ('the run that it needs, %s, failed: %s'):format(name, needed.error), run.run_id)
         return true
      end
   end
   return false
end

-- The options of a run that is there, with what may change anew; a run that has ended keeps what it was told.
local function renew(self, there, run)
   local told = json.decode(there.options_json, run.name)
   for key in pairs(options.free) do told[key] = run.options[key] end
   local text = json.encode(told, {one_line = true})
   core.check(not run.stage or text == json.encode(run.options, {one_line = true}),
      'sweep: the stage run %s is there with other options; change one of them a little', run.name)
   if there.state ~= 'COMPLETE' and there.state ~= 'PRUNED' and text ~= there.options_json then
      self.db:run('UPDATE hilo_runs SET options_json = ? WHERE run_id = ?', text, there.run_id)
   end
end

--- Adds the runs of a trial that are not there yet; those of stages belong to no trial. A run has failed already where one that it
--- needs has, which `settle` is to tell the trial once all of its runs are there.
---@param trial_id integer
---@param planned PlannedRun[]
function Runs:add_runs(trial_id, planned)
   for _, run in ipairs(planned) do
      local text = json.encode(run.options, {one_line = true})
      local there = self.db:row('SELECT run_id, state, options_json FROM hilo_runs WHERE study_id = ? AND name = ?', self.id, run.name)
      if there then
         if there.options_json ~= text then renew(self, there, run) end
      else
         local needs_json = json.encode(run.needs, {one_line = true})
         local id = self.db:run([[INSERT INTO hilo_runs (study_id, trial_id, stage, name, script, seed, options_json, needs_json,
            state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'WAITING')]], self.id, not run.stage and trial_id or nil, run.stage, run.name,
            run.script, run.seed, text, needs_json)
         fail_with_needs(self, {run_id = id, needs_json = needs_json})
      end
   end
end

--- All runs, or those of a trial.
---@param trial_id? integer
---@return SweepRun[]
function Runs:runs(trial_id)
   local rows = trial_id and self.db:rows(columns .. 'WHERE r.study_id = ? AND r.trial_id = ? ORDER BY run_id', self.id, trial_id)
      or self.db:rows(columns .. 'WHERE r.study_id = ? ORDER BY run_id', self.id)
   for _, row in ipairs(rows) do run_of(row) end
   return rows
end

--- The run of a name.
---@param name string
---@return SweepRun?
function Runs:run(name)
   local row = self.db:row(columns .. 'WHERE r.study_id = ? AND r.name = ?', self.id, name)
   return row and run_of(row)
end

--- Whether a run is under way, was stopped, or has ended well: what it has reached counts.
---@param run SweepRun
---@return boolean
function Runs:is_kept(run) return run.state ~= 'FAIL' and (run.state ~= 'WAITING' or run.begun == 1) end

--- Whether any run is kept.
---@return boolean
function Runs:has_kept()
   for _, run in ipairs(self:runs()) do if self:is_kept(run) then return true end end
   return false
end

--- Forgets a run, and what its trial reported with it.
---@param run {run_id: integer, [string]: any}
function Runs:forget_run(run)
   self.db:run('DELETE FROM trial_intermediate_values WHERE trial_id = ?', run.trial_id)
   self.db:run('DELETE FROM hilo_run_values WHERE run_id = ?', run.run_id)
   self.db:run('DELETE FROM hilo_runs WHERE run_id = ?', run.run_id)
end

--- Forgets the runs of stages that wait or have failed and that no other run needs any more.
function Runs:forget_unneeded()
   local forgotten
   repeat
      forgotten = false
      local runs, needed = self:runs(), {}
      for _, run in ipairs(runs) do
         for _, name in ipairs(run.needs) do needed[name] = true end
      end
      for _, run in ipairs(runs) do
         if run.stage and not needed[run.name] and (run.state == 'WAITING' or run.state == 'FAIL') then
            self:forget_run(run)
            forgotten = true
         end
      end
   until not forgotten
end

--- Number of runs by state.
---@return table<string, integer>
function Runs:counts()
   local counts = {WAITING = 0, RUNNING = 0, COMPLETE = 0, PRUNED = 0, FAIL = 0}
   for _, row in ipairs(self.db:rows('SELECT state, COUNT(*) AS n FROM hilo_runs WHERE study_id = ? GROUP BY state', self.id)) do
      counts[row.state] = row.n
   end
   return counts
end

--- Where a run stands.
---@return 'WAITING'|'RUNNING'|'COMPLETE'|'PRUNED'|'FAIL'
function Runs:run_state(run) return self.db:value('SELECT state FROM hilo_runs WHERE run_id = ?', run.run_id) end

-- ---- who runs what ----

--- Whether all that a run needs has come to its end.
---@param needs string[] names of runs
---@return boolean
function Runs:is_ready(needs)
   for _, name in ipairs(needs) do
      if self.db:value('SELECT state FROM hilo_runs WHERE study_id = ? AND name = ?', self.id, name) ~= 'COMPLETE' then return false end
   end
   return true
end

--- Takes a run that can begin: of those that wait, and of those whose owner is gone, the one of the earliest trial that has got
--- least far; runs of stages come first.
---@param owner string
---@param is_gone fun(owner: string, heartbeat: number): boolean
---@return SweepRun? run
---@return string? former the owner that had left it
function Runs:claim(owner, is_gone)
   return self.db:transaction(function()
      for _, row in ipairs(self.db:rows([[SELECT run_id, needs_json, r.state, owner, heartbeat FROM hilo_runs r
         LEFT JOIN trials t USING (trial_id) WHERE r.study_id = ? AND r.state IN ('WAITING', 'RUNNING')
         ORDER BY r.trial_id IS NOT NULL, number, step, run_id]], self.id)) do
         local free = row.state == 'WAITING' or row.owner ~= owner and is_gone(row.owner, row.heartbeat)
         if free and (row.needs_json == '[]' or self:is_ready(cjson.decode(row.needs_json))) then
            self.db:run("UPDATE hilo_runs SET state = 'RUNNING', owner = ?, heartbeat = ?, error = NULL WHERE run_id = ?", owner,
               self.now(), row.run_id)
            local run = run_of(self.db:row(columns .. 'WHERE run_id = ?', row.run_id))
            if run.trial_id then self:begin_trial(run.trial_id) end
            return run, row.state == 'RUNNING' and row.owner or nil
         end
      end
   end)
end

--- Says that the owner's runs are alive.
---@param owner string
function Runs:beat(owner)
   self.db:transaction(function()
      self.db:run("UPDATE hilo_runs SET heartbeat = ? WHERE study_id = ? AND owner = ? AND state = 'RUNNING'", self.now(), self.id,
         owner)
      self.db:run([[UPDATE trial_heartbeats SET heartbeat = CURRENT_TIMESTAMP WHERE trial_id IN (SELECT trial_id FROM hilo_runs
         WHERE study_id = ? AND owner = ? AND state = 'RUNNING')]], self.id, owner)
      self.db:run('UPDATE hilo_sweeps SET owner = ?, heartbeat = ? WHERE study_id = ? AND (owner IS NULL OR owner = ?)', owner,
         self.now(), self.id, owner)
   end)
end

--- Notes that the folder of a run holds this run and no older one.
function Runs:set_begun(run) self.db:run('UPDATE hilo_runs SET begun = 1 WHERE run_id = ?', run.run_id) end

--- Notes what a launcher calls a run.
function Runs:set_job(run, job) self.db:run('UPDATE hilo_runs SET job = ? WHERE run_id = ?', job, run.run_id) end

--- Those of the given runs that are not the owner's any more: pruned, or taken over after a long silence.
---@param runs SweepRun[]
---@return SweepRun[]
function Runs:lost(owner, runs)
   local lost = {}
   for _, run in ipairs(runs) do
      local row = self.db:row('SELECT state, owner FROM hilo_runs WHERE run_id = ?', run.run_id)
      if not row or row.state ~= 'RUNNING' or row.owner ~= owner then lost[#lost + 1] = run end
   end
   return lost
end

-- ---- what they report ----

--- Keeps what a run reported.
---@param run SweepRun
---@param points {step: integer, value: number}[]
function Runs:report(run, points)
   self.db:transaction(function()
      for _, point in ipairs(points) do
         self.db:run('INSERT OR REPLACE INTO hilo_run_values (run_id, step, value) VALUES (?, ?, ?)', run.run_id, point.step,
            (numbers.stored(point.value)))
         if run.trial_id then self:report_trial(run.trial_id, point.step) end
      end
   end)
end

--- What a run has reported, by step.
---@return {step: integer, value: number}[]
function Runs:curve(run_id)
   local list = self.db:rows('SELECT step, value FROM hilo_run_values WHERE run_id = ? ORDER BY step', run_id)
   for _, point in ipairs(list) do point.value = point.value or 0 / 0 end
   return list
end

-- ---- endings ----

-- What is written at the end of a run's process; the run must still be the owner's, or what it found belongs to somebody else now.
local function leave(self, run, owner, changes)
   self.db:transaction(function()
      local row = self.db:row('SELECT state, owner, step, deaths, seconds FROM hilo_runs WHERE run_id = ?', run.run_id)
      if not row then return end -- forgotten by a coordinator that has planned it anew
      local c = changes(row)
      if row.state == 'PRUNED' then
         self.db:run('UPDATE hilo_runs SET seconds = seconds + ? WHERE run_id = ?', c.seconds or 0, run.run_id)
      end
      if row.state ~= 'RUNNING' or row.owner ~= owner then return end
      self.db:run([[UPDATE hilo_runs SET state = ?, owner = NULL, job = NULL, value = ?, error = ?, step = ?, deaths = ?, seconds = ?
         WHERE run_id = ?]], c.state, c.value, c.error, math.max(row.step, c.step or 0), c.deaths or 0, row.seconds + (c.seconds or 0),
         run.run_id)
      if c.state == 'FAIL' then self:fail_dependents() end
      if run.trial_id then self:settle(run.trial_id) end
   end)
end

--- The run has come to its end with that value.
---@param run SweepRun
---@param owner string
---@param ended {value?: number, step?: integer, seconds?: number, [string]: any} value: nil for a stage's
function Runs:complete(run, owner, ended)
   leave(self, run, owner, function() return {state = 'COMPLETE', value = ended.value, step = ended.step, seconds = ended.seconds} end)
end

--- The run ended by an error.
---@param ended {error: string, step?: integer, seconds?: number, [string]: any}
function Runs:fail(run, owner, ended)
   leave(self, run, owner, function() return {state = 'FAIL', error = ended.error, step = ended.step, seconds = ended.seconds} end)
end

--- Runs that wait for one that has failed fail too.
function Runs:fail_dependents()
   local more
   repeat
      more = false
      for _, other in ipairs(self.db:rows([[SELECT run_id, trial_id, needs_json FROM hilo_runs
         WHERE study_id = ? AND state = 'WAITING' AND needs_json <> '[]']], self.id)) do
         if fail_with_needs(self, other) then
            more = true
            if other.trial_id then self:settle(other.trial_id) end
         end
      end
   until not more
end

--- The run was stopped and waits to go on.
---@param ended {step?: integer, seconds?: number, [string]: any}
function Runs:release(run, owner, ended)
   leave(self, run, owner, function(row)
      return {state = 'WAITING', step = ended.step, seconds = ended.seconds, deaths = row.deaths}
   end)
end

--- The run's process died. It waits to go on, unless it has died more than `retries` times in a row without getting any further.
---@param ended {how: string, step?: integer, seconds?: number, [string]: any}
---@param retries integer
function Runs:died(run, owner, ended, retries)
   leave(self, run, owner, function(row)
      local deaths = (ended.step or 0) > row.step and 1 or row.deaths + 1
      if deaths > retries then
         return {state = 'FAIL', error = ('%s, %d times in a row without getting beyond step %d'):format(ended.how, deaths, row.step),
            step = ended.step, seconds = ended.seconds}
      end
      return {state = 'WAITING', step = ended.step, seconds = ended.seconds, deaths = deaths}
   end)
end

--- Makes failed runs wait again.
---@return integer number of runs
function Runs:retry_failed()
   return self.db:transaction(function()
      local rows = self.db:rows("SELECT run_id, trial_id FROM hilo_runs WHERE study_id = ? AND state = 'FAIL'", self.id)
      for _, row in ipairs(rows) do
         self.db:run("UPDATE hilo_runs SET state = 'WAITING', error = NULL, deaths = 0 WHERE run_id = ?", row.run_id)
         if row.trial_id then self:reopen(row.trial_id) end
      end
      return #rows
   end)
end

return Runs
