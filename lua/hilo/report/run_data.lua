--- report/run_data.lua: what the folder of a run tells. A run may be at its beginning, under way, ended by an error or finished, so
--- any file may be missing; one that cannot be read becomes a note, and the report shows the rest.
local cjson = require 'cjson'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local file = require 'hilo.io.file'
local lock = require 'hilo.io.lock'
local json = require 'hilo.io.json'
local options_of = require 'hilo.options.values'
local numbers = require 'hilo.report.numbers'
local paths = require 'hilo.report.paths'
local rates = require 'hilo.report.rates'
local scores_of = require 'hilo.report.scores'

local run_data = {}

---@class RunData
---@field name string
---@field path string its folder
---@field state 'running'|'failed'|'finished'|'stopped'
---@field error string? why it failed
---@field script string?
---@field options table<string, any> by flat keys
---@field defaults table<string, any>? those of the script, nil where the run does not tell
---@field given table<string, any> on the command line
---@field log table[] entries of losses
---@field rates table<string, {steps: integer[], values: number[]}> learning rates
---@field evaluations {step: integer, scores: table}[]
---@field scores table? of the end, or of the last evaluation so far
---@field results {method: string}[]? scores of several methods, where the folder is that of a comparison
---@field metric string? the score that tells the best
---@field best {step: integer, value: number}?
---@field step integer the last that the log or the scores tell of
---@field steps integer? that it is to do
---@field seconds number? spent so far, all its starts together
---@field rate number? steps a second
---@field machine table
---@field confusion {classes: string[], matrix: number[][], step: integer?}?
---@field pictures {name: string, path: string}[] comparisons of the last evaluation
---@field split table<string, string[]>?
---@field notes string[] what could not be read

-- Tables without JSON's nulls.
local function without_nulls(value)
   if type(value) ~= 'table' then return value end
   for key, item in pairs(value) do
      if item == cjson.null then value[key] = nil else without_nulls(item) end
   end
   return value
end

local function read_json(run, name)
   local path = run.path .. '/' .. name
   if not folder.is_file(path) then return nil end
   local ok, value = pcall(json.load, path)
   if ok then return without_nulls(value) end
   run.notes[#run.notes + 1] = tostring(value)
   return nil
end

-- ---- the log ----

-- The line that a running or killed process was writing may be half there; it is left out.
local function read_log(run)
   run.log, run.evaluations = {}, {}
   local path = run.path .. '/log.jsonl'
   if not folder.is_file(path) then return end
   local broken = 0
   for line in file.whole_lines(file.read(path)) do
      local ok, entry = pcall(cjson.decode, line)
      if ok and type(entry) == 'table' and type(entry.step) == 'number' then
         local list = type(entry.scores) == 'table' and run.evaluations or run.log
         list[#list + 1] = without_nulls(entry)
      else
         broken = broken + 1
      end
   end
   if broken > 0 then run.notes[#run.notes + 1] = ('%s: %s cannot be read'):format(path, numbers.count(broken, 'line')) end
end

-- `seconds` in the log count from the start of the process: where they fall, the run was continued.
local function time_spent(log)
   local seconds, before, steps, timed = 0, nil, 0, 0
   for _, entry in ipairs(log) do
      if type(entry.seconds) == 'number' then
         local continued = not before or entry.seconds < before.seconds
         local passed = continued and entry.seconds or entry.seconds - before.seconds
         seconds = seconds + passed
         if not continued then steps, timed = steps + entry.step - before.step, timed + passed end
         before = entry
      end
   end
   return before and seconds, timed > 0 and steps / timed or nil
end

-- ---- scores ----

local function metric_of(run, scores)
   if scores and type(scores.best) == 'table' then
      for key in pairs(scores.best) do if key ~= 'step' then return key end end
   end
   return run.scores and scores_of.main(run.scores)
end

local function best_of(run)
   local best
   for _, entry in ipairs(run.evaluations) do
      local value = entry.scores[run.metric]
      if type(value) == 'number' and (not best or value > best.value) then best = {step = entry.step, value = value} end
   end
   return best
end

local function read_scores(run)
   local scores = read_json(run, 'scores.json')
   run.results = scores and type(scores.results) == 'table' and scores.results or nil
   local last = run.evaluations[#run.evaluations]
   run.scores = scores or last and last.scores or nil
   run.metric = metric_of(run, scores)
   local best = scores and scores.best
   run.best = best and type(best[run.metric]) == 'number' and {step = best.step, value = best[run.metric]} or best_of(run)
   return scores ~= nil
end

-- ---- the rest ----

local function read_options(run)
   local saved, origin = read_json(run, 'options.json'), read_json(run, 'defaults.json')
   run.options = options_of.flatten(saved or {})
   run.defaults = origin and type(origin.defaults) == 'table' and origin.defaults or nil
   run.given = origin and type(origin.given) == 'table' and origin.given or {}
   run.script = origin and type(origin.script) == 'string' and origin.script ~= '' and origin.script or nil
   run.steps = type(run.options.steps) == 'number' and run.options.steps or nil
   return saved ~= nil
end

local function read_confusion(run)
   local counts = read_json(run, 'evaluation/confusion.json')
   if not counts then return end
   local classes, matrix = counts.classes, counts.matrix
   local whole = type(classes) == 'table' and type(matrix) == 'table' and #classes == #matrix
   for i = 1, whole and #matrix or 0 do
      whole = whole and type(matrix[i]) == 'table' and #matrix[i] == #classes
      for k = 1, whole and #classes or 0 do whole = whole and type(matrix[i][k]) == 'number' and type(classes[k]) == 'string' end
   end
   if whole then
      run.confusion = counts
   else
      run.notes[#run.notes + 1] = run.path .. '/evaluation/confusion.json holds no square matrix with as many classes'
   end
end

-- Of the last evaluation, or those that a script wrote which compares runs.
local function read_pictures(run)
   run.pictures = {}
   for _, name in ipairs {'evaluation', 'pictures'} do
      local path = run.path .. '/' .. name
      for _, entry in ipairs(#run.pictures == 0 and folder.is_folder(path) and folder.list(path) or {}) do
         local stem = entry:match('^(.+)%.png$')
         if stem then table.insert(run.pictures, {name = stem, path = path .. '/' .. entry}) end
      end
   end
end

-- What the last process of the run ended by.
local function error_of(machine)
   local last = type(machine.sessions) == 'table' and machine.sessions[#machine.sessions]
   return type(last) == 'table' and type(last.error) == 'string' and last.error or nil
end

local function state_of(run, finished)
   if lock.held(run.path) then return 'running' end
   if finished then return 'finished' end
   return (run.error or run.machine.ended == 'failed') and 'failed' or 'stopped'
end

local function last_step(run)
   local step = run.scores and type(run.scores.step) == 'number' and run.scores.step or 0
   for _, list in ipairs {run.log, run.evaluations} do
      if #list > 0 then step = math.max(step, list[#list].step) end
   end
   return step
end

-- A name may hold folders ('sweep/0003-s1'); where the folder was moved, it is the folder's.
local function name_of(run)
   local own = run.options.name
   return type(own) == 'string' and own ~= '' and ('/' .. run.path):sub(-#own - 1) == '/' .. own and own or paths.name(run.path)
end

--- Whether a folder holds a run, or what a script that compares runs left.
---@param path string
---@return boolean
function run_data.is_run(path)
   return folder.is_file(path .. '/options.json') or folder.is_file(path .. '/scores.json') or folder.is_file(path .. '/log.jsonl')
end

--- Reads a run's folder.
---@param path string
---@param failure? string why it failed, where another tells
---@return RunData
function run_data.read(path, failure)
   path = path:gsub('(.)/+$', '%1')
   core.check(folder.is_folder(path), "report: there is no run '%s'", path)
   core.check(run_data.is_run(path), "report: %s is not the folder of a run; it has neither options.json nor scores.json", path)
   local run = {path = path, notes = {}}
   read_options(run)
   run.name = name_of(run)
   read_log(run)
   local finished = read_scores(run)
   run.machine = read_json(run, 'machine.json') or {}
   run.split = read_json(run, 'split.json')
   read_confusion(run)
   read_pictures(run)
   run.rates = rates.read(path)
   run.error = error_of(run.machine) or failure
   run.state = state_of(run, finished)
   run.step = last_step(run)
   run.seconds, run.rate = time_spent(run.log)
   return run
end

return run_data
