--- data/label_kind.lua: what the files of a set's label maps hold, seen from a few of them: ids or colours, which of them.
local hilo = require 'hilo'
local core = require 'hilo.core'
local colour_table = require 'hilo.data.colour_table'
local known = require 'hilo.data.known'
local sorted_keys = require 'hilo.keys'

local check = core.check
local kind = {}

local looked_at = 12 -- files that tell the kind

--- At most n label maps, spread evenly over the names.
---@param set table fields of a DataSet
---@param n integer? 12
---@return string[] paths
function kind.some(set, n)
   n = n or looked_at
   local names, list = sorted_keys(set.labels), {}
   n = math.min(n, #names)
   for i = 0, n - 1 do list[i + 1] = set.labels[names[math.floor(i * #names / n) + 1]] end
   return list
end

--- The numbers of a file.
---@param path string
---@return table<integer, boolean>? ids, string? why it cannot be read
function kind.ids_of(path)
   local ok, pixels = pcall(hilo.io.image.load, path, {as = 'labels'})
   if not ok then return nil, pixels end
   local seen, p, last = {}, pixels:data(), -1
   for i = 0, pixels:nElement() - 1 do
      local id = p[i]
      if id ~= last then
         seen[id] = true
         last = id
      end
   end
   return seen
end

-- The colours of a file, 0xRRGGBB -> pixels; nil where it cannot be read.
local function colours_of(path)
   local ok, rgb = pcall(hilo.io.image.load, path, {as = 'colours'})
   if not ok then return nil end
   local n, counts, p = rgb:size(2) * rgb:size(3), {}, rgb:data()
   for i = 0, n - 1 do
      local key = p[i] * 65536 + p[n + i] * 256 + p[2 * n + i]
      counts[key] = (counts[key] or 0) + 1
   end
   return counts
end

local function is_grey(colour) return colour == colour % 256 * 0x010101 end

local function all(counts, holds)
   for colour in pairs(counts) do if not holds(colour) then return false end end
   return true
end

local function refuse_lossy(path, info)
   check(info.format ~= 'jpeg', 'data: the label map %s is a JPEG, whose compression changes ids along every edge; save label '
      .. 'maps as PNG from where they were made', path)
   local ok, message = pcall(hilo.io.image.load, path, {as = 'colours'})
   check(ok or not tostring(message):find('does not keep exact values', 1, true), 'data: %s; save label maps as PNG from where they '
      .. 'were made', tostring(message))
end

-- What a table says of the colours that a palette file uses: 'ids' where they stand for the classes that the indices are, 'colours'
-- where they stand for others; nil where some are not in the table or not told apart, as in a palette that is for show alone.
local function palette_says(path, palette, class_of)
   local says, has = 'ids', {}
   for id in pairs(kind.ids_of(path) or {}) do
      local c = palette[id + 1] or {0, 0, 0}
      local colour = c[1] * 65536 + c[2] * 256 + c[3]
      local class = class_of(colour)
      if not class or has[colour] then return nil end
      has[colour], says = true, class == id and says or 'colours'
   end
   return says
end

--- Whether label maps hold colours or ids. Grey that was saved as RGB holds ids, unless all of its greys are in the table of colours.
--- Palette files hold ids, unless all of their colours are in the table and stand for other classes than the indices.
---@param set table fields of a DataSet
---@param class_of (fun(colour: integer): integer?)? of 0xRRGGBB, where there is a table
---@return 'ids'|'colours' kind, string? path of a file that shows the colours, boolean? wide ids of more than 8 bits
function kind.of(set, class_of)
   local wide, grey, all_in_table, by_palette, for_show = false, nil, true, nil, false
   for _, path in ipairs(kind.some(set)) do
      local ok, info = pcall(hilo.io.image.info, path)
      if ok then
         if info.format ~= 'png' and info.format ~= 'bmp' then refuse_lossy(path, info) end
         local rgb = info.channels >= 3
         wide = wide or info.bits > 8 and not rgb
         local counts = rgb and colours_of(path)
         if counts then
            if info.bits > 8 or not all(counts, is_grey) then return 'colours', path end
            grey, all_in_table = grey or path, all_in_table and class_of ~= nil and all(counts, class_of)
         elseif class_of and not rgb then
            local says = info.palette and palette_says(path, info.palette, class_of)
            by_palette, for_show = by_palette or says == 'colours' and path, for_show or not says
         end
      end
   end
   if grey and all_in_table then return 'colours', grey end
   if by_palette and not for_show then return 'colours', by_palette end
   return 'ids', nil, wide
end

-- Colours, the most frequent first: for a message.
local function show(counts)
   local list = sorted_keys(counts)
   table.sort(list, function(a, b) return counts[a] > counts[b] or counts[a] == counts[b] and a < b end)
   for i, c in ipairs(list) do list[i] = ('%d %d %d'):format(math.floor(c / 65536), math.floor(c / 256) % 256, c % 256) end
   return table.concat(list, ', ', 1, math.min(6, #list)) .. (#list > 6 and (' and %d more'):format(#list - 6) or '')
end

-- The public table that holds all of the colours, of several that of the fewest classes; nil for none.
local function public_table(counts)
   local best
   for _, name in ipairs(known.names) do
      local public = known[name]
      local made = public.colours and colour_table(public.colours)
      if made and all(counts, function(c) return made.class_of[c] end) and (not best or #public.classes < #known[best].classes) then
         best = name
      end
   end
   return best
end

--- What a message says of a colour-coded file: its colours, and the public table that has them all.
---@param path string
---@return string colours, string? name of the table
function kind.colours_in(path)
   local counts = colours_of(path)
   return show(counts), public_table(counts)
end

return kind
