-- How fusion is chosen on pictures with label maps: on pictures made by hand, and as users run it.
local hilo = require 'hilo'
local choose = require 'hilo.choose'
local helper = require 'spec.helper'
local tiny_runs = require 'spec.tiny_runs'

local core = require 'hilo.core'
local folder, json = hilo.data.folder, hilo.train.json

local classes = {'background', 'hat', 'scarf'}

-- A picture of two pixels: background and a class, of which S takes the second for `drawn`, with the class `second` next.
local function add(trials, name, class, drawn, second)
   local logits, truth = hilo.Tensor(1, 3, 1, 2):fill(-5), hilo.ByteTensor(1, 1, 2):zero()
   logits[1][1][1][1] = 3
   logits[1][drawn + 1][1][2], logits[1][second + 1][1][2] = 2, 1
   truth[1][1][2] = class
   trials:add(name, logits, truth)
end

-- S takes every hat for a scarf and half of the scarves for hats. A scarf that is there scores 0.9, a hat that is there 0.3; absent,
-- both score a third of that.
local function wardrobe(n)
   local trials, scores = choose.Trials.new(classes, {}), {}
   for i = 1, n or 12 do
      local name, hat = ('picture %02d'):format(i), i % 2 == 0
      if hat then add(trials, name, 1, 2, 1) else add(trials, name, 2, i % 4 == 1 and 1 or 2, i % 4 == 1 and 2 or 1) end
      scores[name] = hat and {1, 0.3, 0.3} or {1, 0.1, 0.9}
   end
   return trials, scores
end

local function mean_iou(sum) return sum.counts:scores().mean_iou end

local taus = {0, 0.05, 0.2, 0.5, 0.95}

describe('trials of fusion', function()
   it('count what fusion makes of pictures, as fusion does', function()
      local trials, scores = wardrobe()
      local way = choose.families.way
      local sums = trials:measure(trials.names, scores, {function() return nil end, way({how = 'threshold', tau = 0.2}, true),
         way({how = 'soft', exponent = 2, prior = {1, 0.2, 0.6}}, true)})
      for k, options in ipairs {false, {tau = 0.2, background = true},
         {how = 'soft', exponent = 2, prior = {1, 0.2, 0.6}, background = true}} do
         local counts = hilo.train.metrics.confusion(classes)
         for name, picture in pairs(trials.pictures) do
            counts:add(picture.truth, hilo.label_map(options and hilo.methods.fusion(picture.logits, scores[name], options)
               or picture.logits))
         end
         assert.same(counts.matrix:totable(), sums[k].counts.matrix:totable())
      end
   end)

   it('know how sure S is of a class where it is surest', function()
      local trials = wardrobe()
      local e = math.exp
      -- a picture with a hat: (3, -5, -5) and (-5, 1, 2)
      local row = trials.largest['picture 02']
      assert.near(e(3) / (e(3) + 2 * e(-5)), row[1], 1e-5)
      assert.near(e(1) / (e(-5) + e(1) + e(2)), row[2], 1e-5)
      assert.near(e(2) / (e(-5) + e(1) + e(2)), row[3], 1e-5)
   end)

   it('tell which classes are switched off: those that are there and those that are not', function()
      local trials, scores = wardrobe()
      local none, some, hats = unpack(trials:measure(trials.names, scores, {function() return nil end,
         choose.families.way({how = 'threshold', tau = 0.2}, true), choose.families.way({how = 'threshold', tau = {0, 0.5, 0}}, true)}))
      -- 12 pictures show the background and one class; 6 hats are taken for scarves, 3 of 6 scarves for hats
      assert.same({24, 0, 0, 12, 0, 9, 0}, {none.present, none.present_off, none.right_off, none.absent, none.absent_off, none.drawn,
         none.drawn_off})
      assert.same({0, 0, 6, 3}, {some.present_off, some.right_off, some.absent_off, some.drawn_off}) -- hats that score 0.1
      assert.same({6, 0, 6, 3}, {hats.present_off, hats.right_off, hats.absent_off, hats.drawn_off})
      local scarves = trials:measure(trials.names, scores, {choose.families.way({how = 'threshold', tau = {0, 0, 0.95}}, true)})[1]
      assert.same({6, 3, 6, 6}, {scarves.present_off, scarves.right_off, scarves.absent_off, scarves.drawn_off})
   end)
end)

describe('a choice', function()
   local o = {values = taus, folds = 2, background = true}

   it('of one tau is the best of those tried, the first of equal ones', function()
      local trials, scores = wardrobe()
      local choice = choose.number(trials, scores, choose.families.tau, o)
      local best = 0
      for _, point in ipairs(choice.curve) do best = math.max(best, point.mean_iou) end
      -- at 0.5 scarves are right, and hats are background: 12 of 18 pixels of it; at 0.2 hats would be scarves
      assert.equal(0.5, choice.value)
      assert.near(best, choice.fitted, 1e-9)
      assert.near((100 * 12 / 18 + 0 + 100) / 3, choice.fitted, 1e-6)
      assert.near((100 + 0 + 50) / 3, choice.curve[3].mean_iou, 1e-6)
      local same = choose.number(trials, scores, choose.families.tau, {values = {0.5, 0.4, 0.6}, folds = 2, background = true})
      assert.equal(0.5, same.value)
   end)

   it('of a tau for each class does what one tau cannot', function()
      local trials, scores = wardrobe()
      local choice = choose.by_class(trials, scores, {values = taus, folds = 2, background = true, rounds = 3})
      assert.near(100, choice.fitted, 1e-9)
      assert.near(100, mean_iou(choice.crossed), 1e-9)
      assert.same({0.5, 0.2, 0.5}, choice.options.tau)
   end)

   it('in proportion to the mean score has one number', function()
      local trials, scores = wardrobe()
      local choice = choose.number(trials, scores, choose.families.relative, {values = {0, 0.75}, folds = 2, background = true})
      assert.near(100, choice.fitted, 1e-9) -- 0.75 of the mean scores 0.2 and 0.6: 0.15 and 0.45
      helper.assert_close(hilo.Tensor {0.75, 0.15, 0.45}, hilo.Tensor(choice.options.tau), 1e-6)
   end)

   it('of an exponent weighs classes by their scores over their mean', function()
      local trials, scores = wardrobe()
      local choice = choose.number(trials, scores, choose.families.soft, {values = {0, 1, 3}, folds = 2, background = true})
      assert.equal(1, choice.value)
      assert.near(100, choice.fitted, 1e-9)
      helper.assert_close(hilo.Tensor {1, 0.2, 0.6}, hilo.Tensor(choice.options.prior), 1e-6)
   end)

   it('for a fold is made on the others alone', function()
      local trials, scores = wardrobe()
      local before = choose.number(trials, scores, choose.families.tau, o)
      local part = before.folds[1]
      assert.equal(6, #part.names)
      for _, name in ipairs(part.names) do -- other truth in the fold: the choice for it stays, that for the other does not
         trials.pictures[name].truth:fill(0)
         trials.pictures[name].made = {}
         trials.targets[name] = {1, 0, 0}
      end
      local after = choose.number(trials, scores, choose.families.tau, o)
      assert.same(part, after.folds[1])
      assert.are_not.equal(before.folds[2].value, after.folds[2].value)
   end)

   it('may be made for calibrated scores, whose mean it then takes', function()
      local trials, scores = wardrobe(40)
      local choice = choose.number(trials, scores, choose.families.soft, {values = {1, 3}, folds = 2, background = true,
         calibration = {how = 'platt', by = 'class'}})
      local made = hilo.methods.calibration
      assert.near(100, choice.fitted, 1e-9)
      local sum = {0, 0, 0}
      for _, name in ipairs(trials.names) do
         for c, s in ipairs(made.apply(choice.options.calibration, scores[name])) do sum[c] = sum[c] + s / 40 end
      end
      helper.assert_close(hilo.Tensor(sum), hilo.Tensor(choice.options.prior), 1e-6)
      -- half of the pictures show a hat, and so say the calibrated scores
      assert.near(0.5, choice.options.prior[2], 0.02)
   end)
end)

describe('tau.lua', function()
   local made, text
   local function script(name, words)
      local line = 'env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/%s.lua runs=%s threads=2 workers=1 %s'
      return tiny_runs.shell(line:format(core.root, core.root, name, made.runs, words))
   end
   local function file(name) return made.runs .. '/' .. name end
   setup(function()
      made = tiny_runs.make {mlmt = true, set = {n = 12, val = 6}}
      local code
      -- scores of the classifier that trained for four steps lie close together: written anew, so that tau has something to choose
      local path = file('multi/class_scores.json')
      local scores = json.load(path)
      for name in pairs(scores.teacher) do
         local red = tonumber(name:match('%d+')) % 2 == 0
         scores.teacher[name] = red and {0.99, 0.6, 0.2} or {0.99, 0.3, 0.7}
      end
      json.save(path, scores)
      code, text = script('tau', 'segmentation=sup mlmt=multi calibration=platt')
      assert.equal(0, code, text)
   end)
   teardown(function() made.remove() end)

   it('prints what each tau switches off and what choices are worth, and draws the curves', function()
      assert.matches('sup with the scores of multi %(teacher%), 6 pictures', text)
      assert.matches('present, off +right in S +absent, off +drawn by S', text)
      assert.matches('no fusion +%d+%.%d%d', text)
      assert.matches('mean average precision of classes: 100.0 by the classifier, %d+%.%d by the largest probability', text)
      for _, way in ipairs {'one tau', 'tau / mean score', 'tau by class', 'one tau, calibrated', 'soft', 'soft, calibrated'} do
         assert.is_true(text:find('\n   ' .. way .. ' ', 1, true) ~= nil, way)
      end
      for _, name in ipairs {'tau.svg', 'tau.png', 'exponent.svg', 'reliability.svg', 'tau.json', 'scores.json'} do
         assert.is_true(folder.is_file(file('tau/' .. name)), name)
      end
   end)

   local function fused(words)
      local code, said = script('fuse', 'segmentation=sup mlmt=multi name=fused pictures=0 ' .. words)
      assert.equal(0, code, said)
      return json.load(file('fused/scores.json')).results
   end

   it('says of each value what fuse.lua says', function()
      local found = json.load(file('tau/tau.json'))
      for _, point in ipairs {found.curves.tau[10], found.curves.tau[12]} do
         local results = fused('tau=' .. point.value)
         assert.near(found.alone.mean_iou, results[1].mean_iou, 1e-9)
         assert.near(point.mean_iou, results[2].mean_iou, 1e-9)
      end
      local point = found.curves.soft[7]
      assert.near(point.mean_iou, fused('fusion=soft exponent=' .. point.value)[2].mean_iou, 1e-9)
   end)

   it('is followed by fuse.lua, which takes for each picture what was chosen on others', function()
      local ways = json.load(file('tau/tau.json')).ways
      for way, words in pairs {tau = 'chosen=tau', soft = 'chosen=tau fusion=soft', by_class = 'chosen=tau:by_class',
         soft_calibrated = 'chosen=tau:soft_calibrated'} do
         assert.near(ways[way].crossed, fused(words)[2].mean_iou, 1e-9, way)
      end
      -- new pictures are fused by what was chosen on all, and so is what `hilo pack` takes along
      fused 'chosen=tau:soft_calibrated'
      local model = hilo.open('fused', {runs = made.runs})
      assert.equal('soft', model.fusion.how)
      assert.equal(ways.soft_calibrated.options.exponent, model.fusion.exponent)
      assert.same(ways.soft_calibrated.options.calibration, model.fusion.calibration)
      fused 'chosen=tau:by_class'
      assert.same(ways.by_class.options.tau, hilo.open('fused', {runs = made.runs}).fusion.tau)
      -- and nothing of it is left where the folder is written anew without fusion
      assert.equal(0, (script('fuse', 'segmentation=sup mlmt= name=fused pictures=0')))
      assert.is_false(folder.is_file(file 'fused/fusion.json'))
      fused 'tau=0.1'
      assert.equal(0.1, hilo.open('fused', {runs = made.runs}).fusion.tau)
   end)

   it('is told apart from what is no choice', function()
      local function fails(words, pattern)
         local code, said = script('fuse', 'segmentation=sup mlmt=multi name=fused ' .. words)
         assert.equal(1, code)
         assert.matches(pattern, said)
      end
      fails('chosen=sup', 'chosen: .*sup/tau.json is missing; is sup a run of tau.lua')
      fails('chosen=tau:best', "holds no 'best'; there are by_class, relative, soft, soft_calibrated, tau, tau_calibrated")
   end)
end)
