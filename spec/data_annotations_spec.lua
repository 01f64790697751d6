-- Annotation files of COCO's and labelme's kind: what is drawn of them, and what is told of those that do not fit.
local hilo = require 'hilo'
local base64 = require 'hilo.io.base64'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data = hilo.data
local error_of = helper.error_of

local root
before_each(function() root = tiny.folder() end)
after_each(function() tiny.remove(root) end)

local function save(path, t)
   data.folder.make((root .. '/' .. path):match('^(.*)/'))
   hilo.train.json.save(root .. '/' .. path, t)
end

-- Pictures of h x w.
local function pictures(h, w, ...)
   for i, path in ipairs {...} do
      data.folder.make((root .. '/' .. path):match('^(.*)/'))
      hilo.io.image.save(root .. '/' .. path, hilo.ByteTensor(3, h, w):fill(60 + 20 * i))
   end
end

-- The label map of a picture as worker threads read it: a string a row, '.' for 0, 'v' for void.
local function rows(set, name)
   local map, lines = data.batches({set = set, names = {name}, transform = data.transforms.whole(1), labels = 'input'})().labels[1], {}
   for y = 1, map:size(1) do
      local line = {}
      for x = 1, map:size(2) do line[x] = ({[0] = '.', [255] = 'v'})[map[y][x]] or tostring(map[y][x]) end
      lines[y] = table.concat(line)
   end
   return lines
end

local function square(x, y, side) return {x, y, x + side, y, x + side, y + side, x, y + side} end

local categories = {{id = 7, name = 'ship'}, {id = 3, name = 'car'}}

local function coco(images, annotations, more)
   for i, image in ipairs(images) do image.id, image.width, image.height = image.id or i, image.width or 6, image.height or 4 end
   for i, a in ipairs(annotations) do a.id, a.image_id, a.category_id = i, a.image_id or 1, a.category_id or 3 end
   save('annotations.json', {images = images, annotations = annotations, categories = more or categories})
end

local function open(options)
   options = options or {}
   options.root = root
   return data.open(options)
end

-- Run lengths as the text that pycocotools writes: differences to the count two before from the fourth on, in groups of 5 bits, the
-- lowest first, 32 added where others follow; the last one's highest bit is the sign.
local function packed(counts)
   local text = {}
   for i, x in ipairs(counts) do
      if i > 3 then x = x - counts[i - 2] end
      repeat
         local group = x % 32
         x = math.floor(x / 32)
         local more = group >= 16 and x ~= -1 or group < 16 and x ~= 0
         text[#text + 1] = string.char(group + (more and 32 or 0) + 48)
      until not more
   end
   return table.concat(text)
end

describe("COCO's files", function()
   before_each(function() pictures(4, 6, 'images/a.jpg', 'images/b.jpg', 'images/sub/c.jpg') end)

   it('become label maps: categories in the order of their ids, pictures that none names without one', function()
      coco({{file_name = 'a.jpg', id = 12}, {file_name = 'sub/c.jpg', id = 90}},
         {{image_id = 12, category_id = 7, segmentation = {square(1, 1, 2)}}, {image_id = 90, segmentation = {square(0, 0, 1)}}})
      local set = open()
      assert.same({'coco', 'background', 'car', 'ship'}, {set.layout, unpack(set.classes)})
      assert.same({'......', '.22...', '.22...', '......'}, rows(set, 'images/a'))
      assert.same({'1.....', '......', '......', '......'}, rows(set, 'images/sub/c'))
      assert.is_nil(set:label 'images/b')
      assert.matches('annotations.json drawn into', set.told)
   end)

   it('may have pictures without annotations: background alone', function()
      coco({{file_name = 'a.jpg'}, {file_name = 'b.jpg'}}, {{segmentation = {square(0, 0, 2)}}})
      assert.same({'......', '......', '......', '......'}, rows(open(), 'images/b'))
   end)

   it('draw the smaller of overlapping objects on top, with areas given or not, and all parts of one', function()
      for _, areas in ipairs {{4, 12}, {}, {4}} do
         coco({{file_name = 'a.jpg'}}, {{category_id = 7, segmentation = {square(1, 1, 2)}, area = areas[1]},
            {segmentation = {{0, 0, 3, 0, 3, 4, 0, 4}, square(5, 0, 1)}, area = areas[2]}})
         assert.same({'111..1', '122...', '122...', '111...'}, rows(open(), 'images/a'))
      end
   end)

   it('take crowds for void, or for objects where data.crowd says so', function()
      coco({{file_name = 'a.jpg'}}, {{iscrowd = 1, segmentation = {size = {4, 6}, counts = {2, 2, 20}}}})
      assert.same({'......', '......', 'v.....', 'v.....'}, rows(open(), 'images/a'))
      assert.same({'......', '......', '1.....', '1.....'}, rows(open {crowd = 'object'}, 'images/a'))
      assert.matches("no 'objects'; did you mean 'object'", error_of(open, {crowd = 'objects'}))
   end)

   it('may hold packed run lengths', function()
      -- what pycocotools.mask.encode gives for masks of these runs
      assert.equal('0610003', packed {0, 6, 1, 6, 1, 6, 4})
      assert.equal('3T3d0SMdn0KlK', packed {3, 100, 20, 7, 1000, 2, 868})
      local draw = helper.numbers(3)
      for _ = 1, 20 do
         local counts, mask, left, on = {}, {}, 24, 0
         while left > 0 do
            local n = math.min(left, math.floor(draw() * 9) + (#counts == 0 and 0 or 1))
            for _ = 1, n do mask[#mask + 1] = on end
            counts[#counts + 1], left, on = n, left - n, 1 - on
         end
         coco({{file_name = 'a.jpg'}}, {{segmentation = {size = {4, 6}, counts = packed(counts)}}, {segmentation = {square(9, 9, 1)}}})
         local expected = {}
         for y = 1, 4 do
            expected[y] = ''
            for x = 1, 6 do expected[y] = expected[y] .. (mask[(x - 1) * 4 + y] == 1 and '1' or '.') end
         end
         assert.same(expected, rows(open(), 'images/a'))
      end
      coco({{file_name = 'a.jpg', width = 6}}, {{segmentation = {size = {4, 6}, counts = '0\1'}}})
      assert.matches('annotation 1: its compressed run lengths are damaged', error_of(open))
      coco({{file_name = 'a.jpg', width = 6}}, {{segmentation = {size = {4, 6}, counts = packed {5, 5}}}})
      assert.matches('annotation 1: its run lengths cover 10 of 24 pixels', error_of(open))
   end)

   it('unpack long runs and differences below zero', function()
      local raster = require 'hilo.data.raster'
      for _, counts in ipairs {{307200}, {0, 307200}, {1e6, 3, 5e5, 1, 2, 70000, 0, 69999}, {31, 32, 16, 15, 17, 1, 1}} do
         assert.same(counts, raster.unpack(packed(counts), 'x'))
      end
   end)

   it('tell pictures that are missing, and refuse where all are', function()
      coco({{file_name = 'a.jpg'}, {file_name = 'lost.jpg'}}, {{segmentation = {square(0, 0, 2)}}})
      assert.matches("1 of 2 pictures that annotations.json names are not found below .*, the first is 'lost.jpg': there is no such "
         .. 'file', open().warnings[1])
      coco({{file_name = 'lost.jpg'}}, {{segmentation = {square(0, 0, 2)}}})
      assert.matches("none of the pictures that annotations.json names is found .*'lost.jpg'", error_of(open))
   end)

   it('find a picture by its part where two have one name', function()
      tiny.remove(root .. '/images')
      pictures(4, 6, 'train2017/a.jpg', 'val2017/a.jpg')
      for _, part in ipairs {'train', 'val'} do
         save(('annotations/instances_%s2017.json'):format(part), {images = {{id = 1, file_name = 'a.jpg', width = 6, height = 4}},
            categories = categories, annotations = {{id = 1, image_id = 1, category_id = part == 'val' and 7 or 3,
               segmentation = {square(0, 0, 1)}}}})
      end
      save('annotations/person_keypoints_val2017.json', {images = {}, annotations = {}, categories = {}})
      local set = open()
      assert.same({'train2017/a'}, set:list 'train')
      assert.same({'val2017/a'}, set:list 'val')
      assert.equal('1.....', rows(set, 'train2017/a')[1])
      assert.equal('2.....', rows(set, 'val2017/a')[1])
      os.remove(root .. '/annotations/instances_train2017.json')
      os.remove(root .. '/annotations/instances_val2017.json')
      os.remove(root .. '/annotations/person_keypoints_val2017.json')
      coco({{file_name = 'a.jpg'}}, {{segmentation = {square(0, 0, 1)}}})
      assert.matches('there are 2 of that name, train2017/a.jpg and val2017/a.jpg among them; write it with its folder', error_of(open))
   end)

   it('may lie beside the pictures of each part', function()
      tiny.remove(root .. '/images')
      pictures(4, 6, 'train/a.jpg', 'valid/a.jpg')
      for part, id in pairs {train = 3, valid = 7} do
         save(part .. '/_annotations.coco.json', {images = {{id = 0, file_name = 'a.jpg', width = 6, height = 4}},
            categories = categories, annotations = {{id = 0, image_id = 0, category_id = id, segmentation = {square(0, 0, 1)}}}})
      end
      local set = open()
      assert.same({{'train/a'}, {'valid/a'}}, {set:list 'train', set:list 'val'})
      assert.same({'1.....', '2.....'}, {rows(set, 'train/a')[1], rows(set, 'valid/a')[1]})
   end)

   it('say what does not fit', function()
      local outline = {segmentation = {square(0, 0, 2)}}
      coco({{file_name = 'a.jpg', width = 60, height = 40}}, {outline})
      assert.matches("picture 'a.jpg': its shapes are for 60 x 40 pixels, .*/images/a.jpg has 6 x 4; annotate", error_of(open))
      coco({{file_name = 'a.jpg'}}, {{category_id = 5, segmentation = {square(0, 0, 2)}}})
      assert.matches('annotation 1: there is no category 5', error_of(open))
      coco({{file_name = 'a.jpg'}}, {{bbox = {0, 0, 2, 2}}})
      assert.matches('annotations.json have boxes alone; label maps need their outlines', error_of(open))
      coco({{file_name = 'a.jpg'}}, {{bbox = {0, 0, 2, 2}}, outline})
      assert.matches('1 of 2 annotations of annotations.json have boxes alone and are not drawn', open().warnings[1])
      coco({{file_name = 'a.jpg'}}, {outline}, {{id = 3}})
      assert.matches('category 1 has no id or no name', error_of(open))
      coco({}, {outline})
      assert.matches('annotations.json: it lists no pictures', error_of(open))
      coco({{file_name = 3}}, {outline})
      assert.matches('picture 1 has no id or no file_name', error_of(open))
      tiny.write(root .. '/annotations.json', '{"images": [], "annotations": [], "categories": [')
      assert.matches('annotations.json does not hold JSON', error_of(open))
      coco({{file_name = 'a.jpg'}}, {{segmentation = {{1, 2, 3}}}})
      assert.matches('an outline is not a list of x, y', error_of(open))
      coco({{file_name = 'a.jpg'}}, {outline})
      save('again.json', hilo.train.json.load(root .. '/annotations.json'))
      assert.matches('two annotation files .* name the picture .*data.suffix=', error_of(open))
      assert.equal('coco', open({layout = 'coco', suffix = 'again'}).layout)
   end)

   it('may have ids of text, and no sizes', function()
      save('annotations.json', {images = {{id = 'x', file_name = 'a.jpg'}}, categories = {{id = 'b', name = 'ship'},
         {id = 'a', name = 'car'}}, annotations = {{id = 1, image_id = 'x', category_id = 'b', segmentation = {square(0, 0, 1)}}}})
      local set = open()
      assert.same({'background', 'car', 'ship'}, set.classes)
      assert.equal('2.....', rows(set, 'images/a')[1])
   end)

   it('are drawn again when they change', function()
      coco({{file_name = 'a.jpg'}}, {{segmentation = {square(0, 0, 1)}}})
      assert.equal('1.....', rows(open(), 'images/a')[1])
      coco({{file_name = 'a.jpg'}}, {{segmentation = {square(0, 0, 2)}}, {segmentation = {square(4, 0, 2)}}})
      assert.equal('11..11', rows(open(), 'images/a')[1])
   end)
end)

describe("labelme's files", function()
   before_each(function() pictures(4, 6, 'a.jpg', 'b.jpg') end)

   local function shape(label, kind, points, more)
      local s = {label = label, shape_type = kind, points = points}
      for key, value in pairs(more or {}) do s[key] = value end
      return s
   end

   local function page(name, shapes, more)
      local p = {version = '5.2.1', shapes = shapes, imagePath = name .. '.jpg', imageHeight = 4, imageWidth = 6}
      for key, value in pairs(more or {}) do p[key] = value end
      save(name .. '.json', p)
   end

   local box = {{0, 0}, {2, 2}}

   it('become label maps: polygons, rectangles, circles and masks, later ones on top', function()
      local mask = os.tmpname()
      hilo.io.image.save(mask .. '.png', hilo.ByteTensor {{0, 255}, {255, 255}})
      page('a', {shape('sea', 'polygon', {{0, 0}, {6, 0}, {6, 2}, {0, 2}}), shape('boat', 'rectangle', {{1, 1}, {3, 3}}),
         shape('sun', 'circle', {{4.5, 1.5}, {5, 1.5}}), shape('sky', 'mask', {{4, 2}, {5, 3}},
            {mask = base64.encode(tiny.read(mask .. '.png'))}), shape('__ignore__', 'rectangle', {{0, 3}, {1, 4}})})
      os.remove(mask)
      os.remove(mask .. '.png')
      local set = open()
      assert.same({'labelme', 'background', 'boat', 'sea', 'sky', 'sun'}, {set.layout, unpack(set.classes)})
      assert.same({'222222', '211242', '.11..3', 'v...33'}, rows(set, 'a'))
      assert.is_nil(set:label 'b')
   end)

   it('make no class of what only lines and points mark, and say so', function()
      page('a', {shape('boat', 'rectangle', box), shape('mast', 'line', box), shape('rope', 'linestrip', box),
         shape('boat', 'point', {{1, 1}})})
      local set = open()
      assert.same({'background', 'boat'}, set.classes)
      assert.same({'mast, rope mark lines or points alone and are no class',
         ('3 shapes of %s are lines or points, which have no inside and are not drawn'):format(root)}, set.warnings)
      page('a', {shape('mast', 'line', box)})
      assert.matches('no shape of .* has an inside', error_of(open))
   end)

   it('take the classes and their order from classes.txt, and name a label that is none of them', function()
      page('a', {shape('boat', 'rectangle', box), shape('mast', 'line', box)})
      tiny.write(root .. '/classes.txt', 'background\nsea\nboat\n')
      local set = open()
      assert.same({'background', 'sea', 'boat'}, set.classes)
      assert.equal('22....', rows(set, 'a')[1])
      page('a', {shape('baot', 'rectangle', box)})
      assert.matches("a.json, shape 1: its label 'baot' is no class; did you mean 'boat'", error_of(open))
   end)

   it('find their pictures by the path that they hold or beside themselves, and tell those that are missing', function()
      page('a', {shape('boat', 'rectangle', box)}, {imagePath = 'C:\\Users\\me\\a.jpg'})
      page('b', {shape('boat', 'rectangle', box)}, {imagePath = '../raw/0001.tif'})
      page('c', {shape('boat', 'rectangle', box)})
      local set = open()
      assert.truthy(set:label 'a' and set:label 'b')
      assert.matches("the pictures of 1 of 3 JSON files are not found below .*; the first: c.json is of 'c.jpg': there is no such file",
         set.warnings[1])
      os.remove(root .. '/a.jpg')
      os.remove(root .. '/b.jpg')
      pictures(4, 6, 'other.jpg')
      assert.matches('none of the pictures .* is found below it', error_of(open))
   end)

   it('say which shape has no label', function()
      page('a', {shape('boat', 'rectangle', box), {shape_type = 'rectangle', points = box}})
      assert.matches('a.json: shape 2 has no label', error_of(open))
   end)

   it('must be of the size of their pictures', function()
      page('a', {shape('boat', 'rectangle', box)}, {imageHeight = 6, imageWidth = 4})
      assert.matches('a.json: its shapes are for 4 x 6 pixels, .*/a.jpg has 6 x 4 %(does its EXIF', error_of(open))
      for _, half in ipairs {{imageHeight = false, imageWidth = false}, {imageHeight = 4, imageWidth = false}} do
         page('a', {shape('boat', 'rectangle', box)}, half)
         assert.equal('11....', rows(open(), 'a')[1])
      end
   end)
end)
