--- data/check/samples.lua: small pictures of every class for the page: the class coloured, the rest pale.
local hilo = require 'hilo'
local labels_of = require 'hilo.data.labels'
local maps = require 'hilo.data.check.maps'
local thumbnail = require 'hilo.data.check.thumbnail'

local opacity = 0.65

-- A picture with one class in its colour and the rest pale; nil where its label map has another size.
local function picture(set, name, class, colour)
   local rgb = hilo.io.image.load(set:image(name), {as = 'rgb'})
   local classes = labels_of.classes_in(set, set:label(name))
   if classes:size(1) ~= rgb:size(2) or classes:size(2) ~= rgb:size(3) then return nil end
   local ids = classes:data()
   return thumbnail(rgb, ('%s in %s'):format(set.classes[class + 1], name), name, function(v, at, c)
      return ids[at] == class and v + opacity * (colour[c + 1] - v) or 0.6 * v + 60
   end)
end

-- Names of pictures that show a class, that with its most pixels first.
local function showing(set, labels, class)
   local class_of, list = maps.classes_of(set), {}
   for _, name in ipairs(labels.order) do
      local l, pixels = labels[name], 0
      for id, n in pairs(set.images[name] and not l.coloured and l.values or {}) do
         if class_of(id) == class then pixels = pixels + n end
      end
      if pixels > 0 then list[#list + 1] = {name = name, share = pixels / (l.width * l.height)} end
   end
   table.sort(list, function(a, b) return a.share > b.share or a.share == b.share and a.name < b.name end)
   return list
end

-- Where in the list, from 0 to 1: large, common, small.
local places = {0.02, 0.25, 0.5, 0.85}

--- Samples of a class: where it is large, and where it is smaller.
---@param set DataSet
---@param labels table<string, Look> with `order`
---@param class integer from 0
---@return Html[]
return function(set, labels, class)
   local rgb, list, taken, found = set:palette(), showing(set, labels, class), {}, {}
   local colour = {rgb[3 * class + 1], rgb[3 * class + 2], rgb[3 * class + 3]}
   if math.max(unpack(colour)) < 40 then colour = {255, 0, 255} end -- black is no colour to see on a picture
   for _, place in ipairs(places) do
      local at = math.min(#list, math.floor(place * #list) + 1)
      if #list > 0 and not taken[at] then
         taken[at] = true
         local ok, figure = pcall(picture, set, list[at].name, class, colour)
         if ok and figure then found[#found + 1] = figure end
      end
   end
   return found
end
