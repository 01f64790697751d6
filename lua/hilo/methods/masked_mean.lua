--- methods/masked_mean.lua: the mean over the pixels that count.
local hilo = require 'hilo'

local function sum_of(x) return hilo.sum(x:contiguous():view(-1), 1) end

--- sum(values * mask) / max(1, sum(mask)): 0 where no pixel counts.
---
---     assert(hilo.methods.masked_mean(hilo.Tensor{{1, 5}}, hilo.ByteTensor{{0, 1}}):item() == 5)
---@param values Tensor (N,...) floats
---@param mask Tensor (N,...) of as many elements, byte, 1 where a pixel counts
---@return Tensor mean (1), with a gradient to values
return function(values, mask)
   local weights = mask:to{dtype = values:dtype()}:view(values:size())
   local counted = hilo.clamp(sum_of(weights), 1, math.huge)
   return hilo.cdiv(sum_of(hilo.cmul(values, weights)), counted)
end
