--- methods/discriminator.lua: what the discriminator sees, and what it learns from.
local hilo = require 'hilo'

local discriminator = {}

--- Each image scaled to [0,1] by its own range.
---@param images Tensor (N,3,H,W)
---@return Tensor (N,3,H,W)
function discriminator.unit_range(images)
   local n = images:size(1)
   local flat = images:detach():contiguous():view(n, -1)
   local low, high = flat:min(2), flat:max(2)
   local range = hilo.clamp(high - low, 1e-8, math.huge)
   return hilo.cdiv(flat - low, range):viewAs(images)
end

--- A map beside its image: (N,C+3,H,W).
---@param map Tensor (N,C,H,W) probabilities or one-hot labels
---@param images Tensor (N,3,H,W)
---@return Tensor
function discriminator.pair(map, images)
   return hilo.cat({map, discriminator.unit_range(images)}, 2)
end

--- A real map: one-hot(y), zero where y is void, beside its image.
---@param labels Tensor (N,H,W)
---@param images Tensor (N,3,H,W)
---@param classes integer
---@return Tensor (N,C+3,H,W)
function discriminator.real(labels, images, classes)
   return discriminator.pair(hilo.one_hot(labels, classes), images)
end

--- A fake map: softmax of S(x), zero where there is no image, beside its image. Zeroing keeps void columns from telling reals
--- from fakes; the original leaves it out (no mask).
---@param logits Tensor (N,C,H,W)
---@param images Tensor (N,3,H,W)
---@param mask? Tensor (N,H,W) byte, 1 inside the image
---@return Tensor (N,C+3,H,W)
function discriminator.fake(logits, images, mask)
   local map = hilo.softmax(logits)
   if mask then
      local n, _, h, w = unpack(map:size())
      map = hilo.cmul(map, mask:view(n, 1, h, w):to{dtype = map:dtype()})
   end
   return discriminator.pair(map, images)
end

--- ( BCE(D(fake), 0) + BCE(D(real), 1) ) / 2, on logits.
---@param real Tensor (N,1)
---@param fake Tensor (M,1)
---@return Tensor loss (1)
function discriminator.loss(real, fake)
   local one = hilo.bce_with_logits(real, hilo.no_grad(function() return real:detach():empty():fill(1) end))
   local zero = hilo.bce_with_logits(fake, hilo.no_grad(function() return fake:detach():empty():fill(0) end))
   return (one + zero) * 0.5
end

return discriminator
