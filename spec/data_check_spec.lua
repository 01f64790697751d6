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

   it('names pictures that EXIF turns whose label maps are not turned', function()
      clean()
      local path = set .. '/JPEGImages/img_01.jpg'
      hilo.io.image.save(path, noise(1))
      os.remove(picture 'img_01')
      local jpeg = tiny.read(path)
      local orientation = 'Exif\0\0II*\0\8\0\0\0\1\0\18\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0' -- 6: turned by a quarter
      tiny.write(path, jpeg:sub(1, 2) .. '\255\225\0' .. string.char(#orientation + 2) .. orientation .. jpeg:sub(3))
      local code, _, found = check()
      assert.equal(1, code)
      assert.matches('img_01.jpg is turned to 40 x 48, its label map is 48 x 40', found.exif.files[1])
      hilo.io.image.save(labels 'img_01', hilo.ByteTensor(48, 40):zero())
      code, _, found = check()
      assert.same({0, nil}, {code, (next(found))})
   end)

   it('names a colour that is in no table', function()
      clean()
      tiny.write(set .. '/classes.txt', 'background 0 0 0\nred 255 0 0\ngreen 0 255 0\nvoid 255 255 255\n')
      for i = 1, 8 do
         local rgb = hilo.ByteTensor(3, 40, 48):zero()
         if i == 4 then rgb:fill(9) end
         rgb:narrow(1, 1, 1):narrow(2, 3, 9):fill(255)
         hilo.io.image.save(labels(('img_%02d'):format(i)), rgb)
      end
      local code, _, found = check()
      assert.equal(1, code)
      assert.matches(labels 'img_04' .. ': 9 9 9, 255 9 9 on 1920 pixels', found.outside.files[1], 1, true)
      tiny.write(set .. '/classes.txt', tiny.read(set .. '/classes.txt') .. 'void *\n')
      assert.equal(0, (check()))
   end)

   it('writes a page of its own with what is wrong and pictures of every class', function()
      clean()
      hilo.io.image.save(labels 'img_01', hilo.ByteTensor(20, 24):zero())
      local path = set .. '/check.html'
      local code, text = check('html=' .. path)
      assert.equal(1, code)
      assert.matches('page: ' .. path, text, 1, true)
      local page = tiny.read(path)
      assert.truthy(page:find('label maps of another size than their picture', 1, true))
      for _, name in ipairs {'background', 'red', 'green'} do assert.truthy(page:find(('alt="%s in img_'):format(name), 1, true)) end
      assert.is_nil(page:match('src="[^d]'))
      assert.is_nil(page:find('could not be drawn', 1, true))
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
      wrong("there is no option 'htm'", 'check', set, 'htm=x')
      wrong('workers must be', 'check', set, 'workers=0')
   end)
end)

describe('the look that a run takes before it trains', function()
   local quick = require 'hilo.data.check.quick'

   local function look(options)
      local opened = hilo.data.open {root = set}
      options = options or {}
      local by = {}
      for _, f in ipairs(quick(opened, hilo.data.split(opened, options), options)) do by[f.kind] = f end
      return by
   end

   it('finds nothing where nothing is wrong, also where all pictures are meant as unlabelled', function()
      clean()
      assert.is_nil((next(look())))
      assert.is_nil((next(look {unlabelled = 'all'})))
   end)

   it('names sizes that differ, label maps that are only void, and masks of 0 and 255', function()
      clean()
      hilo.io.image.save(labels 'img_01', hilo.ByteTensor(20, 24):zero())
      hilo.io.image.save(labels 'img_02', hilo.ByteTensor(40, 48):fill(255))
      local found = look()
      assert.matches('img_01.png is 48 x 40', found.size.files[1])
      assert.matches('img_02', found.void.files[1])
      for i = 1, 8 do
         local mask = hilo.ByteTensor(40, 48):zero()
         mask:narrow(1, 5, 20):fill(255)
         hilo.io.image.save(labels(('img_%02d'):format(i)), mask)
      end
      assert.has_error_match(look, 'only 0 and 255')
   end)

   it('names pictures that are both labelled and in the list of unlabelled ones', function()
      clean()
      tiny.write(list 'more', 'img_04\nimg_05\n')
      tiny.write(list 'few', 'img_01\nimg_05\n')
      assert.equal('img_05', look({labelled = 'few', unlabelled = 'more'}).both.files[1])
   end)

   it('takes less than a second for 1000 pictures', function()
      clean()
      local opened = hilo.data.open {root = set}
      local names = {}
      for i = 1, 1000 do names[i] = opened.names[i % 8 + 1] end
      local began = core.host.hl_host_time()
      quick(opened, {labelled = names, unlabelled = {}, val = {}})
      assert.is_true(core.host.hl_host_time() - began < 1)
   end)

   it('lets strict=true stop a run', function()
      clean()
      hilo.io.image.save(labels 'img_02', hilo.ByteTensor(40, 48):fill(255))
      local function run(strict)
         return process.capture {'luajit', core.root .. 'lua/bin/hilo', core.root .. 'experiments/supervised.lua', 'name=x',
            'steps=1', 'runs=' .. set .. '/runs', 'data.root=' .. set, 'data.labelled=all', 'crop=24,24', 'batch=2',
            'overwrite=true', 'eval_every=0', 'tracking=false', 'strict=' .. strict}
      end
      local code, text = run('false')
      assert.equal(0, code, text)
      assert.matches('warning: label maps that are void everywhere %(1 seen%): .-img_02', text)
      code, text = run('true')
      assert.equal(1, code)
      assert.matches('strict=true: the data set has the faults above', text)
   end)
end)
