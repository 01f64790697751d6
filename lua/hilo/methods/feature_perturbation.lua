--- methods/feature_perturbation.lua: what a network says when channels of its features are missing (Yang et al., UniMatch, CVPR
--- 2023).
local hilo = require 'hilo'
local core = require 'hilo.core'

--- Logits at the size of the head, and those of the last `count` pictures with each channel of the features dropped with probability p
--- and the others scaled by 1 / (1 - p). The head sees both at once, so its batch normalisation, where it has some, does.
---@param S DeepLab
---@param x Tensor (N,3,H,W)
---@param count integer
---@param p number
---@return Tensor logits (N,C,h,w)
---@return Tensor perturbed (count,C,h,w)
return function(S, x, count, p)
   core.check(type(S.features) == 'function' and type(S.classify) == 'function',
      'feature_perturbation: S must have features(x) and classify(features), as models.deeplab has; got %s', tostring(S))
   local n = x:size(1)
   local function both(f) return hilo.cat({f, hilo.dropout(f:narrow(1, n - count + 1, count), p, {channels = true})}, 1) end
   local features = S:features(x)
   if hilo.isTensor(features) then
      features = both(features)
   else
      for i, f in ipairs(features) do features[i] = both(f) end
   end
   local logits = S:classify(features)
   return logits:narrow(1, 1, n), logits:narrow(1, n + 1, count)
end
