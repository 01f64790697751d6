--- methods/fusion.lua: what a classifier sees in a picture, joined with its segmentation, in one of two ways.
---
--- `threshold` (the paper): classes that score less than tau are switched off.
---
--- `soft`: the probability of each class is weighed by (score / prior)^exponent, where the prior is the mean score of the class over
--- many pictures. Derivation: S gives p(c|x), with the classes as frequent as they were where it learnt. Let e be what the classifier
--- makes of the picture, taken as independent of x once c is known. Then p(c|x,e) is proportional to p(c|x) p(e|c), and as a pixel
--- of c means that c is in the picture, p(e|c) = p(e | c is there) = p(c is there | e) p(e) / p(c is there): the score over the
--- prior. Pictures and evidence are not that independent, nor are scores calibrated; the exponent, chosen on validation pictures, makes
--- up for both. Where every class is in every picture, scores equal their priors and nothing changes.
local calibration = require 'hilo.methods.calibration'
local core = require 'hilo.core'
local hilo = require 'hilo'

local check = core.check
local least = 1e-6 -- the least score and prior that are told apart from 0

local ways = {}

-- Which classes stay: 1 or 0 for each.
function ways.threshold(scores, options)
   local tau, keep = options.tau or 0.2, {}
   local by_class = type(tau) == 'table'
   check(not by_class or #tau == #scores, 'fusion: tau must be one number or one a class, got %d for %d classes',
      by_class and #tau or 1, #scores)
   for c, score in ipairs(scores) do
      local least_score = by_class and tau[c] or tau
      check(least_score >= 0 and least_score <= 1, 'fusion: tau must lie in 0..1, as scores do, got %g', least_score)
      keep[c] = score >= least_score and 1 or 0
   end
   return keep
end

-- The class's posterior in the picture over its prior, to the exponent.
function ways.soft(scores, options)
   local prior, exponent, weights = options.prior, options.exponent or 1, {}
   check(type(prior) == 'table' and #prior == #scores, 'fusion: soft needs the prior of %d classes, got %s', #scores,
      type(prior) == 'table' and #prior or tostring(prior))
   check(options.on ~= 'logits', "fusion: soft weighs probabilities; on='logits' belongs to how='threshold'")
   for c, score in ipairs(scores) do weights[c] = (math.max(score, least) / math.max(prior[c], least)) ^ exponent end
   return weights
end

local fusion = {}

--- What each class's probability is multiplied by: 1 or 0 with 'threshold', (score / prior)^exponent with 'soft'.
---
---     assert(hilo.methods.fusion.weights({0.9, 0.05}, {tau = 0.2})[2] == 0)
---@param scores number[] (C)
---@param options FusionOptions
---@return number[]? (C) nil where every class would be switched off, and so none is
function fusion.weights(scores, options)
   local how = options.how or 'threshold'
   check(ways[how], "fusion: how must be 'threshold' or 'soft', got '%s'", tostring(how))
   if options.calibration then scores = calibration.apply(options.calibration, scores) end
   local weights, any = ways[how](scores, options), false
   if options.background then weights[1] = 1 end
   for _, weight in ipairs(weights) do any = any or weight > 0 end
   return any and weights or nil
end

---@class FusionOptions
---@field how 'threshold'|'soft'|nil 'threshold'
---@field tau number|number[]|nil 0.2, or one a class
---@field exponent number? of the soft weights, 1
---@field prior number[]? (C) mean scores, see methods.class_prior
---@field calibration Calibration? of the scores, before anything else; prior and tau are then those of calibrated scores
---@field background boolean? class 0 is background and is left as it is
---@field on 'probabilities'|'logits'|nil what is weighed

--- methods.fusion(logits, scores, options): logits or probabilities in which absent classes are switched off, or unlikely ones weigh
--- less. on = 'probabilities' weighs the probability; the original multiplies logits by 0 ('logits'), so that an absent class wins over
--- negative logits. Where every class is absent nothing is switched off.
---@param logits Tensor (1,C,H,W)
---@param scores number[] (C) the classifier's, 0..1
---@param options? FusionOptions
---@return Tensor (1,C,H,W) whose argmax is the fused label map
local function fuse(_, logits, scores, options)
   options = options or {}
   local on = options.on or 'probabilities'
   check(on == 'probabilities' or on == 'logits', "fusion: on must be 'probabilities' or 'logits', got '%s'", tostring(on))
   check(logits:size(2) == #scores, 'fusion: %d classes are segmented and %d classified', logits:size(2), #scores)
   local weights = fusion.weights(scores, options)
   if not weights then return logits end
   local switch = hilo.FloatTensor(weights):view(1, #weights, 1, 1):to{dtype = logits:dtype(), device = logits:getDevice()}
   return hilo.cmul(on == 'logits' and logits or hilo.softmax(logits), switch)
end

return setmetatable(fusion, {__call = fuse})
