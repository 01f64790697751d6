--- train/metrics.lua: how good a segmentation or a classification is.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local labels = require 'hilo.ops.labels'

local check = core.check
local metrics = {}

---@class Confusion
---@field matrix Tensor (C,C) long: [truth][prediction], pixels
---@field classes string[]
local Confusion = {}
Confusion.__index = Confusion

--- Counts pixels by class and by what they were taken for.
---
---     local seen = hilo.train.metrics.confusion {'road', 'car'}
---     seen:add(hilo.ByteTensor{0, 0, 1, 255}, hilo.ByteTensor{0, 1, 1, 1})
---     assert(seen:scores().pixel_accuracy > 66)
---@param classes string[] names
---@param device? string
---@return Confusion
function metrics.confusion(classes, device)
   local n = #classes
   return setmetatable({classes = classes, matrix = Tensor.zeros({n, n}, {dtype = 'long', device = device})}, Confusion)
end

--- Adds label maps; pixels whose truth is void do not count.
---@param truth Tensor (N,...)
---@param prediction Tensor (N,...)
---@param void? integer 255
function Confusion:add(truth, prediction, void)
   labels.confusion(self.matrix, truth, prediction, {void = void or 255})
   return self
end

---@class SegmentationScores
---@field mean_iou number percent, over the classes that occur
---@field pixel_accuracy number percent
---@field iou table<string, number> by class name, percent; classes that occur neither in truth nor in prediction are left out

--- Intersection over union: pixels of a class that were found, of those that are of it or were taken for it.
---@return SegmentationScores
function Confusion:scores()
   local m = self.matrix:totable()
   local iou, sum, count, right, all = {}, 0, 0, 0, 0
   for c = 1, #m do
      local truth, taken = 0, 0
      for k = 1, #m do
         truth, taken = truth + m[c][k], taken + m[k][c]
      end
      right, all = right + m[c][c], all + truth
      local union = truth + taken - m[c][c]
      if union > 0 then
         local value = 100 * m[c][c] / union
         iou[self.classes[c]] = value
         sum, count = sum + value, count + 1
      end
   end
   return {mean_iou = count > 0 and sum / count or 0, pixel_accuracy = all > 0 and 100 * right / all or 0, iou = iou}
end

-- Scores in falling order with their truth: {score, is_positive} for one class.
local function ranked(scores, targets, c)
   local list = {}
   for i = 1, #scores do list[i] = {scores[i][c], targets[i][c] > 0, i} end
   table.sort(list, function(a, b)
      if a[1] ~= b[1] then return a[1] > b[1] end
      return a[3] < b[3]
   end)
   return list
end

--- Average precision of one ranking: the mean over the positives of the precision among all that rank at least as high.
--- Images of equal score share one rank.
---@return number? 0..1, nil where nothing is positive
local function average_precision(list)
   local positives, sum, i = 0, 0, 1
   while i <= #list do
      local last, here = i, 0
      while last < #list and list[last + 1][1] == list[i][1] do last = last + 1 end
      for k = i, last do if list[k][2] then here = here + 1 end end
      positives = positives + here
      sum = sum + here * positives / last
      i = last + 1
   end
   return positives > 0 and sum / positives or nil
end

--- How well images were told to contain classes. Percent.
---
---     local scores = hilo.train.metrics.multi_label({{0.9, 0.2}, {0.1, 0.7}}, {{1, 0}, {0, 1}}, {'car', 'tree'})
---@param scores number[][] one row an image, one score 0..1 a class
---@param targets number[][] 1 where the class is in the image
---@param classes string[]
---@param options? {threshold?: number} scores from there on count as found for F1; 0.5
---@return {mean_average_precision: number, average_precision: table<string, number>, f1: number, mean_f1: number}
--- means are over the classes that occur; f1 pools the decisions of all classes
function metrics.multi_label(scores, targets, classes, options)
   check(#scores == #targets, 'multi_label: %d rows of scores and %d of targets', #scores, #targets)
   for i = 1, #scores do
      check(#scores[i] == #classes and #targets[i] == #classes, 'multi_label: row %d must have %d scores and targets, got %d and %d', i,
         #classes, #scores[i], #targets[i])
   end
   local threshold = options and options.threshold or 0.5
   local ap, ap_sum, f1_sum, count = {}, 0, 0, 0
   local hits, found, wanted = 0, 0, 0
   for c, name in ipairs(classes) do
      local hit, said, there = 0, 0, 0
      for i = 1, #scores do
         local yes, is = scores[i][c] >= threshold, targets[i][c] > 0
         if yes and is then hit = hit + 1 end
         if yes then said = said + 1 end
         if is then there = there + 1 end
      end
      hits, found, wanted = hits + hit, found + said, wanted + there
      local value = average_precision(ranked(scores, targets, c))
      if value then
         ap[name] = 100 * value
         ap_sum, f1_sum, count = ap_sum + 100 * value, f1_sum + 200 * hit / (said + there), count + 1
      end
   end
   return {
      mean_average_precision = count > 0 and ap_sum / count or 0, average_precision = ap,
      f1 = found + wanted > 0 and 200 * hits / (found + wanted) or 0, mean_f1 = count > 0 and f1_sum / count or 0,
   }
end

-- Places in rising order, from 1; equal numbers share the mean of theirs.
local function ranks(list)
   local order, places = {}, {}
   for i = 1, #list do order[i] = i end
   table.sort(order, function(a, b)
      if list[a] ~= list[b] then return list[a] < list[b] end
      return a < b
   end)
   local first = 1
   while first <= #order do
      local last = first
      while last < #order and list[order[last + 1]] == list[order[first]] do last = last + 1 end
      for k = first, last do places[order[k]] = (first + last) / 2 end
      first = last + 1
   end
   return places
end

--- Spearman's rank correlation: 1 where one list rises with the other.
---
---     assert(hilo.train.metrics.rank_correlation({1, 2, 3}, {10, 20, 30}) == 1)
---@param a number[]
---@param b number[]
---@return number? -1..1, nil where a list holds one number alone
function metrics.rank_correlation(a, b)
   check(#a == #b, 'rank_correlation: lists of %d and %d numbers', #a, #b)
   local x, y, middle = ranks(a), ranks(b), (#a + 1) / 2
   local xy, xx, yy = 0, 0, 0
   for i = 1, #a do
      local dx, dy = x[i] - middle, y[i] - middle
      xy, xx, yy = xy + dx * dy, xx + dx * dx, yy + dy * dy
   end
   return xx > 0 and yy > 0 and xy / math.sqrt(xx * yy) or nil
end

--- Scores as lines of text: 'mean IoU 61.2', then the classes.
---@param scores SegmentationScores
---@param classes string[]
---@return string
function metrics.text(scores, classes)
   local lines = {('mean IoU %.1f   pixel accuracy %.1f'):format(scores.mean_iou, scores.pixel_accuracy)}
   for _, name in ipairs(classes) do
      lines[#lines + 1] = ('   %-16s %s'):format(name, scores.iou[name] and ('%5.1f'):format(scores.iou[name]) or '    -')
   end
   return table.concat(lines, '\n')
end

require('hilo.checked').class('Confusion', Confusion)

return metrics
