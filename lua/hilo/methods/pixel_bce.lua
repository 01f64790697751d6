--- methods/pixel_bce.lua: what a discriminator that judges every pixel learns from, and what its judgement teaches S
--- (Hung et al., Adversarial Learning for Semi-Supervised Semantic Segmentation, BMVC 2018, equations 1 and 4).
local hilo = require 'hilo'
local masked_mean = require 'hilo.methods.masked_mean'

--- BCE(D(map), target) at each pixel, the mean over those that are valid.
---@param scores Tensor (N,H,W) logits of "this pixel's column is a label's"
---@param target 0|1 1: it is taken for a label's
---@param valid Tensor (N,H,W) byte, 0 where a pixel is void or padding
---@return Tensor loss (1)
return function(scores, target, valid)
   local loss = hilo.softplus(scores) -- log(1 + exp(x)) - t x
   if target == 1 then loss = loss - scores end
   return masked_mean(loss, valid)
end
