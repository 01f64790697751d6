--- report/sweep_plots.lua: the pictures of a sweep.
local figures = require 'hilo.report.figures'
local importance = require 'hilo.sweep.importance'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local sweep_table = require 'hilo.report.sweep_table'
local ranking = require 'hilo.sweep.ranking'

local sweep_plots = {}

local grey = '#7f7f7f'

-- Complete trials in the order of their numbers.
local function complete(results)
   local list = {}
   for _, trial in ipairs(results.trials) do
      if trial.state == 'complete' and trial.value then list[#list + 1] = trial end
   end
   table.sort(list, function(a, b) return a.number < b.number end)
   return list
end

-- ---- slices ----

-- The numbers of an axis, or the names of its choices; a choice among numbers is drawn as names, as far apart as its neighbours.
local function places(axis, trials)
   local list = {}
   for i, trial in ipairs(trials) do
      local value = trial.values[axis.name]
      list[i] = axis.kind == 'choice' and numbers.option(value) or value
   end
   return list
end

local function names_of(axis)
   if axis.kind ~= 'choice' then return nil end
   local names = {}
   for i, choice in ipairs(axis.choices) do names[i] = numbers.option(choice) end
   return names
end

--- What the trials reached over each axis.
---@param results table
---@return Html?
function sweep_plots.slices(results)
   local list = {}
   for _, axis in ipairs(results.axes) do
      local trials, values, order = {}, {}, {}
      for _, trial in ipairs(complete(results)) do
         if trial.values[axis.name] ~= nil then
            trials[#trials + 1], values[#values + 1], order[#order + 1] = trial, trial.value, trial.number
         end
      end
      if #trials > 0 then
         local metric = numbers.measure(results.metric)
         list[#list + 1] = figures.draw('scatter', nil, places(axis, trials), values, order, {xlabel = axis.name, ylabel = metric,
            xlog = axis.log or nil, xnames = names_of(axis), clabel = 'trial', size = figures.half,
            desc = ('%s of %s over %s.'):format(metric, numbers.count(#trials, 'trial'), axis.name)})
      end
   end
   return #list > 0 and figures.grid(list) or nil
end

-- ---- all axes at once ----

-- Choices as names, also those that are numbers: their places are their order.
local function by_name(axes, values)
   local out = {}
   for _, axis in ipairs(axes) do
      local value = values[axis.name]
      if value ~= nil then out[axis.name] = axis.kind == 'choice' and numbers.option(value) or value end
   end
   return out
end

--- Parallel coordinates of all trials that have a value, pruned ones among them without it.
---@param results table
---@return Html?
function sweep_plots.parallel(results)
   local rows, axes = {}, {}
   for i, axis in ipairs(results.axes) do
      axes[i] = {name = axis.name, kind = axis.kind, low = axis.low, high = axis.high, log = axis.log, choices = names_of(axis)}
   end
   for _, trial in ipairs(results.trials) do
      if trial.state == 'complete' or trial.state == 'pruned' then
         local value = trial.state == 'complete' and trial.value or nil
         rows[#rows + 1] = {values = by_name(axes, trial.values), value = value, number = trial.number}
      end
   end
   if #rows == 0 or #results.axes == 0 then return nil end
   return parts.scroll('Parallel coordinates', h.div {class = 'broad', figures.draw('parallel',
      'A line is a configuration; orange ones are best, dotted grey ones were pruned.', rows, axes,
      {clabel = numbers.measure(results.metric), best = results.direction, size = {math.max(720, 130 * (#axes + 1)), 360}})})
end

-- ---- importance ----

--- How much each option matters: PED-ANOVA over the complete trials.
---@param results table
---@return Html?
function sweep_plots.importance(results)
   local trials = complete(results)
   if #results.axes < 2 or #trials < 4 then return nil end
   local shares, reason = importance(results.axes, results.trials, {direction = results.direction})
   if not shares then return parts.note('The importance of the options cannot be told: ' .. reason .. '.') end
   local names, values, rows = {}, {}, {}
   for i, axis in ipairs(results.axes) do names[i] = axis.name end
   table.sort(names, function(a, b)
      local x, y = shares[a] or 0, shares[b] or 0
      if x ~= y then return x > y end
      return a < b
   end)
   for i, name in ipairs(names) do
      values[i] = shares[name] or 0
      rows[i] = {name, ('%.3f'):format(values[i])}
   end
   return h.div {class = 'pair',
      figures.draw('bar', nil, names, values, {xlabel = 'share of the importance', horizontal = true, size = {440, 60 + 26 * #names}}),
      parts.table {caption = ('PED-ANOVA over %s; the shares add to 1'):format(numbers.count(#trials, 'trial')),
         columns = {{title = 'option'}, {title = 'share', class = 'n'}}, rows = rows},
   }
end

-- ---- over time ----

--- What each trial reached, and the best so far.
---@param results table
---@return Html?
function sweep_plots.history(results)
   local trials = complete(results)
   if #trials == 0 then return nil end
   local xs, ys, errors, best_x, best_y = {}, {}, {}, {}, {}
   local any_error, best = false, nil
   for i, trial in ipairs(trials) do
      xs[i], ys[i], errors[i] = trial.number, trial.value, trial.spread or 0 / 0
      any_error = any_error or trial.spread ~= nil
      local better = not best or results.direction == 'min' and trial.value < best or results.direction ~= 'min' and trial.value > best
      if better and best then best_x[#best_x + 1], best_y[#best_y + 1] = trial.number, best end
      best = better and trial.value or best
      best_x[#best_x + 1], best_y[#best_y + 1] = trial.number, best
   end
   local metric = numbers.measure(results.metric)
   return figures.draw(nil, any_error and 'Whiskers are the standard deviation over the runs of a configuration.',
      {name = metric, x = xs, y = ys, style = '+', errors = any_error and errors or nil},
      {name = 'best so far', x = best_x, y = best_y, style = '-'},
      {xlabel = 'trial', ylabel = metric, legend = 'below', size = {640, 340}, title = 'Values in the order of the trials'})
end

--- The values that trials reported at their evaluations: the three best in colour.
---@param results table
---@return Html?
function sweep_plots.curves(results)
   local front, back = {}, {}
   for place, trial in ipairs(ranking.ordered(results)) do
      local xs, ys = {}, {}
      for i, point in ipairs(trial.curve or {}) do xs[i], ys[i] = point.step, point.value end
      if #xs > 0 and place <= 3 and trial.state == 'complete' then
         front[#front + 1] = {name = sweep_table.name(trial), x = xs, y = ys, style = '+-', like = #front + 1}
      elseif #xs > 0 then
         back[#back + 1] = {x = xs, y = ys, style = #xs == 1 and '+' or '-', colour = grey, like = 1}
      end
   end
   if #front + #back == 0 then return nil end
   local series = back
   for _, entry in ipairs(front) do series[#series + 1] = entry end
   local caption = ('Means over the runs of each of %s; the best are in colour.'):format(numbers.count(#series, 'trial'))
   series[#series + 1] = {xlabel = 'step', ylabel = numbers.measure(results.metric), legend = 'below', size = {640, 340},
      title = 'Curves of the trials'}
   return figures.draw(nil, caption, unpack(series))
end

return sweep_plots
