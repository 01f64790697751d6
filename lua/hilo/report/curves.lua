--- report/curves.lua: losses, learning rates and scores over the steps, of one run or of several in one picture.
local figures = require 'hilo.report.figures'
local sorted_keys = require 'hilo.keys'
local numbers = require 'hilo.report.numbers'
local scores_of = require 'hilo.report.scores'
local event_tags = require 'hilo.train.event_tags'

local curves = {}

local most = 400 -- points of a curve; a log may hold many thousand lines

--- Means over equal numbers of neighbouring points, so that at most `limit` are left.
---@param xs number[]
---@param ys number[]
---@param limit integer
---@return number[] xs, number[] ys, integer count points in each mean
function curves.thin(xs, ys, limit)
   local count = math.ceil(#xs / limit)
   if count <= 1 then return xs, ys, 1 end
   local out_x, out_y = {}, {}
   for at = 1, #xs, count do
      local last, sum_x, sum_y = math.min(#xs, at + count - 1), 0, 0
      for i = at, last do sum_x, sum_y = sum_x + xs[i], sum_y + ys[i] end
      local n = last - at + 1
      out_x[#out_x + 1], out_y[#out_y + 1] = sum_x / n, sum_y / n
   end
   return out_x, out_y, count
end

-- ---- what there is to draw ----

local function named(run_name, group)
   return group == '' and run_name or run_name == '' and group or run_name .. ', ' .. group
end

-- A panel that is filled point by point. A series keeps the number of its run, so that a run has one colour in all panels.
local function new_panel(title, kind)
   local panel = {title = title, kind = kind, series = {}}
   local by_name = {}
   function panel.add(run, name, x, y)
      local series = by_name[name]
      if not series then
         series = {name = name, run = run, xs = {}, ys = {}}
         by_name[name], panel.series[#panel.series + 1] = series, series
      end
      series.xs[#series.xs + 1], series.ys[#series.ys + 1] = x, y
   end
   return panel
end

-- Calls visit(order, title, kind, group, step, value) for each point of a run's curves. Where runs are compared, each learning rate has
-- a panel of its own.
local function each_value(run, compared, visit)
   for _, entry in ipairs(run.log) do
      for key, value in pairs(entry) do
         if type(value) == 'number' and key ~= 'step' and key ~= 'seconds' and not event_tags.is_of_group(key) then
            visit('1' .. key, numbers.measure(key), 'loss', '', entry.step, value)
         end
      end
   end
   local names = sorted_keys(run.rates)
   for _, name in ipairs(names) do
      for i, step in ipairs(run.rates[name].steps) do
         local value = run.rates[name].values[i]
         if compared then
            visit('2' .. name, 'learning rate, ' .. name, 'rate', '', step, value)
         else
            visit('2', 'learning rate', 'rate', #names > 1 and name or '', step, value)
         end
      end
   end
   for _, entry in ipairs(run.evaluations) do
      for _, score in ipairs(scores_of.scalars(entry.scores)) do
         visit('3' .. score.measure, numbers.measure(score.measure), 'score', score.group, entry.step, score.value)
      end
   end
end

--- Panels of curves: one a loss, one for learning rates, one a score.
---@param runs RunData[]
---@param names string[] '' for a run that stands alone
---@return {title: string, kind: 'loss'|'rate'|'score', series: {name: string, run: integer, xs: number[], ys: number[]}[]}[]
function curves.panels(runs, names)
   local panels = {}
   for i, run in ipairs(runs) do
      each_value(run, #runs > 1, function(key, title, kind, group, step, value)
         panels[key] = panels[key] or new_panel(title, kind)
         panels[key].add(i, named(names[i], group), step, value)
      end)
   end
   local list = {}
   for i, key in ipairs(sorted_keys(panels)) do list[i] = panels[key] end
   return list
end

-- ---- drawing ----

--- One picture.
---@param panel {title: string, kind: 'loss'|'rate'|'score', ylog: boolean?, series: {name: string, run: integer?, xs: number[],
--- ys: number[]}[]}
---@param about? string what stands below it
---@return Html
function curves.figure(panel, about)
   local arguments, means, of_run, groups = {}, 1, {}, false
   for _, series in ipairs(panel.series) do
      groups, of_run[series.run or 1] = groups or of_run[series.run or 1], true
   end
   for i, series in ipairs(panel.series) do
      local xs, ys, count = curves.thin(series.xs, series.ys, most)
      means = math.max(means, count)
      arguments[i] = {name = figures.name(series.name), x = xs, y = ys, style = panel.kind == 'score' and '+-' or '-',
         like = not groups and series.run or nil}
   end
   local lone = #panel.series == 1 and panel.series[1].name == ''
   -- names below the picture take room that the curves need
   local size = {figures.half[1], figures.half[2] + 15 * math.max(0, #panel.series - 2)}
   local options = {title = panel.title, xlabel = 'step', size = size, ylog = panel.ylog}
   if lone then options.legend = false else options.legend = 'below' end
   arguments[#arguments + 1] = options
   local thinned = means > 1 and ('Each point is the mean of %d lines of the log.'):format(means) or nil
   return figures.draw(nil, about and thinned and about .. ' ' .. thinned or about or thinned, unpack(arguments))
end

--- Figures of all curves.
---@param runs RunData[]
---@param names? string[] for several runs
---@return Html?
function curves.figures(runs, names)
   local list = {}
   for i, panel in ipairs(curves.panels(runs, names or {''})) do list[i] = curves.figure(panel) end
   return #list > 0 and figures.grid(list) or nil
end

return curves
