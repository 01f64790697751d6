--- methods/self_training.lua: predicted maps that the discriminator takes for real ones are learnt from.
local hilo = require 'hilo'

--- Pseudo-labels: the argmax where the image's map passes and the pixel lies inside the image, void elsewhere.
---@param logits Tensor (N,C,H,W)
---@param confidence Tensor (N) or (N,1): D(fake), 0..1
---@param options {gamma: number|Tensor, mask: Tensor?, void: integer?} gamma: the least confidence that passes, a tensor (1) in a step
--- that is recorded; mask (N,H,W) byte, 1 inside
---@return Tensor labels (N,H,W) byte
---@return Tensor passed (N,1,1) byte
local function pseudo_labels(logits, confidence, options)
   local n, void = logits:size(1), options.void or 255
   local labels = hilo.label_map(logits:detach())
   local gamma = options.gamma
   local passed = hilo.ge(confidence:detach():contiguous():view(n, 1, 1), gamma)
   -- D is in (0,1): gamma of 1 or more lets nothing pass, also where float rounds D to 1
   if hilo.isTensor(gamma) then
      passed = hilo.cmul(passed, hilo.lt(gamma, 1))
   elseif gamma >= 1 then
      passed:zero()
   end
   local keep = passed:expandAs(labels)
   if options.mask then keep = hilo.cmul(keep, options.mask) end
   return hilo.where(keep, labels, labels:empty():fill(void)), passed
end

--- L_st: cross entropy of S(x_u) with its own argmax map, over the images with D(fake) >= gamma; the others contribute nothing.
---@param logits Tensor (N,C,H,W)
---@param confidence Tensor (N) or (N,1)
---@param options {gamma: number|Tensor, mask: Tensor?, void: integer?}
---@return Tensor loss (1), 0 where no image passes
---@return Tensor passed (N,1,1) byte
local function self_training(logits, confidence, options)
   local labels, passed = pseudo_labels(logits, confidence, options)
   return hilo.cross_entropy(logits, labels, {void = options.void or 255}), passed
end

return self_training
