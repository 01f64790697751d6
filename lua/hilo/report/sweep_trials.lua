--- report/sweep_trials.lua: every trial with its runs, one by one.
local folder = require 'hilo.data.folder'
local merged = require 'hilo.merged'
local sorted_keys = require 'hilo.keys'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local paths = require 'hilo.report.paths'
local process = require 'hilo.io.process'
local sweep_table = require 'hilo.report.sweep_table'
local ranking = require 'hilo.sweep.ranking'

local sweep_trials = {}

local function name_of(run, page_folder)
   local report = run.path .. '/report.html'
   if folder.is_file(report) then return h.a {href = paths.url(page_folder, report), run.name} end
   return run.name
end

local function options_of(run)
   local words = {}
   for i, key in ipairs(sorted_keys(run.options)) do words[i] = key .. '=' .. numbers.option(run.options[key]) end
   return h.code {table.concat(words, ' ')}
end

local function runs_table(runs, caption, format, page_folder)
   local rows, any_error = {}, false
   for _, run in ipairs(runs) do any_error = any_error or run.error ~= nil end
   local columns = {{title = 'run'}, {title = 'seed', class = 'n'}, {title = 'value', class = 'n'}, {title = 'time', class = 'n'},
      {title = 'state'}, any_error and {title = 'error', class = 'long'},
      runs[1].stage and {title = 'options', class = 'long'}}
   for i, run in ipairs(runs) do
      rows[i] = {name_of(run, page_folder), run.seed and ('%d'):format(run.seed) or parts.none,
         run.value and format(run.value) or parts.none, (run.seconds or 0) > 0 and numbers.duration(run.seconds) or parts.none,
         parts.state(run.state), any_error and (run.error or ''), run.stage and options_of(run)}
   end
   return parts.table {caption = caption, columns = columns, rows = rows}
end

local function title_of(results, trial, format)
   local words = {h.strong {sweep_table.name(trial)}, '  '}
   if trial.state == 'complete' and trial.value then
      words[#words + 1] = format(trial.value)
      words[#words + 1] = ' ' .. sweep_table.spread(results)(trial)
   else
      words[#words + 1] = parts.state(trial.state)
   end
   local values = {}
   for _, axis in ipairs(results.axes) do
      local value = trial.values[axis.name]
      if value ~= nil then values[#values + 1] = axis.name .. '=' .. numbers.brief(value) end
   end
   words[#words + 1] = h.span {class = 'soft', '  ', table.concat(values, '  ')}
   return words
end

--- The command that runs a configuration by itself.
---@param results table
---@param trial table
---@return string? nil for a study that no script of ours made
function sweep_trials.command(results, trial)
   if (results.script or '') == '' then return nil end
   local words = {'hilo', process.quoted(results.script)}
   local all = trial.runs[1] and trial.runs[1].options or merged(results.fixed or {}, trial.values)
   for _, key in ipairs(sorted_keys(all)) do
      if key ~= 'name' and key ~= 'runs' then words[#words + 1] = process.quoted(key .. '=' .. numbers.option(all[key])) end
   end
   return table.concat(words, ' ')
end

local function body(results, trial, format, page_folder)
   local command = sweep_trials.command(results, trial)
   return h.join {
      trial.error and parts.note({h.strong {'The trial failed.'}, h.pre {trial.error}}, 'failed'),
      trial.state ~= 'failed' and trial.state ~= 'complete' and h.p {sweep_table.reason(trial, format)},
      #trial.runs > 0 and runs_table(trial.runs, 'Runs of trial ' .. sweep_table.name(trial), format, page_folder)
         or h.p {'It has no run.'},
      command and {h.p {'By itself:'}, h.pre {command}},
   }
end

--- A folded part for every trial, in the order of the table.
---@param results table
---@param page_folder string where the page is
---@return Html
function sweep_trials.of(results, page_folder)
   local format, list = sweep_table.format(results), {}
   for i, trial in ipairs(ranking.ordered(results)) do
      list[i] = parts.folded(title_of(results, trial, format), body(results, trial, format, page_folder),
         {id = sweep_table.anchor(trial), class = 'trial'})
   end
   return h.join(list)
end

--- Runs that were prepared for several trials.
---@param results table
---@param page_folder string
---@return Html?
function sweep_trials.stages(results, page_folder)
   if not results.stages or #results.stages == 0 then return nil end
   return runs_table(results.stages, 'Runs of stages, which trials share', sweep_table.format(results), page_folder)
end

return sweep_trials
