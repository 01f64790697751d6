-- Calibration of a classifier's scores: the values that SciPy finds, and what calibration is for.
local hilo = require 'hilo'
local helper = require 'spec.helper'

local core = require 'hilo.core'
local calibration, folds = hilo.methods.calibration, hilo.data.folds
local golden = hilo.train.json.load(core.root .. 'spec/golden/calibration.json')

local function sigmoid(x) return 1 / (1 + math.exp(-x)) end

describe('a calibration', function()
   for _, how in ipairs {'temperature', 'platt'} do
      it('by ' .. how .. ' is what SciPy finds, of all classes together and of each', function()
         local all = calibration.fit(golden.scores, golden.targets, {how = how, by = 'all'})
         local each = calibration.fit(golden.scores, golden.targets, {how = how, by = 'class'})
         for c = 1, 3 do
            assert.near(golden[how].all[1], all.a[c], 1e-5)
            assert.near(golden[how].all[2], all.b[c], 1e-5)
            assert.near(golden[how].class[c][1], each.a[c], 1e-5)
            assert.near(golden[how].class[c][2], each.b[c], 1e-5)
         end
      end)
   end

   it('finds the temperature that scores were made with', function()
      local rows, targets = {}, {}
      -- of 1000 pictures in which a class scores p, 1000 p show it; then all logits are made three times as large
      for _, p in ipairs {0.05, 0.2, 0.5, 0.7, 0.9} do
         for i = 1, 1000 do
            rows[#rows + 1], targets[#targets + 1] = {sigmoid(3 * math.log(p / (1 - p)))}, {i <= 1000 * p and 1 or 0}
         end
      end
      assert.near(1 / 3, calibration.fit(rows, targets, {how = 'temperature', by = 'all'}).a[1], 1e-4)
      local made = calibration.fit(rows, targets, {how = 'platt', by = 'all'})
      assert.near(1 / 3, made.a[1], 1e-3)
      assert.near(0, made.b[1], 1e-3)
      local before, out = calibration.quality(rows, targets), {}
      for i, row in ipairs(rows) do out[i] = calibration.apply(made, row) end
      local after = calibration.quality(out, targets)
      assert.is_true(before.error > 0.05)
      assert.is_true(after.error < 1e-3)
      assert.is_true(after.log_loss < before.log_loss)
   end)

   it('of a class that hardly any picture shows is that of all classes', function()
      local targets = {}
      for i, row in ipairs(golden.targets) do targets[i] = {row[1], row[2], i <= 4 and 1 or 0} end
      local all = calibration.fit(golden.scores, targets, {how = 'platt', by = 'all'})
      local each = calibration.fit(golden.scores, targets, {how = 'platt', by = 'class'})
      assert.same({all.a[3], all.b[3]}, {each.a[3], each.b[3]})
      assert.are_not.same({all.a[1], all.b[1]}, {each.a[1], each.b[1]})
   end)

   it('keeps the order of scores, also of 0 and 1, and stays finite where all pictures are told apart', function()
      local rows, targets = {}, {}
      for i = 1, 20 do rows[i], targets[i] = {i > 10 and 1 or 0}, {i > 10 and 1 or 0} end
      for _, how in ipairs {'temperature', 'platt'} do
         local made = calibration.fit(rows, targets, {how = how, by = 'all'})
         local low, middle, high = calibration.apply(made, {0})[1], calibration.apply(made, {0.5})[1], calibration.apply(made, {1})[1]
         assert.is_true(low >= 0 and low < middle and middle < high and high <= 1, how)
      end
   end)

   it('says what does not fit', function()
      assert.matches("'temperature' or 'platt', got 'isotonic'", helper.error_of(calibration.fit, {{0.1}}, {{1}}, {how = 'isotonic'}))
      assert.matches('got 0 and 1', helper.error_of(calibration.fit, {{0.1}}, {}, {how = 'platt', by = 'all'}))
      local options = {how = 'platt', by = 'all'}
      local short = {{0.1, 0.2}, {0.1}}
      assert.matches('2 classes, row 2 has 1 scores and 2 targets', helper.error_of(calibration.fit, short, {{1, 1}, {1, 0}}, options))
      assert.matches('1 classes, row 1 has 1 scores and 0 targets', helper.error_of(calibration.fit, {{0.1}}, {{}}, options))
      local made = calibration.fit(golden.scores, golden.targets, options)
      assert.matches('fitted for 3 classes, the scores are of 2', helper.error_of(calibration.apply, made, {0.1, 0.2}))
   end)
end)

describe('the quality of scores', function()
   it('is what NumPy counts', function()
      local quality = calibration.quality(golden.scores, golden.targets)
      assert.near(golden.error, quality.error, 1e-9)
      assert.near(golden.log_loss, quality.log_loss, 1e-9)
   end)

   it('tells of each bin what was said and what was there', function()
      local quality = calibration.quality({{0.1, 0.95}, {0.15, 1}, {0.1, 0.9}}, {{0, 1}, {1, 1}, {0, 0}}, {bins = 2})
      assert.equal(2, #quality.reliability)
      local low, high = quality.reliability[1], quality.reliability[2]
      assert.same({0, 0.5, 3}, {low.low, low.high, low.count})
      assert.near(0.35 / 3, low.score, 1e-12)
      assert.near(1 / 3, low.share, 1e-12)
      assert.near(2.85 / 3, high.score, 1e-12)
      assert.near(2 / 3, high.share, 1e-12)
      assert.near((3 * (1 / 3 - 0.35 / 3) + 3 * (2.85 / 3 - 2 / 3)) / 6, quality.error, 1e-12)
   end)
end)

describe('calibration across folds', function()
   local scores, targets, names = {}, {}, {}
   for i, row in ipairs(golden.scores) do
      names[i] = ('picture %02d'):format(i)
      scores[names[i]], targets[names[i]] = row, golden.targets[i]
   end

   it('calibrates each picture by the others alone', function()
      local options = {how = 'platt', by = 'all'}
      local out, parts = calibration.crossed(scores, targets, options), folds(names, 2)
      local rows, truth = {}, {}
      for i, name in ipairs(parts[2]) do rows[i], truth[i] = scores[name], targets[name] end
      local made = calibration.fit(rows, truth, options)
      for _, name in ipairs(parts[1]) do assert.same(calibration.apply(made, scores[name]), out[name]) end
      -- what a picture shows does not change its own scores
      local changed = {}
      for name, row in pairs(targets) do changed[name] = row end
      for _, name in ipairs(parts[1]) do changed[name] = {1, 1, 1} end
      local other = calibration.crossed(scores, changed, options)
      for _, name in ipairs(parts[1]) do assert.same(out[name], other[name]) end
      assert.are_not.same(out[parts[2][1]], other[parts[2][1]])
   end)

   it('deals as many pictures as there are', function()
      local many = {}
      for i = 1, 9000 do many[i] = tostring(i) end
      assert.equal(4500, #folds(many, 2)[2])
   end)

   it('deals pictures by their names and the seed, whatever their order', function()
      local backwards = {}
      for i, name in ipairs(names) do backwards[#names + 1 - i] = name end
      local parts = folds(names, 3)
      assert.same(parts, folds(backwards, 3))
      assert.are_not.same(parts, folds(names, 3, 2))
      local seen = 0
      for _, part in ipairs(parts) do
         assert.is_true(#part == 13 or #part == 14)
         seen = seen + #part
      end
      assert.equal(40, seen)
      assert.matches('number of pictures, 40, got 41', helper.error_of(folds, names, 41))
   end)
end)
