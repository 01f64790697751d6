--- data/check/maps.lua: label maps: their sizes, their values.
local sorted_keys = require 'hilo.keys'

local maps = {}

--- The class of a value in a label map, as workers take it.
---@param set DataSet
---@return fun(value: integer): integer a class, void, or maps.no_class
function maps.classes_of(set)
   return function(value) return set:class_of(value) or maps.no_class end
end

maps.no_class = 65536

local function colour(value) return ('%d %d %d'):format(math.floor(value / 65536), math.floor(value / 256) % 256, value % 256) end

local function size(l) return ('%d x %d'):format(l.width, l.height) end

-- A picture is turned as its EXIF says; its label map never is.
local function check_size(picture, label, found)
   local o = picture.orientation or 1
   local w, h = picture.width, picture.height
   if o >= 5 then w, h = h, w end
   local same = label.width == w and label.height == h
   if o >= 5 and not same and label.width == h and label.height == w then
      found:add('exif', 'error', 'pictures that EXIF turns, with label maps that are not turned',
         'turn the pictures for good (mogrify -auto-orient) and draw the labels on those, or remove the EXIF orientation (exiftool '
         .. '-Orientation= ) where the labels fit the stored picture',
         ('%s is turned to %d x %d, its label map is %s'):format(picture.path, w, h, size(label)))
   elseif not same then
      found:add('size', 'error', 'label maps of another size than their picture',
         'save both at one size; resize label maps by nearest neighbour only', ('%s is %d x %d, its label map %s is %s'):format(
         picture.path, w, h, label.path, size(label)))
   elseif o >= 2 and (o <= 4 or w == h) then -- else the size tells that the label map is turned too
      found:add('exif_same', 'warning',
         'pictures that EXIF turns; the label maps have the size, but were they drawn on the turned picture?',
         'look at them; turn the pictures for good to be sure (mogrify -auto-orient)',
         ('%s has orientation %d'):format(picture.path, o))
   end
end

local function check_values(set, l, class_of, found)
   if l.coloured then
      local some = {}
      for i, v in ipairs(sorted_keys(l.values)) do if i <= 4 then some[i] = colour(v) end end
      found:add('colours', 'error', 'colour-coded label maps whose colours are in no table',
         'write lines `name r g b` to classes.txt, or name a table: data.colours=voc, cityscapes, camvid or a file',
         ('%s: %s'):format(l.path, table.concat(some, ', ')))
      return
   end
   local odd, pixels = {}, l.others or 0
   for _, v in ipairs(sorted_keys(l.values)) do
      local class = class_of(v)
      if class ~= set.void and class >= #set.classes then
         odd[#odd + 1] = v
         pixels = pixels + l.values[v]
      end
   end
   if #odd > 0 and set.colour_table then
      for i, v in ipairs(odd) do odd[i] = colour(v) end
      found:add('outside', 'error', 'colours in label maps that are not in the table of colours',
         'add lines `name r g b` to it, `void r g b` for those that count for nothing, or `void *` for all others',
         ('%s: %s%s on %d pixels'):format(l.path, table.concat(odd, ', ', 1, math.min(8, #odd)), #odd > 8 and ', ...' or '', pixels))
   elseif #odd > 0 then
      found:add('value', 'error',
         ('values in label maps that are neither a class (0..%d) nor void (%d)'):format(#set.classes - 1, set.void),
         'name all classes in classes.txt, or map ids: data.map=id:class,...', ('%s: %s%s on %d pixels'):format(l.path,
         table.concat(odd, ', ', 1, math.min(8, #odd)), #odd > 8 and ', ...' or '', pixels))
   end
end

-- Where files show an index in different colours, the colours may be what tells the classes. shown: index -> the first colour and file.
local function check_palette(l, shown, found)
   for _, id in ipairs(sorted_keys(l.values)) do
      local r, g, b = l.palette:byte(3 * id + 1, 3 * id + 3)
      local rgb = b and r * 65536 + g * 256 + b or 0
      local first = shown[id] or {rgb = rgb, path = l.path}
      if first.rgb ~= rgb then
         found:add('palette', 'warning', 'label maps whose palettes give an index different colours; the indices are what is read',
            'nothing where the indices are the classes; where the colours are, write lines `name r g b` to classes.txt, or name a '
            .. 'table of all of them: data.colours=FILE', ('%s: index %d is %s, in %s it is %s'):format(l.path, id, colour(rgb),
            first.path, colour(first.rgb)))
         return
      end
      shown[id] = first
   end
end

local function is_void(set, l, class_of)
   for v in pairs(l.values) do if class_of(v) ~= set.void then return false end end
   return true
end

--- Whether all label maps together hold 0 and 255 alone, and 255 is void.
---@param set DataSet
---@param looks Look[]
---@return boolean
function maps.is_binary(set, looks)
   local class_of, has = maps.classes_of(set), false
   if set.colour_table or class_of(255) ~= set.void or class_of(0) == set.void then return false end
   for _, l in ipairs(looks) do
      if l.coloured then return false end
      for v in pairs(l.values or {}) do
         if v ~= 0 and v ~= 255 then return false end
         has = has or v == 255
      end
   end
   return has
end

maps.binary_title = 'masks of 0 and 255 alone: 255 means void, so nothing but class 0 would be learnt'
maps.binary_mend = 'data.map=255:1 makes 255 class 1'

--- Looks at label maps.
---@param set DataSet
---@param pictures table<string, Look> by name
---@param labels Look[]
---@param found Findings
function maps.check(set, pictures, labels, found)
   local class_of = maps.classes_of(set)
   local binary, shown = maps.is_binary(set, labels), {}
   for _, l in ipairs(labels) do
      local picture = pictures[l.name]
      if picture and picture.width and l.width then check_size(picture, l, found) end
      if l.values then
         if binary and l.values[255] then
            found:add('binary', 'error', maps.binary_title, maps.binary_mend, l.path)
         elseif not l.coloured and is_void(set, l, class_of) then
            found:add('void', 'warning', 'label maps that are void everywhere',
               'they teach and measure nothing: take them out of the lists', l.path)
         end
         check_values(set, l, class_of, found)
         if l.palette then check_palette(l, shown, found) end
      end
   end
end

return maps
