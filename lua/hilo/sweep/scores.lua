--- sweep/scores.lua: what the runs of a sweep have reported beside its metric: another one to rank by, and all of it as rows.
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local merged = require 'hilo.merged'
local numbers = require 'hilo.sweep.numbers'
local nearest = require 'hilo.nearest'
local ranking = require 'hilo.sweep.ranking'
local Reported = require 'hilo.sweep.reported'
local sorted_keys = require 'hilo.keys'

local scores = {}

--- The same results with the values of another metric, from the folders of the runs.
---@param found SweepResults
---@param metric string
---@param direction 'max'|'min'
---@return SweepResults
function scores.by(found, metric, direction)
   local known, list, any = {}, {}, false
   for t, trial in ipairs(found.trials) do
      local runs, values = {}, {}
      for r, run in ipairs(trial.runs) do
         local reported = Reported.new(run.path, metric)
         reported:poll()
         local value = run.state == 'complete' and reported:value(found.at, direction) or nil
         for _, name in ipairs(reported:known()) do known[name] = true end
         runs[r] = merged(run, {})
         runs[r].value, values[#values + 1] = value, value
      end
      any = any or #values > 0
      list[t] = merged(trial, {runs = runs, n = #values})
      list[t].value, list[t].spread = #values > 0 and numbers.mean(values) or nil, numbers.spread(values)
   end
   if not any then
      local names = sorted_keys(known)
      core.raise(("no run of %s that has ended reports '%s'; there are %s; did you mean metric=%s?"):format(found.name, metric,
         #names > 0 and table.concat(names, ', ') or 'none', nearest(metric, names) or '...'))
   end
   return merged(found, {metric = metric, direction = direction, trials = list})
end

--- A row for each run, those of the best trial first, below a row of heads: trial, values of the axes, seed, state, value (that of the
--- metric), the final scores, seconds and path.
---@param found SweepResults
---@param by_class boolean whether scores inside of tables are wanted, iou.person
---@return any[][] nil where a cell is empty
function scores.rows(found, by_class)
   local names, of_run, taken = {}, {}, {trial = true, seed = true, state = true, value = true, seconds = true, path = true}
   for _, trial in ipairs(found.trials) do
      for _, run in ipairs(trial.runs) do
         of_run[run] = Reported.scores(run.path)
         for name in pairs(of_run[run]) do names[name] = by_class or not name:find('.', 1, true) or nil end
      end
   end
   names = sorted_keys(names)
   local head, rows = {'trial'}, {}
   local function add_head(name)
      head[#head + 1], taken[name] = name, true
   end
   for _, axis in ipairs(found.axes) do add_head(axis.name) end
   for _, name in ipairs {'seed', 'state', 'value'} do add_head(name) end
   for _, name in ipairs(names) do add_head(taken[name] and 'score.' .. name or name) end
   add_head 'seconds'
   add_head 'path'
   rows[1] = head
   for _, trial in ipairs(ranking.ordered(found)) do
      for _, run in ipairs(#trial.runs > 0 and trial.runs or {{state = trial.state, value = trial.value}}) do
         local row, at = {('%04d'):format(trial.number)}, 1
         local function add(value) at, row[at + 1] = at + 1, value end
         for _, axis in ipairs(found.axes) do add(trial.values[axis.name]) end
         add(run.seed)
         add(run.state)
         add(run.value)
         for _, name in ipairs(names) do add((of_run[run] or {})[name]) end
         add(run.seconds)
         add(run.path)
         rows[#rows + 1] = row
      end
   end
   return rows
end

--- The rows as texts.
---@param rows any[][] the first has all heads
---@param format? string of numbers; all digits without it
---@return string[][]
function scores.texts(rows, format)
   local texts = {}
   for r, row in ipairs(rows) do
      texts[r] = {}
      for c = 1, #rows[1] do
         local value = row[c]
         if value == nil then
            texts[r][c] = ''
         elseif value ~= value then
            texts[r][c] = 'nan'
         else
            texts[r][c] = format and type(value) == 'number' and format:format(value) or axes_of.text_of(value)
         end
      end
   end
   return texts
end

return scores
