--- methods/feature_perturbation.lua: what a network says when channels of its features are missing (Yang et al., UniMatch, CVPR
--- 2023).
local hilo = require 'hilo'

-- Channels are dropped from each of several features on their own.
local function perturbed(features, p)
   if hilo.isTensor(features) then return hilo.dropout(features, p, {channels = true}) end
   local list = {}
   for i, f in ipairs(features) do list[i] = hilo.dropout(f, p, {channels = true}) end
   return list
end

local function rows(features, first, count)
   if hilo.isTensor(features) then return features:narrow(1, first, count) end
   local list = {}
   for i, f in ipairs(features) do list[i] = f:narrow(1, first, count) end
   return list
end

--- Logits at the size of the head, and those of the last `count` pictures with each channel of the features dropped with probability p
--- and the others scaled by 1 / (1 - p).
---@param S DeepLab
---@param x Tensor (N,3,H,W)
---@param count integer
---@param p number
---@return Tensor logits (N,C,h,w)
---@return Tensor perturbed (count,C,h,w)
return function(S, x, count, p)
   local features = S:features(x)
   return S:classify(features), S:classify(perturbed(rows(features, x:size(1) - count + 1, count), p))
end
