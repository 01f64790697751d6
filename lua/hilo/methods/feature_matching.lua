--- methods/feature_matching.lua: L_fm = | mean_batch f(real) - mean_batch f(fake) |, the mean over the features.
local hilo = require 'hilo'

--- The gradient flows through the fake side alone.
---
---     local loss = hilo.methods.feature_matching(hilo.randn(4, 512), hilo.randn(4, 512))
---@param real Tensor (N,K) the discriminator's features of label maps
---@param fake Tensor (M,K) and of predicted maps
---@return Tensor loss (1)
return function(real, fake)
   return hilo.l1(hilo.mean(fake, 1), hilo.mean(real:detach(), 1))
end
