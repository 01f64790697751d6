--- plot/image_text.lua: a matrix in characters: its numbers where they fit, else darker characters for larger values.
local Figure = require 'hilo.plot.figure'
local text = require 'hilo.plot.text'

local image_text = {}

local ramp = {' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'}

-- Names of columns that do not fit become numbers, which then stand before the names of the rows too.
local function axis_names(xnames, ynames, columns, room)
   if not xnames or (Figure.longest(xnames) + 1) * columns <= room then return xnames, ynames end
   local numbers, both = {}, {}
   for j = 1, columns do numbers[j] = tostring(j) end
   for i, name in ipairs(ynames or {}) do both[i] = ('%s %2d'):format(text.line(name, 30), i) end
   return numbers, ynames and both
end

local function write_numbers(figure, rows, format)
   for i, row in ipairs(rows) do
      for j, v in ipairs(row) do
         local written = v == v and format(v) or ''
         if written ~= '' then figure:set('set label %s at %d,%d center front', text.quoted(written), j, i) end
      end
   end
end

-- One character for each place of the terminal, from the cell that lies there.
local function write_shades(figure, rows, columns, across, down, low, high)
   local n = #rows
   for p = 1, down do
      local i = math.min(n, math.floor((p - 0.5) / down * n) + 1)
      for q = 1, across do
         local j = math.min(columns, math.floor((q - 0.5) / across * columns) + 1)
         local v = rows[i][j]
         if v == v then
            local share = math.max(0, math.min(1, (v - low) / (high - low)))
            local character = ramp[math.floor(share * (#ramp - 1) + 0.5) + 1]
            local x, y = 0.5 + (q - 0.5) / across * columns, 0.5 + (p - 0.5) / down * n
            figure:set("set label '%s' at %.6g,%.6g center front", character, x, y)
         end
      end
   end
   figure:note('from blank, %.4g, to %s, %.4g', low, ramp[#ramp], high)
end

--- Draws the matrix into a figure for the terminal.
---@param figure Figure
---@param rows number[][]
---@param m {columns: integer, xnames: string[]?, ynames: string[]?, format: (fun(v: number): string)?, letters: integer}
---@param low number
---@param high number
function image_text.draw(figure, rows, m, low, high)
   local room = figure:size() - 8 - (m.ynames and math.min(33, Figure.longest(m.ynames)) or 6)
   local xnames, ynames = axis_names(m.xnames, m.ynames, m.columns, room)
   local numbers = m.format and (m.letters + 1) * m.columns <= room
   figure.rows = math.min(60, math.max(numbers and 0 or 16, #rows) + 5)
   figure:set('set border 0')
   figure:axis('x', {labels = xnames, low = 0.5, high = m.columns + 0.5, whole = true, grid = false})
   figure:axis('y', {labels = ynames, flip = true, low = 0.5, high = #rows + 0.5, whole = true, grid = false})
   if numbers then
      write_numbers(figure, rows, m.format)
   else
      local w, h = figure:size()
      write_shades(figure, rows, m.columns, w, h, low, high) -- a little more places than the axes leave, lest one stays blank
   end
   figure:draw('NaN')
end

return image_text
