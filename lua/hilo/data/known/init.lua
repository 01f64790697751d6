--- data/known/init.lua: public sets: names and colours of their classes, how many images their lists hold, how ids become classes.
--- A file each; this one finds the set that a folder holds and compares the counts.

---@class KnownSet
---@field title string
---@field classes string[]
---@field colours (integer|string)[][]? {r, g, b, class or 'void'}: the colours of colour-coded label maps
---@field counts table<string, integer> images by list or part
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
---@param set DataSet
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

--- Lists whose images are not as many as the public set has: one line for all, nil where nothing differs.
---@param set DataSet
---@return string?
function known.difference(set)
   local public = known.of(set)
   if not public then return nil end
   local lists, parts = {}, {}
   for list in pairs(public.counts) do lists[#lists + 1] = list end
   table.sort(lists)
   for _, list in ipairs(lists) do
      local n = set:count(list)
      if n and n ~= public.counts[list] then parts[#parts + 1] = ('%s %d instead of %d'):format(list, n, public.counts[list]) end
   end
   if #parts == 0 then return nil end
   return ('%s holds other numbers of images than %s: %s'):format(set.root, public.title, table.concat(parts, ', '))
end

return known
