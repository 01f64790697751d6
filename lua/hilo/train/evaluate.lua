--- train/evaluate.lua: scores of a network on the images that measure it.
local hilo = require 'hilo'
local metrics = require 'hilo.train.metrics'

local evaluate = {}

--- f(...) with the network evaluating and nothing recorded; its mode is put back, also after an error.
---@param net Module
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
---@param S DeepLab
---@param images Tensor (N,3,H',W')
---@return Tensor (N,C,h,w)
function evaluate.logits(S, images, h, w)
   return hilo.resize(S:logits(images), h, w, {mode = 'bilinear', align_corners = true})
end

--- The reading of options.data and options.eval that training, evaluation and fusion share.
---@param set DataSet
---@param names string[]
---@param o {data: {size: number}, eval: {labels: string}, device: string}
---@param workers Workers
---@return fun(): Batch?
function evaluate.sweep(set, names, o, workers)
   return hilo.data.sweep {
      set = set, names = names, transform = hilo.data.transforms.whole(o.data.size), labels = o.eval.labels, workers = workers,
      device = o.device,
   }
end

--- Mean IoU and its company. Labels are compared at their files' own resolution with eval.labels = 'full', at the reduced size
--- that the network sees (as the original does for Cityscapes) with 'input'.
---@param S DeepLab
---@param set DataSet
---@param names string[]
---@param o {data: {size: number}, eval: {labels: 'full'|'input'}, device: string}
---@param workers Workers
---@return SegmentationScores
function evaluate.segmentation(S, set, names, o, workers)
   local counts = metrics.confusion(set.classes, o.device)
   return evaluate.with(S, function()
      for batch in evaluate.sweep(set, names, o, workers) do
         local _, h, w = unpack(batch.labels:size())
         counts:add(batch.labels, hilo.label_map(evaluate.logits(S, batch.images, h, w)), set.void)
      end
      return counts:scores()
   end)
end

--- What a classifier says about images.
---@param net Module
---@param set DataSet
---@param names string[]
---@param options {resize: integer[], workers: Workers, device: string}
---@return table<string, number[]> scores by image name, one a class, 0..1
---@return table<string, number[]> targets by image name, 1 where the class is in the label map
function evaluate.classification(net, set, names, options)
   local scores, targets = {}, {}
   evaluate.with(net, function()
      for batch in hilo.data.sweep {set = set, names = names, transform = hilo.data.transforms.resized(options.resize),
         labels = 'full', workers = options.workers, device = options.device} do
         local rows = hilo.sigmoid(net(batch.images)):totable()
         local truth = hilo.methods.class_targets(batch.labels, #set.classes):totable()
         for i, name in ipairs(batch.names) do scores[name], targets[name] = rows[i], truth[i] end
      end
   end)
   return scores, targets
end

--- Tables by image name -> lists in the order of the names.
function evaluate.rows(by_name, names)
   local rows = {}
   for i, name in ipairs(names) do rows[i] = by_name[name] end
   return rows
end

return evaluate
