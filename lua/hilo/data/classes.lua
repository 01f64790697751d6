--- data/classes.lua: class names of the public sets, colours for label maps, Cityscapes' table of ids.
local classes = {}

local function words(text)
   local list = {}
   for word in text:gmatch('[^,\n]+') do
      word = word:match('^%s*(.-)%s*$')
      if word ~= '' then list[#list + 1] = word end
   end
   return list
end

--- PASCAL VOC 2012, 21 classes.
classes.voc = words [[background, aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse,
   motorbike, person, pottedplant, sheep, sofa, train, tvmonitor]]

--- PASCAL-Context: background and the 59 frequent classes, in the order of their names.
classes.context = words [[background, aeroplane, bag, bed, bedclothes, bench, bicycle, bird, boat, book, bottle, building, bus,
   cabinet, car, cat, ceiling, chair, cloth, computer, cow, cup, curtain, dog, door, fence, floor, flower, food, grass, ground,
   horse, keyboard, light, motorbike, mountain, mouse, person, plate, platform, pottedplant, road, rock, sheep, shelves,
   sidewalk, sign, sky, snow, sofa, table, track, train, tree, truck, tvmonitor, wall, water, window, wood]]

--- Cityscapes, 19 classes in the order of their trainIds.
classes.cityscapes = words [[road, sidewalk, building, wall, fence, pole, traffic light, traffic sign, vegetation, terrain, sky,
   person, rider, car, truck, bus, train, motorcycle, bicycle]]

--- Cityscapes: the ids of *_labelIds.png that become classes 0..18, in this order; all others are void.
classes.cityscapes_ids = {7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33}

--- PASCAL VOC's colours: bit b of red, green and blue of colour i are bits 3(7-b), 3(7-b)+1 and 3(7-b)+2 of i.
---@param n integer number of colours, up to 256
---@return integer[] rgb 3n numbers 0..255
function classes.palette(n)
   local rgb = {}
   for i = 0, n - 1 do
      local colour = {0, 0, 0}
      for k = 0, 7 do
         for channel = 1, 3 do
            if math.floor(i / 2 ^ (3 * k + channel - 1)) % 2 == 1 then colour[channel] = colour[channel] + 2 ^ (7 - k) end
         end
      end
      for channel = 1, 3 do rgb[3 * i + channel] = colour[channel] end
   end
   return rgb
end

return classes
