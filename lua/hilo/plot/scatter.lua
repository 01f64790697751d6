--- plot/scatter.lua: points, coloured by a value; x and y are numbers or names.
local core = require 'hilo.core'
local Figure = require 'hilo.plot.figure'
local output = require 'hilo.plot.output'
local span = require 'hilo.plot.span'
local style = require 'hilo.plot.style'
local text = require 'hilo.plot.text'
local tics = require 'hilo.plot.tics'
local values = require 'hilo.plot.values'

local scatter = {}

-- A list with names: their places, in the order in which they come or that the user gave, and the names.
local function places(list, axis, wish)
   local names, at, out = {}, {}, {}
   for _, name in ipairs(wish or {}) do
      names[#names + 1] = tostring(name)
      at[tostring(name)] = #names
   end
   for i = 1, #list do
      local name = tostring(list[i])
      if not at[name] then
         names[#names + 1] = name
         at[name] = #names
      end
      -- Points of one name are spread a little, the same way each time.
      out[i] = at[name] + ((i * 0.618034) % 1 - 0.5) * 0.3
   end
   core.check(#names <= 200, 'scatter: %s holds %d different names', axis, #names)
   return out, names
end

local function coordinates(list, axis, options)
   local wish = options[axis .. 'names']
   local named = wish or type(list) == 'table' and (type(list[1]) == 'string' or type(list[1]) == 'boolean')
   if named then return places(list, axis, wish) end
   return values.list(list, 'scatter: ' .. axis)
end

--- The colours of a value, with a bar that explains them.
---@param figure Figure
---@param low number?
---@param high number?
---@param scale string[]
---@param whole? boolean no fractions
---@return number low, number high
function scatter.colours(figure, low, high, scale, whole)
   local options = figure.options
   low, high = span.of(figure.what, 'c', options.crange, {low = low, high = high, log = options.clog})
   figure:set(style.palette(scale))
   figure:set('set cbrange [%.17g:%.17g]', low, high)
   if options.clog then figure:set('set logscale cb') end
   figure:set("set cbtics format '%g' scale 0.5")
   if whole then figure:set('set cbtics %.17g', (tics.linear(low, high, select(2, figure:size()) / 50, true))) end
   if figure.medium == 'text' then figure:set('unset colorbox') end
   if options.clabel then figure:set('set cblabel %s', text.quoted(options.clabel, 100)) end
   return low, high
end

--- Points; see hilo.plot.scatter.
function scatter.scatter(x, y, colours, options)
   if not options and type(colours) == 'table' and not values.is_list(colours) then colours, options = nil, colours end
   options = options or {}
   local figure = Figure.new('scatter', options, {clabel = 'string', clog = 'boolean', crange = 'table', xnames = 'table',
      ynames = 'table', best = 'string'})
   core.check(options.best == nil or options.best == 'max' or options.best == 'min', "scatter: best is to be 'max' or 'min'")
   local xs, xnames = coordinates(x, 'x', options)
   local ys, ynames = coordinates(y, 'y', options)
   core.check(#xs == #ys, 'scatter: x holds %d values, y %d', #xs, #ys)
   local cs = colours and values.list(colours, 'scatter: colours') or {}
   core.check(not colours or #cs == #xs, 'scatter: %d colours for %d points', #cs, #xs)
   local plain, coloured, dropped = {}, {}, 0
   for i, v in ipairs(xs) do
      local w, c = ys[i], cs[i]
      if options.xlog and v <= 0 or options.ylog and w <= 0 then
         dropped = dropped + 1
         xs[i] = 0 / 0
      elseif v == v and w == w then
         if colours and c == c and not (options.clog and c <= 0) then
            coloured[#coloured + 1] = {v, w, c}
         else
            plain[#plain + 1] = {v, w}
         end
      end
   end
   -- The best lie on top.
   table.sort(coloured, function(a, b)
      if options.best == 'min' then return a[3] > b[3] end
      return a[3] < b[3]
   end)
   local function axis(which, list, other, names)
      local shown = {}
      for i, v in ipairs(list) do
         if other[i] == other[i] and not (options[which .. 'log'] and v <= 0) then shown[#shown + 1] = v end
      end
      local low, high = values.range {shown}
      figure:axis(which, {low = low, high = high, log = options[which .. 'log'], pad = 0.04, labels = names})
   end
   figure:set('set key off')
   if #coloured > 0 and figure.medium ~= 'text' then figure.beside = 70 end -- the bar of colours
   axis('x', xs, ys, xnames)
   axis('y', ys, xs, ynames)
   if #coloured > 0 then
      local c, whole = {}, not options.clog
      for i, row in ipairs(coloured) do c[i], whole = row[3], whole and row[3] % 1 == 0 end
      local low, high = values.range {c}
      scatter.colours(figure, low, high, style.scales.line, whole)
   end
   if dropped > 0 then figure:note('%d value%s not above 0, not on the logarithmic axis', dropped, dropped == 1 and '' or 's') end
   if #plain > 0 then
      figure:draw(("%s using 1:2 with points lt 1 pt %d ps 0.6 lc rgb '%s'"):format(figure:data(plain), colours and 6 or 7,
         colours and '#7f7f7f' or style.colour(1)))
   end
   if #coloured > 0 then figure:draw(('%s using 1:2:3 with points pt 7 ps 0.7 lc palette'):format(figure:data(coloured))) end
   if #plain + #coloured == 0 then figure:empty('no values') end
   figure.name = options.ylabel and options.xlabel and ('%s over %s'):format(options.ylabel, options.xlabel) or 'Points'
   figure:say('%d points%s.', #plain + #coloured, colours and ', coloured by ' .. (options.clabel or 'a value') or '')
   return output.render(figure)
end

return scatter
