--- plot/image.lua: a matrix as colours: cells with numbers and names where it is small, an image where it is large.
local core = require 'hilo.core'
local Figure = require 'hilo.plot.figure'
local image_text = require 'hilo.plot.image_text'
local output = require 'hilo.plot.output'
local pixels = require 'hilo.plot.pixels'
local scatter = require 'hilo.plot.scatter'
local style = require 'hilo.plot.style'
local text = require 'hilo.plot.text'
local values = require 'hilo.plot.values'

local image = {}

local most_cells = 4096 -- drawn one by one

local blue = '#1f6fb2' -- black and white letters are legible on some opacity of it, on a white page and on a black one
local palettes = {viridis = style.scales.fill, line = style.scales.line, grey = {'#000000', '#ffffff'}, blue = {'#ffffff', blue}}

local function names(wish, n, what)
   core.check(not wish or #wish == n, 'image: %d names for %d %s', wish and #wish or 0, n, what)
   return wish
end

local function formatter(wish, rows)
   if type(wish) == 'function' then return function(v) return tostring(wish(v)) end end
   if type(wish) == 'string' then
      core.check(pcall(string.format, wish, 0.5), "image: values = '%s' is no format of a number", wish)
      return function(v) return wish:format(v) end
   end
   local whole = true
   for _, row in ipairs(rows) do for _, v in ipairs(row) do whole = whole and (v ~= v or v % 1 == 0 and math.abs(v) < 1e9) end end
   return function(v) return (whole and '%d' or '%.2f'):format(v) end
end

local function letters(rows, format)
   local n = 0
   for _, row in ipairs(rows) do for _, v in ipairs(row) do if v == v then n = math.max(n, text.length(format(v))) end end end
   return n
end

-- The value between 0 and 1, on a logarithmic scale too.
local function share(v, low, high, log)
   if log then v, low, high = math.log(v), math.log(low), math.log(high) end
   return math.max(0, math.min(1, (v - low) / (high - low)))
end

-- Calls visit(column, row, value, share) for each number.
local function each(rows, low, high, log, visit)
   for i, row in ipairs(rows) do
      for j, v in ipairs(row) do if v == v then visit(j, i, v, share(v, low, high, log)) end end
   end
end

-- Cells by the palette; with `shades` of blue, more opaque the larger the value, so that zero is the page, white or black.
local function draw_cells(figure, rows, low, high, log, shades)
   local data = {}
   each(rows, low, high, log, function(x, y, v, s)
      data[#data + 1] = {x, y, x - 0.5, x + 0.5, y - 0.5, y + 0.5, shades and style.shade({blue, blue}, 1, s) or v}
   end)
   figure:draw(('%s using 1:2:3:4:5:6:7 with boxxyerror lc %s fs solid noborder'):format(figure:data(data),
      shades and 'rgb variable' or 'palette'))
end

local ink = {
   blue = function(s) return s > 0.55 and '#ffffff' or 'black' end,
   viridis = function(s) return s > 0.6 and '#010101' or '#ffffff' end,
   grey = function(s) return s > 0.5 and '#010101' or '#ffffff' end,
   line = function() return '#ffffff' end,
}

local function draw_numbers(figure, rows, m, low, high, log, palette)
   local font = math.max(6, math.min(9.5, (m.cell - 3) / (0.58 * math.max(1, m.letters))))
   each(rows, low, high, log, function(x, y, v, s)
      local written = m.format(v)
      if written ~= '' then
         figure:set("set label %s at %d,%d center front tc rgb '%s' font ',%g'", text.quoted(written), x, y, ink[palette](s), font)
      end
   end)
end

local function size(figure, m, n, bar)
   local high = (m.format or m.xnames or m.ynames) and 21 or math.max(1, math.min(24, 480 / m.columns, 480 / n))
   m.cell = m.format and math.max(26, m.letters * 6 + 6) or m.xnames and 24 or high
   figure.width = math.max(240, m.cell * m.columns + (m.ynames and Figure.longest(m.ynames) * 6 or 20) + 60 + (bar and 70 or 0))
   figure.height = math.max(160, high * n + (m.xnames and Figure.longest(m.xnames) * 4 or 20) + 50)
end

local function draw(figure, rows, m, low, high, palette)
   local options, n, log = figure.options, #rows, figure.options.clog
   local small = n * m.columns <= most_cells
   local shades = palette == 'blue' and small
   local bar = not shades and options.bar ~= false
   size(figure, m, n, bar)
   figure:set("set border 15 lc rgb 'black' lw 0.8")
   if not bar then figure:set('unset colorbox') end
   figure:axis('x', {labels = m.xnames, rotate = m.xnames, low = 0.5, high = m.columns + 0.5, whole = true, grid = false})
   figure:axis('y', {labels = m.ynames, flip = true, low = 0.5, high = n + 0.5, whole = true, grid = false})
   if m.xnames then figure:set('set xtics scale 0') end
   if m.ynames then figure:set('set ytics scale 0') end
   if not m.low then
      figure:empty('no values')
   elseif small then
      draw_cells(figure, rows, low, high, log, shades)
   else
      local bytes, value = pixels.encode(rows, low, high, log)
      figure:draw(("'-' binary array=(%d,%d) origin=(1,1) format='%%uint8%%uint8' using %s with image"):format(m.columns, n, value))
      figure.inline = bytes
   end
   if m.format then draw_numbers(figure, rows, m, low, high, log, palette) end
end

--- A matrix; see hilo.plot.image.
function image.image(matrix, options)
   options = options or {}
   local figure = Figure.new('image', options, {labels = 'table', xnames = 'table', ynames = 'table', values = 'any',
      palette = 'string', crange = 'table', clabel = 'string', clog = 'boolean', bar = 'boolean'})
   local rows, columns = values.matrix(matrix, 'image')
   local wish = options.values
   core.check(not wish or wish == true or type(wish) == 'string' or type(wish) == 'function',
      "image: values is to be true, a format such as '%%.2f' or a function")
   core.check(not wish or #rows * columns <= most_cells, 'image: %d x %d numbers are too many to read; leave values out',
      #rows, columns)
   local palette = options.palette or (wish and 'blue' or 'viridis')
   core.check(palettes[palette], "image: palette '%s' is none of viridis, blue, grey, line", palette)
   if options.clog then
      for _, row in ipairs(rows) do for j, v in ipairs(row) do if v <= 0 then row[j] = 0 / 0 end end end
   end
   local format = wish and formatter(wish, rows)
   local m = {columns = columns, format = format, letters = format and letters(rows, format) or 0,
      xnames = names(options.xnames or options.labels, columns, 'columns'),
      ynames = names(options.ynames or options.labels, #rows, 'rows')}

   figure:set('set key off')
   local low, high = values.range(rows)
   m.low = low
   local from_zero = palette == 'blue' and low and low > 0 and not options.clog
   local from, to = scatter.colours(figure, from_zero and 0 or low, high, palettes[palette])
   if figure.medium == 'text' then
      image_text.draw(figure, rows, m, from, to)
   else
      draw(figure, rows, m, from, to, palette)
   end
   figure.name = options.clabel or 'Matrix'
   figure:say('Matrix of %d rows and %d columns%s.', #rows, columns,
      low and (', values from %g to %g'):format(low, high) or ' without values')
   return output.render(figure)
end

return image
