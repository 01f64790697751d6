-- hilo data check: the same numbers and the same page of the same pictures, however they lie there.
local hilo = require 'hilo'
local CheckSet = require 'spec.check_set'
local tiny = require 'spec.tiny_set'

local set
before_each(function() set = setmetatable({root = tiny.folder()}, CheckSet) end)
after_each(function() set:remove() end)

local function under(path)
   hilo.data.folder.make((set.root .. '/' .. path):match('^(.*)/'))
   return set.root .. '/' .. path
end

-- Picture i of four shows class 1 (car) or 2 (ship) on a square of 10 x 10.
local function class_of(i) return 1 + i % 2 end

local function save_picture(path, i) hilo.io.image.save(under(path), CheckSet.noise(i)) end

-- The label map of picture i, with these numbers for background, car and ship.
local function save_labels(path, i, values)
   local ids = hilo.ByteTensor(40, 48):fill(values[1])
   ids:narrow(1, 1 + 3 * i, 10):narrow(2, 1 + 4 * i, 10):fill(values[class_of(i) + 1])
   hilo.io.image.save(under(path), ids)
end

local function corners(i)
   local x, y = 4 * i, 3 * i
   return {{x, y}, {x + 10, y}, {x + 10, y + 10}, {x, y + 10}}
end

-- What the check says is what was drawn.
local function holds(layout, ...)
   local page = set.root .. '/page.html'
   local code, text, found, all = set:check('html=' .. page, ...)
   assert.same({}, found, text)
   assert.equal(0, code)
   assert.equal(layout, all.layout)
   local f = all.facts
   assert.same({pictures = 4, labels = 4, labelled = 2, unlabelled = 2, val = 2}, f.counts)
   assert.same({4 * 1920 - 400, 200, 200}, {f.classes[1].pixels, f.classes[2].pixels, f.classes[3].pixels})
   assert.same({{4, 2, 2}, {2, 2, 0}, {2, 0, 2}}, f.together)
   local html = tiny.read(page)
   for _, c in ipairs(f.classes) do assert.is_truthy(html:find(('alt="%s in '):format(c.name), 1, true), c.name) end
end

describe('hilo data check reads', function()
   local names = 'background\ncar\nship\n'

   local function part(i) return i <= 2 and 'train' or 'val' end

   it('folders with parts', function()
      for i = 1, 4 do
         save_picture(('%s/images/p%d.png'):format(part(i), i), i)
         save_labels(('%s/masks/p%d_mask.png'):format(part(i), i), i, {0, 1, 2})
      end
      tiny.write(set.root .. '/classes.txt', names)
      holds 'folders'
   end)

   it('ids that a map gives classes', function()
      for i = 1, 4 do
         save_picture(('images/%s/p%d.jpg'):format(part(i), i), i)
         save_labels(('labels/%s/p%d.png'):format(part(i), i), i, {7, 30, 200})
      end
      tiny.write(set.root .. '/classes.txt', names)
      holds('folders', 'data.map=7:0,30:1,200:2')
   end)

   it('colours by a table', function()
      for i = 1, 4 do
         save_picture(('images/%s/p%d.png'):format(part(i), i), i)
         local rgb, colour = hilo.ByteTensor(3, 40, 48):fill(20), ({{200, 10, 10}, {10, 10, 200}})[class_of(i)]
         for c = 1, 3 do rgb[c]:narrow(1, 1 + 3 * i, 10):narrow(2, 1 + 4 * i, 10):fill(colour[c]) end
         hilo.io.image.save(under(('labels/%s/p%d.png'):format(part(i), i)), rgb)
      end
      tiny.write(set.root .. '/classes.txt', 'background 20 20 20\ncar 200 10 10\nship 10 10 200\n')
      holds 'folders'
   end)

   it('a table of pictures and label maps', function()
      local lines = {'image,label,split'}
      for i = 1, 4 do
         save_picture(('a/%d.png'):format(i), i)
         save_labels(('b/x%d.png'):format(5 - i), i, {0, 1, 2})
         lines[i + 1] = ('a/%d.png,b/x%d.png,%s'):format(i, 5 - i, part(i))
      end
      tiny.write(set.root .. '/set.csv', table.concat(lines, '\n') .. '\n')
      tiny.write(set.root .. '/classes.txt', names)
      holds 'csv'
   end)

   it("COCO's files", function()
      for _, which in ipairs {'train', 'val'} do
         local images, annotations = {}, {}
         for i = which == 'train' and 1 or 3, which == 'train' and 2 or 4 do
            save_picture(('%s/p%d.png'):format(which, i), i)
            table.insert(images, {id = i, file_name = ('p%d.png'):format(i), width = 48, height = 40})
            local points = {}
            for _, p in ipairs(corners(i)) do
               points[#points + 1] = p[1]
               points[#points + 1] = p[2]
            end
            table.insert(annotations, {id = i, image_id = i, category_id = class_of(i), segmentation = {points}, iscrowd = 0})
         end
         hilo.train.json.save(under(('annotations/instances_%s.json'):format(which)), {images = images, annotations = annotations,
            categories = {{id = 1, name = 'car'}, {id = 2, name = 'ship'}}})
      end
      holds 'coco'
   end)

   it("labelme's files", function()
      for i = 1, 4 do
         save_picture(('%s/p%d.png'):format(part(i), i), i)
         hilo.train.json.save(('%s/%s/p%d.json'):format(set.root, part(i), i), {version = '5.2.1', imageHeight = 40, imageWidth = 48,
            imagePath = ('p%d.png'):format(i),
            shapes = {{label = ({'car', 'ship'})[class_of(i)], shape_type = 'polygon', points = corners(i)}}})
      end
      holds 'labelme'
   end)
end)
