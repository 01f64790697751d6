--- plot/lines.lua: series over x, called as Torch7's gnuplot.plot is.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local Figure = require 'hilo.plot.figure'
local output = require 'hilo.plot.output'
local style = require 'hilo.plot.style'
local values = require 'hilo.plot.values'

local lines = {}

local styles = {['-'] = 'lines', ['+'] = 'points', ['.'] = 'dots', ['|'] = 'boxes', ['~'] = 'lines', ['+-'] = 'linespoints'}
local fields = {name = true, x = true, y = true, style = true, errors = true, low = true, high = true, colour = true, like = true}

local function is_plain(v) return type(v) == 'table' and not Tensor.is_tensor(v) end

-- {'name', x, y, '-', low = ..., ...} -> {name =, x =, y =, style =, ...}
local function named(entry, number)
   local s = {}
   for key, value in pairs(entry) do
      core.check(type(key) == 'number' or fields[key],
         "plot: series %d: unknown field '%s'; there are name, x, y, style, errors, low, high, colour, like", number, tostring(key))
      if type(key) ~= 'number' then s[key] = value end
   end
   local at, n = 1, #entry
   if type(entry[1]) == 'string' then s.name, at = entry[1], 2 end
   if type(entry[n]) == 'string' and n >= at then s.style, n = entry[n], n - 1 end
   core.check(n - at <= 1, 'plot: series %d: expected name, x, y and style, got %d entries', number, #entry)
   if n - at == 1 then s.x, s.y = entry[at], entry[n] elseif n == at then s.y = entry[n] end
   return s
end

local function is_series(v)
   return is_plain(v) and (v.y ~= nil or type(v[1]) == 'string' or type(v[1]) == 'table' or Tensor.is_tensor(v[1]))
end

-- The arguments of plot as entries of series and options.
local function arguments(...)
   local given, n = {...}, select('#', ...)
   for i = 1, n do core.check(given[i] ~= nil, 'plot: argument %d is nil', i) end
   local options, last = {}, given[n]
   if n > 1 and is_plain(last) and last[1] == nil and last.y == nil and (n > 2 or next(last) ~= nil) then options, n = last, n - 1 end
   core.check(n > 0, 'plot: expected a list of numbers, a tensor or series')
   if not is_series(given[1]) then return {{unpack(given, 1, n)}}, options end
   if n == 1 and is_series(given[1][1]) then return given[1], options end
   return {unpack(given, 1, n)}, options
end

local function series(entry, number)
   local s = named(entry, number)
   s.number = number
   local what = ('plot: series %s'):format(s.name and ("'%s'"):format(s.name) or tostring(number))
   core.check(s.y ~= nil, '%s: no values', what)
   s.y = values.list(s.y, what)
   for _, key in ipairs {'x', 'errors', 'low', 'high'} do
      if s[key] ~= nil then
         s[key] = values.list(s[key], ('%s: %s'):format(what, key))
         core.check(#s[key] == #s.y, '%s: %s holds %d numbers, y %d', what, key, #s[key], #s.y)
      end
   end
   core.check(not s.low == not s.high, '%s: a band needs both low and high', what)
   s.style = s.style or '-'
   core.check(styles[s.style], "%s: style '%s' is none of '-', '+', '+-', '.', '|', '~'", what, tostring(s.style))
   core.check(s.colour == nil or type(s.colour) == 'string' and s.colour:find('^#%x%x%x%x%x%x$'),
      "%s: colour is to be like '#3366ff'", what)
   core.check(s.like == nil or type(s.like) == 'number' and s.like >= 1 and s.like % 1 == 0,
      '%s: like is to be the number of the series whose colour and dashes it takes', what)
   if not s.x then
      s.x = {}
      for i = 1, #s.y do s.x[i] = i end
   end
   return s
end

-- Numbers that a logarithmic axis has not become gaps; how many there were.
local function drop(list, log)
   local dropped = 0
   if log then
      for i, v in ipairs(list or {}) do
         if v <= 0 then list[i], dropped = 0 / 0, dropped + 1 end
      end
   end
   return dropped
end

-- Points without a neighbour to draw a line to.
local function lonely(s)
   local rows = {}
   local function there(i) return s.x[i] and s.x[i] == s.x[i] and s.y[i] == s.y[i] end
   for i = 1, #s.y do
      if there(i) and not there(i - 1) and not there(i + 1) then rows[#rows + 1] = {s.x[i], s.y[i]} end
   end
   return rows
end

local function rows_of(...)
   local columns, rows = {...}, {}
   for i = 1, #columns[1] do
      rows[i] = {}
      for j, column in ipairs(columns) do rows[i][j] = column[i] end
   end
   return rows
end

local function count(list, other)
   local n = 0
   for i, v in ipairs(list) do if v == v and other[i] == other[i] then n = n + 1 end end
   return n
end

local function draw_band(figure, s)
   if not s.low or figure.medium == 'text' or count(s.low, s.high) == 0 then return end
   figure:draw(('%s using 1:2:3 with filledcurves %s fs transparent solid 0.18 noborder')
      :format(figure:data(rows_of(s.x, s.low, s.high)), style.area(s.like or s.number, s.colour)), {hover = s.name})
end

local function draw_series(figure, s, low)
   local number = s.like or s.number
   local area, look = style.area(number, s.colour), style.line(number, s.colour)
   local with, name = styles[s.style], {legend = s.name}
   if with == 'points' then look = area .. ' ' .. style.point(number) end
   if with == 'linespoints' then look = look .. ' ' .. style.point(number) end
   if with == 'dots' or with == 'boxes' then look = area end
   local points = count(s.x, s.y)
   if points == 0 then
      if s.name then figure:draw(('keyentry with %s %s'):format(with, look), name) end
      return
   end
   local block = figure:data(rows_of(s.x, s.y))
   if with == 'boxes' then
      figure:set('set style fill transparent solid 0.5 border')
      figure:draw(('%s using 1:2 with boxes %s'):format(block, look), name)
   elseif s.style == '~' and points > 3 and points == #s.y then
      figure:draw(('%s using 1:2 smooth csplines with lines %s'):format(block, look), name)
   else
      figure:draw(('%s using 1:2 with %s %s'):format(block, with, look), name)
   end
   local alone = with == 'lines' and lonely(s) or {}
   if #alone > 0 then
      figure:draw(('%s using 1:2 with points %s %s'):format(figure:data(alone), area, style.point(number)), {hover = s.name})
   end
   if s.errors then
      local bars = {}
      for i, e in ipairs(s.errors) do
         local from = s.y[i] - e
         if e == e and s.y[i] == s.y[i] and s.x[i] == s.x[i] then
            from = figure.options.ylog and math.max(from, low) or from
            bars[#bars + 1] = {s.x[i], from, 0, s.y[i] + e - from}
         end
      end
      if #bars > 0 then
         figure:draw(('%s using 1:2:3:4 with vectors nohead %s')
            :format(figure:data(bars), area), {hover = s.name})
      end
   end
end

-- The lists that the y axis has to hold.
local function heights(all)
   local lists = {}
   for _, s in ipairs(all) do
      for _, key in ipairs {'y', 'low', 'high'} do lists[#lists + 1] = s[key] end
      if s.errors then
         local ends = {}
         for i, e in ipairs(s.errors) do ends[2 * i - 1], ends[2 * i] = s.y[i] - e, s.y[i] + e end
         lists[#lists + 1] = ends
      end
      if s.style == '|' then lists[#lists + 1] = {0} end
   end
   return lists
end

-- Range and kind of the x axis: whole numbers such as steps have no fractions at it, and boxes their halves at its ends.
local function x_axis(all, xs, log)
   local low, high = values.range(xs)
   local whole, boxes, gap = true, false, math.huge
   for _, s in ipairs(all) do
      boxes = boxes or s.style == '|'
      for i, x in ipairs(s.x) do
         whole = whole and (x ~= x or x % 1 == 0)
         local step = i > 1 and math.abs(x - s.x[i - 1]) or 0
         if s.style == '|' and step > 0 then gap = math.min(gap, step) end
      end
   end
   if boxes and low and not log then
      local half = gap < math.huge and gap / 2 or 0.5
      low, high = low - half, high + half
   end
   return {low = low, high = high, log = log, pad = 0.01, whole = whole}
end

--- Draws series; see hilo.plot.
function lines.plot(...)
   local entries, options = arguments(...)
   local figure = Figure.new('plot', options, {})
   local all, names, dropped, points = {}, {}, 0, 0
   local xs = {}
   for i, entry in ipairs(entries) do
      local s = series(entry, i)
      dropped = dropped + drop(s.x, options.xlog) + drop(s.y, options.ylog)
      for _, key in ipairs {'low', 'high'} do drop(s[key], options.ylog) end
      if s.name and s.name ~= '' then names[#names + 1] = s.name else s.name = nil end
      all[i], xs[i], points = s, s.x, points + count(s.x, s.y)
   end
   local ys = heights(all)
   if options.ylog then for _, list in ipairs(ys) do drop(list, true) end end
   figure:legend(names)
   figure:axis('x', x_axis(all, xs, options.xlog))
   local y_low, y_high = values.range(ys)
   local low = figure:axis('y', {low = y_low, high = y_high, log = options.ylog, pad = 0.04, from_zero = true})
   if dropped > 0 then figure:note('%d value%s not above 0, not on the logarithmic axis', dropped, dropped == 1 and '' or 's') end
   for _, s in ipairs(all) do draw_band(figure, s) end
   for _, s in ipairs(all) do draw_series(figure, s, low) end
   if points == 0 then figure:empty('no values') end
   figure.name = options.ylabel and options.xlabel and ('%s over %s'):format(options.ylabel, options.xlabel) or 'Line plot'
   figure:say('Line plot of %d series%s.', #all, #names > 0 and ': ' .. table.concat(names, ', ') or '')
   local x_low, x_high = values.range(xs)
   if y_low and points > 0 then figure:say('x from %g to %g, y from %g to %g.', x_low, x_high, y_low, y_high) end
   return output.render(figure)
end

return lines
