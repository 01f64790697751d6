--- data/known/init.lua: public sets: names and colours of their classes, how many images their lists hold, how ids become classes.
--- A file each; this one finds the set that a folder holds and tells where a copy is not whole.
local folder = require 'hilo.data.folder'
local lists = require 'hilo.data.lists'
local sorted_keys = require 'hilo.keys'

---@class KnownSet
---@field title string
---@field classes string[]
---@field colours (integer|string)[][]? {r, g, b, class or 'void'}: the colours of colour-coded label maps
---@field counts table<string, integer> images by list or part
---@field without_labels table<string, boolean>? lists whose label maps are not handed out
---@field map string? how the ids of its label maps become classes, as the option data.map

local known = {}

known.names = {'voc', 'context', 'context59', 'cityscapes', 'ade20k', 'camvid'}

for _, name in ipairs(known.names) do known[name] = require('hilo.data.known.' .. name) end

local function same(a, b)
   if #a ~= #b then return false end
   for i, name in ipairs(a) do if name ~= b[i] then return false end end
   return true
end

--- The public set whose layout or classes a set has, nil for others.
---@param set {layout: string, classes: string[], [string]: any} a DataSet, or what is known of one
---@return KnownSet?
function known.of(set)
   if set.layout == 'cityscapes' or set.layout == 'context' or set.layout == 'context59' or set.layout == 'ade20k' then
      return same(set.classes, known[set.layout].classes) and known[set.layout] or nil
   end
   for _, name in ipairs {'voc', 'camvid'} do
      if same(set.classes, known[name].classes) then return known[name] end
   end
   return nil
end

-- What a list or part holds: {text, name}, without a name where no image of the set fits; nil where there is no such list.
local function listed(set, list)
   local path, entries = set:list_path(list), {}
   if not path then
      for i, name in ipairs(set.parts[list] or {}) do entries[i] = {text = name, name = name} end
      return set.parts[list] and entries
   end
   for i, line in ipairs(folder.lines(path)) do
      entries[i] = {text = line, name = lists.name_of(set, line) or lists.name_of(set, line:match('^[^%s,]+'))}
   end
   return entries
end

-- Pictures and label maps of a list that are not there: numbers, and the first.
local function missing(set, entries, labelled)
   local pictures, labels, first = 0, 0, nil
   for _, entry in ipairs(entries) do
      local gone = not entry.name or labelled and not set:label(entry.name)
      if not entry.name then pictures = pictures + 1 elseif gone then labels = labels + 1 end
      first = first or gone and entry.text
   end
   return pictures, labels, first
end

--- What of a public set's lists is not as it is handed out, a line each; none where all is there or the set is none of them.
---@param set DataSet
---@return string[]
function known.differences(set)
   local public, parts, told = known.of(set), {}, {}
   for _, list in ipairs(public and sorted_keys(public.counts) or {}) do
      local entries = listed(set, list)
      if entries then
         local pictures, labels, first = missing(set, entries, not (public.without_labels or {})[list])
         if #entries ~= public.counts[list] then
            parts[#parts + 1] = ('%s %d instead of %d'):format(list, #entries, public.counts[list])
         elseif first then
            told[#told + 1] = ('%s: of the %d pictures of the list %s, %d are missing, and %d label maps; the first: %s. Unpack or '
               .. 'fetch %s again'):format(set.root, #entries, list, pictures, labels, first, public.title)
         end
      end
   end
   if #parts > 0 then
      table.insert(told, 1, ('%s holds other numbers of images than %s: %s; is the copy whole?'):format(set.root, public.title,
         table.concat(parts, ', ')))
   end
   return told
end

return known
