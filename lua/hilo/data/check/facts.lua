--- data/check/facts.lua: what a set is, in numbers.
local maps = require 'hilo.data.check.maps'

local function list_of(counts, key)
   local list = {}
   for name, n in pairs(counts) do list[#list + 1] = {[key] = name, count = n} end
   table.sort(list, function(a, b) return a.count > b.count or a.count == b.count and a[key] < b[key] end)
   return list
end

local function of_pictures(pictures)
   local sizes, formats, sum, square, pixels = {}, {}, {0, 0, 0}, {0, 0, 0}, 0
   for _, name in ipairs(pictures.order) do
      local l = pictures[name]
      if l.width then
         local size = ('%d x %d'):format(l.width, l.height)
         sizes[size] = (sizes[size] or 0) + 1
         formats[l.format] = (formats[l.format] or 0) + 1
      end
      if l.sum then
         pixels = pixels + l.width * l.height
         for c = 1, 3 do sum[c], square[c] = sum[c] + l.sum[c], square[c] + l.square[c] end
      end
   end
   local mean, deviation = {}, {}
   for c = 1, 3 do
      local m = sum[c] / math.max(1, pixels)
      mean[c], deviation[c] = m / 255, math.sqrt(math.max(0, square[c] / math.max(1, pixels) - m * m)) / 255
   end
   return {sizes = list_of(sizes, 'size'), formats = list_of(formats, 'format'), mean = mean, deviation = deviation, pixels = pixels}
end

-- Pixels and pictures of each class, pictures that show two of them, how many classes a picture shows.
local function of_labels(set, labels, train, val)
   local class_of, n = maps.classes_of(set), #set.classes
   local classes, together, shows, void, all = {}, {}, {}, 0, 0
   for i, name in ipairs(set.classes) do
      classes[i] = {name = name, pixels = 0, pictures = 0, train = train[i - 1] or 0, val = val[i - 1] or 0}
      together[i] = {}
      for j = 1, n do together[i][j] = 0 end
   end
   for i = 1, n + 1 do shows[i] = 0 end
   for _, name in ipairs(labels.order) do
      local l = labels[name]
      if l.values and not l.coloured then
         local here, has = {}, {}
         for v, pixels in pairs(l.values) do
            local class = class_of(v)
            all = all + pixels
            if class == set.void then
               void = void + pixels
            elseif class < n then
               if not has[class] then here[#here + 1], has[class] = class, true end
               classes[class + 1].pixels = classes[class + 1].pixels + pixels
            end
         end
         for _, a in ipairs(here) do
            classes[a + 1].pictures = classes[a + 1].pictures + 1
            for _, b in ipairs(here) do together[a + 1][b + 1] = together[a + 1][b + 1] + 1 end
         end
         shows[#here + 1] = shows[#here + 1] + 1
      end
   end
   for _, c in ipairs(classes) do c.share = c.pixels / math.max(1, all - void) end
   local sum, count = 0, 0
   for i, pictures in ipairs(shows) do sum, count = sum + (i - 1) * pictures, count + pictures end
   return {classes = classes, together = together, shows = shows, classes_a_picture = sum / math.max(1, count),
      void = void / math.max(1, all)}
end

--- Facts of a set.
---@param set DataSet
---@param split Split
---@param pictures table<string, Look> with `order`
---@param labels table<string, Look> with `order`
---@param train table<integer, integer> pictures that show a class, by class
---@param val table<integer, integer>
---@return table
return function(set, split, pictures, labels, train, val)
   local facts = of_labels(set, labels, train, val)
   for key, value in pairs(of_pictures(pictures)) do facts[key] = value end
   facts.counts = {pictures = #pictures.order, labels = #labels.order, labelled = #split.labelled, unlabelled = #split.unlabelled,
      val = #split.val}
   return facts
end
