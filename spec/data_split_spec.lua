-- Splits: which pictures train with labels, which without, and which measure; and what is said where lists overlap.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local data, json = hilo.data, hilo.train.json
local error_of = helper.error_of

local function write_list(root, name, ...)
   tiny.write(('%s/ImageSets/Segmentation/%s.txt'):format(root, name), table.concat({...}, '\n') .. '\n')
end

describe('splits', function()
   local root, set
   setup(function()
      root = tiny.voc {n = 20, val = 4}
      set = data.open {root = root}
   end)
   teardown(function() tiny.remove(root) end)

   it('take the options that there are, and say which is meant', function()
      local message = error_of(data.split, set, {labeled = '1/8'})
      assert.truthy(message:find("data.split: there is no option 'labeled'; did you mean 'labelled'?", 1, true), message)
   end)

   it('takes a fraction, a number, all, or a list', function()
      assert.equal(2, #data.split(set, {labelled = '1/8', seed = 1}).labelled)
      assert.equal(2, #data.split(set, {labelled = '0.125', seed = 1}).labelled)
      assert.same(data.split(set, {labelled = '1/8', val = '2', seed = 1}), (data.split(set, {labelled = 1 / 8, val = 2, seed = 1})))
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

describe('overlaps of lists', function()
   local root, set
   before_each(function()
      root = tiny.voc {n = 20, val = 4}
      set = data.open {root = root}
   end)
   after_each(function() tiny.remove(root) end)

   it('leave what measures out of training, and are told', function()
      write_list(root, 'leak', 'img_01', 'img_18', 'img_02', 'img_19')
      local split, notes = data.split(set, {labelled = 'leak'})
      assert.same({'img_01', 'img_02'}, split.labelled)
      assert.equal(1, #notes.found)
      local finding = notes.found[1]
      assert.equal('measures', finding.kind)
      assert.equal('warning', finding.level)
      assert.equal(2, finding.count)
      assert.same({'img_18 (leak and val)', 'img_19 (leak and val)'}, finding.files)
      write_list(root, 'leak', 'img_18')
      assert.matches('all images of data.labelled=leak measure too', error_of(data.split, set, {labelled = 'leak'}))
   end)

   it('of the train list and val are told once a picture', function()
      write_list(root, 'train', 'img_01', 'img_02', 'img_17')
      write_list(root, 'few', 'img_01', 'img_17')
      local split, notes = data.split(set, {labelled = 'few', unlabelled = 'train'})
      assert.same({'img_01'}, split.labelled)
      assert.same({'img_01', 'img_02'}, split.unlabelled)
      assert.equal(1, notes.found[1].count)
   end)

   it('are none where pictures are held out', function()
      write_list(root, 'few', 'img_01', 'img_02', 'img_03')
      for seed = 1, 5 do
         local split, notes = data.split(set, {labelled = 'few', val = '0.5', seed = seed})
         assert.same({'img_01', 'img_02', 'img_03'}, split.labelled)
         assert.equal(8, #split.val)
         assert.same({}, notes.found)
      end
   end)

   it('count a picture once that a list names twice, and tell it', function()
      write_list(root, 'twice', 'img_05', 'img_06', 'img_05', 'img_05.png')
      local split, notes = data.split(set, {labelled = 'twice'})
      assert.same({'img_05', 'img_06'}, split.labelled)
      assert.equal('twice', notes.found[1].kind)
      assert.equal(2, notes.found[1].count)
      assert.matches('^img_05 in ', notes.found[1].files[1])
   end)
end)

describe('a balanced split', function()
   local root, set
   -- class 2 is in one picture of eight, class 1 in all others
   setup(function()
      root = tiny.voc {n = 44, val = 4}
      for i = 1, 40 do
         local labels = hilo.ByteTensor(40, 48):zero()
         labels:narrow(1, 3, 10):fill(i % 8 == 0 and 2 or 1)
         hilo.io.image.save(('%s/SegmentationClass/img_%02d.png'):format(root, i), labels)
      end
      set = data.open {root = root}
   end)
   teardown(function() tiny.remove(root) end)

   local function rare(split)
      local n = 0
      for _, name in ipairs(split.labelled) do if tonumber(name:match('%d+')) % 8 == 0 then n = n + 1 end end
      return n
   end

   it('shows rare classes as often as others, as long as there are pictures of them', function()
      for seed = 1, 3 do
         local split, notes = data.split(set, {labelled = '8', balanced = true, seed = seed})
         assert.equal(8, #split.labelled)
         assert.equal(4, rare(split))
         assert.equal(32, #split.unlabelled)
         assert.matches('8 of 40, balanced by class with seed %d; fewest pictures: red 4, green 4, background 8', notes.from)
      end
      assert.equal(5, rare(data.split(set, {labelled = '1/2', balanced = true})))
   end)

   it('depends on the seed', function()
      local a = data.split(set, {labelled = '8', balanced = true, seed = 1})
      assert.same(a, data.split(set, {labelled = '8', balanced = true, seed = 1}))
      assert.not_same(a.labelled, data.split(set, {labelled = '8', balanced = true, seed = 2}).labelled)
   end)

   it('chooses by a fraction or number, not from lists or orders', function()
      write_list(root, 'few', 'img_01')
      assert.matches('data.labelled=few is a list', error_of(data.split, set, {labelled = 'few', balanced = true}))
      assert.matches('leave out one', error_of(data.split, set, {labelled = '1/8', balanced = true, order = 'few'}))
      assert.equal(40, #data.split(set, {labelled = 'all', balanced = true}).labelled)
   end)

   it('names label maps that cannot be read', function()
      local bad = tiny.voc {n = 6, val = 2}
      local broken = data.open {root = bad}
      tiny.write(bad .. '/SegmentationClass/img_02.png', 'no picture')
      assert.matches('data.balanced: .*img_02', error_of(data.split, broken, {labelled = '2', balanced = true}))
      tiny.remove(bad)
   end)
end)

describe('an order', function()
   local root, set
   setup(function()
      root = tiny.voc {n = 20, val = 4}
      set = data.open {root = root}
      write_list(root, 'order', 'img_09', 'img_03', 'img_18', 'img_16', 'img_01')
   end)
   teardown(function() tiny.remove(root) end)

   it('gives its first pictures of the train list', function()
      local split, notes = data.split(set, {labelled = '3', order = 'order'})
      assert.same({'img_03', 'img_09', 'img_16'}, split.labelled)
      assert.equal(13, #split.unlabelled)
      assert.matches('3 of 16, first in the order order', notes.from)
      assert.same({'img_03', 'img_09'}, data.split(set, {labelled = '1/8', order = 'order', seed = 7}).labelled)
   end)

   it('is refused where it is too short or names are asked for', function()
      assert.matches('asks for 8 images, but the order order has 4 of the 16',
         error_of(data.split, set, {labelled = '1/2', order = 'order'}))
      assert.matches('train is a list', error_of(data.split, set, {labelled = 'train', order = 'order'}))
   end)
end)

describe('the split of another run', function()
   local root, set, run
   before_each(function()
      root, run = tiny.voc {n = 20, val = 4}, tiny.folder()
      set = data.open {root = root}
   end)
   after_each(function()
      tiny.remove(root)
      tiny.remove(run)
   end)

   local function save(split)
      json.save(run .. '/split.json', split)
      json.save(run .. '/options.json', {data = {labelled = '4', root = 'elsewhere'}, seed = 9})
      json.save(run .. '/classes.json', {classes = set.classes})
   end

   it('is taken with its validation pictures', function()
      local made = data.split(set, {labelled = '4', val = '5', seed = 9})
      save(made)
      local split, notes = data.split(set, {split = run, seed = 1})
      assert.same(made, split)
      assert.same({}, notes.found)
      assert.matches('labelled: of ' .. run:gsub('%p', '%%%0') .. ' %(data.labelled=4, seed=9%)', notes.from)
   end)

   it('has the unlabelled pictures that this run asks for', function()
      local made = data.split(set, {labelled = '4', unlabelled = 'none', seed = 9})
      save(made)
      assert.same({}, data.split(set, {split = run, unlabelled = 'none'}).unlabelled)
      assert.equal(12, #data.split(set, {split = run}).unlabelled)
      local other = data.split(set, {labelled = '4', seed = 9})
      save(other)
      assert.same({}, data.split(set, {split = run, unlabelled = 'none'}).unlabelled)
      assert.equal(16, #data.split(set, {split = run, unlabelled = 'all', own_unlabelled = true}).unlabelled)
      assert.same(other.unlabelled, data.split(set, {split = run, unlabelled = 'all'}).unlabelled)
   end)

   it('is refused where the set is another', function()
      assert.matches('there is no .*/split.json', error_of(data.split, set, {split = run}))
      save {labelled = {'img_01', 'cat', 'dog'}, unlabelled = {}, val = {'img_18'}}
      assert.matches("2 of the 3 labelled images of .* are not in .*, the first is 'cat'; the set of that run was elsewhere",
         error_of(data.split, set, {split = run}))
      os.remove(root .. '/SegmentationClass/img_02.png')
      save {labelled = {'img_01', 'img_02'}, unlabelled = {}, val = {'img_18'}}
      assert.matches("1 of the 2 labelled images of .* have no label map in .*, the first is 'img_02'",
         error_of(data.split, data.open {root = root}, {split = run}))
   end)

   it('is told to have other classes', function()
      save(data.split(set, {labelled = '4'}))
      json.save(run .. '/classes.json', {classes = {'background', 'blue'}})
      local _, notes = data.split(set, {split = run})
      assert.equal('classes', notes.found[1].kind)
   end)
end)

describe('the start of a run', function()
   local split_of = require 'hilo.train.split'
   local root, runs
   before_each(function() root, runs = tiny.voc {n = 20, val = 4}, tiny.folder() end)
   after_each(function()
      tiny.remove(root)
      tiny.remove(runs)
   end)

   -- The split of a run with these options, and what it said.
   local function start(name, ...)
      local words = {'runs=' .. runs, 'name=' .. name, 'data.root=' .. root, 'crop=32x32', ...}
      local o = hilo.train.options({crop = {8, 8}, data = data.options {unlabelled = 'rest'}}, nil, words)
      local said = {}
      data.folder.make(runs .. '/' .. name)
      json.save(('%s/%s/options.json'):format(runs, name), o)
      local run = {options = o, say = function(_, text) said[#said + 1] = text end,
         file = function(_, file) return ('%s/%s/%s'):format(runs, name, file) end,
         record = function(self, file, value) json.save(self:file(file), value) end}
      local split = split_of(run, data.open(o.data))
      return split, table.concat(said, '\n')
   end

   it('tells how many pictures have which part, and where they come from', function()
      local split, said = start('one', 'seed=3')
      assert.matches('2 labelled, 14 unlabelled and 4 validation images of ', said)
      assert.matches('labelled: 1/8 of 16, drawn with seed 3; unlabelled: rest; validation: list val', said)
      assert.same(split, json.load(runs .. '/one/split.json'))
   end)

   it('takes the split of a run by its name', function()
      local one = start('one', 'seed=3', 'data.val=5')
      local two, said = start('two', 'seed=4', 'data.split=one')
      assert.same(one, two)
      assert.matches('labelled: of .*/one %(data.labelled=1/8, seed=3%)', said)
      assert.same({}, start('three', 'data.split=one', 'data.unlabelled=none').unlabelled)
      assert.matches('there is no other/split.json', error_of(start, 'four', 'data.split=other'))
      assert.matches('leave out data.labelled=1/4', error_of(start, 'four', 'data.split=one', 'data.labelled=1/4'))
   end)

   it('goes on with the split it was started with', function()
      local one = start('one', 'seed=3', 'data.balanced=true')
      os.remove(root .. '/ImageSets/Segmentation/train.txt')
      assert.same(one, start('one', 'resume=true'))
   end)

   it('warns of overlaps with the first pictures, and stops where strict=true', function()
      write_list(root, 'leak', 'img_01', 'img_02', 'img_03', 'img_18', 'img_19', 'img_01')
      write_list(root, 'more', 'img_02', 'img_03', 'img_04')
      local words = {'data.labelled=leak', 'data.unlabelled=more'}
      local _, said = start('one', unpack(words))
      assert.matches('warning: pictures that a list names twice %(1 seen%): img_01 in ', said)
      assert.matches('warning: pictures that were to train but also measure %(2 seen%): '
         .. 'img_18 %(leak and val%), img_19 %(leak and val%);', said)
      assert.matches('warning: pictures that are both labelled and in the list of unlabelled ones %(2 seen%): '
         .. 'img_02, img_03;', said)
      assert.matches('strict=true: the data set has the faults above', error_of(start, 'two', 'strict=true', unpack(words)))
   end)
end)
