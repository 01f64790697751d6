--- plot/image.lua: a matrix as colours: cells with numbers and names where it is small, an image where it is large.
local core = require 'hilo.core'
local Figure = require 'hilo.plot.figure'
local output = require 'hilo.plot.output'
local scatter = require 'hilo.plot.scatter'
local style = require 'hilo.plot.style'
local text = require 'hilo.plot.text'
local values = require 'hilo.plot.values'

local image = {}

local most_cells = 4096 -- drawn one by one

local palettes = {viridis = style.scales.fill, line = style.scales.line, grey = {'#000000', '#ffffff'}, blue = {'#ffffff', '#1f6fb2'}}

local function names(wish, n, what)
   if not wish then return nil end
   core.check(#wish == n, 'image: %d names for %d %s', #wish, n, what)
   return wish
end

-- Cells of one colour, more opaque the larger the value, so that zero is the page, white or black.
local function draw_shades(figure, rows, low, high)
   local data = {}
   for i, row in ipairs(rows) do
      for j, v in ipairs(row) do
         if v == v then
            local share = math.max(0, math.min(1, (v - low) / (high - low)))
            data[#data + 1] = {j, i, j - 0.5, j + 0.5, i - 0.5, i + 0.5, math.floor((1 - share) * 255 + 0.5) * 2 ^ 24 + 0x1f6fb2}
         end
      end
   end
   figure:draw(('%s using 1:2:3:4:5:6:7 with boxxyerror lc rgb variable fs solid noborder'):format(figure:data(data)))
end

local function draw_cells(figure, rows)
   local data = {}
   for i, row in ipairs(rows) do
      for j, v in ipairs(row) do
         if v == v then data[#data + 1] = {j, i, j - 0.5, j + 0.5, i - 0.5, i + 0.5, v} end
      end
   end
   figure:draw(('%s using 1:2:3:4:5:6:7 with boxxyerror lc palette fs solid noborder'):format(figure:data(data)))
end

local function draw_numbers(figure, rows, format, low, high, shades, font)
   for i, row in ipairs(rows) do
      for j, v in ipairs(row) do
         local written = v == v and format(v) or ''
         if written ~= '' then
            local share = (v - low) / (high - low)
            local colour = shades and (share > 0.55 and '#ffffff' or '#000000') or (share > 0.6 and '#010101' or '#ffffff')
            figure:set("set label %s at %d,%d center front%s", text.quoted(written), j, i,
               figure.medium ~= 'text' and (" tc rgb '%s' font ',%g'"):format(colour, font) or '')
         end
      end
   end
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

local function longest(list, f)
   local n = 0
   for _, v in ipairs(list) do n = math.max(n, text.length(f(v))) end
   return n
end

--- A matrix; see hilo.plot.image.
function image.image(matrix, options)
   options = options or {}
   local figure = Figure.new('image', options, {labels = 'table', xnames = 'table', ynames = 'table', values = 'any',
      palette = 'string', crange = 'table', clabel = 'string', clog = 'boolean', bar = 'boolean'})
   local rows, columns = values.matrix(matrix, 'image')
   local n = #rows
   local xnames = names(options.xnames or options.labels, columns, 'columns')
   local ynames = names(options.ynames or options.labels, n, 'rows')
   local wish = options.values
   core.check(wish == nil or wish == true or wish == false or type(wish) == 'string' or type(wish) == 'function',
      "image: values is to be true, a format such as '%%.2f' or a function")
   core.check(not wish or n * columns <= most_cells, 'image: %d x %d numbers are too many to read; leave values out', n, columns)
   local palette = options.palette or (wish and 'blue' or 'viridis')
   core.check(palettes[palette], "image: palette '%s' is none of viridis, blue, grey, line", palette)
   local shades = palette == 'blue' and figure.medium == 'svg' and n * columns <= most_cells

   local flat = {}
   for i, row in ipairs(rows) do flat[i] = row end
   local low, high = values.range(unpack(flat))
   low, high = low or 0, high or 1
   if palette == 'blue' and low > 0 then low = 0 end
   local format = wish and formatter(wish, rows)
   local letters = 0
   for _, row in ipairs(format and rows or {}) do
      letters = math.max(letters, longest(row, function(v) return v == v and format(v) or '' end))
   end

   local cell_w = format and math.max(26, letters * 6 + 6) or (xnames and 24 or math.max(1, math.min(24, 480 / columns)))
   local cell_h = format and 21 or (ynames and 20 or (xnames and 20 or cell_w))
   local left = ynames and longest(ynames, function(v) return text.line(v, 40) end) * 6 or 20
   local below = xnames and longest(xnames, function(v) return text.line(v, 40) end) * 4 or 20
   local bar = not shades and options.bar ~= false
   figure.width = math.max(240, cell_w * columns + left + 60 + (bar and 70 or 0))
   figure.height = math.max(160, cell_h * n + below + 50)
   figure.rows = math.min(60, n + 8)

   figure:set('set key off')
   figure:set(figure.medium == 'text' and 'set border 0' or "set border 15 lc rgb 'black' lw 0.8")
   local log = options.clog
   figure.options = setmetatable({crange = options.crange or {low, high}, xlog = false, ylog = false}, {__index = options})
   low, high = scatter.colours(figure, low, high, palettes[palette])
   if not bar then figure:set('unset colorbox') end
   figure:axis('x', {labels = xnames, rotate = xnames, low = 0.5, high = columns + 0.5, whole = true, grid = false})
   figure:axis('y', {labels = ynames, flip = true, low = 0.5, high = n + 0.5, whole = true, grid = false})
   if xnames then figure:set('set xtics scale 0') end
   if ynames then figure:set('set ytics scale 0') end

   if figure.medium == 'text' then
      figure:draw('NaN')
      draw_numbers(figure, rows, format or formatter('%.2g'), low, high, true, 8)
   elseif shades then
      draw_shades(figure, rows, low, high)
   elseif n * columns <= most_cells then
      draw_cells(figure, rows)
   else
      figure:draw(('%s matrix using ($1+1):($2+1):3 with image'):format(figure:data(rows)))
   end
   if format and figure.medium ~= 'text' then
      draw_numbers(figure, rows, format, log and math.log10(low) or low, log and math.log10(high) or high, palette == 'blue',
         math.min(9.5, (cell_w - 3) / (0.58 * math.max(1, letters))))
   end
   figure.name = options.clabel or 'Matrix'
   figure:say('Matrix of %d rows and %d columns, values from %g to %g.', n, columns, low, high)
   return output.render(figure)
end

return image
