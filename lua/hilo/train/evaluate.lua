--- train/evaluate.lua: scores of a network on the images that measure it.
local coarse_logits = require 'hilo.train.coarse_logits'
local core = require 'hilo.core'
local hilo = require 'hilo'
local metrics = require 'hilo.train.metrics'
local pictures = require 'hilo.train.pictures'
local views = require 'hilo.train.views'

local evaluate = {rows = require 'hilo.rows'}

--- f(...) with the network evaluating and nothing recorded; its mode is put back, also after an error.
---
---     local y = hilo.train.evaluate.with(nn.Dropout(), function(x) return x * 2 end, hilo.ones(3))
---@param net Module
---@param f fun(...): ...
---@param ... any
---@return ... what f(...) returns
function evaluate.with(net, f, ...)
   local trained = net.train
   net:evaluate()
   local function restore(ok, ...)
      if trained then net:training() end
      if not ok then error((...), 0) end
      return ...
   end
   return restore(pcall(hilo.no_grad, f, ...))
end

--- Logits at a given size: DeepLab's own, brought there in one step, corners aligned.
---@param S Module images -> logits; with a method `logits`, as a DeepLab has, those before they are brought to the images' size
---@param images Tensor (N,3,H',W')
---@param h integer
---@param w integer
---@return Tensor (N,C,h,w)
function evaluate.logits(S, images, h, w)
   return hilo.resize(coarse_logits(S, images), h, w, {mode = 'bilinear', align_corners = true})
end

--- The reading of options.data and options.eval that training, evaluation and fusion share.
---@param set DataSet
---@param names string[]
---@param o {data: {size: number, [string]: any}, eval: table, model: table?, device: string, [string]: any}
---@param workers Workers
---@return fun(): Batch?
function evaluate.batches(set, names, o, workers)
   return hilo.data.batches {
      set = set, names = names, transform = hilo.data.transforms.whole(o.data.size, o.model and o.model.output_stride),
      labels = o.eval.labels, workers = workers, device = o.device,
   }
end

--- Names for pictures: `count` of them, spread evenly over the sorted list, the same at every evaluation.
---@param names string[]
---@param count integer
---@return table<string, boolean>
function evaluate.spread(names, count)
   local sorted, chosen = {}, {}
   for i, name in ipairs(names) do sorted[i] = name end
   table.sort(sorted)
   count = math.min(count, #sorted)
   for i = 0, count - 1 do chosen[sorted[math.floor(i * #sorted / count) + 1]] = true end
   return chosen
end

local longest = 512 -- pixels of a side in a picture that is looked at between others

---@class SegmentationSeen what an evaluation saw besides its scores
---@field classes string[]
---@field matrix number[][] pixels: [truth][prediction]
---@field pictures {name: string, pixels: Tensor}[] comparisons, see train.pictures
---@field seconds number spent on them

local function show(seen, set, name, image, truth, found)
   local began = core.host.hl_host_time()
   seen.pictures[#seen.pictures + 1] = {name = name, pixels = pictures.comparison(image, pictures.thinned(truth, longest),
      pictures.thinned(found, longest), set:palette(), set.void)}
   seen.seconds = seen.seconds + core.host.hl_host_time() - began
end

--- Mean IoU and its company. Labels are compared at their files' own resolution with eval.labels = 'full', at the reduced size
--- that the network sees (as the original does for Cityscapes) with 'input'.
---@param S Module images -> logits; with a method `logits`, as a DeepLab has, those before they are brought to the images' size
---@param set DataSet
---@param names string[]
---@param o {data: {size: number, [string]: any}, eval: table, device: string, pictures: integer?, [string]: any}
--- pictures: how many comparisons
--- to make, 0 if not given
---@param workers Workers
---@return SegmentationScores
---@return SegmentationSeen
function evaluate.segmentation(S, set, names, o, workers)
   local counts = metrics.confusion(set.classes, o.device)
   local shown = evaluate.spread(names, o.tracking == false and 0 or o.pictures or 0)
   local seen = {classes = set.classes, pictures = {}, seconds = 0}
   return evaluate.with(S, function()
      for batch in evaluate.batches(set, names, o, workers) do
         local _, h, w = unpack(batch.labels:size())
         local found = hilo.label_map(evaluate.logits(S, batch.images, h, w))
         counts:add(batch.labels, found, set.void)
         local name = batch.names[1]
         if shown[name] then show(seen, set, name, batch.images[1], batch.labels[1], found[1]) end
      end
      seen.matrix = counts.matrix:totable()
      return counts:scores(), seen
   end)
end

---@class ClassifierViews how a classifier is shown the pictures that it is asked about
---@field resize integer[] {height, width}
---@field scales number[]? times that size, of which the probabilities are averaged; {1}
---@field mirror boolean? also mirrored

--- What a classifier says about images.
---@param net Module
---@param set DataSet
---@param names string[]
---@param options {shown: ClassifierViews, workers: Workers, device: string}
---@return table<string, number[]> scores by image name, one a class, 0..1
function evaluate.classification(net, set, names, options)
   local scores, sizes = {}, views.sizes(options.shown.resize, options.shown.scales)
   evaluate.with(net, function()
      for _, size in ipairs(sizes) do
         for batch in hilo.data.batches {set = set, names = names, transform = hilo.data.transforms.resized(size),
            workers = options.workers, device = options.device} do
            local rows = views.scores(net, {batch.images}, options.shown.mirror):totable()
            for i, name in ipairs(batch.names) do
               scores[name] = scores[name] or {}
               for c, score in ipairs(rows[i]) do scores[name][c] = (scores[name][c] or 0) + score / #sizes end
            end
         end
      end
   end)
   return scores
end

--- Which classes pictures show, as a segmentation run sees it by itself.
---@param of_run {options: table, set: DataSet, S: DeepLab, [string]: any} what train.load_run gives
---@param names string[]
---@param options {workers: Workers, told: fun(done: integer)?}
---@return table<string, number[]> scores by image name, one a class, 0..1: see methods.presence
function evaluate.presence(of_run, names, options)
   local o, scores, done = of_run.options, {}, 0
   local without_labels = {data = o.data, eval = {}, model = o.model, device = o.device}
   evaluate.with(of_run.S, function()
      for batch in evaluate.batches(of_run.set, names, without_labels, options.workers) do
         local rows = hilo.methods.presence(coarse_logits(of_run.S, batch.images)):totable()
         for i, name in ipairs(batch.names) do scores[name] = rows[i] end
         done = done + #batch.names
         if options.told then options.told(done) end
      end
   end)
   return scores
end

--- Which classes label maps show.
---@param set DataSet
---@param names string[] images with label maps
---@param options {workers: Workers, device: string}
---@return table<string, number[]> targets by image name, 1 where the class is in the label map, else 0
function evaluate.targets(set, names, options)
   local targets = {}
   for batch in hilo.data.batches {set = set, names = names, transform = hilo.data.transforms.resized {8}, labels = 'full',
      workers = options.workers, device = options.device} do
      local rows = hilo.methods.class_targets(batch.labels, #set.classes):totable()
      for i, name in ipairs(batch.names) do targets[name] = rows[i] end
   end
   return targets
end

return evaluate
