-- Pictures and label maps of every kind, against what Pillow and the formats' own arithmetic make of them: spec/golden/images, written
-- by spec/golden/make_images.py. FILE.png beside a file is what it looks like.
local ffi = require 'ffi'
local hilo = require 'hilo'
local image = require 'hilo.io.image'
local folder = require 'hilo.data.folder'
local helper = require 'spec.helper'

local golden = 'spec/golden/images/'
local error_of = helper.error_of

local work
setup(function()
   work = os.tmpname()
   os.remove(work)
   folder.make(work)
end)
teardown(function() os.execute('rm -r ' .. work) end)

-- Names of the golden files of an ending, without what they look like.
local function names(ending)
   local list, all = {}, {}
   for _, name in ipairs(folder.list(golden)) do all[name] = true end
   for name in pairs(all) do
      if name:match('%.(%w+)$') == ending and all[name .. '.png'] then list[#list + 1] = name end
   end
   table.sort(list)
   return list
end

local function difference(a, b)
   assert.same(a:size():totable(), b:size():totable())
   return (a:double() - b:double()):abs():max()
end

describe('pictures', function()
   for _, ending in ipairs {'bmp', 'webp', 'tif', 'png', 'jpg'} do
      for _, name in ipairs(names(ending)) do
         it('look as they should: ' .. name, function()
            local seen = image.load(golden .. name, {as = 'rgb'})
            local most = ending == 'jpg' and 4 or 0
            assert.is_true(difference(seen, image.load(golden .. name .. '.png', {as = 'rgb'})) <= most)
            local h, w = folder.image_size(golden .. name)
            assert.same({3, h, w}, seen:size():totable())
         end)
      end
   end

   it('tell their format, whatever their name', function()
      local copy = helper.write_file(work .. '/picture.jpg', helper.read_file(golden .. 'alpha.webp'))
      local info = image.info(copy)
      assert.same({'webp', 4, 8}, {info.format, info.channels, info.bits})
      assert.equal('tiff', image.info(golden .. 'big.tif').format)
      assert.equal('bmp', image.info(golden .. 'rle4.bmp').format)
      assert.equal(12, image.info(golden .. 'grey12.tif').bits)
   end)

   it('keep alpha, 16 bits and palettes where they are read as stored', function()
      local alpha = image.load(golden .. 'alpha.webp')
      assert.same({4, 10, 21}, alpha:size():totable())
      assert.equal(255 - 5 * 20, alpha[4][1][21])
      assert.same({4, 10, 21}, image.load(golden .. 'fields32.bmp'):size():totable())
      assert.is_true(hilo.equal(alpha, (image.load(golden .. 'rgba.tif'))))
      local deep = image.load(golden .. 'grey16.tif')
      assert.same({'int32', 2891}, {deep:dtype(), deep[1][1][2]})
      for _, name in ipairs {'rle8.bmp', 'palette.tif'} do
         local indices, colours = image.load(golden .. name)
         assert.same({10, 21}, indices:size():totable())
         assert.same({47, 101, 242}, colours[2])
      end
   end)

   it('that are animated, of floating point numbers or too large are errors that say so', function()
      assert.matches('animated.webp: an animated WebP', error_of(image.load, golden .. 'animated.webp'))
      assert.matches('float.tif: a TIFF of floating point numbers', error_of(image.load, golden .. 'float.tif'))
      local large = helper.read_file(golden .. 'bits24.bmp')
      large = large:sub(1, 18) .. '\255\255\0\0\255\255\0\0' .. large:sub(27)
      assert.matches('large.bmp: its header says 65535 x 65535', error_of(image.load, helper.write_file(work .. '/large.bmp', large)))
   end)
end)

describe('EXIF orientation', function()
   it('is told beside the stored and the turned size', function()
      for _, name in ipairs {'turned6.png', 'turned6.jpg', 'turned6.webp', 'turned6.tif'} do
         local info = image.info(golden .. name)
         assert.same({6, 10, 21, 21, 10}, {info.orientation, info.width, info.height, info.turned_width, info.turned_height})
      end
      assert.equal(1, image.info(golden .. 'bits24.bmp').orientation)
   end)

   it('leaves what is read as stored, as labels or as colours alone', function()
      assert.same({3, 21, 10}, image.load(golden .. 'turned6.png'):size():totable())
      assert.same({3, 21, 10}, image.load(golden .. 'turned6.png', {as = 'colours'}):size():totable())
   end)
end)

-- ---- the loader ----

-- One sample through the loader; its label map as a table, or the error.
local function load_sample(picture, label, options)
   local info = image.info(picture)
   local h, w = info.turned_height, info.turned_width
   local s = ffi.new('hl_host_sample[1]')
   local images, labels = hilo.empty(3, h, w), hilo.empty({h, w}, {dtype = 'byte'})
   s[0].image, s[0].label, s[0].scale, s[0].crop_h, s[0].crop_w = picture, label, 1, h, w
   s[0].brightness, s[0].contrast, s[0].saturation = 1, 1, 1
   for k = 0, 3 do s[0].jitter_order[k] = k end
   for k = 0, 2 do s[0].std[k] = 1 end
   s[0].classes, s[0].void_label = 256, 255
   s[0].image_out, s[0].label_out = images:data(), label and labels:data() or nil
   for key, value in pairs(options or {}) do s[0][key] = value end
   local workers = hilo.data.workers {threads = 1}
   for _ = 1, 2 do workers:wait(workers:submit(s, 1, {images, labels})) end -- the second comes from the cache
   return images, labels:totable()
end

local function bytes_of(...) return ffi.new('uint8_t[?]', select('#', ...), ...) end

describe('loader', function()
   it('turns pictures', function()
      for _, name in ipairs {'turned3.png', 'turned6.webp', 'turned8.png', 'turned6.tif'} do
         local images = load_sample(golden .. name)
         local expected = image.load(golden .. name .. '.png', {as = 'rgb'}):float():mul(1 / 255)
         assert.is_true((images - expected):abs():max() < 1e-6)
      end
   end)

   it('tells where a label map is not turned as its picture', function()
      local map = work .. '/map.png'
      image.save(map, hilo.empty({21, 10}, {dtype = 'byte'}):fill(1))
      local message = error_of(load_sample, golden .. 'turned6.png', map)
      assert.matches('turned6.png has 21 x 10 pixels once turned as its EXIF orientation 6 asks, but its label map', message)
      assert.matches('has 10 x 21; turn the label map', message)
      image.save(map, hilo.empty({10, 21}, {dtype = 'byte'}):fill(1))
      local _, labels = load_sample(golden .. 'turned6.png', map)
      assert.equal(1, labels[10][21])
   end)

   local picture = work
   before_each(function()
      picture = work .. '/two.png'
      image.save(picture, hilo.empty({3, 2, 3}, {dtype = 'byte'}):fill(9))
   end)

   it('takes ids of 16 bits that fit, and maps others', function()
      local map = work .. '/deep.png'
      image.save(map, hilo.IntTensor {{0, 7, 255}, {1, 2, 3}})
      local _, labels = load_sample(picture, map)
      assert.same({{0, 7, 255}, {1, 2, 3}}, labels)
      image.save(map, hilo.IntTensor {{0, 7, 300}, {65535, 2, 3}})
      assert.matches('deep.png: label 300 at %(x 2, y 0%) is neither a class', error_of(load_sample, picture, map))
      local table16 = ffi.new('int16_t[65536]', 255)
      table16[7], table16[300], table16[65535] = 1, 2, 3
      _, labels = load_sample(picture, map, {remap = table16, remap_size = 65536})
      assert.same({{255, 1, 2}, {3, 255, 255}}, labels)
      assert.matches('label 300 at %(x 2, y 0%) is not in the table that maps ids',
         error_of(load_sample, picture, map, {remap = table16}))
      _, labels = load_sample(golden .. 'bits24.bmp', golden .. 'labels16.tif', {remap = table16, remap_size = 65536})
      assert.same({1, 2, 3}, {labels[1][1], labels[10][8], labels[5][21]})
      table16[300] = -1
      assert.matches('label 300 at %(x 2, y 0%) is not in the table that maps ids; add 300:class to it, or %*:255 for all others',
         error_of(load_sample, picture, map, {remap = table16, remap_size = 65536}))
   end)

   it('takes ids of grey that was saved with alpha or as RGB', function()
      local map, ids = work .. '/grey.png', hilo.ByteTensor {{{0, 1, 2}, {7, 8, 255}}}
      local alpha = hilo.empty({1, 2, 3}, {dtype = 'byte'}):fill(9)
      for _, channels in ipairs {{ids, alpha}, {ids, ids, ids}, {ids, ids, ids, alpha}} do
         image.save(map, hilo.cat(channels, 1))
         local _, labels = load_sample(picture, map)
         assert.same({{0, 1, 2}, {7, 8, 255}}, labels)
      end
      image.save(map, hilo.IntTensor {{{0, 300, 2}, {7, 8, 255}}, {{5, 5, 5}, {5, 5, 5}}})
      assert.same({{0, 300, 2}, {7, 8, 255}}, image.load(map, {as = 'labels'}):totable())
   end)

   it('takes label maps of colours by a table', function()
      local map = work .. '/colours.png'
      local pixels = hilo.empty({4, 2, 3}, {dtype = 'byte'}):zero()
      pixels[1][1][1], pixels[2][1][2], pixels[3][2][3] = 128, 128, 64
      local colours, ids = bytes_of(0, 0, 0, 128, 0, 0, 0, 128, 0, 0, 0, 64), bytes_of(0, 1, 2, 5)
      local coded = {colours = colours, colour_ids = ids, colour_count = 4, other_colour = -1}
      for _, channels in ipairs {3, 4} do
         image.save(map, pixels:narrow(1, 1, channels):contiguous())
         local _, labels = load_sample(picture, map, coded)
         assert.same({{1, 2, 0}, {0, 0, 5}}, labels)
      end
      coded.colour_count = 3
      assert.matches('colours.png: the colour 0 0 64 at %(x 2, y 1%) is not in the table of 3 colours; add a line `name 0 0 64`',
         error_of(load_sample, picture, map, coded))
      coded.other_colour = 255
      local _, labels = load_sample(picture, map, coded)
      assert.same({{1, 2, 0}, {0, 0, 255}}, labels)
      image.save(map, hilo.ByteTensor {{0, 1, 2}, {2, 1, 0}}, {palette = {{0, 128, 0}, {128, 0, 0}, {0, 0, 0}}})
      _, labels = load_sample(picture, map, coded)
      assert.same({{2, 1, 0}, {0, 1, 2}}, labels)
   end)

   it('reads a label map alone, and the size of its picture, where no place for the picture is given', function()
      local map, cut, alone = work .. '/alone.png', work .. '/cut.png', {image_out = ffi.cast('float *', nil)}
      image.save(map, hilo.ByteTensor {{0, 1, 2}, {2, 1, 0}})
      local file = assert(io.open(cut, 'wb'))
      file:write((assert(io.open(picture, 'rb')):read(60)))
      file:close()
      local _, labels = load_sample(cut, map, alone)
      assert.same({{0, 1, 2}, {2, 1, 0}}, labels)
      assert.matches('damaged PNG', error_of(load_sample, cut, map))
      image.save(map, hilo.ByteTensor {{0, 1}})
      assert.matches('cut.png has 3 x 2 pixels but its label map .*alone.png has 2 x 1', error_of(load_sample, cut, map, alone))
      assert.matches('image_out and label_out are missing', error_of(load_sample, picture, nil, alone))
   end)

   it('keeps maps of one file apart by their tables', function()
      local map, label = work .. '/shared.png', hilo.empty({2, 3}, {dtype = 'byte'})
      image.save(map, hilo.empty({3, 2, 3}, {dtype = 'byte'}):fill(4))
      local workers = hilo.data.workers {threads = 0}
      local s, images = ffi.new('hl_host_sample[1]'), hilo.empty(3, 2, 3)
      local colours = bytes_of(4, 4, 4)
      s[0].image, s[0].label, s[0].scale, s[0].crop_h, s[0].crop_w = picture, map, 1, 2, 3
      s[0].brightness, s[0].contrast, s[0].saturation, s[0].classes, s[0].void_label = 1, 1, 1, 256, 255
      for k = 0, 3 do s[0].jitter_order[k] = k end
      for k = 0, 2 do s[0].std[k] = 1 end
      s[0].image_out, s[0].label_out, s[0].colours, s[0].colour_count = images:data(), label:data(), colours, 1
      for _, id in ipairs {3, 8} do
         local ids = bytes_of(id)
         s[0].colour_ids = ids
         workers:wait(workers:submit(s, 1, {images, label}))
         assert.equal(id, label[2][3])
      end
   end)

   it('refuses label maps that do not keep exact values', function()
      local coded = {colours = bytes_of(0, 0, 0), colour_ids = bytes_of(0), colour_count = 1, other_colour = 255}
      local lossy = {['turned6.jpg'] = 'JPEG', ['lossy.webp'] = 'lossy WebP', ['jpeg.tif'] = 'a TIFF with lossy compression'}
      for name, kind in pairs(lossy) do
         for _, options in ipairs {{}, coded} do
            assert.matches('a label map must be a PNG or another lossless file; ' .. kind .. ' does not keep exact values',
               error_of(load_sample, picture, golden .. name, options))
         end
      end
      assert.matches('this one has the colour 12 0 7 at %(x 1, y 0%); where its colours are classes, give a table of colours',
         error_of(load_sample, picture, golden .. 'lossless.webp'))
   end)

   it('checks tables before it reads', function()
      assert.matches('needs 1..4096 colours', error_of(load_sample, picture, picture, {colours = bytes_of(0, 0, 0)}))
      assert.matches('remap_size must be 0..65536', error_of(load_sample, picture, picture, {remap_size = -1}))
   end)
end)

-- ---- damage ----

local function damaged(bytes, draw)
   local n = #bytes
   for _ = 1, 1 + math.floor(draw() * 4) do
      local at = 1 + math.floor(draw() * n)
      bytes = bytes:sub(1, at - 1) .. string.char(math.floor(draw() * 256)) .. bytes:sub(at + 1)
   end
   return bytes
end

local kinds = {'bits4.bmp', 'fields565.bmp', 'rle8.bmp', 'rle4.bmp', 'lossless.webp', 'lossy.webp', 'alpha.webp',
   'rgb_lzw.tif', 'planes_tiles.tif', 'jpeg.tif', 'cmyk.tif', 'bilevel_group4.tif', 'grey12.tif', 'palette.tif',
   'big.tif', 'turned6.png', 'turned6.jpg'}

describe('damaged pictures', function()
   it('that end early are errors', function()
      for _, name in ipairs(kinds) do
         local bytes, path = helper.read_file(golden .. name), work .. '/short.' .. name
         for n = 0, #bytes - 20, math.ceil(#bytes / 25) do
            local ok, message = pcall(image.load, helper.write_file(path, bytes:sub(1, n)), {as = 'rgb'})
            assert.is_false(ok, ('%s cut to %d of %d bytes'):format(name, n, #bytes))
            assert.is_truthy(tostring(message):find('short.' .. name, 1, true), message)
         end
      end
   end)

   it('give an error that names the file, or a picture', function()
      local draw = helper.numbers(7)
      for _, name in ipairs(kinds) do
         local bytes, path = helper.read_file(golden .. name), work .. '/damaged.' .. name
         for i = 1, tonumber(os.getenv 'HILO_FUZZ') or 40 do
            helper.write_file(path, damaged(bytes, draw))
            local sound, info = pcall(image.info, path)
            local small = not sound or info.width * info.height < 2 ^ 20
            for _, as in ipairs(small and {'rgb', 'stored', 'labels'} or {}) do
               local ok, message = pcall(image.load, path, {as = as})
               local named = ok or tostring(message):find('damaged.' .. name, 1, true)
               assert.is_truthy(named, ('%s, %d: %s'):format(name, i, tostring(message)))
            end
         end
      end
   end)

   it('say nothing on the terminal', function()
      local script = ("for _, name in ipairs{'jpeg.tif', 'bilevel_group4.tif', 'rgb_lzw.tif', 'lossy.webp'} do "
         .. "local f = io.open('%s' .. name, 'rb') local bytes = f:read '*a' f:close() local to = '%s/quiet.' .. name "
         .. "f = io.open(to, 'wb') f:write(bytes:sub(1, 150), ('x'):rep(60), bytes:sub(211)) f:close() "
         .. "pcall(require('hilo.io.image').load, to) end"):format(golden, work)
      local pipe = assert(io.popen('luajit -e "' .. script .. '" 2>&1'))
      local said = pipe:read '*a'
      pipe:close()
      assert.equal('', said)
   end)
end)
