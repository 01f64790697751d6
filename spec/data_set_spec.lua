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
      local sweep = data.sweep {set = set, names = set:list 'val', transform = data.transforms.whole(1), labels = 'input'}
      local batch = sweep()
      assert.equal(255, batch.labels[1][1][1])
      assert.equal(13, batch.labels[1][16][1])
      tiny.remove(city)
   end)
end)

describe('splits', function()
   local root, set
   setup(function()
      root = tiny.voc {n = 20, val = 4}
      set = data.open {root = root}
   end)
   teardown(function() tiny.remove(root) end)

   it('takes a fraction, a number, all, or a list', function()
      assert.equal(2, #data.split(set, {labelled = '1/8', seed = 1}).labelled)
      assert.equal(2, #data.split(set, {labelled = '0.125', seed = 1}).labelled)
      assert.equal(5, #data.split(set, {labelled = '5', seed = 1}).labelled)
      local all = data.split(set, {labelled = 'all', seed = 1})
      assert.equal(16, #all.labelled)
      assert.equal(16, #all.unlabelled)
      tiny.write(root .. '/ImageSets/Segmentation/few.txt', 'img_07\nimg_02\n')
      local few = data.split(set, {labelled = 'few'})
      assert.same({'img_02', 'img_07'}, few.labelled)
      assert.equal(14, #few.unlabelled)
   end)

   it('depends on the seed and the names alone', function()
      local a = data.split(set, {labelled = '5', seed = 3})
      assert.same(a, data.split(set, {labelled = '5', seed = 3}))
      assert.not_same(a.labelled, data.split(set, {labelled = '5', seed = 4}).labelled)
      local lines = {}
      for line in io.lines(root .. '/ImageSets/Segmentation/train.txt') do table.insert(lines, 1, line) end
      tiny.write(root .. '/ImageSets/Segmentation/train.txt', table.concat(lines, '\n') .. '\n')
      assert.same(a, data.split(data.open {root = root}, {labelled = '5', seed = 3}))
   end)

   it('keeps the parts apart', function()
      local split = data.split(set, {labelled = '5', seed = 2})
      local seen = {}
      for _, part in pairs(split) do
         for _, name in ipairs(part) do
            assert.is_nil(seen[name])
            seen[name] = true
         end
      end
      tiny.write(root .. '/ImageSets/Segmentation/leak.txt', 'img_18\n')
      assert.matches('both in the labelled and in the val part', error_of(data.split, set, {labelled = 'leak'}))
   end)

   it('refuses what leaves nothing to learn from', function()
      assert.matches('leaves none', error_of(data.split, set, {labelled = '0.01'}))
      assert.matches('more than the 16', error_of(data.split, set, {labelled = '17'}))
      assert.matches("there is no list '1//8'", error_of(data.split, set, {labelled = '1//8'}))
      assert.matches('at most 1.0', error_of(data.split, set, {labelled = '1.5'}))
   end)

   it('holds images out where there is no list to measure with', function()
      local bare = tiny.voc {n = 10}
      tiny.remove(bare .. '/ImageSets')
      local other = data.open {root = bare}
      assert.matches('hold some out with data.val=0.2', error_of(data.split, other, {}))
      local split = data.split(other, {val = '0.2', labelled = '1/2'})
      assert.equal(2, #split.val)
      assert.equal(4, #split.labelled)
      assert.equal(4, #split.unlabelled)
      tiny.remove(bare)
   end)
end)
