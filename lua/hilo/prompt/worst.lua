--- prompt/worst.lua: the pictures of a run whose labels are worst.
local arguments = require 'hilo.ops.arguments'
local core = require 'hilo.core'
local hilo = require 'hilo'

local worst = {}

---@class WorstImage
---@field name string
---@field mean_iou number over the classes that are in the truth or the prediction, in per cent
---@field picture Tensor (3,H,4W+12) byte: image, truth, prediction and errors side by side
---@field truth Tensor (H,W) byte
---@field labels Tensor (H,W) byte

---@class WorstImages a list of them, which prints as its names and scores
---@field classes string[]
---@field palette integer[] r, g, b, r, ...
local WorstImages = {}
WorstImages.__index = WorstImages

WorstImages.__tostring = function(self)
   local lines = {}
   for i, one in ipairs(self) do lines[i] = ('%d  %s  mean IoU %.1f'):format(i, one.name, one.mean_iou) end
   return #lines > 0 and table.concat(lines, '\n') or 'no pictures'
end

-- The mean IoU of one label map.
local function mean_iou(truth, found, classes, void)
   local both, either = {}, {}
   local t, p = truth:contiguous():data(), found:contiguous():data()
   for i = 0, truth:nElement() - 1 do
      local a, b = t[i], p[i]
      if a ~= void then
         if a == b then
            both[a], either[a] = (both[a] or 0) + 1, (either[a] or 0) + 1
         else
            either[a], either[b] = (either[a] or 0) + 1, (either[b] or 0) + 1
         end
      end
   end
   local sum, n = 0, 0
   for class = 0, classes - 1 do
      if either[class] then sum, n = sum + (both[class] or 0) / either[class], n + 1 end
   end
   return n > 0 and 100 * sum / n or 100
end

-- Puts one into a list of the n worst.
local function insert(list, one, n)
   local at = #list + 1
   while at > 1 and list[at - 1].mean_iou > one.mean_iou do at = at - 1 end
   table.insert(list, at, one)
   list[n + 1] = nil
end

--- The n worst pictures of a part of a run's split.
---@param run OpenedRun
---@param n integer
---@param part 'val'|'labelled'
---@return WorstImages
function worst.of(run, n, part)
   arguments.whole('worst', 'n', n, 1)
   local model, set = run.model, run.set
   local names = core.check(run.split[part], "worst: there is no part '%s' in the run's split", part)
   local list = setmetatable({classes = set.classes, palette = model.palette}, WorstImages)
   local bar, done = hilo.train.Progress.new {total = #names, title = 'labelling'}, 0
   local ok, message = pcall(function()
      for batch in hilo.data.batches {set = set, names = names, transform = hilo.data.transforms.whole(1), labels = 'full'} do
         bar:update(done)
         local name, truth = batch.names[1], batch.labels[1]
         local found = core.check(model:predict(set:image(name)), 'worst: %s has no segmentation network', run.name)
         insert(list, {name = name, truth = truth:clone(), labels = found, image = batch.images[1]:clone(),
            mean_iou = mean_iou(truth, found, #set.classes, set.void)}, n)
         done = done + 1
      end
   end)
   bar:finish()
   if not ok then error(message, 0) end
   for _, one in ipairs(list) do
      one.picture = hilo.train.pictures.comparison(one.image, one.truth, one.labels, model.palette, set.void)
      one.image = nil
   end
   return list
end

return worst
