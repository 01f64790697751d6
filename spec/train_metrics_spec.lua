-- Metrics, logs and progress.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'

local metrics, Log, Progress = hilo.train.metrics, hilo.train.Log, hilo.train.Progress

describe('segmentation scores', function()
   it('count intersections over unions and leave void out', function()
      local counts = metrics.confusion {'a', 'b', 'c', 'never'}
      counts:add(hilo.ByteTensor {{0, 0, 1, 1}, {2, 2, 255, 255}}, hilo.ByteTensor {{0, 1, 1, 1}, {2, 0, 0, 3}})
      local s = counts:scores()
      assert.near(100 * 1 / 3, s.iou.a, 1e-9)
      assert.near(100 * 2 / 3, s.iou.b, 1e-9)
      assert.near(100 * 1 / 2, s.iou.c, 1e-9)
      assert.is_nil(s.iou.never)
      assert.near(50, s.mean_iou, 1e-9)
      assert.near(100 * 4 / 6, s.pixel_accuracy, 1e-9)
   end)

   it('add up over batches', function()
      local truth, found = helper.labels_by_formula('t', {4, 24, 16}, 5), helper.labels_by_formula('f', {4, 24, 16}, 5)
      found:maskedFill(hilo.eq(found, 255), 0)
      local names = {'a', 'b', 'c', 'd', 'e'}
      local whole = metrics.confusion(names):add(truth, found):scores()
      local parts = metrics.confusion(names)
      for i = 1, 4 do parts:add(truth[i], found[i]) end
      assert.same(whole, parts:scores())
   end)

   it('are 0 where nothing was seen', function()
      assert.equal(0, metrics.confusion({'a', 'b'}):scores().mean_iou)
   end)
end)

describe('multi-label scores', function()
   -- the ranking of class 1 is + - + -, so its average precision (1/1 + 2/3) / 2; class 2 is perfect; class 3 never occurs
   local scores = {{0.9, 0.9, 0.6}, {0.8, 0.1, 0.1}, {0.7, 0.8, 0.2}, {0.2, 0.2, 0.3}}
   local targets = {{1, 1, 0}, {0, 0, 0}, {1, 1, 0}, {0, 0, 0}}

   it('are average precision and F1', function()
      local s = metrics.multi_label(scores, targets, {'one', 'two', 'three'})
      assert.near(100 * 5 / 6, s.average_precision.one, 1e-9)
      assert.near(100, s.average_precision.two, 1e-9)
      assert.is_nil(s.average_precision.three)
      assert.near(100 * 11 / 12, s.mean_average_precision, 1e-9)
      assert.near(100 * 2 * 4 / (6 + 4), s.f1, 1e-9)
      assert.near((80 + 100) / 2, s.mean_f1, 1e-9)
   end)

   it('do not depend on the order of images of equal score', function()
      local function ap(truth)
         local rows, marks = {}, {}
         for i, t in ipairs(truth) do rows[i], marks[i] = {0.5}, {t} end
         return metrics.multi_label(rows, marks, {'a'}).average_precision.a
      end
      assert.near(50, ap {1, 0, 1, 0}, 1e-9)
      assert.near(50, ap {0, 0, 1, 1}, 1e-9)
   end)
end)

describe('logs', function()
   it('hold a JSON object a line and drop what a continued run writes anew', function()
      local path = os.tmpname()
      local log = Log.open(path, 0)
      for step = 10, 40, 10 do log:write {step = step, loss = 1 / step} end
      tiny.write(path, tiny.read(path) .. '{"step": 50, "lo') -- killed here
      log = Log.open(path, 20)
      log:write {step = 30, loss = 7}
      assert.same({{step = 10, loss = 0.1}, {step = 20, loss = 0.05}, {step = 30, loss = 7}}, Log.read(path))
      os.remove(path)
   end)
end)

describe('progress', function()
   local function recorder()
      local out = {text = ''}
      function out:write(...) self.text = self.text .. table.concat({...}) end
      function out.flush() end
      return out
   end

   it('is lines with the time of day without a terminal', function()
      local out = recorder()
      local p = Progress.new {total = 100, title = 'run', out = out, width = 0}
      p:update(10)
      p:report('loss 1.5')
      p:finish()
      assert.matches('^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d run 10/100  loss 1%.5  .* left\n$', out.text)
   end)

   it('is a bar that fits on a terminal', function()
      local out = recorder()
      local p = Progress.new {total = 100, title = 'run', out = out, width = 60}
      p:update(100, 'loss 1.5')
      assert.matches('run 100/100 %[=+%]', out.text)
      assert.is_true(#out.text:gsub('\r\27%[K', '') < 60)
   end)

   it('says durations as people do', function()
      assert.equal('4s', Progress.duration(4.2))
      assert.equal('3m05s', Progress.duration(185))
      assert.equal('2h07m', Progress.duration(7629))
   end)
end)
