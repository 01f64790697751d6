--- methods/ohem.lua: labels of the hard pixels alone: online hard example mining (Shrivastava, Gupta, Girshick, CVPR 2016), for pixels
--- and with a least number of them, as the code of CPS and UniMatch has it on Cityscapes.
local core = require 'hilo.core'
local hilo = require 'hilo'

-- The probability of each pixel's label, 1 where it is void: (N,H,W).
local function of_labels(logits, labels, void)
   local n, h, w = unpack(labels:size())
   local known = hilo.ne(labels, void)
   local ids = hilo.where(known, labels, labels:zeros()):long() + 1
   local found = {}
   for i = 1, n do -- a picture at a time: probabilities of all classes at full size are many
      local p = hilo.softmax(hilo.resize(logits:narrow(1, i, 1), h, w, {mode = 'bilinear', align_corners = true}))
      found[i] = hilo.gather(p, 2, ids:narrow(1, i, 1):view(1, 1, h, w)):view(1, h, w)
   end
   local p = hilo.cat(found, 1)
   return hilo.where(known, p, p:zeros():fill(1)), known
end

--- Labels with void where the pixel is easy: the cross entropy with them is the mean over the hard pixels. Hard are those whose label
--- has a probability of at most the threshold, or, where these are fewer than `least` a picture, that many of the least probable ones
--- of the batch.
---
---     local labels = hilo.zeros({1, 8, 8}, {dtype = 'byte'})
---     local logits = hilo.randn(1, 3, 8, 8)
---     local loss = hilo.cross_entropy(logits, hilo.methods.ohem(logits, labels, {least = 10}))
---@param logits Tensor (N,C,h,w), brought to the labels' size with the corners aligned; no gradient flows to them
---@param labels Tensor (N,H,W) byte
---@param options? {threshold: number?, least: integer?, void: integer?} threshold: 0.7; least: pixels a picture, 0; void: 255
---@return Tensor labels (N,H,W) byte
return function(logits, labels, options)
   local o = options or {}
   local threshold, least, void = o.threshold or 0.7, o.least or 0, o.void or 255
   core.check(threshold >= 0 and threshold <= 1, 'ohem: the threshold is a probability, got %g', threshold)
   core.check(least >= 0 and least % 1 == 0, 'ohem: least is a number of pixels a picture, got %g', least)
   return hilo.no_grad(function()
      local p, known = of_labels(logits:detach(), labels, void)
      local k = math.min(least * labels:size(1), p:nElement())
      local limit = k > 0 and hilo.cmax((hilo.kthvalue(p:view(-1), k)), threshold) or threshold
      return hilo.where(hilo.cmul(hilo.le(p, limit), known), labels, labels:zeros():fill(void))
   end)
end
