-- How good a finished run is, measured in several ways.
local hilo = require 'hilo'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'
local trimap = require 'hilo.evaluate.trimap'

local folder, json = hilo.data.folder, hilo.train.json

local made, work
setup(function()
   made, work = tiny_runs.make {mlmt = true, set = {n = 9, val = 3}}, tiny.folder()
end)
teardown(function()
   made.remove()
   tiny.remove(work)
end)

local function evaluate(...)
   local words = {...}
   words[#words + 1] = 'runs=' .. made.runs
   return tiny_runs.command('evaluate', words)
end

-- The file that json= wrote.
local function measured(...)
   local status, text = evaluate('sup', 'json=' .. work .. '/e.json', ...)
   assert.equal(0, status, text)
   return json.load(work .. '/e.json'), text
end

describe('hilo evaluate', function()
   it('gives the scores that the run gave at its end', function()
      local expected = json.load(made.runs .. '/sup/scores.json')
      local found, text = measured('batch=2')
      assert.same({expected.mean_iou, expected.pixel_accuracy, expected.iou}, {found.mean_iou, found.pixel_accuracy, found.iou})
      assert.same({3, 3}, {found.measured, found.predicted})
      local pixels = 0
      for _, row in ipairs(found.confusion) do for _, n in ipairs(row) do pixels = pixels + n end end
      assert.equal(3 * 39 * 48, pixels) -- the last row of each picture is void
      assert.matches('mean IoU', text)
      assert.matches('red', text)
   end)

   it('takes a packed file and another data set', function()
      assert.equal(0, (tiny_runs.command('pack', {'sup', work .. '/sup.hilo', 'runs=' .. made.runs})))
      local status, text = tiny_runs.command('evaluate', {work .. '/sup.hilo', 'data.root=' .. made.set, 'json=' .. work .. '/p.json'})
      assert.equal(0, status, text)
      assert.equal(measured().mean_iou, json.load(work .. '/p.json').mean_iou)
      status, text = tiny_runs.command('evaluate', {work .. '/sup.hilo'})
      assert.is_nil(status)
      assert.matches('add data.root=', text)
   end)

   it('measures with all label maps of a set without a list for it', function()
      local photos = work .. '/photos'
      for from, to in pairs {JPEGImages = 'images', SegmentationClass = 'masks'} do
         folder.make(photos .. '/' .. to)
         for _, file in ipairs(folder.list(made.set .. '/' .. from)) do
            tiny.write(photos .. '/' .. to .. '/' .. file, tiny.read(made.set .. '/' .. from .. '/' .. file))
         end
      end
      tiny.write(photos .. '/classes.txt', tiny.read(made.set .. '/classes.txt'))
      for _, more in ipairs {'data.layout=folders', 'list=all', 'data.val=0.2'} do
         local found, text = measured('data.root=' .. photos, 'data.layout=folders', more)
         assert.equal(9, found.measured)
         if more ~= 'list=all' then assert.matches('all 9 pictures with label maps', text) end
      end
      assert.equal(3, measured('data.root=' .. made.set, 'data.val=0.5').measured) -- this one has a list
   end)

   it("measures other lists, at other sizes, and as the original's code does", function()
      assert.equal(6, measured('list=train').measured)
      local full = measured()
      local original = measured('protocol=original', 'crop=40x48') -- the pictures' own size
      assert.equal(full.mean_iou, original.mean_iou)
      local padded = measured('protocol=original')
      local function sum(matrix)
         local n = 0
         for _, row in ipairs(matrix) do for _, k in ipairs(row) do n = n + k end end
         return n
      end
      assert.equal(sum(full.confusion), sum(padded.confusion)) -- what lies outside of the picture counts for nothing
      assert.equal(3 * 20 * 20, sum(measured('protocol=original', 'crop=20x20').confusion))
      local finer = measured('scales=0.5,1', 'mirror=true', 'window=32x32')
      assert.equal(sum(full.confusion), sum(finer.confusion))
   end)

   it('measures near boundaries', function()
      local found, text = measured('trimap=1,200')
      assert.equal(1, found.trimap[1].width)
      assert.equal(found.mean_iou, found.trimap[2].mean_iou) -- everything is within 200 pixels
      assert.is_true(found.trimap[1].pixel_accuracy ~= found.pixel_accuracy)
      assert.matches('within 1 pixel of a boundary', text)
   end)

   it('prints the confusion matrix', function()
      local _, text = evaluate('sup', 'confusion=true')
      assert.matches('1 red +%d+%.%d +%d+%.%d +%d+%.%d\n', text)
   end)

   it('measures fused runs and classifiers', function()
      local _, text = evaluate('sup', 'mlmt=multi')
      assert.matches('mean IoU', text)
      assert.matches('mean average precision', text)
      local _, other = evaluate('multi', 'checkpoint=last', 'json=' .. work .. '/m.json')
      assert.matches('mean average precision', other)
      assert.not_matches('mean IoU', other)
      local of_run = json.load(made.runs .. '/multi/scores.json').teacher.mean_average_precision
      assert.near(of_run, json.load(work .. '/m.json').classification.mean_average_precision, 1e-9)
   end)

   it("writes label maps as VOC's server takes them", function()
      local status, text = evaluate('sup', 'server=voc', 'out=' .. work .. '/server')
      assert.equal(0, status, text)
      local path = work .. '/server/results/VOC2012/Segmentation/comp6_test_cls'
      assert.same({'img_07.png', 'img_08.png', 'img_09.png'}, folder.list(path))
      local labels, palette = hilo.io.image.load(path .. '/img_08.png')
      local expected = hilo.open('sup', {runs = made.runs}):predict(made.set .. '/JPEGImages/img_08.png')
      assert.is_true(hilo.equal(expected, labels))
      assert.same({0, 255, 0}, palette[3])
      status, text = evaluate('sup', 'server=cityscapes', 'out=' .. work .. '/server')
      assert.is_nil(status)
      assert.matches("Cityscapes' 19 classes", text)
   end)

   it("writes the ids that Cityscapes' server takes", function()
      local _, save = require('hilo.evaluate.servers').open('cityscapes', work .. '/city', {name = 'x',
         classes = hilo.data.classes.cityscapes})
      local labels = hilo.ByteTensor(1, 19)
      for c = 0, 18 do labels:data()[c] = c end
      save('val/ulm/ulm_000001_000019', labels)
      local ids = hilo.io.image.load(work .. '/city/results/ulm_000001_000019_labelIds.png', {as = 'labels'})
      assert.same(hilo.data.classes.cityscapes_ids, ids[1]:totable())
   end)

   it('says what is wrong with the command', function()
      local function fails(pattern, ...)
         local status, text = evaluate(...)
         assert.is_nil(status)
         assert.matches(pattern, text)
      end
      fails('one run at a time', 'sup', 'multi')
      fails("there is no option 'trimaps'", 'sup', 'trimaps=3')
      fails("no option 'data.rooot'; did you mean 'data.root'", 'sup', 'data.rooot=x')
      fails("there is no 'half'", 'sup', 'labels=half')
      fails('whole numbers of pixels', 'sup', 'trimap=1.5')
      fails('shows the network each picture at one size', 'sup', 'protocol=original', 'scales=0.5,1')
      fails('a server wants label maps of the full size', 'sup', 'server=voc', 'protocol=original')
      fails("there is no list 'nothing'", 'sup', 'list=nothing')
      fails('there is no folder /nowhere', 'sup', 'data.root=/nowhere')
      fails('makes no label maps', 'multi', 'trimap=1')
      assert.matches('usage', select(2, tiny_runs.command('evaluate', {'help'})))
   end)
end)

describe('a trimap', function()
   it('keeps what lies within so many steps of a boundary', function()
      local labels = hilo.ByteTensor(5, 9):zero()
      labels:narrow(2, 5, 5):fill(1) -- columns 0..3 are 0, 4..8 are 1
      local bands = trimap.bands(labels, {1, 2}, 255)
      assert.same({255, 255, 255, 0, 1, 255, 255, 255, 255}, bands[1][3]:totable())
      assert.same({255, 255, 0, 0, 1, 1, 255, 255, 255}, bands[2][1]:totable())
   end)

   it('counts steps along diagonals, and void as a label', function()
      local labels = hilo.ByteTensor(7, 7):zero()
      labels:narrow(1, 4, 1):narrow(2, 4, 1):fill(255)
      local band = trimap.bands(labels, {2}, 255)[1]
      for y = 1, 7 do
         for x = 1, 7 do
            local dy, dx = math.abs(y - 4), math.abs(x - 4)
            -- the four neighbours of the void pixel are 1 from it
            local near = math.max(math.max(dy - 1, dx), 0) <= 1 or math.max(dy, math.max(dx - 1, 0)) <= 1
            local expected = (dy + dx > 0 and near) and 0 or 255
            assert.equal(expected, band[y][x], ('%d,%d'):format(y, x))
         end
      end
   end)
end)
