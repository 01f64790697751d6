--- methods/guidance.lua: what is known about the classes of a picture, as numbers that are added to a segmentation's logits before it
--- is learnt from: the E-step of Papandreou, Chen, Murphy, Yuille (Weakly- and semi-supervised learning of a deep convolutional network
--- for semantic image segmentation, 2015) with classes that are absent ruled out, or with the weights of fusion in their place.
local fusion = require 'hilo.methods.fusion'
local hilo = require 'hilo'

---@class GuidanceByTags
---@field prior? number[] (C) the share of pictures that show each class, 0..1
---@field exponent? number of 1/prior, 1
---@field bias? number of classes over the background, 0; Papandreou et al. take 5 - 3
---@field background? boolean whether the first class is one

local guidance = {}

local ruled_out = -30 -- a probability of 1e-13, which a softmax still tells from others of its kind

--- Of tags: -30 where the class is absent, 0 where that is not known; where it is present, `bias` (not for the background) and
--- -exponent * log(prior): that a rare class is there tells more than that one is which every picture shows. Without the prior, classes
--- that all pictures show take in time the place of those that the segmentation does not know yet. A class of prior 0, of which the
--- tags that the prior was made of tell nothing, is lifted by the bias alone.
---
---     local row = hilo.methods.guidance.of_tags({1, 0, -1}, {prior = {0.5, 0.2, 0.1}})   -- 0.69, -30, 0
---@param tags number[] (C) 1 present, 0 absent, -1 not known
---@param options? GuidanceByTags
---@return number[]
function guidance.of_tags(tags, options)
   options = options or {}
   local bias, exponent, row = options.bias or 0, options.exponent or 1, {}
   for c, tag in ipairs(tags) do
      if tag == 0 then
         row[c] = ruled_out
      elseif tag == 1 then
         local over = options.background and c == 1 and 0 or bias
         local prior = options.prior and options.prior[c] or 1
         row[c] = over - (prior > 0 and exponent * math.log(prior) or 0)
      else
         row[c] = 0
      end
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
