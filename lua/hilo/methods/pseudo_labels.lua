--- methods/pseudo_labels.lua: what a network says of the pixels it is sure of, taken for their labels.
local hilo = require 'hilo'
local masked_mean = require 'hilo.methods.masked_mean'

local pseudo_labels = {}

--- The class of the largest probability where that is at least the threshold and the pixel lies inside its image, void elsewhere.
---
---     local labels = hilo.methods.pseudo_labels.of(hilo.randn(1, 3, 8, 8), {threshold = 0.6})  -- 255 where unsure
---@param logits Tensor (N,C,H,W); no gradient flows to them
---@param options? {threshold: number?, confidence: Tensor?, mask: Tensor?, void: integer?} threshold: 0 if not given; confidence
--- (N,H,W): compared with it in place of the largest probability; mask (N,H,W) byte, 1 inside; void: 255
---@return Tensor labels (N,H,W) byte
function pseudo_labels.of(logits, options)
   options = options or {}
   return hilo.no_grad(function()
      local labels, largest = hilo.label_map(hilo.softmax(logits:detach()), {confidence = true})
      local keep = hilo.ge(options.confidence or largest, options.threshold or 0)
      if options.mask then keep = hilo.cmul(keep, options.mask) end
      return hilo.where(keep, labels, labels:empty():fill(options.void or 255))
   end)
end

--- The share of the pixels inside that have a label.
---@param labels Tensor (N,H,W) byte
---@param inside Tensor (N,H,W) byte, 1 inside the image
---@param void? integer 255
---@return Tensor share (1) float
function pseudo_labels.share(labels, inside, void)
   return hilo.no_grad(function() return masked_mean(hilo.ne(labels, void or 255):float(), inside) end)
end

--- Cross entropy with such labels, the mean over all pixels inside, where those without a label count as 0.
---@param logits Tensor (N,C,h,w), brought to the labels' size with the corners aligned
---@param labels Tensor (N,H,W) byte
---@param inside Tensor (N,H,W) byte, 1 inside the image
---@return Tensor loss (1)
function pseudo_labels.cross_entropy(logits, labels, inside)
   local L = hilo.resize_cross_entropy(logits, labels, {align_corners = true})
   return hilo.cmul(L, pseudo_labels.share(labels, inside):to{dtype = L:dtype()})
end

return pseudo_labels
