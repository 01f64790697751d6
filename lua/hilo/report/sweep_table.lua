--- report/sweep_table.lua: the configurations of a sweep in their order, best first, and what became of the others.
local asked = require 'hilo.report.asked'
local h = require 'hilo.report.html'
local sorted_keys = require 'hilo.keys'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local ranking = require 'hilo.sweep.ranking'
local scores_of = require 'hilo.report.scores'

local sweep_table = {}

--- A trial's name in the report, and where its part of the page is.
function sweep_table.name(trial) return ('#%d'):format(trial.number) end
function sweep_table.anchor(trial) return ('trial-%d'):format(trial.number) end

local function shortened(text, length)
   text = text:match('^(.-)%s*$')
   local line = text:match('^[^\n]*')
   if #line > length then line = line:sub(1, length) end
   return line == text and line or line .. ' \226\128\166'
end

--- Why a trial has no value, or none yet.
---@param trial table
---@param format fun(x: number): string
---@return string?
function sweep_table.reason(trial, format)
   local last = trial.curve and trial.curve[#trial.curve]
   local reached = last and ('at step %d, at %s'):format(last.step, format(last.value))
   if trial.state == 'failed' then return shortened(trial.error or 'failed without a message', 240) end
   if trial.state == 'pruned' then return 'pruned ' .. (reached or 'before its first value') end
   if trial.state == 'running' then
      return ('%d of %s done%s'):format(trial.n or 0, numbers.count(#trial.runs, 'run'), reached and ', ' .. reached or '')
   end
   return trial.error and shortened(trial.error, 240)
end

--- A format for values of the sweep's metric.
---@param results table
---@return fun(x: number?): string
function sweep_table.format(results)
   local values = {}
   for _, trial in ipairs(results.trials) do values[#values + 1] = trial.value end
   return scores_of.format(results.metric, values)
end

--- ' ± 0.52' for the spread of a trial, with as many decimals for all trials; empty where a trial has none.
---@param results table
---@return fun(trial: table): string
function sweep_table.spread(results)
   local spreads = {}
   for _, trial in ipairs(results.trials) do spreads[#spreads + 1] = trial.spread end
   local format = numbers.column(spreads, 2)
   return function(trial) return trial.spread and '\194\177\194\160' .. format(trial.spread) or '' end
end

local function axis_cell(value)
   return {cell = {['data-v'] = type(value) == 'number' and value or nil, value ~= nil and numbers.brief(value) or parts.none}}
end

local function row_of(results, trial, format, spread)
   local row = {h.a {href = '#' .. sweep_table.anchor(trial), sweep_table.name(trial)}}
   local done = trial.state == 'complete' and trial.value
   row[2] = {cell = {['data-v'] = done or nil, done and format(trial.value) or ''}}
   row[3] = {cell = {['data-v'] = done and trial.spread or nil, done and spread(trial) or ''}}
   row[4] = trial.n or 0
   for i, axis in ipairs(results.axes) do row[4 + i] = axis_cell(trial.values[axis.name]) end
   local at = 4 + #results.axes
   row[at + 1] = (trial.seconds or 0) > 0 and {cell = {['data-v'] = trial.seconds, numbers.duration(trial.seconds)}}
   row[at + 2] = parts.state(trial.state)
   row[at + 3] = sweep_table.reason(trial, format)
   return row
end

-- Numbers to the right; long choices may be broken, short ones not.
local function class_of(axis)
   if axis.kind ~= 'choice' then return 'n' end
   local all_numbers = true
   for _, choice in ipairs(axis.choices) do
      if #numbers.option(choice) > 16 then return 'value' end
      all_numbers = all_numbers and type(choice) == 'number'
   end
   return all_numbers and 'n' or 'short'
end

--- The table of all configurations.
---@param results table
---@return Html
function sweep_table.of(results)
   local format, spread, any_reason = sweep_table.format(results), sweep_table.spread(results), false
   local any_run = false
   for _, trial in ipairs(results.trials) do any_run = any_run or #trial.runs > 0 end
   local columns = {{title = 'trial', class = 'short'},
      {title = numbers.measure(results.metric), class = 'n', sort = results.direction == 'min' and 'ascending' or 'descending'},
      any_run and {title = 'spread', class = 'n'}, any_run and {title = 'n', class = 'n'}}
   for i, axis in ipairs(results.axes) do columns[4 + i] = {title = axis.name, class = class_of(axis)} end
   local at = 4 + #results.axes
   columns[at + 1], columns[at + 2] = any_run and {title = 'time', class = 'n'}, {title = 'state'}
   local rows, best = {}, ranking.best(results)
   for i, trial in ipairs(ranking.ordered(results)) do
      rows[i] = row_of(results, trial, format, spread)
      rows[i].class = trial == best and 'best' or nil
      any_reason = any_reason or rows[i][at + 3] ~= nil
   end
   if any_reason then columns[at + 3] = {title = 'what became of it', class = 'long'} end
   local caption = 'Configurations, best first' .. (any_run and '; spread is the standard deviation over n runs' or '')
   return parts.table {caption = caption, columns = columns, rows = rows, sortable = true}
end

local function range_of(axis)
   if axis.kind == 'choice' then
      local texts = {}
      for i, choice in ipairs(axis.choices) do texts[i] = numbers.option(choice) end
      return table.concat(texts, ', ')
   end
   return ('%s to %s'):format(numbers.option(axis.low), numbers.option(axis.high))
end

local function brief(value) return value ~= nil and numbers.brief(value) or nil end

local function kind_of(axis)
   local words = {({float = 'number', int = 'whole number', choice = 'choice'})[axis.kind] or axis.kind}
   if axis.log then words[#words + 1] = 'logarithmic' end
   if axis.step and not (axis.kind == 'int' and axis.step == 1) then words[#words + 1] = 'steps of ' .. numbers.option(axis.step) end
   return table.concat(words, ', ')
end

--- The axes with their ranges, and the default and the best value of each.
---@param results table
---@return Html
function sweep_table.axes(results)
   local rows, best = {}, ranking.best(results)
   for i, axis in ipairs(results.axes) do
      rows[i] = {h.code {axis.name}, kind_of(axis), range_of(axis), asked.value_cell((results.defaults or {})[axis.name]),
         best and asked.value_cell(brief(best.values[axis.name]))}
   end
   local columns = {{title = 'option'}, {title = 'kind'}, {title = 'values', class = 'value'}, {title = 'default', class = 'value'},
      best and {title = 'best', class = 'value'}}
   return parts.table {caption = 'Axes', columns = columns, rows = rows}
end

--- Options that all runs share.
---@param results table
---@return Html?
function sweep_table.fixed(results)
   local rows = {}
   for i, key in ipairs(sorted_keys(results.fixed or {})) do
      rows[i] = {h.code {key}, asked.value_cell(results.fixed[key]), asked.value_cell((results.defaults or {})[key])}
   end
   local columns = {{title = 'option'}, {title = 'value', class = 'value'}, {title = 'default', class = 'value'}}
   local given = #rows > 0 and parts.table {caption = 'Options given to all runs', columns = columns, rows = rows}
   if results.computed then
      return h.join {given, h.p {'The other options are computed for each trial, by the table that the sweep was made from.'}}
   end
   return given or (results.script or '') ~= '' and h.p {'All other options are the defaults of the script.'} or nil
end

return sweep_table
