--- methods/presence.lua: which classes a picture shows, as its segmentation alone tells.
local hilo = require 'hilo'

--- The largest probability of each class in a picture.
---
---     local scores = hilo.methods.presence(hilo.randn(2, 5, 8, 8))  -- (2,5), between 0 and 1
---@param logits Tensor (N,C,H,W)
---@return Tensor (N,C)
return function(logits)
   return hilo.softmax(logits):view(logits:size(1), logits:size(2), -1):max(3):view(logits:size(1), logits:size(2))
end
