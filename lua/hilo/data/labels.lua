--- data/labels.lua: how worker threads shall read the label maps of a set: by ids or by colours, as options and tables say.
local hilo = require 'hilo'
local core = require 'hilo.core'
local class_list = require 'hilo.data.class_list'
local colour_table = require 'hilo.data.colour_table'
local idmap = require 'hilo.data.idmap'
local known = require 'hilo.data.known'
local label_kind = require 'hilo.data.label_kind'
local sorted_keys = require 'hilo.keys'

local check = core.check
local labels = {}

local void = 255
local counted = 200 -- files that tell how many classes there are, where nothing else does

local function refuse_colours(set, path)
   local colours, name = label_kind.colours_in(path)
   core.raise(('data: %s is colour-coded (%s), and there is no table of colours: %swrite lines `name r g b` to %s/classes.txt, or '
      .. 'name one by data.colours=voc, cityscapes, camvid or a file'):format(path, colours,
      name and ('data.colours=%s has all of them. Else '):format(name) or '', set.root))
end

local function refuse_binary(set)
   local files, only = label_kind.some(set), 0
   for _, path in ipairs(files) do
      local seen = label_kind.ids_of(path)
      if seen then
         for id in pairs(seen) do if id ~= 0 and id ~= void then return end end
         if seen[void] then only = only + 1 end
      end
   end
   check(only == 0, 'data: the label maps of %s hold only 0 and 255 (%d were looked at), and 255 means void: a network would learn '
      .. 'nothing. Masks of one object: data.map=255:1 makes two classes of them. If 255 is void all the same: data.map=255:255',
      set.root, #files)
end

-- Ids that leave most of the classes out which they would make: levels of grey that stand for classes.
local function refuse_sparse(set, classes, n)
   local list, pairs_of = sorted_keys(classes), {}
   if n <= 8 or 4 * #list > n then return end
   for i, id in ipairs(list) do pairs_of[i] = ('%d:%d'):format(id, i - 1) end
   core.raise(('data: the label maps of %s hold the ids %s%s alone, which would make %d classes; map them: data.map=%s, or name the '
      .. 'classes'):format(set.root, table.concat(list, ', ', 1, math.min(8, #list)), #list > 8 and ', ...' or '', n,
      table.concat(pairs_of, ',')))
end

-- How many classes the ids of some label maps make.
local function count(set, class_of)
   local most, largest, read, reason, classes = -1, nil, 0, nil, {}
   for _, path in ipairs(label_kind.some(set, counted)) do
      local seen, why = label_kind.ids_of(path)
      read, reason = read + (seen and 1 or 0), reason or why
      for id in pairs(seen or {}) do
         local class = class_of and class_of(id) or id
         if class ~= void then classes[class] = true end
         if class ~= void and class > most then most, largest = class, path end
      end
   end
   check(read > 0, 'data: none of the label maps of %s can be read; the first: %s', set.root, tostring(reason))
   check(most < void, 'data: %s holds the id %d, and a set has at most 255 classes, 0..254; map ids to classes: data.map=%d:0,..., and '
      .. '*:255 for all others', tostring(largest), most, most)
   if not class_of then refuse_sparse(set, classes, most + 1) end
   return most + 1
end

-- Classes that a table's colours stand for, by the names of the set's classes where they are given.
local function fit(set, list, names, source)
   local place, other = {}, nil
   for i, name in ipairs(set.classes) do place[name] = i - 1 end
   for _, name in ipairs(names) do other = other or not place[name] and name end
   if other then
      check(#names == #set.classes, "data: %s has %d classes and colours for '%s', which is none of the %d classes that %s names; give "
         .. 'both the same names', source, #names, other, #set.classes, set.class_source)
      return list
   end
   local fitted = {other = list.other}
   for i, c in ipairs(list) do fitted[i] = {c[1], c[2], c[3], c[4] == 'void' and 'void' or place[names[c[4] + 1]]} end
   return fitted
end

-- The table of colours that an option names, that lies beside the classes, or that the public set has.
local function find_table(set, options)
   local source = options.colours or ''
   if source ~= '' then
      local list, names = class_list.colours(source)
      if (options.classes or '') == '' then
         set.classes, set.class_source = names, 'data.colours=' .. source
      else
         list = fit(set, list, names, source)
      end
      return list, 'data.colours=' .. source
   end
   if set.table_of_colours[1] then return set.table_of_colours, set.class_source end
   local public = set.classes and known.of(set)
   return public and public.colours, public and public.title
end

local function read_by_colours(set, options, list, source)
   check((options.map or '') == '', 'data.map is for ids, the label maps of %s are colour-coded; a table of colours may give one class '
      .. 'several colours', set.root)
   set.table_of_colours, set.colour_table = list, colour_table(list)
   set.coded = ('label maps colour-coded by the %d colours of %s'):format(#list, source)
end

-- How the ids of a set's label maps become classes, where nothing else is asked; the number of classes where nothing names them.
local function read_by_ids(set, text, wide)
   local class_of, named = idmap.of(text)
   if class_of then
      set.remap, set.remap_size = idmap.table(class_of, wide or named)
      set.coded = 'ids mapped by ' .. text
   elseif not set.drawn then
      refuse_binary(set)
   end
   if wide then set.coded = '16-bit ' .. (set.coded or 'ids') end
   if set.classes then return end
   local n = count(set, class_of)
   check(n >= 2, 'data: the label maps of %s show %s; name the classes: data.classes=a,b,c, or a line each in %s/classes.txt',
      set.root, n == 0 and 'nothing but void' or 'one class alone', set.root)
   set.classes = class_list.unnamed(n)
   set.class_source = ('as many as the ids in %d label maps'):format(#label_kind.some(set, counted))
end

--- Finds the kind of a set's label maps and takes the options: afterwards samples of it are read as they shall. Finds out how many
--- classes there are where neither a file nor an option says it.
---@param set table fields of a DataSet, which may lack classes
---@param options {map: string?, colours: string?, classes: string|string[]|nil}
function labels.prepare(set, options)
   local text = (options.map or '') ~= '' and options.map or set.map or ''
   idmap.of(text)
   if next(set.labels) == nil then return end
   if set.drawn then return read_by_ids(set, text) end
   local list, source = find_table(set, options)
   local asked = (options.colours or '') ~= ''
   local made = list and colour_table(list)
   local kind, path, wide = label_kind.of(set, text == '' and made and function(c) return made.class_of[c] end or nil)
   if asked or kind == 'colours' then
      if not list then refuse_colours(set, path) end
      return read_by_colours(set, options, list, source)
   end
   return read_by_ids(set, text, wide)
end

--- The classes in a label map of the set.
---@param set DataSet
---@param path string
---@return Tensor (H,W) bytes; void where a pixel is no class
function labels.classes_in(set, path)
   local as = set.colour_table and 'colours' or 'labels'
   local pixels = hilo.io.image.load(path, {as = as})
   local h, w = pixels:size(as == 'labels' and 1 or 2), pixels:size(as == 'labels' and 2 or 3)
   local classes, n = hilo.ByteTensor(h, w), h * w
   local from, to = pixels:data(), classes:data()
   for i = 0, n - 1 do
      local value = as == 'labels' and from[i] or from[i] * 65536 + from[n + i] * 256 + from[2 * n + i]
      to[i] = set:class_of(value) or void
   end
   return classes
end

return labels
