--- export/pictures.lua: what `hilo predict` does with a picture, as a graph: bytes in, label map out. Sizes are worked out when it
--- runs.
local core = require 'hilo.core'
local fuse = require 'hilo.export.fusion'
local networks = require 'hilo.export.networks'
local resampling = require 'hilo.export.resampling'

local f64 = 'float64'
local pictures = {}

-- A side of the picture that the network sees: data/transforms.lua's `whole`.
local function on_grid(g, side, factor, stride)
   local function number(n) return g:numbers(n, f64) end
   local scaled = side
   if factor ~= 1 then
      scaled = g:op('Max', {g:op('Floor', {g:op('Add', {g:op('Mul', {side, number(factor)}), number(0.5)})}), number(1)})
   end
   if not stride then return scaled end
   local cells = g:op('Floor', {g:op('Add', {g:op('Div', {g:op('Sub', {scaled, number(1)}), number(stride)}), number(0.5)})})
   return g:op('Add', {g:op('Mul', {g:op('Max', {cells, number(1)}), number(stride)}), number(1)})
end

--- A picture of bytes (N,3,H,W) as numbers of 0..1.
---@param g OnnxGraph
---@param picture string
---@return string
function pictures.unit(g, picture) return g:op('Mul', {g:op('Cast', {picture}, {to = 1}), g:numbers(1 / 255)}) end

--- Mean and deviation of colours taken out.
---@param g OnnxGraph
---@param x string (N,3,H,W) 0..1
---@param normalise {mean: number[], std: number[]}
---@return string
function pictures.normalised(g, x, normalise)
   local centred = g:op('Sub', {x, g:numbers(normalise.mean, 'float32', {1, 3, 1, 1})})
   return g:op('Div', {centred, g:numbers(normalise.std, 'float32', {1, 3, 1, 1})})
end

-- The mean of several, each as it is and mirrored.
local function mean_of(g, list)
   local sum = list[1]
   for i = 2, #list do sum = g:op('Add', {sum, list[i]}) end
   return #list > 1 and g:op('Mul', {sum, g:numbers(1 / #list)}) or sum
end

--- Logits at the picture's size: train/views.lua's `logits`.
---@param e Exporter
---@param model Model
---@param unit string (N,3,H,W) 0..1
---@return string (N,C,H,W)
function pictures.logits(e, model, unit)
   local g, S, o = e.graph, model.S, model.views
   local h, w = resampling.sides(g, unit)
   local sides, seen = resampling.sides_of(g, unit), {}
   local function at_size(y) return resampling.aligned(g, y, sides) end
   for _, scale in ipairs(o.scales) do
      local factor = model.size * scale
      local to_h, to_w = on_grid(g, h, factor, model.output_stride), on_grid(g, w, factor, model.output_stride)
      local x = pictures.normalised(g, resampling.pictures(g, unit, to_h, to_w), model.normalise)
      seen[#seen + 1] = at_size(networks.logits(e, S, x))
      if o.mirror then
         seen[#seen + 1] = at_size(resampling.mirrored(g, networks.logits(e, S, resampling.mirrored(g, x))))
      end
   end
   if #seen == 1 then return seen[1] end
   for i, y in ipairs(seen) do seen[i] = g:op('Softmax', {y}, {axis = 1}) end
   return g:op('Log', {mean_of(g, seen)})
end

--- The classifier's scores: train/views.lua's `scores`.
---@param e Exporter
---@param model Model
---@param unit string (N,3,H,W) 0..1
---@return string (N,C) 0..1
function pictures.scores(e, model, unit)
   local g, seen = e.graph, {}
   for _, size in ipairs(model.sizes) do
      local x = resampling.pictures(g, unit, g:numbers(size[1], f64), g:numbers(size[2], f64))
      x = pictures.normalised(g, x, model.normalise)
      seen[#seen + 1] = g:op('Sigmoid', {e:module(model.classifier, x)})
      if model.mirror then
         seen[#seen + 1] = g:op('Sigmoid', {e:module(model.classifier, resampling.mirrored(g, x))})
      end
   end
   return mean_of(g, seen)
end

--- Label maps.
---@param g OnnxGraph
---@param x string (N,C,H,W)
---@return string (N,H,W) bytes
function pictures.labels(g, x) return g:op('Cast', {g:op('ArgMax', {x}, {axis = 1, keepdims = 0})}, {to = 2}) end

--- All that a model says of pictures: outputs `labels` and `logits` of a segmentation, `scores` of a classifier.
---@param e Exporter
---@param model Model
---@param picture string (N,3,H,W) bytes
function pictures.all(e, model, picture)
   core.check(not model.views.window, 'export: windows cannot be written as one graph; leave window= out')
   local g, unit, n = e.graph, pictures.unit(e.graph, picture), #model.classes
   local scores = model.classifier and pictures.scores(e, model, unit)
   if scores then g:output('scores', scores, 'float32', {'N', n}) end
   if not model.S then return end
   local logits = pictures.logits(e, model, unit)
   g:output('logits', logits, 'float32', {'N', n, 'H', 'W'})
   local fused = scores and fuse(g, logits, scores, n, model.fusion) or logits
   g:output('labels', pictures.labels(g, fused), 'uint8', {'N', 'H', 'W'})
end

return pictures
