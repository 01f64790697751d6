--- plot/parallel.lua: parallel coordinates: an axis an option, a line a configuration, coloured by what it reached.
local core = require 'hilo.core'
local Figure = require 'hilo.plot.figure'
local output = require 'hilo.plot.output'
local scatter = require 'hilo.plot.scatter'
local style = require 'hilo.plot.style'
local text = require 'hilo.plot.text'
local tics = require 'hilo.plot.tics'
local values = require 'hilo.plot.values'

local parallel = {}

-- Places of names, evenly from 0.05 to 0.95.
local function names_axis(axis, rows)
   local names, at = {}, {}
   local function add(v)
      local name = tostring(v)
      if not at[name] then
         names[#names + 1] = name
         at[name] = #names
      end
   end
   for _, choice in ipairs(axis.choices or {}) do add(choice) end
   for _, row in ipairs(rows) do if row.values[axis.name] ~= nil then add(row.values[axis.name]) end end
   local function place(k) return #names == 1 and 0.5 or 0.05 + 0.9 * (k - 1) / (#names - 1) end
   local marks = {}
   for k, name in ipairs(names) do marks[k] = {place(k), name} end
   return marks, function(v) return v ~= nil and place(at[tostring(v)]) or nil end
end

local function numbers_axis(axis, list)
   local low, high = values.range(list)
   low = math.min(axis.low or math.huge, low or math.huge)
   high = math.max(axis.high or -math.huge, high or -math.huge)
   if low > high then low, high = axis.log and 1 or 0, axis.log and 10 or 1 end
   local log = axis.log and low > 0
   if log and high / low < 1 + 1e-9 then low, high = low / 2, high * 2 end
   if not log and high - low <= 1e-12 * math.max(math.abs(low), math.abs(high)) then
      local half = low == 0 and 1 or math.abs(low) * 0.1
      low, high = low - half, high + half
   end
   local function place(v)
      if type(v) ~= 'number' or v ~= v or not values.drawable(v) then return nil end
      if log then return v > 0 and math.log(v / low) / math.log(high / low) or nil end
      return (v - low) / (high - low)
   end
   local marks = {}
   if log then
      for _, tic in ipairs(tics.log(low, high, 6)) do if tic[2] ~= '' then marks[#marks + 1] = {place(tic[1]), tic[2]} end end
   else
      local step, format = tics.linear(low, high, 5)
      for k = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) do
         marks[#marks + 1] = {place(k * step), format:format(k * step)}
      end
   end
   return marks, place
end

local function is_names(axis, rows)
   if axis.kind == 'choice' then
      for _, choice in ipairs(axis.choices or {}) do if type(choice) ~= 'number' then return true end end
      return axis.choices ~= nil
   end
   for _, row in ipairs(rows) do if row.values[axis.name] ~= nil and type(row.values[axis.name]) ~= 'number' then return true end end
   return false
end

local function column(rows, name)
   local list = {}
   for _, row in ipairs(rows) do
      local v = row.values[name]
      if type(v) == 'number' and values.drawable(v) then list[#list + 1] = v end
   end
   return list
end

local function draw_axis(figure, k, name, marks)
   figure:set("set arrow from %d,0 to %d,1 nohead lc rgb 'black' lw 0.8 front", k, k)
   figure:set('set label %s at %d,1 center offset 0,1 front', text.quoted(name, 24), k)
   for _, mark in ipairs(marks) do
      figure:set("set label %s at %d,%.6g right offset -0.6,0 front%s", text.quoted(mark[2], 20), k, mark[1],
         figure.medium ~= 'text' and " font ',9'" or '')
      figure:set("set arrow from %d,%.6g rto -0.02,0 nohead lc rgb 'black' lw 0.8 front", k, mark[1])
   end
end

local function checked(rows, axes)
   core.check(type(rows) == 'table', 'parallel: rows are to be a list of {values = {name = value}, value = number}')
   for i, row in ipairs(rows) do
      core.check(type(row) == 'table' and type(row.values) == 'table',
         'parallel: row %d is to be {values = {name = value}, value = number}', i)
      core.check(row.value == nil or type(row.value) == 'number', 'parallel: value of row %d is a %s', i, type(row.value))
   end
   core.check(type(axes) == 'table' and #axes > 0, 'parallel: axes are to be a list of {name =, low =, high =, log =, choices =}')
   for i, axis in ipairs(axes) do
      core.check(type(axis) == 'table' and type(axis.name) == 'string', 'parallel: axis %d has no name', i)
   end
end

--- Parallel coordinates; see hilo.plot.parallel.
function parallel.parallel(rows, axes, options)
   options = options or {}
   local figure = Figure.new('parallel', options, {clabel = 'string', best = 'string', crange = 'table'})
   local best = options.best or 'max'
   core.check(best == 'max' or best == 'min', "parallel: best is to be 'max' or 'min'")
   checked(rows, axes)
   local all, places = {}, {}
   for i, axis in ipairs(axes) do all[i] = axis end
   local objective = {name = options.clabel or 'value'}
   for k, axis in ipairs(all) do
      local marks
      if is_names(axis, rows) then
         marks, places[k] = names_axis(axis, rows)
      else
         marks, places[k] = numbers_axis(axis, column(rows, axis.name))
      end
      draw_axis(figure, k, axis.name, marks)
   end
   local scores = {}
   for _, row in ipairs(rows) do if row.value and values.drawable(row.value) then scores[#scores + 1] = row.value end end
   local marks, place = numbers_axis(objective, scores)
   draw_axis(figure, #all + 1, objective.name, marks)

   local ordered = {}
   for _, row in ipairs(rows) do ordered[#ordered + 1] = row end
   local function key(row)
      local v = row.value
      if not v or not values.drawable(v) then return -math.huge end
      return best == 'max' and v or -v
   end
   table.sort(ordered, function(a, b)
      local ka, kb = key(a), key(b)
      if ka ~= kb then return ka < kb end
      return (a.number or 0) < (b.number or 0)
   end)
   local grey, coloured, top = {}, {}, {}
   for i, row in ipairs(ordered) do
      local has = row.value and values.drawable(row.value)
      local into = not has and grey or (#ordered - i < math.max(1, math.floor(#scores / 10)) and top or coloured)
      for k, axis in ipairs(all) do into[#into + 1] = {k, places[k](row.values[axis.name]) or 0 / 0, has and row.value or 0} end
      if has then into[#into + 1] = {#all + 1, place(row.value), row.value} end
      into[#into + 1] = {}
   end
   figure.width, figure.height = math.max(480, math.min(1100, 110 * (#all + 1) + 80)), 340
   figure:set('set key off')
   figure.top = true
   figure:set('set border 0\nunset xtics\nunset ytics\nset xrange [0.4:%g]\nset yrange [-0.03:1.03]\nset tmargin %g', #all + 1.1,
      options.title and 4 or 2.5)
   local low, high = values.range(scores)
   local scale = {}
   for i, colour in ipairs(style.scales.line) do scale[best == 'max' and i or #style.scales.line + 1 - i] = colour end
   figure.options = setmetatable({clabel = false}, {__index = options})
   scatter.colours(figure, low, high, scale)
   figure:set('unset colorbox')
   if #grey > 0 then figure:draw(("%s using 1:2 with lines lc rgb '#907f7f7f' lw 0.7 dt (3,3)"):format(figure:data(grey))) end
   if #coloured > 0 then figure:draw(('%s using 1:2:3 with lines lc palette lw 1'):format(figure:data(coloured))) end
   if #top > 0 then figure:draw(('%s using 1:2:3 with lines lc palette lw 2.2'):format(figure:data(top))) end
   if #rows == 0 then figure:empty('no values') end
   figure.name = 'Parallel coordinates'
   local list = {}
   for i, axis in ipairs(all) do list[i] = axis.name end
   figure:say('Parallel coordinates of %d configurations over %s and %s.', #rows, table.concat(list, ', '), objective.name)
   return output.render(figure)
end

return parallel
