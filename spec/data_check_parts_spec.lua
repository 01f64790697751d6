-- hilo data check: what is wrong between the parts of a set: pictures in two lists, near-identical ones, classes that a part lacks.
local bit = require 'bit'
local hilo = require 'hilo'
local CheckSet = require 'spec.check_set'
local tiny = require 'spec.tiny_set'
local twins = require 'hilo.data.check.twins'

local set
before_each(function() set = CheckSet.new() end)
after_each(function() set:remove() end)

it('finds the twins among many pictures that comparing each with each would find', function()
   local function picture(i)
      return (('%04d'):format(i):rep(8):gsub('.', function(c) return string.char(c:byte() * 4 + i % 7) end)):rep(32)
   end
   local function hash() return math.random(0, 2 ^ 32 - 1) end
   math.randomseed(3)
   local first, second, expected = {}, {}, {}
   for i = 1, 900 do second[i] = {name = 'b' .. i, low = hash(), high = hash(), small = picture(i)} end
   for i = 1, 300 do
      local of, flipped, seen = second[3 * i], i % 9, {}
      local words = {of.low, of.high}
      for _ = 1, flipped do
         local at
         repeat at = math.random(0, 63) until not seen[at]
         seen[at] = true
         local w = at < 32 and 1 or 2
         words[w] = bit.bxor(words[w], bit.lshift(1, at % 32))
      end
      first[i] = {name = 'a' .. i, low = words[1], high = words[2], small = of.small}
      if flipped <= 6 then expected[#expected + 1] = first[i].name .. ' ' .. of.name end
   end
   local found = {}
   for i, pair in ipairs(twins(first, second)) do found[i] = pair[1].name .. ' ' .. pair[2].name end
   assert.same(expected, found)
end)

describe('hilo data check', function()
   it('names pictures in two lists, and that measuring ones must not train', function()
      set:write_list('val', 6, 8, 1)
      local code, text, found = set:check()
      assert.equal(1, code)
      assert.same({'error', 1}, {found.two_lists.level, found.two_lists.count})
      assert.equal('img_01 is in train and in val', found.two_lists.files[1])
      assert.matches('take them out of one', text)
      tiny.write(set.root .. '/ImageSets/Segmentation/val.txt', 'img_01\nimg_06\nimg_06\n') -- a list that holds a name twice
      assert.equal(1, select(3, set:check()).two_lists.count)
      set:write_list('val', 6, 8)
      set:write_list('test', 2, 7)
      set:write_list('more', 6, 3)
      code, text, found = set:check('data.unlabelled=more')
      assert.equal(1, code)
      assert.same({'img_06 is in more and in val', 'img_02 is in train and in test'}, found.two_lists.files, text)
   end)

   it('names pictures that are labelled and in the list of unlabelled ones', function()
      set:write_list('few', 1, 5)
      set:write_list('more', 4, 5)
      local code, _, found = set:check('data.labelled=few', 'data.unlabelled=more')
      assert.equal(0, code)
      assert.same({'warning', 1, {'img_05'}}, {found.both.level, found.both.count, found.both.files})
   end)

   it('names pictures that a list names twice', function()
      tiny.write(set:list 'train', 'img_01\nimg_02\nimg_01\nimg_03\n')
      local code, text, found, all = set:check()
      assert.equal(0, code, text)
      assert.same({'warning', 1}, {found.twice.level, found.twice.count})
      assert.matches('img_01 in .-train.txt', found.twice.files[1])
      assert.equal(3, all.facts.counts.labelled)
   end)

   it('looks at the parts that a run has', function()
      hilo.data.folder.make(set.root .. '/runs/a')
      hilo.train.json.save(set.root .. '/runs/a/split.json',
         {labelled = {'img_07', 'img_08'}, unlabelled = {'img_01'}, val = {'img_02'}})
      local _, text, _, all = set:check('data.split=a', 'runs=' .. set.root .. '/runs')
      assert.same({2, 1, 1}, {all.facts.counts.labelled, all.facts.counts.unlabelled, all.facts.counts.val}, text)
   end)

   it('says that a list names what is not there, and which list', function()
      tiny.write(set:list 'train', 'img_01\nimg_99\n')
      local code, _, found = set:check()
      assert.equal(1, code)
      assert.matches("line 2 of .-train.txt names 'img_99'", found.lists.files[1])
   end)

   it('is content without a list to measure with, and tells of it', function()
      os.remove(set:list 'val')
      os.remove(set:list 'train')
      local code, _, found = set:check()
      assert.equal(0, code)
      assert.equal('note', found.lists.level)
      assert.matches('data.val=0.2', found.lists.mend)
      local _, text, none, all = set:check('data.val=0.25', 'seed=3')
      assert.is_nil(none.lists, text)
      assert.same({labelled = 6, unlabelled = 6, val = 2, pictures = 8, labels = 8}, all.facts.counts)
   end)

   it('names classes that no training picture shows, and those that no validation picture shows', function()
      tiny.write(set.root .. '/classes.txt', 'background\nred\ngreen\nblue\n')
      for i = 1, 8 do set:fill_labels(i, i == 1 and 2 or i == 6 and 3 or i % 2) end
      local code, text, found = set:check()
      assert.equal(0, code)
      assert.same({'warning', 1, {'blue (1 validation pictures show it)'}}, {found.never.level, found.never.count, found.never.files})
      assert.same({'warning', 1, {'green'}}, {found.unmeasured.level, found.unmeasured.count, found.unmeasured.files})
      assert.matches('draw others %(seed=%)', text)
      assert.equal(1, (set:check('strict=true')))
   end)
end)

describe('near-identical pictures', function()
   -- Soft waves, as large as asked, and so much brighter.
   local function scene(seed, h, w, brighter)
      local rgb = hilo.ByteTensor(3, h, w)
      local p = rgb:data()
      for c = 0, 2 do
         for y = 0, h - 1 do
            for x = 0, w - 1 do
               local wave = math.sin((seed + 3) * (x + 0.5) / w + c) + math.cos((2 * seed + 1) * (y + 0.5) / h + seed * (x + 0.5) / w)
               p[(c * h + y) * w + x] = 120 + brighter + 50 * wave
            end
         end
      end
      return rgb
   end

   it('in train and val are named, also where one is scaled, brighter and a JPEG', function()
      for i = 1, 8 do set:save_picture(i, scene(i, 40, 48, 0)) end
      assert.is_nil((select(3, set:check())).twins)
      os.remove(set:picture(8))
      hilo.io.image.save(set.root .. '/JPEGImages/img_08.jpg', scene(1, 30, 36, 4), {quality = 90})
      set:save_labels(8, hilo.ByteTensor(30, 36):zero())
      local code, text, found = set:check()
      assert.equal(0, code)
      assert.same({'warning', 1}, {found.twins.level, found.twins.count}, text)
      assert.matches('img_01.png %(labelled%) and .-img_08.jpg %(val%)', found.twins.files[1])
      assert.is_nil(found.twins.pairs)
      assert.equal(1, (set:check('strict=true')))
   end)

   it('in unlabelled pictures and val, and in train and test, are named too', function()
      set:write_list('train', 1, 2, 3)
      set:write_list('test', 5)
      set:save_picture(4, CheckSet.noise(7))
      set:save_picture(2, CheckSet.noise(5))
      local _, _, found = set:check('data.unlabelled=images')
      assert.same({'warning', 2}, {found.twins.level, found.twins.count})
      assert.matches('img_04.png %(unlabelled%) and .-img_07.png %(val%)', found.twins.files[1])
      assert.matches('img_02.png %(labelled%) and .-img_05.png %(test%)', found.twins.files[2])
   end)

   it('with a label map and without are told, which is no mistake', function()
      os.remove(set:labels(5))
      set:save_picture(5, CheckSet.noise(3))
      local code, _, found = set:check('strict=true')
      assert.equal(0, code)
      assert.same({'note', 1}, {found.twins_train.level, found.twins_train.count})
      assert.matches('img_05.png %(unlabelled%) and .-img_03.png %(labelled%)', found.twins_train.files[1])
      assert.is_nil(found.twins)
   end)

   local function look(name, low, high, small) return {name = name, path = name, low = low, high = high, small = small} end
   local dark, light = ('\10\30'):rep(512), ('\200\220'):rep(512)

   it('are told apart from those that have the same hash alone, and are not sought in themselves', function()
      assert.equal(1, #twins({look('a', 5, 0, dark)}, {look('b', 5, 0, dark)}))
      assert.equal(0, #twins({look('a', 5, 0, dark)}, {look('b', 5, 0, light)}))
      assert.equal(0, #twins({look('a', 5, 0, dark)}, {look('b', 5, 0, ('\30\10'):rep(512))}))
      assert.equal(0, #twins({look('a', 5, 0, dark)}, {look('a', 5, 0, dark)}))
      assert.equal(1, #twins({look('a', 2 ^ 32 - 1, 0, dark)}, {look('b', 2 ^ 32 - 64, 0, dark)}))
      assert.equal(0, #twins({look('a', 2 ^ 32 - 1, 0, dark)}, {look('b', 2 ^ 32 - 64, 2 ^ 31, dark)}))
   end)

   it('are sought among 10000 pictures in no time, also where all have one hash', function()
      local train, val, one = {}, {}, {}
      math.randomseed(7)
      for i = 1, 8000 do train[i] = look('t' .. i, math.random(0, 2 ^ 32 - 1), math.random(0, 2 ^ 32 - 1), dark) end
      for i = 1, 2000 do val[i] = look('v' .. i, math.random(0, 2 ^ 32 - 1), math.random(0, 2 ^ 32 - 1), dark) end
      for i = 1, 2000 do one[i] = look('o' .. i, 0, 0, light) end
      val[1234] = look('again', train[77].low, train[77].high, dark)
      local began = os.clock()
      local found = twins(train, val)
      assert.same({{train[77], val[1234]}}, found)
      assert.equal(2000, #twins(one, one))
      assert.is_true(os.clock() - began < 2)
   end)
end)
