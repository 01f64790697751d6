--- report/runs_page.lua: several runs side by side.
local asked = require 'hilo.report.asked'
local classes = require 'hilo.report.classes'
local comparisons = require 'hilo.report.comparisons'
local curves = require 'hilo.report.curves'
local h = require 'hilo.report.html'
local machine = require 'hilo.report.machine'
local numbers = require 'hilo.report.numbers'
local page = require 'hilo.report.page'
local parts = require 'hilo.report.parts'
local run_page = require 'hilo.report.run_page'
local scores_of = require 'hilo.report.scores'

local runs_page = {}

--- Names that tell runs apart: those of their folders, or the paths where two folders have one name.
---@param runs RunData[]
---@return string[]
function runs_page.names(runs)
   local count, names = {}, {}
   for _, run in ipairs(runs) do count[run.name] = (count[run.name] or 0) + 1 end
   for i, run in ipairs(runs) do names[i] = count[run.name] > 1 and run.path or run.name end
   return names
end

---@class ScoreColumn
---@field title string
---@field by_run table<RunData, number>
---@field best number? the highest, where that is the best
---@field format fun(x: number?): string

-- A column for each single score that any of the runs has, in order.
local function score_columns(runs)
   local list, at = {}, {}
   for _, run in ipairs(runs) do
      for _, score in ipairs(run.scores and scores_of.scalars(run.scores) or {}) do
         local title = (score.group ~= '' and score.group .. ' ' or '') .. numbers.measure(score.measure)
         if not at[title] then
            at[title] = {title = title, measure = score.measure, by_run = {}, values = {}}
            list[#list + 1] = at[title]
         end
         at[title].by_run[run] = score.value
         table.insert(at[title].values, score.value)
      end
   end
   for _, column in ipairs(list) do
      column.format = scores_of.format(column.measure, column.values)
      if scores_of.is_percent(column.measure) then column.best = math.max(unpack(column.values)) end
   end
   return list
end

local function number_cell(value, format, is_best)
   return value and {cell = {class = is_best and 'best' or nil, ['data-v'] = value, format(value)}} or parts.none
end

local function best_cell(run)
   local best = run.best
   return best and number_cell(best.value, scores_of.format(run.metric, {best.value})) or parts.none
end

local function table_of_runs(runs, names)
   local scores = score_columns(runs)
   local columns, rows = {{title = 'run'}, {title = 'state'}}, {}
   for k, score in ipairs(scores) do columns[2 + k] = {title = score.title, class = 'n'} end
   for _, title in ipairs {'best', 'at step', 'steps', 'time', 'speed'} do columns[#columns + 1] = {title = title, class = 'n'} end
   for r, run in ipairs(runs) do
      local seconds = machine.seconds(run)
      local row = {h.a {href = ('#run-%d'):format(r), names[r]}, parts.state(run.state)}
      for _, score in ipairs(scores) do
         local value = score.by_run[run]
         row[#row + 1] = number_cell(value, score.format, #runs > 1 and value == score.best)
      end
      row[#row + 1] = best_cell(run)
      row[#row + 1] = run.best and type(run.best.step) == 'number' and ('%d'):format(run.best.step) or parts.none
      row[#row + 1] = ('%d'):format(run.step)
      row[#row + 1] = seconds and {cell = {['data-v'] = seconds, numbers.duration(seconds)}} or parts.none
      row[#row + 1] = machine.speed(run) and {cell = {['data-v'] = machine.rate(run), machine.speed(run)}} or parts.none
      rows[r] = row
   end
   return parts.table {caption = 'Scores of the last evaluation, the highest in bold', columns = columns, rows = rows, sortable = true}
end

local function each_run(runs, names)
   local list = {}
   for i, run in ipairs(runs) do
      local sections = {}
      for k, section in ipairs(run_page.sections(run, ('run-%d-'):format(i))) do sections[k] = page.section(section, 3) end
      list[i] = parts.folded(names[i], sections, {id = ('run-%d'):format(i), class = 'trial'})
   end
   return list
end

--- The parts of the report of several runs.
---@param runs RunData[]
---@return Section[]
function runs_page.sections(runs)
   local names, list = runs_page.names(runs), {}
   local function add(id, title, content) if content then list[#list + 1] = {id = id, title = title, content} end end
   add('runs', 'Runs', table_of_runs(runs, names))
   add('options', 'Options that differ', asked.of_runs(runs, names))
   add('curves', 'Curves', curves.figures(runs, names))
   add('classes', 'Scores by class', classes.scores(runs, names))
   add('pictures', 'Pictures', comparisons.of_runs(runs, names))
   add('each', 'Each run', each_run(runs, names))
   return list
end

return runs_page
