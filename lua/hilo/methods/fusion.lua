--- methods/fusion.lua: classes that the classifier does not see in the image are switched off in the segmentation.
local core = require 'hilo.core'
local hilo = require 'hilo'

--- Which classes stay: 1 or 0 for each.
---@param scores number[] the classifier's, 0..1, one a class
---@param options {tau: number, background: boolean?} background: class 0 is background and stays whatever its score
---@return number[]
local function present(scores, options)
   local keep = {}
   for c, score in ipairs(scores) do keep[c] = score >= options.tau and 1 or 0 end
   if options.background then keep[1] = 1 end
   return keep
end

--- Logits or probabilities with absent classes switched off.
--- on = 'probabilities' zeroes the probability, which is -inf on the logit; the original multiplies logits by 0 ('logits'),
--- so that an absent class wins over negative logits. Where every class is absent nothing is switched off.
---@param logits Tensor (1,C,H,W)
---@param scores number[] (C)
---@param options {tau: number?, background: boolean?, on: 'probabilities'|'logits'|nil} tau 0.2
---@return Tensor (1,C,H,W) whose argmax is the fused label map
return function(logits, scores, options)
   options = options or {}
   local on, tau = options.on or 'probabilities', options.tau or 0.2
   core.check(on == 'probabilities' or on == 'logits', "fusion: on must be 'probabilities' or 'logits', got '%s'", tostring(on))
   core.check(logits:size(2) == #scores, 'fusion: %d classes are segmented and %d classified', logits:size(2), #scores)
   local keep, any = present(scores, {tau = tau, background = options.background}), false
   for _, k in ipairs(keep) do any = any or k > 0 end
   if not any then return logits end
   local switch = hilo.FloatTensor(keep):view(1, #keep, 1, 1):to{dtype = logits:dtype(), device = logits:getDevice()}
   return hilo.cmul(on == 'logits' and logits or hilo.softmax(logits), switch)
end
