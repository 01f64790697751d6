--- report/classes.lua: scores class by class, of one run or of several side by side.
local data = require 'hilo.data'
local figures = require 'hilo.report.figures'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'
local scores_of = require 'hilo.report.scores'

local classes = {}

local function open_set(run)
   local o = run.options
   if type(o['data.root']) ~= 'string' then return nil end
   local ok, set = pcall(data.open, {root = o['data.root'], layout = o['data.layout'], classes = o['data.classes']})
   return ok and set or nil
end

--- Names and colours of a run's classes: the data set's where it is still there, else the names that the evaluation wrote and VOC's
--- colours.
---@param run RunData
---@return string[]? names, integer[] rgb three numbers a class
function classes.of(run)
   if run.classes then return run.classes.names, run.classes.rgb end
   local from = run.confusion
   local set = open_set(run)
   run.classes = {names = from and from.classes or set and set.classes, rgb = set and set:palette() or data.classes.palette(256)}
   return run.classes.names, run.classes.rgb
end

-- The classes of a table of values, in the set's order; those that it does not know come last.
local function ordered(list, known)
   local names, seen = {}, {}
   local function take(name)
      local has = false
      for _, score in ipairs(list) do has = has or score.value[name] ~= nil end
      if has and not seen[name] then names[#names + 1], seen[name] = name, true end
   end
   for _, name in ipairs(known or {}) do take(name) end
   local rest = {}
   for _, score in ipairs(list) do
      for name in pairs(score.value) do if not seen[name] then rest[#rest + 1] = name end end
   end
   table.sort(rest)
   for _, name in ipairs(rest) do take(name) end
   return names
end

-- {measure, series = {{name, value = by class}}} for each measure
local function by_measure(runs, names)
   local list, at = {}, {}
   for i, run in ipairs(runs) do
      for _, score in ipairs(run.scores and scores_of.per_class(run.scores) or {}) do
         local entry = at[score.measure]
         if not entry then
            entry = {measure = score.measure, series = {}}
            at[score.measure], list[#list + 1] = entry, entry
         end
         local name = names[i]
         if score.group ~= '' then name = name == '' and score.group or name .. ', ' .. score.group end
         table.insert(entry.series, {name = name, value = score.value})
      end
   end
   return list
end

-- Rows of the table, and the values of each series in the order of the classes.
local function rows_of(entry, names, format, bold)
   local rows, columns = {}, {}
   for k in ipairs(entry.series) do columns[k] = {} end
   for r, name in ipairs(names) do
      local best
      for _, series in ipairs(entry.series) do best = math.max(best or -math.huge, series.value[name] or -math.huge) end
      rows[r] = {name}
      for k, series in ipairs(entry.series) do
         local value = series.value[name]
         local is_best = bold and #entry.series > 1 and value == best
         rows[r][k + 1] = value and {cell = {class = is_best and 'best' or nil, ['data-v'] = value, format(value)}} or parts.none
         columns[k][r] = value or 0 / 0
      end
   end
   return rows, columns
end

local function bars_of(entry, names, columns, title, unit)
   local count = #columns
   local series = columns[1]
   if count > 1 then
      series = {}
      for k, column in ipairs(columns) do series[k] = {figures.name(entry.series[k].name), column} end
   end
   local height = 80 + math.max(14, 11 * count + 8) * #names + (count > 1 and 15 * count or 0)
   return figures.draw('bar', nil, names, series, {title = title, xlabel = unit, horizontal = true, size = {460, height},
      legend = count > 1 and 'below' or nil})
end

local function one_measure(entry, known, bold)
   local names, measure = ordered(entry.series, known), numbers.measure(entry.measure)
   local unit = scores_of.is_percent(entry.measure) and 'percent' or nil
   local values = {}
   for _, series in ipairs(entry.series) do for _, value in pairs(series.value) do values[#values + 1] = value end end
   local heads = {{title = 'class'}}
   for k, series in ipairs(entry.series) do heads[k + 1] = {title = series.name == '' and measure or series.name, class = 'n'} end
   local rows, columns = rows_of(entry, names, scores_of.format(entry.measure, values), bold)
   local title = measure .. ' by class'
   return h.div {class = 'pair', bars_of(entry, names, columns, title, unit),
      parts.table {caption = title .. (unit and ', ' .. unit or ''), columns = heads, rows = rows, sortable = true}}
end

--- A table and bars for each measure that has a value a class.
---@param runs RunData[]
---@param names? string[] for several runs
---@param options? {bold: boolean?} false: the highest of a row is not marked
---@return Html?
function classes.scores(runs, names, options)
   local bold = not (options and options.bold == false)
   local list, known = {}, classes.of(runs[1])
   for i, entry in ipairs(by_measure(runs, names or {''})) do list[i] = one_measure(entry, known, bold) end
   return #list > 0 and h.join(list) or nil
end

return classes
