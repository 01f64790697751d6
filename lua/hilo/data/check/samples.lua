--- data/check/samples.lua: small pictures of every class for the page: the class coloured, the rest pale.
local hilo = require 'hilo'
local h = require 'hilo.report.html'
local images = require 'hilo.report.images'
local labels_of = require 'hilo.data.labels'
local maps = require 'hilo.data.check.maps'

local side = 200 -- of the longer one, in pixels
local opacity = 0.65

-- The nearest pixels of an RGB picture (3,H,W) and its classes (H,W), one of them in its colour, the rest pale.
local function overlay(rgb, classes, class, colour)
   local h_in, w_in = rgb:size(2), rgb:size(3)
   local scale = math.min(1, side / math.max(h_in, w_in))
   local rows, columns = math.max(1, math.floor(h_in * scale)), math.max(1, math.floor(w_in * scale))
   local out = hilo.ByteTensor(3, rows, columns)
   local from, ids, to = rgb:data(), classes:data(), out:data()
   for y = 0, rows - 1 do
      for x = 0, columns - 1 do
         local at = math.floor((y + 0.5) * h_in / rows) * w_in + math.floor((x + 0.5) * w_in / columns)
         local shown = ids[at] == class
         for c = 0, 2 do
            local v = from[c * h_in * w_in + at]
            if shown then v = v + opacity * (colour[c + 1] - v) else v = 0.6 * v + 60 end
            to[(c * rows + y) * columns + x] = math.floor(v)
         end
      end
   end
   return out
end

local function picture(set, name, class, colour, path)
   local rgb = hilo.io.image.load(set:image(name), {as = 'rgb'})
   local classes = labels_of.classes_in(set, set:label(name))
   if classes:size(1) ~= rgb:size(2) or classes:size(2) ~= rgb:size(3) then return nil end
   hilo.io.image.save(path, overlay(rgb, classes, class, colour), {quality = 80})
   return h.figure {
      h.img {src = images.data_uri(path), alt = ('%s in %s'):format(set.classes[class + 1], name)},
      h.figcaption {name},
   }
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
   local path = os.tmpname()
   for _, place in ipairs(places) do
      local at = math.min(#list, math.floor(place * #list) + 1)
      if #list > 0 and not taken[at] then
         taken[at] = true
         local ok, figure = pcall(picture, set, list[at].name, class, colour, path .. '.jpg')
         if ok and figure then found[#found + 1] = figure end
      end
   end
   os.remove(path)
   os.remove(path .. '.jpg')
   return found
end
