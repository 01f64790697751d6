--- methods/guidance.lua: what is known about the classes of a picture, as numbers that are added to a segmentation's logits before it
--- is learnt from: the E-step of Papandreou, Chen, Murphy, Yuille (Weakly- and semi-supervised learning of a deep convolutional network
--- for semantic image segmentation, 2015) with classes that are absent ruled out, or with the weights of fusion in their place.
local fusion = require 'hilo.methods.fusion'
local hilo = require 'hilo'

local guidance = {}

local ruled_out = -30 -- a probability of 1e-13, which a softmax still tells from others of its kind

--- Of tags: -30 where the class is absent, `bias` where it is present and not the background, else 0.
---
---     local row = hilo.methods.guidance.of_tags {1, 0, -1}
---     local guided = hilo.methods.guidance.apply(hilo.randn(1, 3, 8, 8), hilo.Tensor{row})
---@param tags number[] (C) 1 present, 0 absent, -1 not known
---@param options? {bias: number?, background: boolean?} bias: of classes over the background, 0; Papandreou et al. take 5 - 3
---@return number[]
function guidance.of_tags(tags, options)
   local bias, background, row = options and options.bias or 0, options and options.background, {}
   for c, tag in ipairs(tags) do
      row[c] = tag == 0 and ruled_out or tag == 1 and not (background and c == 1) and bias or 0
   end
   return row
end

--- Of a classifier's scores: the logarithms of fusion's weights.
---@param scores number[] (C)
---@param options FusionOptions
---@return number[]
function guidance.of_scores(scores, options)
   local row, weights = {}, fusion.weights(scores, options)
   for c = 1, #scores do row[c] = weights and math.max(math.log(weights[c]), ruled_out) or 0 end
   return row
end

--- Logits that are guided.
---@param logits Tensor (N,C,H,W)
---@param rows Tensor (N,C) a row an image
---@return Tensor (N,C,H,W)
function guidance.apply(logits, rows)
   return hilo.add(logits, rows:to{dtype = logits:dtype()}:view(rows:size(1), rows:size(2), 1, 1))
end

return guidance
