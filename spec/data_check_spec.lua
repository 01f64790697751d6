-- hilo data check: each mistake that files of a set can hold is named, with the number of cases, the files and the mend.
local hilo = require 'hilo'
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local CheckSet = require 'spec.check_set'
local tiny = require 'spec.tiny_set'

local set
before_each(function() set = CheckSet.new() end)
after_each(function() set:remove() end)

-- One finding of that level with so many cases, the first of which matches; its mend is printed.
local function holds(found, level, count, first, text)
   assert.is_not_nil(found, text)
   assert.same({level, count}, {found.level, found.count})
   assert.matches(first, found.files[1])
   assert.is_truthy(text:find(('%s: %s: %d\n      %s'):format(level, found.title, count, found.files[1]), 1, true), text)
   assert.is_truthy(text:find('\n   -> ' .. found.mend, 1, true), text)
end

describe('hilo data check', function()
   it('finds nothing in a set that is fine', function()
      local code, text, found = set:check()
      assert.equal(0, code, text)
      assert.is_nil((next(found)))
      assert.matches('nothing is wrong', text)
   end)

   it('names label maps of another size than their picture', function()
      set:save_labels(1, hilo.ByteTensor(20, 24):zero())
      set:save_labels(7, hilo.ByteTensor(40, 49):zero())
      local code, text, found = set:check()
      assert.equal(1, code)
      holds(found.size, 'error', 2, 'img_01.png is 48 x 40, its label map .-img_01.png is 24 x 20', text)
      assert.matches('nearest neighbour', found.size.mend)
   end)

   it('names values that are no class, and on how many pixels', function()
      local ids = hilo.ByteTensor(40, 48):zero()
      ids:narrow(1, 1, 2):fill(7)
      ids:narrow(1, 3, 1):fill(200)
      set:save_labels(2, ids)
      local code, text, found = set:check()
      assert.equal(1, code)
      holds(found.value, 'error', 1, 'img_02.png: 7, 200 on 144 pixels', text)
      assert.matches('0..2%) nor void %(255%)', found.value.title)
      assert.matches('data.map=', found.value.mend)
   end)

   it('takes masks of 0 and 255 for what they are, and is content once 255 is mapped', function()
      for i = 1, 8 do
         local mask = hilo.ByteTensor(40, 48):zero()
         mask:narrow(1, 5, 20):fill(255)
         set:save_labels(i, mask)
      end
      tiny.write(set.root .. '/classes.txt', 'background\nthing\n')
      local code, text, found = set:check()
      assert.equal(1, code)
      holds(found.binary, 'error', 8, 'img_01', text)
      assert.matches('data.map=255:1', found.binary.mend)
      code, text, found = set:check('data.map=255:1')
      assert.same({0, nil}, {code, (next(found))}, text)
   end)

   it('names label maps that are void everywhere', function()
      for _, i in ipairs {3, 5} do set:fill_labels(i, 255) end
      local code, text, found = set:check()
      assert.equal(0, code)
      holds(found.void, 'warning', 2, 'img_03', text)
   end)

   it('names broken files, pictures and label maps, with what is wrong with each', function()
      local jpeg = set.root .. '/JPEGImages/img_09.jpg'
      hilo.io.image.save(jpeg, CheckSet.noise(9))
      local whole = tiny.read(jpeg)
      tiny.write(jpeg, whole:sub(1, #whole / 2))
      whole = tiny.read(set:picture(1))
      tiny.write(set:picture(1), whole:sub(1, #whole / 2))
      tiny.write(set:picture(2), '')
      tiny.write(set:labels(3), 'no picture at all')
      local code, text, found = set:check()
      assert.equal(1, code)
      assert.same({'error', 4}, {found.broken.level, found.broken.count})
      local files = table.concat(found.broken.files, '\n')
      for _, pattern in ipairs {'picture .-img_01', 'img_02.png: .*it is empty', 'map .-img_03.png: none of PNG', 'img_09.jpg'} do
         assert.matches(pattern, files)
      end
      assert.matches('and 1 more', text)
      assert.matches('fetch them again', text)
   end)

   it('names wrong extensions', function()
      tiny.write(set.root .. '/JPEGImages/img_09.jpg', tiny.read(set:picture(2)))
      hilo.io.image.save(set.root .. '/x.jpg', CheckSet.noise(4))
      assert(os.rename(set.root .. '/x.jpg', set:picture(4)))
      local code, text, found = set:check()
      assert.equal(0, code)
      holds(found.extension, 'warning', 2, 'img_04.png is a JPEG', text)
      assert.matches('img_09.jpg is a PNG', found.extension.files[2])
   end)

   it('names label maps without pictures, and pictures without label maps', function()
      tiny.write(set:labels 'img_77', tiny.read(set:labels(2)))
      os.remove(set:labels(3))
      set:write_list('train', 1, 2, 4, 5)
      local code, text, found = set:check()
      assert.equal(0, code)
      holds(found.label_alone, 'warning', 1, 'img_77', text)
      holds(found.picture_alone, 'note', 1, 'img_03', text)
      assert.matches('can train as unlabelled', found.picture_alone.mend)
   end)

   it('names label maps without pictures where they are paired by endings', function()
      local root = tiny.folder()
      for _, folder in ipairs {'images', 'masks'} do hilo.data.folder.make(root .. '/' .. folder) end
      for i = 1, 3 do
         hilo.io.image.save(('%s/images/a%d.png'):format(root, i), CheckSet.noise(i))
         tiny.write(('%s/masks/a%d_mask.png'):format(root, i), tiny.read(set:labels(i)))
      end
      tiny.write(root .. '/masks/b7_mask.png', tiny.read(set:labels(2)))
      local whole = setmetatable({root = root}, CheckSet)
      local _, text, found = whole:check('data.val=1')
      whole:remove()
      holds(found.label_alone, 'warning', 1, 'masks/b7_mask.png', text)
      assert.is_nil(found.opening)
   end)

   it('names names that differ by case', function()
      tiny.write(set:picture 'IMG_02', tiny.read(set:picture(2)))
      tiny.write(set:labels 'IMG_01', tiny.read(set:labels(1)))
      os.remove(set:labels(1))
      set:write_list('train', 2, 3, 4, 5)
      local code, text, found = set:check()
      assert.equal(0, code)
      holds(found.case, 'warning', 2, 'pictures IMG_02 and img_02', text)
      assert.matches('label map IMG_01, picture img_01', found.case.files[2])
   end)

   it('names pictures that EXIF turns whose label maps are not turned', function()
      local path = set.root .. '/JPEGImages/img_01.jpg'
      hilo.io.image.save(path, CheckSet.noise(1))
      os.remove(set:picture(1))
      local jpeg = tiny.read(path)
      local function turn(orientation)
         local exif = 'Exif\0\0II*\0\8\0\0\0\1\0\18\1\3\0\1\0\0\0' .. string.char(orientation) .. '\0\0\0\0\0\0\0'
         tiny.write(path, jpeg:sub(1, 2) .. '\255\225\0' .. string.char(#exif + 2) .. exif .. jpeg:sub(3))
      end
      turn(6)
      local code, text, found = set:check()
      assert.equal(1, code)
      holds(found.exif, 'error', 1, 'img_01.jpg is turned to 40 x 48, its label map is 48 x 40', text)
      assert.matches('auto%-orient', found.exif.mend)
      set:save_labels(1, hilo.ByteTensor(48, 40):zero())
      code, text, found = set:check()
      assert.same({0, nil}, {code, (next(found))}, text)
      set:fill_labels(1, 0)
      turn(3) -- upside down: the size does not tell
      code, text, found = set:check()
      assert.equal(0, code)
      holds(found.exif_same, 'warning', 1, 'img_01.jpg has orientation 3', text)
   end)

   it('names colours outside the table', function()
      tiny.write(set.root .. '/classes.txt', 'background 0 0 0\nred 255 0 0\ngreen 0 255 0\nvoid 255 255 255\n')
      for i = 1, 8 do
         local rgb = hilo.ByteTensor(3, 40, 48):zero()
         if i == 4 then rgb:narrow(2, 20, 1):fill(9) end
         rgb:narrow(1, 1 + i % 2, 1):narrow(2, 3, 9):fill(255)
         set:save_labels(i, rgb)
      end
      local code, text, found = set:check()
      assert.equal(1, code)
      holds(found.outside, 'error', 1, 'img_04.png: 9 9 9 on 48 pixels', text)
      assert.matches('void r g b', found.outside.mend)
   end)

   it('warns of palettes that give an index different colours', function()
      local ids = hilo.ByteTensor(40, 48):zero()
      ids:narrow(1, 3, 9):fill(1)
      local _, text, found = set:check()
      assert.is_nil(found.palette, text)
      hilo.io.image.save(set:labels(4), ids, {palette = {{0, 0, 0}, {0, 255, 0}, {255, 0, 0}}})
      _, text, found = set:check()
      holds(found.palette, 'warning', 1, 'img_04.png: index 1 is 0 255 0, in .*img_02.png it is 255 0 0', text)
   end)

   it('counts all cases and shows the first', function()
      for i = 1, 8 do set:fill_labels(i, 100 + i) end
      local _, text, found = set:check()
      assert.same({8, 8}, {found.value.count, #found.value.files})
      assert.matches('img_01.png: 101 .-img_02.png: 102 .-img_03.png: 103 on 1920 pixels\n      and 5 more\n', text)
   end)

   it('is a command of hilo that says what is wrong with its words', function()
      local function wrong(status, pattern, ...)
         local code, text = process.capture {'luajit', core.root .. 'lua/bin/hilo', 'data', ...}
         assert.equal(status, code)
         assert.matches(pattern, text)
      end
      wrong(0, 'nothing is wrong', 'check', set.root)
      wrong(0, 'nothing is wrong', 'check', 'data.root=' .. set.root)
      wrong(2, "there is no 'chek'; did you mean 'check'", 'chek', set.root)
      local tiny_runs = require 'spec.tiny_runs'
      local function fails(pattern, ...)
         local status, text = tiny_runs.command('data', {'check', ...})
         assert.equal(2, status)
         assert.matches(pattern, text)
      end
      fails('there is no folder', set.root .. '/none')
      fails('is a file; a data set is a folder', set.root .. '/classes.txt')
      fails('one data set at a time', set.root, set.root)
      fails('there is no folder /nowhere', 'data.root=/nowhere')
      fails('which data set', 'strict=true')
      fails("there is no option 'htm'; did you mean 'html'", set.root, 'htm=x')
      fails("there is no option 'data.layuot'; did you mean 'data.layout'", set.root, 'data.layuot=voc')
      fails("there is no option 'labeled'; did you mean 'data.labelled'", set.root, 'labeled=all')
      fails('workers must be', set.root, 'workers=0')
      fails('strict expects true or false', set.root, 'strict=yes')
      fails('options are written key=value', set.root, '--strict')
   end)
end)
