--- tensor/print.lua: tensors as text, laid out as Torch7 does.
local Tensor = require 'hilo.tensor'
local edges = require 'hilo.tensor.edges'

local printing = {}

--- Columns of a line, as in Torch7. The prompt sets it where its terminal has fewer.
printing.width = 80

local most = 1000 -- elements of a tensor that are all printed

-- How the numbers of one tensor are printed: a format, its width and a common scale factor.
local function number_format(values, n, is_integer)
   local largest, smallest, whole = 0, math.huge, true
   for i = 0, n - 1 do
      local v = tonumber(values[i])
      if v == v and math.abs(v) ~= math.huge then
         local a = math.abs(v)
         if a > largest then largest = a end
         if a < smallest then smallest = a end
         if a ~= math.floor(a) then whole = false end
      end
   end
   if n == 0 or smallest == math.huge then largest, smallest = 0, 0 end
   local digits_max = largest == 0 and 1 or math.floor(math.log10(largest)) + 1
   local digits_min = smallest == 0 and 1 or math.floor(math.log10(smallest)) + 1
   if whole or is_integer then
      if digits_max > 9 and not is_integer then return '%11.4e', 11, 1 end
      return '%' .. digits_max + 1 .. '.0f', digits_max + 1, 1
   end
   if digits_max - digits_min > 4 then
      local width = (digits_max > 99 or digits_min < -99) and 12 or 11
      return ('%%%d.4e'):format(width), width, 1
   end
   if digits_max > 5 or digits_max < 0 then return '%7.4f', 7, 10 ^ (digits_max - 1) end
   if digits_max == 0 then return '%7.4f', 7, 1 end
   return ('%%%d.4f'):format(digits_max + 6), digits_max + 6, 1
end

local function cell(format, width, value)
   if value ~= value then return (' '):rep(width - 3) .. 'nan' end
   return format:format(value)
end

local function scale_line(scale) return scale ~= 1 and ('%g *\n'):format(scale) or '' end

local function vector_text(values, n, is_integer)
   local format, width, scale = number_format(values, n, is_integer)
   local lines = {}
   for i = 0, n - 1 do lines[#lines + 1] = cell(format, width, tonumber(values[i]) / scale) end
   return scale_line(scale) .. table.concat(lines, '\n') .. '\n'
end

local function matrix_text(values, rows, columns, start, format, width, scale, indent)
   local per_line = math.max(1, math.floor((printing.width - #indent) / (width + 1)))
   local out = {}
   for first = 1, columns, per_line do
      local last = math.min(columns, first + per_line - 1)
      if per_line < columns then
         if first > 1 then out[#out + 1] = '' end
         out[#out + 1] = ('Columns %d to %d'):format(first, last)
      end
      for r = 0, rows - 1 do
         local line = {}
         for c = first, last do line[#line + 1] = cell(format, width, tonumber(values[start + r * columns + c - 1]) / scale) end
         out[#out + 1] = indent .. table.concat(line, ' ')
      end
   end
   return table.concat(out, '\n') .. '\n'
end

local function block_text(values, sizes, is_integer)
   local rows, columns, n = sizes[#sizes - 1], sizes[#sizes], 1
   for _, s in ipairs(sizes) do n = n * s end
   local format, width, scale = number_format(values, n, is_integer)
   if #sizes == 2 then return scale_line(scale) .. matrix_text(values, rows, columns, 0, format, width, scale, '') end
   local out, position = {scale_line(scale)}, {}
   for d = 1, #sizes - 2 do position[d] = 1 end
   for block = 0, n / (rows * columns) - 1 do
      out[#out + 1] = ('(%s,.,.) = \n'):format(table.concat(position, ','))
      out[#out + 1] = matrix_text(values, rows, columns, block * rows * columns, format, width, scale, '  ')
      out[#out + 1] = '\n'
      local d = #position
      while d >= 1 do
         position[d] = position[d] + 1
         if position[d] <= sizes[d] then break end
         position[d] = 1
         d = d - 1
      end
   end
   out[#out] = nil
   return table.concat(out)
end

-- The elements at the edges, and how they are printed; fewer columns where a line has no room.
local function fitting_edges(t, is_integer)
   for across = 3, 1, -1 do
      local all, shown = edges.elements(t, across)
      local values = {}
      for i, v in ipairs(shown) do values[i - 1] = v end
      local format, width, scale = number_format(values, #shown, is_integer)
      local columns = t:dim() > 1 and math.min(t:size(t:dim()), 2 * across + 1) or 1
      local indent = t:dim() > 2 and 2 or 0
      if across == 1 or indent + columns * (width + 1) - 1 <= printing.width then return all, format, width, scale end
   end
end

-- The elements at the edges of a large tensor, '...' where some are left out.
local function edges_text(t, is_integer)
   local all, format, width, scale = fitting_edges(t, is_integer)
   local lines, gap = {}, (' '):rep(width - 3) .. '...'
   if scale ~= 1 then lines[1] = (scale_line(scale):gsub('\n$', '')) end
   for _, block in ipairs(all) do
      if not block.at then
         lines[#lines + 1] = '...\n'
      else
         local inner = #block.at > 0
         if inner then lines[#lines + 1] = ('(%s,.,.) ='):format(table.concat(block.at, ',')) end
         for _, row in ipairs(block.rows) do
            local cells = {}
            for c, v in ipairs(row or {false}) do cells[c] = v and cell(format, width, v / scale) or gap end
            lines[#lines + 1] = (inner and '  ' or '') .. table.concat(cells, ' ')
         end
         if inner then lines[#lines + 1] = '' end
      end
   end
   return table.concat(lines, '\n') .. '\n'
end

--- All elements of a tensor as Torch7 prints them; of a large one those at the edges, and what all are like.
Tensor.__tostring = function(t)
   local name = t:type()
   if t._storage.freed then return ('[freed %s]\n'):format(name) end
   if t:dim() == 0 then return ('[%s with no dimension]\n'):format(name) end
   local where = t:getDevice() == 'cpu' and '' or ', on ' .. t:getDevice()
   local n = t:nElement()
   local size = t:dim() == 1 and tostring(t:size(1)) or Tensor.shape_text(t)
   local figures = n > most and ': ' .. edges.line(edges.figures(t, Tensor.host_copy)) or ''
   local footer = ('[%s of size %s%s%s]\n'):format(name, size, where, figures)
   if n == 0 then return footer end
   local is_integer = not t._storage.dtype.is_float
   if n > most then return edges_text(t:detach(), is_integer) .. footer end
   local values = Tensor.host_copy(t:detach())
   if t:dim() == 1 then return vector_text(values, n, is_integer) .. footer end
   return block_text(values, Tensor.sizes_table(t), is_integer) .. footer
end

return printing
