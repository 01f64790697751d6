--- methods/cross_pseudo.lua: two networks, each of which learns from what the other says (Chen et al., Semi-Supervised Semantic
--- Segmentation with Cross Pseudo Supervision, CVPR 2021, equations 2 and 3).
local hilo = require 'hilo'
local pseudo_labels = require 'hilo.methods.pseudo_labels'

--- Cross entropy of each with the other's argmax, the mean over the pixels inside, both summed.
---
---     local inside = hilo.ones({1, 8, 8}, {dtype = 'byte'})
---     local loss = hilo.methods.cross_pseudo(hilo.randn(1, 3, 8, 8), hilo.randn(1, 3, 8, 8), inside)
---@param first Tensor (N,C,H,W) logits
---@param second Tensor (N,C,H,W) logits
---@param inside Tensor (N,H,W) byte, 1 inside the image
---@param said? {first?: Tensor, second?: Tensor} (N,C,H,W) logits that the labels are made of, where they are not those that learn
---@return Tensor loss (1)
return function(first, second, inside, said)
   local function labels(logits) return pseudo_labels.of(logits, {mask = inside}) end
   return hilo.cross_entropy(first, labels(said and said.second or second))
      + hilo.cross_entropy(second, labels(said and said.first or first))
end
