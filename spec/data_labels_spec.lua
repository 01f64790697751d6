-- Label maps of every kind, each as a tiny set: the classes that worker threads read, or the message that helps. Pictures of every
-- format beside them.
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local png = require 'spec.png'
local tiny = require 'spec.tiny_set'

local data, image = hilo.data, hilo.io.image
local error_of = helper.error_of
local golden = 'spec/golden/images/'

local root
before_each(function()
   root = tiny.folder()
   data.folder.make(root .. '/images')
   data.folder.make(root .. '/masks')
end)
after_each(function() tiny.remove(root) end)

-- A picture of the label map's size and the label map: a table of rows, a file's bytes or a tensor.
local function put(name, labels, options)
   options = options or {}
   local path = ('%s/masks/%s.%s'):format(root, name, options.ending or 'png')
   if type(labels) == 'string' then
      tiny.write(path, labels)
   else
      image.save(path, core.is_tensor(labels) and labels or hilo.ByteTensor(labels), {palette = options.palette})
   end
   local info = image.info(path)
   image.save(('%s/images/%s.png'):format(root, name), hilo.ByteTensor(3, info.height, info.width):fill(options.grey or 90))
end

local function open(options)
   options = options or {}
   options.root = root
   return data.open(options)
end

local function batch_of(set, name)
   return data.batches({set = set, names = {name or set.names[1]}, transform = data.transforms.whole(1), labels = 'full'})()
end

local function read(set, name) return batch_of(set, name).labels[1]:totable() end

-- Colours of rows of ids as an RGB or RGBA tensor.
local function coded(rows, colours, alpha)
   local h, w = #rows, #rows[1]
   local t = hilo.ByteTensor(alpha and 4 or 3, h, w)
   for y = 1, h do
      for x = 1, w do
         local c = colours[rows[y][x]]
         for k = 1, 3 do t[k][y][x] = c[k] end
         if alpha then t[4][y][x] = (x * 50) % 256 end
      end
   end
   return t
end

local ids = {{0, 1, 2}, {2, 255, 0}}

describe('label maps of ids', function()
   it('may be palette PNGs of 1, 2, 4 and 8 bits, whatever their colours', function()
      for bits, rows in pairs {[1] = {{0, 1, 1}, {1, 1, 0}}, [2] = {{0, 1, 2}, {2, 3, 0}}, [4] = {{0, 1, 2}, {2, 15, 0}}, [8] = ids} do
         local palette = {}
         for i = 1, 2 ^ bits do palette[i] = {i * 37 % 256, i * 91 % 256, 7} end
         put('a', png(3, bits, rows, palette))
         assert.same(rows, read(open {classes = tostring(math.max(2, math.min(255, 2 ^ bits)))}))
      end
   end)

   it('may be grey PNGs of 1, 2, 4, 8 and 16 bits, whose numbers are not stretched', function()
      for bits, rows in pairs {[1] = {{0, 1, 1}, {1, 1, 0}}, [2] = {{0, 1, 2}, {2, 3, 0}}, [4] = {{0, 1, 2}, {2, 15, 0}}, [8] = ids,
         [16] = ids} do
         put('a', png(0, bits, rows))
         local set = open {classes = tostring(math.max(2, math.min(255, 2 ^ bits)))}
         assert.same(rows, read(set))
         assert.equal(bits == 16, set.told:match('16%-bit ids') ~= nil)
      end
   end)

   it('may be TIFF, BMP and lossless files of other endings', function()
      for _, name in ipairs {'palette.tif', 'grey8.tif', 'bits4.bmp', 'bits8.bmp', 'rle8.bmp'} do
         local path = golden .. name
         tiny.write(root .. '/masks/a.' .. name:match('%w+$'), tiny.read(path))
         image.save(root .. '/images/a.png', hilo.ByteTensor(3, 10, 21):fill(3))
         local set = open {classes = '255'}
         assert.is_true(hilo.equal(image.load(path, {as = 'labels'}), batch_of(set).labels[1]))
         os.remove(root .. '/masks/a.' .. name:match('%w+$'))
      end
   end)

   it('may have been saved as grey with alpha, RGB or RGBA of equal channels', function()
      local grey, alpha = hilo.ByteTensor {ids}, hilo.ByteTensor {{{9, 8, 7}, {6, 5, 4}}}
      for _, list in ipairs {{grey, alpha}, {grey, grey, grey}, {grey, grey, grey, alpha}} do
         put('a', hilo.cat(list, 1))
         assert.same(ids, read(open {classes = '3'}))
      end
   end)

   it('of 16 bits are mapped by an option, and an id that it does not name is an error', function()
      put('a', hilo.IntTensor {{1000, 1001, 65535}, {1001, 1000, 256}})
      local message = error_of(open)
      assert.matches('a.png holds the id 65535, and a set has at most 255 classes, 0..254; map ids to classes: data.map=65535:0',
         message)
      local set = open {map = '1000:0,1001:1,65535:255,256:1'}
      assert.same({{0, 1, 255}, {1, 0, 1}}, read(set))
      assert.equal(2, #set.classes)
      assert.matches('16%-bit ids mapped by 1000:0', set.told)
      set = open {map = '1000:0,1001:1,65535:255', classes = '2'}
      assert.matches('label 256 at %(x 2, y 1%) is not in the table that maps ids; add 256:class to it, or %*:255', error_of(read, set))
      assert.same({{0, 1, 255}, {1, 0, 255}}, read(open {map = '1000:0,1001:1,*:255'}))
      assert.same({{0, 0, 255}, {0, 0, 1}}, read(open {map = '1000-1999:0,256:1,*:255'}))
   end)

   it('that are no class are named with their place', function()
      put('a', ids)
      put('b', {{0, 1, 1}, {9, 0, 0}})
      assert.matches('masks/b.png: label 9 at %(x 0, y 1%) is neither a class %(0..2%) nor void',
         error_of(read, open {classes = '3'}, 'b'))
   end)
end)

describe('an option that maps ids', function()
   it('takes pairs, ranges, all others and the ways of public sets', function()
      local function mapped(rows, map, classes)
         put('a', rows)
         return read(open {map = map, classes = classes})
      end
      assert.same({{255, 0, 1}, {1, 255, 255}}, mapped(ids, '0:255,1:0,2:1'))
      assert.same({{0, 0, 1}, {1, 1, 0}}, mapped(ids, '0-1:0,*:1'))
      assert.same({{255, 0, 1}, {1, 255, 255}}, mapped(ids, 'zero_is_void'))
      assert.same({{0, 1, 13}, {13, 255, 255}}, mapped({{7, 8, 26}, {26, 0, 3}}, 'cityscapes', 'cityscapes'))
   end)

   it('says what is wrong with it', function()
      put('a', ids)
      for map, message in pairs {['0=1'] = "'0=1' is not id:class", ['0:1,0:2'] = 'id 0 is given twice',
         ['0:300'] = 'is not id:class', ['70000:1'] = 'does not begin with an id of 0..65535',
         ['5-2:1'] = 'does not begin with an id', [','] = 'names no ids'} do
         assert.matches(message, error_of(open, {map = map}))
      end
   end)
end)

describe('masks of 0 and 255', function()
   before_each(function()
      put('a', {{0, 255, 255}, {0, 0, 255}})
      put('b', {{0, 0, 0}, {0, 0, 255}})
   end)

   it('are refused, for 255 means void', function()
      assert.matches('hold only 0 and 255 %(2 were looked at%), and 255 means void.*data.map=255:1', error_of(open))
      put('a', hilo.cat({hilo.ByteTensor {{{0, 255}}}, hilo.ByteTensor {{{0, 255}}}, hilo.ByteTensor {{{0, 255}}}}, 1))
      assert.matches('hold only 0 and 255', error_of(open))
   end)

   it('are two classes where the option says so', function()
      local set = open {map = '255:1'}
      assert.same({'background', 'foreground'}, set.classes)
      assert.same({{0, 1, 1}, {0, 0, 1}}, read(set))
      assert.same({{0, 255, 255}, {0, 0, 255}}, read(open {map = '255:255', classes = '2'}))
   end)

   it('are fine where 255 is one of more values, and as 1 bit', function()
      put('a', {{0, 255, 1}, {0, 0, 255}})
      assert.same({{0, 255, 1}, {0, 0, 255}}, read(open {classes = '2'}))
      os.remove(root .. '/masks/b.png')
      put('a', png(0, 1, {{0, 1, 1}, {0, 0, 1}}))
      assert.same({{0, 1, 1}, {0, 0, 1}}, read(open()))
   end)

   it('may be colours of a table: black and white', function()
      tiny.write(root .. '/two.txt', 'ground 0 0 0\nroad 255 255 255\n')
      local set = open {colours = root .. '/two.txt'}
      assert.same({'ground', 'road'}, set.classes)
      assert.same({{0, 1, 1}, {0, 0, 1}}, read(set, 'a'))
   end)
end)

describe('colour-coded label maps', function()
   local colours = {[0] = {0, 0, 0}, {200, 10, 10}, {10, 10, 200}, [255] = {255, 255, 255}}
   local lines = 'ground 0 0 0\nroof 200 10 10\nriver 10 10 200\nvoid 255 255 255\n'

   it('are read by classes.txt, RGB and RGBA, and stay the files that they are', function()
      for _, alpha in ipairs {false, true} do
         put('a', coded(ids, colours, alpha))
         tiny.write(root .. '/classes.txt', lines)
         local set = open()
         assert.same({'ground', 'roof', 'river'}, set.classes)
         assert.same(ids, read(set))
         assert.equal(root .. '/masks/a.png', set:label 'a')
         assert.is_false(data.folder.is_folder(root .. '/.hilo'))
         assert.matches('label maps colour%-coded by the 4 colours of classes.txt', set.told)
         assert.same({200, 10, 10, 10, 10, 200}, {unpack(set:palette(), 4, 9)})
      end
   end)

   it('are read by tables written in other ways', function()
      put('a', coded(ids, colours))
      for _, text in ipairs {'ground,0,0,0\r\nroof,200,10,10\r\nriver,10,10,200\r\nignore,255,255,255\r\n',
         'name,r,g,b\nground,0,0,0\nroof,200,10,10\nriver,10,10,200\nunlabeled,255,255,255\n', '0 0 0 ground\n200 10 10\troof\n'
         .. '10 10 200 river\n255 255 255 void\n', '# colours\nground 0 0 0\nroof 200 10 10\nriver 10 10 200\nvoid *\n'} do
         tiny.write(root .. '/class_dict.csv', text)
         assert.same(ids, read(open()), text)
      end
   end)

   it('are read by the known tables of VOC, Cityscapes and CamVid', function()
      for name, pixels in pairs {
         voc = {{{0, 0, 0}, 0}, {{192, 0, 0}, 9}, {{0, 64, 128}, 20}, {{224, 224, 192}, 255}},
         cityscapes = {{{128, 64, 128}, 0}, {{0, 0, 142}, 13}, {{119, 11, 32}, 18}, {{0, 0, 0}, 255}},
         camvid = {{{128, 128, 128}, 0}, {{64, 0, 128}, 8}, {{64, 128, 192}, 8}, {{0, 0, 0}, 255}},
      } do
         local row, classes, table_of = {}, {}, {}
         for i, p in ipairs(pixels) do row[i], classes[i], table_of[i] = i, p[2], p[1] end
         for _, alpha in ipairs {false, true} do
            put('a', coded({row}, table_of, alpha))
            local set = open {colours = name}
            assert.same({classes}, read(set), name)
            assert.same(data.known[name].classes, set.classes)
            assert.matches(('is colour%%-coded .* data.colours=%s has all of them'):format(name), error_of(open))
         end
      end
   end)

   it('need no table in the layout of a public set that has one', function()
      tiny.remove(root .. '/masks')
      os.rename(root .. '/images', root .. '/JPEGImages')
      data.folder.make(root .. '/SegmentationClass')
      image.save(root .. '/JPEGImages/a.jpg', hilo.ByteTensor(3, 1, 3):fill(9))
      image.save(root .. '/SegmentationClass/a.png', coded({{1, 2, 3}}, {{128, 0, 0}, {224, 224, 192}, {0, 64, 128}}))
      assert.same({{1, 255, 20}}, read(open()))
   end)

   it('may mix palette files with others', function()
      put('a', coded(ids, colours))
      put('b', png(3, 8, {{1, 0, 0}, {2, 3, 1}}, {{200, 10, 10}, {0, 0, 0}, {10, 10, 200}, {255, 255, 255}}))
      tiny.write(root .. '/classes.txt', lines)
      assert.same({{0, 1, 1}, {2, 255, 0}}, read(open(), 'b'))
   end)

   it('may be palette files alone, each with its colours in an order of its own', function()
      put('a', png(3, 8, {{1, 0, 0}, {2, 3, 1}}, {{200, 10, 10}, {0, 0, 0}, {10, 10, 200}, {255, 255, 255}}))
      put('b', png(3, 8, {{0, 2, 1}, {3, 3, 0}}, {{10, 10, 200}, {0, 0, 0}, {200, 10, 10}, {255, 255, 255}}))
      tiny.write(root .. '/classes.txt', lines)
      local set = open()
      assert.same({{0, 1, 1}, {2, 255, 0}}, read(set, 'a'))
      assert.same({{2, 1, 0}, {255, 255, 2}}, read(set, 'b'))
      assert.matches('colour%-coded by the 4 colours of classes.txt', set.told)
   end)

   it('are none where palettes are in the order of the table, are not of its colours, or ids are mapped', function()
      local palette = {}
      for i = 1, 256 do palette[i] = {255, 255, 255} end
      palette[1], palette[2], palette[3] = {0, 0, 0}, {200, 10, 10}, {10, 10, 200}
      tiny.write(root .. '/classes.txt', lines)
      put('a', ids, {palette = palette})
      local set = open()
      assert.same({ids}, {read(set), set.coded})
      palette[1], palette[2] = palette[2], palette[1]
      put('a', ids, {palette = palette})
      assert.same({{0, 1, 2}, {2, 0, 0}}, read(open {map = '255:0'}))
      for _, other in ipairs {{9, 9, 9}, palette[3]} do -- a colour that no class has, one that two indices have
         palette[1] = other
         put('a', ids, {palette = palette})
         assert.same(ids, read(open()))
      end
   end)

   it('are seen where the first files hold black and white alone', function()
      put('a', coded({{0, 255, 255}, {0, 0, 0}}, colours))
      put('b', coded(ids, colours))
      assert.matches('b.png is colour%-coded', error_of(open))
      tiny.write(root .. '/classes.txt', lines)
      assert.same(ids, read(open(), 'b'))
      os.remove(root .. '/masks/b.png')
      assert.same({{0, 255, 255}, {0, 0, 0}}, read(open(), 'a'))
   end)

   it('of which a colour is in no table are named, with the place and what to write', function()
      put('a', coded(ids, {[0] = {0, 0, 0}, {200, 10, 10}, {10, 10, 201}, [255] = {255, 255, 255}}))
      tiny.write(root .. '/classes.txt', lines)
      local set = open()
      assert.matches('masks/a.png: the colour 10 10 201 at %(x 2, y 0%) is not in the table of 4 colours; add a line `name 10 10 201`',
         error_of(read, set))
      tiny.write(root .. '/classes.txt', lines .. 'void *\n')
      assert.same({{0, 1, 255}, {255, 255, 0}}, read(open()))
   end)

   it('without a table, with one that does not fit, or with ids to map are refused', function()
      put('a', coded(ids, colours))
      assert.matches('a.png is colour%-coded %(0 0 0, 10 10 200, 200 10 10, 255 255 255%), and there is no table of colours: write '
         .. 'lines `name r g b` to .*/classes.txt', error_of(open))
      tiny.write(root .. '/classes.txt', lines)
      assert.matches('data.map is for ids', error_of(open, {map = '0:1'}))
      assert.matches("there is no table 'vco'; it is voc, cityscapes", error_of(open, {colours = 'vco'}))
      tiny.write(root .. '/plain.txt', 'a\nb\n')
      assert.matches('plain.txt holds no colours', error_of(open, {colours = root .. '/plain.txt'}))
      for text, message in pairs {['a 0 0 0\nb 0 0 0\n'] = 'line 2 .* gives the colour 0 0 0 again, which line 1 has',
         ['a 0 0 0\nb 0 0 300\n'] = 'line 2 .*: a colour is three numbers of 0..255', ['a 0 0 0\nb\n'] = 'some have none'} do
         tiny.write(root .. '/classes.txt', text)
         assert.matches(message, error_of(open))
      end
   end)

   it('take classes of an option in its order, by their names, and refuse others', function()
      put('a', coded(ids, colours))
      tiny.write(root .. '/table.txt', lines)
      assert.same({{1, 2, 0}, {0, 255, 1}}, read(open {colours = root .. '/table.txt', classes = 'river,ground,roof'}))
      assert.same(ids, read(open {colours = root .. '/table.txt', classes = 'Boden,Dach,Fluss'}))
      assert.matches("3 classes and colours for 'ground', which is none of the 2", error_of(open, {colours = root .. '/table.txt',
         classes = 'roof,river'}))
   end)

   it('give the check the classes of the files, and the page pictures of them', function()
      local labels = require 'hilo.data.labels'
      put('a', coded(ids, colours))
      tiny.write(root .. '/classes.txt', lines)
      local set = open()
      assert.same(ids, labels.classes_in(set, set:label 'a'):totable())
      put('a', hilo.IntTensor {{1000, 1001, 5}})
      os.remove(root .. '/classes.txt')
      set = open {map = '1000:0,1001:1', classes = '2'}
      assert.same({{0, 1, 255}}, labels.classes_in(set, set:label 'a'):totable())
   end)
end)

describe('label maps that do not keep exact values', function()
   it('are refused with the reason', function()
      for name, reason in pairs {['turned6.jpg'] = 'is a JPEG, whose compression changes ids along every edge; save label maps as PNG',
         ['lossy.webp'] = 'lossy WebP does not keep exact values; save label maps as PNG', ['jpeg.tif'] = 'lossy compression'} do
         local ending = name:match('%w+$')
         tiny.write(root .. '/masks/a.' .. ending, tiny.read(golden .. name))
         image.save(root .. '/images/a.png', hilo.ByteTensor(3, 10, 21):fill(3))
         assert.matches(reason, error_of(open))
         os.remove(root .. '/masks/a.' .. ending)
      end
   end)

   it('or cannot be read at all are named', function()
      put('a', ids)
      tiny.write(root .. '/masks/a.png', 'hello')
      assert.matches('none of the label maps of .* can be read; the first: .*a.png', error_of(open))
   end)
end)

describe('pictures', function()
   -- Each golden file is a set of its own picture, with a label map of the size that it has once turned.
   local function of_ending(ending)
      local list = {}
      for _, name in ipairs(data.folder.list(golden)) do
         if name:match('%.(%w+)$') == ending and data.folder.is_file(golden .. name .. '.png') then list[#list + 1] = name end
      end
      return list
   end

   for _, ending in ipairs {'jpg', 'webp', 'tif', 'bmp'} do
      it('may be .' .. ending .. ' of every kind: grey, alpha, inks, palettes, turned by EXIF', function()
         local list = of_ending(ending)
         assert.is_true(#list >= 3)
         for _, name in ipairs(list) do
            local stem = data.folder.stem(name)
            tiny.write(('%s/images/%s.%s'):format(root, stem, ending), tiny.read(golden .. name))
            local h, w = data.folder.image_size(golden .. name)
            image.save(('%s/masks/%s.png'):format(root, stem), hilo.ByteTensor(h, w):fill(1))
         end
         local set = open {classes = '2'}
         assert.equal(#list, #set.names)
         for _, name in ipairs(list) do
            local expected = image.load(golden .. name .. '.png', {as = 'rgb'}):float():mul(1 / 255)
            local batch = data.batches({set = set, names = {(data.folder.stem(name))}, transform = data.transforms.whole(1),
               labels = 'full', normalise = {mean = {0, 0, 0}, std = {1, 1, 1}}})()
            assert.is_true((batch.images[1] - expected):abs():max() < (ending == 'jpg' and 4.5 / 255 or 1e-5), name)
            assert.equal(1, batch.labels:min())
         end
      end)
   end

   it('may be PNGs of all colour types and depths', function()
      local function level(v, bits) return v / (2 ^ bits - 1) end
      local kinds = {[0] = {1, 2, 4, 8, 16}, [2] = {8, 16}, [3] = {1, 2, 4, 8}, [4] = {8, 16}, [6] = {8, 16}}
      local channels = {[0] = 1, [2] = 3, [3] = 1, [4] = 2, [6] = 4}
      for kind, depths in pairs(kinds) do
         for _, bits in ipairs(depths) do
            local row, palette, most = {}, kind == 3 and {} or nil, 2 ^ bits - 1
            for i = 1, 3 * channels[kind] do row[i] = i * 7919 % (most + 1) end
            for i = 1, kind == 3 and most + 1 or 0 do palette[i] = {i * 37 % 256, i * 91 % 256, i * 5 % 256} end
            put('a', ids)
            tiny.write(root .. '/images/a.png', png(kind, bits, {row, row}, palette))
            local x = data.batches({set = open {classes = '3'}, names = {'a'}, transform = data.transforms.whole(1),
               normalise = {mean = {0, 0, 0}, std = {1, 1, 1}}})().images[1]
            for column = 1, 3 do
               local at = (column - 1) * channels[kind]
               for c = 1, 3 do
                  local expected
                  if kind == 3 then
                     expected = palette[row[column] + 1][c] / 255
                  else
                     expected = level(row[at + (channels[kind] >= 3 and c or 1)], bits)
                  end
                  assert.is_true(math.abs(x[c][2][column] - expected) < (bits == 16 and 0.5 / 255 or 1e-6), kind .. ' ' .. bits)
               end
            end
         end
      end
   end)

   it('are turned by EXIF and their label maps never, which is told where they do not fit', function()
      tiny.write(root .. '/images/a.jpg', tiny.read(golden .. 'turned6.jpg'))
      image.save(root .. '/masks/a.png', hilo.ByteTensor(21, 10):fill(1))
      assert.matches('EXIF orientation 6 asks, but its label map .*masks/a.png has 10 x 21; turn the label map',
         error_of(read, open {classes = '2'}))
   end)
end)
