--- tiny_set.lua: small data sets on disk for the specs: squares of a few colours, in VOC's layout.
local hilo = require 'hilo'

local tiny = {}

local folder = hilo.data.folder

--- A new empty folder below /tmp.
---@return string
function tiny.folder()
   local path = os.tmpname()
   os.remove(path)
   folder.make(path)
   return path
end

function tiny.write(path, text)
   local out = assert(io.open(path, 'w'))
   out:write(text)
   out:close()
end

function tiny.read(path)
   local input = assert(io.open(path, 'rb'))
   local text = input:read('*a')
   input:close()
   return text
end

function tiny.remove(path) os.execute(("rm -rf '%s'"):format(path)) end

local palette = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}}
for i = 4, 256 do palette[i] = {255, 255, 255} end

local colours = {{40, 90, 160}, {200, 60, 40}, {60, 180, 70}}

-- A picture whose label map is background with one square of class 1 + i % 2.
local function picture(i, h, w)
   local rgb, labels = hilo.ByteTensor(3, h, w), hilo.ByteTensor(h, w):zero()
   local class, top, left = 1 + i % 2, 2 + i % 5, 3 + i % 7
   labels:narrow(1, top, h / 2):narrow(2, left, w / 2):fill(class)
   labels:narrow(1, h, 1):fill(255)
   local l, p = labels:data(), rgb:data()
   for at = 0, h * w - 1 do
      local colour = colours[(l[at] == 255 and 0 or l[at]) + 1]
      for c = 0, 2 do p[c * h * w + at] = (colour[c + 1] + (at * 7 + i * 13 + c * 5) % 40) % 256 end
   end
   return rgb, labels
end

--- A set of n images, h x w, with classes background, red and green; the last `val` of them measure.
---@param options? {n: integer, val: integer, h: integer, w: integer, unlabelled: integer} unlabelled: so many of the first have none
---@return string root
function tiny.voc(options)
   local o = options or {}
   local n, val, h, w = o.n or 10, o.val or 2, o.h or 40, o.w or 48
   local root = tiny.folder()
   for _, name in ipairs {'JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation'} do folder.make(root .. '/' .. name) end
   local train, held_out = {}, {}
   for i = 1, n do
      local name = ('img_%02d'):format(i)
      local rgb, labels = picture(i, h, w)
      hilo.io.image.save(('%s/JPEGImages/%s.png'):format(root, name), rgb)
      if i > (o.unlabelled or 0) then
         hilo.io.image.save(('%s/SegmentationClass/%s.png'):format(root, name), labels, {palette = palette})
      end
      table.insert(i > n - val and held_out or train, name)
   end
   tiny.write(root .. '/ImageSets/Segmentation/train.txt', table.concat(train, '\n') .. '\n')
   tiny.write(root .. '/ImageSets/Segmentation/val.txt', table.concat(held_out, '\n') .. '\n')
   tiny.write(root .. '/classes.txt', 'background\nred\ngreen\n')
   return root
end

tiny.picture = picture

return tiny
