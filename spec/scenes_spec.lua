local ffi = require 'ffi'
local hilo = require 'hilo'
local scenes = require 'data.scenes'
local helper = require 'spec.helper'

local folder = os.tmpname()
os.remove(folder)

local function draw(seed, index, size)
   local pixels, labels = ffi.new('uint8_t[?]', size * size * 3), ffi.new('uint8_t[?]', size * size)
   scenes.draw(seed, index, size, pixels, labels)
   return ffi.string(pixels, size * size * 3), ffi.string(labels, size * size)
end

describe('the built-in scenes', function()
   teardown(function() os.execute('rm -rf ' .. folder) end)

   it('are the same for a seed and number, and differ otherwise', function()
      local pixels, labels = draw(1, 5, 64)
      local again, labels_again = draw(1, 5, 64)
      assert.is_true(pixels == again and labels == labels_again)
      assert.is_true(pixels ~= draw(1, 6, 64))
      assert.is_true(pixels ~= draw(2, 5, 64))
   end)

   it('show every class in a fair part of the pictures, and lack several in each', function()
      local images = {}
      for i = 1, 60 do
         local _, labels = draw(3, i, 48)
         local seen, kinds = {}, 0
         for k = 1, #labels do
            local id = labels:byte(k)
            assert.is_true(id < #scenes.classes or id == 255)
            if not seen[id] then
               seen[id] = true
               images[id] = (images[id] or 0) + 1
               if id ~= 0 and id ~= 255 then kinds = kinds + 1 end
            end
         end
         assert.is_true(kinds <= 4)
      end
      for id = 1, #scenes.classes - 1 do assert.is_true(images[id] >= 6, scenes.classes[id + 1]) end
   end)

   it('become a folder in the layout of VOC', function()
      local out, made = scenes.ensure {out = folder, train = 3, val = 2, size = 40}
      assert.is_true(made)
      local labels, palette = hilo.io.image.load(out .. '/SegmentationClass/scene_0004.png')
      assert.same({40, 40}, labels:size():totable())
      assert.same({128, 0, 0}, palette[2])
      assert.same({224, 224, 192}, palette[256])
      local _, expected = draw(1, 4, 40)
      assert.equal(expected, ffi.string(labels:data(), 1600))
      assert.same({3, 40, 40}, hilo.io.image.load(out .. '/JPEGImages/scene_0001.jpg'):size():totable())
      local set = hilo.data.open {root = out}
      assert.same(scenes.classes, set.classes)
      assert.equal('scene_0004\nscene_0005\n', hilo.io.file.read(out .. '/ImageSets/Segmentation/val.txt'))
   end)

   it('become folders as people have them: pictures, label maps of some, and new pictures', function()
      local out = scenes.ensure {out = folder .. '/own', layout = 'folders', train = 5, labelled = 2, val = 3, size = 32}
      local set = hilo.data.open {root = out .. '/photos'}
      assert.same({5, scenes.classes}, {#set.names, set.classes})
      assert.same({'scene_0001.png', 'scene_0002.png'}, hilo.data.folder.list(out .. '/photos/masks'))
      assert.same({'scene_0006.jpg', 'scene_0007.jpg', 'scene_0008.jpg'}, hilo.data.folder.list(out .. '/new'))
      assert.is_false(select(2, scenes.ensure {out = out, layout = 'folders', train = 5, labelled = 2, val = 3, size = 32}))
      assert.is_true(select(2, scenes.ensure {out = out, layout = 'folders', train = 5, labelled = 1, val = 3, size = 32}))
      assert.same({'scene_0001.png'}, hilo.data.folder.list(out .. '/photos/masks'))
   end)

   it('are made once', function()
      local _, made = scenes.ensure {out = folder, train = 3, val = 2, size = 40}
      assert.is_false(made)
      _, made = scenes.ensure {out = folder, train = 3, val = 2, size = 40, seed = 2}
      assert.is_true(made)
   end)

   it('refuse options that they do not have', function()
      assert.truthy(helper.error_of(scenes.generate, {sise = 3}):find("unknown option 'sise'", 1, true))
      assert.truthy(helper.error_of(scenes.generate, {size = 'x'}):find('size must be a whole number', 1, true))
      assert.truthy(helper.error_of(scenes.generate, {train = 'x'}):find('train must be a whole number', 1, true))
   end)
end)
