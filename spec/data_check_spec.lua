-- hilo data check: each mistake that a set can hold is named, with the files and the mend; a set without one is told to be fine.
local hilo = require 'hilo'
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local set
after_each(function() if set then tiny.remove(set) end end)

-- Checks the set; returns the exit status, what was printed, and the findings by kind.
local function check(...)
   local path = set .. '/found.json'
   local code, text = process.capture {'luajit', core.root .. 'lua/bin/hilo', 'data', 'check', set, 'json=' .. path, ...}
   local by = {}
   for _, f in ipairs(hilo.train.json.load(path).findings) do by[f.kind] = f end
   return code, text, by
end

local function labels(name) return ('%s/SegmentationClass/%s.png'):format(set, name) end
local function picture(name) return ('%s/JPEGImages/%s.png'):format(set, name) end
local function list(name) return ('%s/ImageSets/Segmentation/%s.txt'):format(set, name) end

-- Pictures that no two are alike of.
local function noise(seed)
   local rgb = hilo.ByteTensor(3, 40, 48)
   local p, state = rgb:data(), seed * 7919 + 1
   for i = 0, 3 * 40 * 48 - 1 do
      state = state * 48271 % 2147483647
      p[i] = math.floor(i % 48 / 6) * state % 256
   end
   return rgb
end

local function clean()
   set = tiny.voc {n = 8, val = 3}
   for i = 1, 8 do hilo.io.image.save(picture(('img_%02d'):format(i)), noise(i)) end
end

describe('hilo data check', function()
   it('finds nothing in a set that is fine, and says what it is', function()
      clean()
      local code, text, found = check()
      assert.equal(0, code, text)
      assert.is_nil((next(found)))
      assert.matches('8 pictures, 8 label maps, 3 classes', text)
      assert.matches('parts: 5 labelled, 5 unlabelled, 3 validation', text)
      assert.matches('nothing is wrong', text)
      assert.matches('background +%d+%.%d+ %% +8 +5 +3', text)
   end)

   it('names label maps of another size, values that are no class, maps that are only void, and broken files', function()
      clean()
      hilo.io.image.save(labels 'img_01', hilo.ByteTensor(20, 24):zero())
      hilo.io.image.save(labels 'img_02', hilo.ByteTensor(40, 48):fill(7))
      hilo.io.image.save(labels 'img_03', hilo.ByteTensor(40, 48):fill(255))
      local whole = tiny.read(picture 'img_04')
      tiny.write(picture 'img_04', whole:sub(1, #whole / 2))
      local code, text, found = check()
      assert.equal(1, code)
      assert.same({'error', 'error', 'warning', 'error'}, {found.size.level, found.value.level, found.void.level, found.broken.level})
      assert.matches('img_01', found.size.files[1])
      assert.matches('img_02.*7', found.value.files[1])
      assert.matches('img_03', found.void.files[1])
      assert.matches('img_04', found.broken.files[1])
      assert.matches('data.map=id:class', text)
   end)

   it('takes masks of 0 and 255 for what they are', function()
      clean()
      for i = 1, 8 do
         local mask = hilo.ByteTensor(40, 48):zero()
         mask:narrow(1, 5, 20):fill(255)
         hilo.io.image.save(labels(('img_%02d'):format(i)), mask)
      end
      local code, text, found = check()
      assert.equal(1, code)
      assert.is_true(found.binary ~= nil or found.open ~= nil, text)
      assert.matches('data.map=', text)
   end)

   it('names pictures in two lists, twins in train and val, and classes that one part lacks', function()
      clean()
      hilo.io.image.save(picture 'img_08', noise(1))
      tiny.write(list 'val', 'img_06\nimg_08\nimg_01\n')
      local code, _, found = check()
      assert.equal(1, code)
      assert.matches('img_01', found.two_lists.files[1])
      tiny.write(list 'val', 'img_06\nimg_08\n')
      code, _, found = check()
      assert.equal(0, code) -- warnings alone
      assert.matches('img_01.*img_08', found.twins.files[1])
      assert.equal(1, (check('strict=true')))
      assert.same({'green'}, found.unmeasured and {found.unmeasured.files[1]} or {})
   end)

   it('names wrong extensions, label maps without pictures and names that differ by case', function()
      clean()
      tiny.write(set .. '/JPEGImages/img_09.jpg', tiny.read(picture 'img_02'))
      tiny.write(labels 'img_77', tiny.read(labels 'img_02'))
      tiny.write(labels 'IMG_09', tiny.read(labels 'img_03'))
      local code, _, found = check()
      assert.equal(0, code)
      assert.matches('img_09.jpg is a PNG', found.extension.files[1])
      assert.matches('img_77', found.label_alone.files[1])
      assert.matches('IMG_09', found.case.files[1])
   end)

   it('says what is wrong with the command', function()
      clean()
      local function wrong(pattern, ...)
         local code, text = process.capture {'luajit', core.root .. 'lua/bin/hilo', 'data', ...}
         assert.equal(2, code)
         assert.matches(pattern, text)
      end
      wrong("there is no 'chek'", 'chek', set)
      wrong('there is no folder', 'check', set .. '/none')
      wrong("there is no option 'html'", 'check', set, 'html=x')
      wrong('workers must be', 'check', set, 'workers=0')
   end)
end)
