-- README's way from a folder images/ + masks/ to labels of new pictures: its four commands, word for word, on a tiny folder.
local hilo = require 'hilo'
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'
local shell = require('spec.tiny_runs').shell

local folder, image, json = hilo.data.folder, hilo.io.image, hilo.train.json

local work, printed = nil, {}

-- The commands of README's section, in order.
local function commands()
   local section = tiny.read(core.root .. 'README.md'):match('\n## Your own pictures\n(.-)\n## ')
   local list = {}
   for line in section:gmatch('\n    lua/bin/hilo ([^\n]+)') do
      if #list < 4 then list[#list + 1] = line end
   end
   return list
end

-- photos/ with 130 pictures of several sizes, 30 of them with masks, and new/ with 6.
local function make_pictures()
   for _, name in ipairs {'photos/images', 'photos/masks', 'new'} do folder.make(work .. '/' .. name) end
   for i = 1, 136 do
      local h, w = 32 + 2 * (i % 3), 40 + 2 * (i % 2)
      local pixels, labels = tiny.picture(i, h, w)
      local name = ('%03d'):format(i)
      image.save(('%s/%s/%s.png'):format(work, i <= 130 and 'photos/images' or 'new', name), pixels)
      if i <= 30 then image.save(('%s/photos/masks/%s.png'):format(work, name), labels) end
   end
   tiny.write(work .. '/photos/classes.txt', 'background\nred\ngreen\n')
end

-- In place of the ImageNet weights that README names: those of a backbone as small as the one that is trained here.
local function make_weights()
   hilo.manualSeed(1)
   local net = hilo.models.resnet18 {width = 4}
   hilo.io.safetensors.save(work .. '/weights.safetensors', net:stateDict())
end

-- A command as README has it, with what makes it small.
local function run(words)
   local training = words:find('^experiments/') ~= nil
   words = words:gsub('model%.weights=%S+', 'model.weights=weights.safetensors'):gsub('^experiments/', core.root .. '%0')
   return shell(("cd '%s' && OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %s%s"):format(work, core.root, words,
      training and ' model.width=4 d_channels=4 crop=32 steps=12 eval_every=6 workers=1 threads=2' or ''))
end

setup(function()
   work = tiny.folder()
   make_pictures()
   make_weights()
   for i, words in ipairs(commands()) do
      local code, text = run(words)
      assert(code == 0, ('%s\nended with %s: %s'):format(words, tostring(code), text))
      printed[i] = text
   end
end)
teardown(function() tiny.remove(work) end)

describe('four commands, as README has them', function()
   it('are there', function()
      local list = commands()
      assert.same({'data', 'experiments/s4gan.lua', 'report', 'predict'},
         {list[1]:match('^%S+'), list[2]:match('^%S+'), list[3]:match('^%S+'), list[4]:match('^%S+')})
   end)

   it('say what the folder holds, and find no error in it', function()
      assert.truthy(printed[1]:find('layout folders, 130 pictures, 30 label maps, 3 classes', 1, true))
      assert.truthy(printed[1]:find('parts: 24 labelled, 100 unlabelled, 6 validation pictures', 1, true))
      assert.truthy(printed[1]:find('0 errors', 1, true))
      assert.truthy(tiny.read(work .. '/check.html'):find('green', 1, true))
   end)

   it('train on all label maps but those held out, and on all pictures without', function()
      local split = json.load(work .. '/runs/mine/split.json')
      assert.same({24, 100, 6}, {#split.labelled, #split.unlabelled, #split.val})
      local scores = json.load(work .. '/runs/mine/scores.json')
      assert.equal(12, scores.step)
      assert.is_true(scores.mean_iou > 0 and scores.mean_iou <= 100)
      assert.truthy(printed[2]:find('24 labelled, 100 unlabelled and 6 validation images', 1, true))
   end)

   it('make a page of the run', function()
      assert.truthy(tiny.read(work .. '/runs/mine/report.html'):find('photos', 1, true))
   end)

   it('write label maps of the size of each new picture, with the palette of the classes', function()
      assert.truthy(printed[4]:find('6 pictures labelled by mine', 1, true))
      for i = 131, 136 do
         local labels, palette = image.load(('%s/predictions/labels/%03d.png'):format(work, i))
         assert.same({32 + 2 * (i % 3), 40 + 2 * (i % 2)}, labels:size():totable())
         assert.is_true(labels:max() <= 2)
         assert.same({{0, 0, 0}, {128, 0, 0}, {0, 128, 0}}, {palette[1], palette[2], palette[3]})
         local overlay = image.load(('%s/predictions/overlays/%03d.jpg'):format(work, i))
         assert.same({3, 32 + 2 * (i % 3), 40 + 2 * (i % 2)}, overlay:size():totable())
      end
   end)

   it('tell the share of each class in each picture', function()
      local rows = {}
      for line in tiny.read(work .. '/predictions/areas.csv'):gmatch('[^\r\n]+') do rows[#rows + 1] = line end
      assert.equal('picture,height,width,background,red,green', rows[1])
      assert.equal(7, #rows)
      for i = 2, 7 do
         local name, h, w, a, b, c = rows[i]:match('^([^,]+),(%d+),(%d+),([%d.]+),([%d.]+),([%d.]+)$')
         local number = 129 + i
         assert.same({('new/%03d.png'):format(number), 32 + 2 * (number % 3), 40 + 2 * (number % 2)}, {name, tonumber(h), tonumber(w)})
         assert.near(1, a + b + c, 1e-5)
         local labels = image.load(('%s/predictions/labels/%03d.png'):format(work, number))
         local share = labels:eq(1):float():mean()
         assert.near(share, tonumber(b), 1e-5)
      end
   end)
end)

describe('what a newcomer runs into', function()
   it('is told: a folder without pictures to measure with, and weights that are not there', function()
      local train = 'experiments/s4gan.lua name=other recipe=pictures data.root=photos '
      local code, text = run(train)
      assert.equal(1, code)
      assert.matches('hold some out with data%.val=0%.2', text)
      code, text = shell(("cd '%s' && luajit %slua/bin/hilo %s%sdata.val=0.2 model.weights=none.pth"):format(work, core.root,
         core.root, train))
      assert.equal(1, code)
      assert.matches('there is no file none%.pth, nor a run of that name in runs; torchvision downloads', text)
   end)

   it('is warned of: photographs so large that a crop shows nearly nothing of them', function()
      local quick = require 'hilo.data.check.quick'
      local set = hilo.data.open {root = work .. '/photos'}
      local split = hilo.data.split(set, {val = '0.2', seed = 1})
      local found = quick(set, split, {crop = {6, 6}})
      assert.same({'crops', 'warning', 30}, {found[1].kind, found[1].level, found[1].count})
      assert.matches('001%.png, 42 x 34 pixels, of which 3 %%', found[1].files[1])
      assert.equal('data.size=0.38 reduces them', found[1].mend)
      assert.same({}, quick(set, split, {crop = {6, 6}, size = 0.38}))
   end)
end)
