--- plot/parallel.lua: parallel coordinates: an axis an option, a line a configuration, coloured by what it reached.
local core = require 'hilo.core'
local Figure = require 'hilo.plot.figure'
local output = require 'hilo.plot.output'
local parallel_axes = require 'hilo.plot.parallel_axes'
local style = require 'hilo.plot.style'
local text = require 'hilo.plot.text'
local values = require 'hilo.plot.values'

local parallel = {}

local function draw_axis(figure, k, name, marks)
   local font = figure.medium ~= 'text' and " font ',9'" or ''
   figure:set("set arrow from %d,0 to %d,1 nohead lc rgb 'black' lw 0.8 front", k, k)
   figure:set('set label %s at %d,1 center offset 0,1 front', text.quoted(name, 18), k)
   for _, mark in ipairs(marks) do
      figure:set('set label %s at %d,%.6g right offset -0.6,0 front%s', text.quoted(mark[2], 20), k, mark[1], font)
      if font ~= '' then figure:set("set arrow from %d,%.6g rto -0.02,0 nohead lc rgb 'black' lw 0.8 front", k, mark[1]) end
   end
end

local function check(rows, axes, best)
   core.check(best == 'max' or best == 'min', "parallel: best is to be 'max' or 'min'")
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

local function score(row)
   local v = row.value and values.number(row.value)
   return v == v and v or nil
end

-- The worst first, so that the best are drawn over them; those without a value before all.
local function ordered(rows, best)
   local list, rank = {}, {}
   for i, row in ipairs(rows) do
      local v = score(row)
      list[i], rank[row] = row, {not v and -math.huge or best == 'max' and v or -v, i}
   end
   table.sort(list, function(a, b)
      local p, q = rank[a], rank[b]
      if p[1] ~= q[1] then return p[1] < q[1] end
      return p[2] < q[2]
   end)
   return list
end

-- Lines of three kinds: without a value, with one, and the best tenth. An empty row ends a line.
local function gather(rows, axes, places, best, range)
   local low, high = unpack(range)
   local grey, coloured, top = {}, {}, {}
   for i, row in ipairs(rows) do
      local v = score(row)
      local is_top = #rows - i < math.max(1, math.floor(#rows / 10))
      local into = not v and grey or is_top and top or coloured
      local share = v and high > low and math.max(0, math.min(1, (v - low) / (high - low))) or 1
      if best == 'min' and high > low then share = 1 - share end
      local colour = v and style.shade(style.scales.line, share, is_top and 1 or 0.35 + 0.4 * share) or 0
      for k, axis in ipairs(axes) do into[#into + 1] = {k, places[k](row.values[axis.name]) or 0 / 0, colour} end
      if v then into[#into + 1] = {#axes + 1, places[#axes + 1](v), colour} end
      into[#into + 1] = {}
   end
   return grey, coloured, top
end

--- Parallel coordinates; see hilo.plot.parallel.
function parallel.parallel(rows, axes, options)
   options = options or {}
   local figure = Figure.new('parallel', options, {clabel = 'string', best = 'string', crange = 'table'})
   local best = options.best or 'max'
   check(rows, axes, best)
   local n, names, places, scores = #axes, {}, {}, {}
   for i, row in ipairs(rows) do scores[i] = score(row) or 0 / 0 end
   local function add(k, axis, list)
      local place, marks = parallel_axes.of(axis, list)
      places[k], names[k] = place, axis.name
      draw_axis(figure, k, axis.name, marks)
   end
   for k, axis in ipairs(axes) do
      local list = {}
      for _, row in ipairs(rows) do table.insert(list, row.values[axis.name]) end
      add(k, axis, list)
   end
   add(n + 1, {name = options.clabel or 'value'}, scores)
   figure.width, figure.height = math.max(480, math.min(1600, 110 * (n + 1) + 80)), 340
   figure:set('set key off')
   figure.top = true
   figure:set('set border 0\nunset xtics\nunset ytics\nset xrange [0.4:%g]\nset yrange [-0.03:1.03]\nset tmargin %g', n + 1.1,
      options.title and 4 or 2.5)
   local low, high = values.range {scores}
   local range = options.crange or {low or 0, high or 1}
   local grey, coloured, top = gather(ordered(rows, best), axes, places, best, range)
   if #grey > 0 then figure:draw(("%s using 1:2 with lines lt 3 lc rgb '#907f7f7f' lw 0.7 dt (3,3)"):format(figure:data(grey))) end
   if #coloured > 0 then figure:draw(('%s using 1:2:3 with lines lt 2 lc rgb variable lw 1'):format(figure:data(coloured))) end
   if #top > 0 then figure:draw(('%s using 1:2:3 with lines lt 1 lc rgb variable lw 2.2'):format(figure:data(top))) end
   if #rows == 0 then figure:empty('no values') end
   figure.name = 'Parallel coordinates'
   figure:say('Parallel coordinates of %d configurations over %s.', #rows, table.concat(names, ', '))
   return output.render(figure)
end

return parallel
