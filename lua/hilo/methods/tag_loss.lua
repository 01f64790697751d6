--- methods/tag_loss.lua: what a classifier learns from image-level tags, of which some may not be known.
local hilo = require 'hilo'

--- Binary cross entropy with the tags that are known: its mean over them, as Durand, Mehrasa and Mori (Learning a deep ConvNet for
--- multi-label classification with partial labels, 2019) normalise it; the others give no gradient.
---@param logits Tensor (N,C)
---@param tags Tensor (N,C) 1 present, 0 absent, -1 not known
---@return Tensor loss (1), 0 where nothing is known
return function(logits, tags)
   local known = hilo.ge(tags, 0):type(logits:type())
   local cells = hilo.softplus(logits) - hilo.cmul(hilo.cmul(tags, known), logits)
   -- sums along both dimensions stay tensors, so that a recorded step holds them
   return hilo.cdiv(hilo.sum(hilo.cmul(cells, known), 1, 2), hilo.cmax(hilo.sum(known, 1, 2), 1)):view(1)
end
