--- data/labels.lua: what kind of label maps a set has, seen from a few of them, and what is done so that worker threads can read them.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local class_list = require 'hilo.data.class_list'
local convert = require 'hilo.data.convert'
local idmap = require 'hilo.data.idmap'

local check = core.check
local labels = {}

local looked_at = 12 -- files that tell the kind
local counted = 200  -- files that tell how many classes there are, where nothing else does

-- At most n label maps, spread evenly over the names.
local function some(set, n)
   local names, list = {}, {}
   for name in pairs(set.labels) do names[#names + 1] = name end
   table.sort(names)
   n = math.min(n, #names)
   for i = 0, n - 1 do list[i + 1] = set.labels[names[math.floor(i * #names / n) + 1]] end
   return list
end

-- The numbers of a file that is read as it is: {[id] = true}; nil where it cannot be read, which whoever needs it will say.
local function ids_of(path)
   local ok, pixels = pcall(hilo.io.image.load, path, {as = 'labels'})
   if not ok then return nil end
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

local function is_grey(path)
   local ok, rgb = pcall(hilo.io.image.load, path, {as = 'rgb'})
   if not ok then return false end
   local n = rgb:size(2) * rgb:size(3)
   local p = rgb:data()
   return ffi.string(p, n) == ffi.string(p + n, n) and ffi.string(p, n) == ffi.string(p + 2 * n, n)
end

-- 'ids', 'grey' (ids saved with more channels), 'wide' (16 bits) or 'colours', and a file that shows it.
local function kind_of(set)
   for _, path in ipairs(some(set, looked_at)) do
      local ok, info = pcall(hilo.io.image.info, path)
      if ok then
         check(info.format ~= 'jpeg', 'data: the label map %s is a JPEG, whose compression changes ids along every edge; save label '
            .. 'maps as PNG from where they were made', path)
         if info.channels >= 3 and not info.palette then
            if info.bits == 8 and is_grey(path) then return 'grey', path end
            return 'colours', path
         end
         if info.bits == 16 then return 'wide', path end
         if info.channels == 2 then return 'grey', path end
      end
   end
   return 'ids'
end

-- The colours of a file, the most frequent first: for a message.
local function colours_in(path)
   local rgb = hilo.io.image.load(path, {as = 'rgb'})
   local n, counts, list = rgb:size(2) * rgb:size(3), {}, {}
   local p = rgb:data()
   for i = 0, n - 1 do
      local key = ('%d %d %d'):format(p[i], p[n + i], p[2 * n + i])
      if not counts[key] then list[#list + 1] = key end
      counts[key] = (counts[key] or 0) + 1
   end
   table.sort(list, function(a, b) return counts[a] > counts[b] or counts[a] == counts[b] and a < b end)
   return table.concat(list, ', ', 1, math.min(6, #list)) .. (#list > 6 and (' and %d more'):format(#list - 6) or '')
end

local function refuse_binary(set)
   local files, only = some(set, looked_at), 0
   for _, path in ipairs(files) do
      local seen = ids_of(path)
      if seen then
         if not seen[255] and next(seen) == nil then return end
         for id in pairs(seen) do if id ~= 0 and id ~= 255 then return end end
         if seen[255] then only = only + 1 end
      end
   end
   check(only == 0, 'data: the label maps of %s hold only 0 and 255 (%d were looked at), and 255 means void: a network would learn '
      .. 'nothing. Masks of one object: data.map=255:1 makes two classes of them. If 255 is void all the same: data.map=255:255',
      set.root, #files)
end

local function count(set, class_of)
   local most = -1
   for _, path in ipairs(some(set, counted)) do
      for id in pairs(ids_of(path) or {}) do
         local class = class_of and class_of(id) or id
         if class ~= 255 then most = math.max(most, class) end
      end
   end
   return most + 1
end

local function recode(set, how)
   set.labels, set.label_folder = convert.all(set.root, set.labels, how)
   set.converted = ('%s label maps converted into %s'):format(how.what, set.label_folder)
end

local function mend_colours(set, options, path)
   local colours, names = set.table_of_colours[1] and set.table_of_colours, nil
   if (options.colours or '') ~= '' then colours, names = class_list.colours(options.colours) end
   check(colours, 'data: %s is colour-coded (%s), and there is no table of colours: write lines `name r g b` to %s/classes.txt, or '
      .. 'name one by data.colours=voc, cityscapes, camvid or a file', path, colours_in(path), set.root)
   check((options.map or '') == '', 'data.map is for ids, the label maps of %s are colour-coded; a table of colours may give one class '
      .. 'several colours', set.root)
   set.classes, set.table_of_colours = set.classes or names, colours
   local text = {}
   for i, c in ipairs(colours) do text[i] = table.concat(c, ' ') end
   recode(set, {key = 'colours ' .. table.concat(text, ','), read = convert.colours(colours), colours = colours, what = 'colour-coded'})
end

--- Makes the label maps of a set such that they can be read: finds their kind, takes the options, converts where needed; finds out
--- how many classes there are where neither a file nor an option says it.
---@param set table fields of a DataSet, which may lack classes
---@param options {map: string?, colours: string?}
function labels.prepare(set, options)
   local text = (options.map or '') ~= '' and options.map or set.map or ''
   local class_of = idmap.of(text)
   if next(set.labels) == nil then return end
   if set.drawn then
      if class_of then set.remap = idmap.bytes(class_of) end
      return
   end
   local kind, path = kind_of(set)
   if kind == 'colours' or kind == 'grey' and ((options.colours or '') ~= '') then
      mend_colours(set, options, path)
      class_of = nil
   elseif kind ~= 'ids' then
      local wide = kind == 'wide'
      recode(set, {key = kind .. ' ' .. text, read = convert.ids(wide and class_of or nil), what = wide and '16-bit' or 'grey RGB'})
      if wide then class_of = nil elseif class_of then set.remap = idmap.bytes(class_of) end
   elseif class_of then
      set.remap = idmap.bytes(class_of)
   end
   if text == '' and kind ~= 'colours' and not set.remap then refuse_binary(set) end
   if not set.classes then
      local n = count(set, class_of)
      check(n >= 2, 'data: the label maps of %s show %s; name the classes: data.classes=a,b,c, or a line each in %s/classes.txt',
         set.root, n == 0 and 'nothing but void' or 'one class alone', set.root)
      set.classes = class_list.unnamed(n)
      set.class_source = ('as many as the ids in %d label maps'):format(#some(set, counted))
   end
end

return labels
