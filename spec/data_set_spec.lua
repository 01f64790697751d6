-- Reading data sets: layouts, lists, splits, and what is said where they are broken.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data = hilo.data
local error_of = helper.error_of

describe('data sets', function()
   local root
   before_each(function() root = tiny.voc() end)
   after_each(function() tiny.remove(root) end)

   it('reads a folder in VOC layout', function()
      local set = data.open {root = root .. '/'}
      assert.same({'background', 'red', 'green'}, set.classes)
      assert.is_true(set.background)
      assert.equal(10, #set.names)
      assert.equal(root .. '/JPEGImages/img_03.png', set:image 'img_03')
      assert.equal(root .. '/SegmentationClass/img_03.png', set:label 'img_03')
      assert.same({'img_09', 'img_10'}, set:list 'val')
      assert.same({0, 0, 0, 255, 0, 0, 0, 255, 0}, {unpack(set:palette(), 1, 9)})
   end)

   it('needs no labels for unlabelled images', function()
      os.remove(root .. '/SegmentationClass/img_01.png')
      local set = data.open {root = root}
      assert.is_nil(set:label 'img_01')
      local split = data.split(set, {labelled = 'all', unlabelled = 'rest'})
      assert.equal(7, #split.labelled)
      assert.same({'img_01'}, split.unlabelled)
   end)

   it('takes all options of an experiment, and no others', function()
      local options = data.options {size = 0.5, tags = '', root = root}
      assert.equal(10, #data.open(options).names)
      for wrong, meant in pairs {layuot = 'layout', clases = 'classes', labeled = 'labelled'} do
         local expected = ("data.open: there is no option '%s'; did you mean '%s'?"):format(wrong, meant)
         local message = error_of(data.open, {root = root, [wrong] = '2'})
         assert.truthy(message:find(expected, 1, true), message)
      end
   end)

   it('names what is missing', function()
      assert.matches('there is no folder', error_of(data.open, {root = root .. '/nowhere'}))
      local empty = tiny.folder()
      assert.matches('has no folder JPEGImages', error_of(data.open, {root = empty}))
      data.folder.make(empty .. '/JPEGImages')
      assert.matches('there are no images', error_of(data.open, {root = empty}))
      tiny.remove(empty)
   end)

   it('names the line of a list that fits no image', function()
      tiny.write(root .. '/ImageSets/Segmentation/bad.txt', 'img_01\nimg_77\n')
      local set = data.open {root = root}
      assert.matches("line 2 of .*bad.txt names 'img_77'", error_of(set.list, set, 'bad'))
      tiny.write(root .. '/ImageSets/Segmentation/twice.txt', 'img_01\nimg_01\n')
      assert.matches('twice', error_of(set.list, set, 'twice'))
      tiny.write(root .. '/ImageSets/Segmentation/none.txt', '\n')
      assert.matches('is empty', error_of(set.list, set, 'none'))
      assert.matches("there is no list 'other'", error_of(set.list, set, 'other'))
   end)

   it('survives lists of random bytes', function()
      local set, draw = data.open {root = root}, helper.numbers(5)
      for i = 1, 40 do
         local bytes = {}
         for k = 1, 60 do bytes[k] = string.char(math.floor(draw() * 256)) end
         local path = ('%s/list%d.txt'):format(root, i)
         tiny.write(path, table.concat(bytes))
         assert.is_string(error_of(set.list, set, path))
      end
   end)

   it('reads PASCAL-Context and Cityscapes', function()
      os.rename(root .. '/SegmentationClass', root .. '/SegmentationClassContext')
      os.rename(root .. '/ImageSets/Segmentation', root .. '/ImageSets/SegmentationContext')
      os.remove(root .. '/classes.txt')
      local context = data.open {root = root}
      assert.equal('context', context.layout)
      assert.equal(60, #context.classes)
      assert.equal(8, #context:list 'train')

      local city = tiny.folder()
      for _, part in ipairs {'train', 'val'} do
         data.folder.make(('%s/leftImg8bit/%s/ulm'):format(city, part))
         data.folder.make(('%s/gtFine/%s/ulm'):format(city, part))
         local rgb = tiny.picture(1, 16, 32)
         hilo.io.image.save(('%s/leftImg8bit/%s/ulm/ulm_000001_000019_leftImg8bit.png'):format(city, part), rgb)
         local ids = hilo.ByteTensor(16, 32):fill(26) -- car
         ids:narrow(1, 1, 8):fill(3)                  -- no class
         hilo.io.image.save(('%s/gtFine/%s/ulm/ulm_000001_000019_gtFine_labelIds.png'):format(city, part), ids)
      end
      local set = data.open {root = city}
      assert.equal('cityscapes', set.layout)
      assert.equal(19, #set.classes)
      assert.same({'train/ulm/ulm_000001_000019'}, set:list 'train')
      local next_batch = data.batches {set = set, names = set:list 'val', transform = data.transforms.whole(1), labels = 'input'}
      local batch = next_batch()
      assert.equal(255, batch.labels[1][1][1])
      assert.equal(13, batch.labels[1][16][1])
      tiny.remove(city)
   end)
end)
