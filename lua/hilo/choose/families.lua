--- choose/families.lua: ways to fuse that have one number to choose.
local fusion = require 'hilo.methods.fusion'

---@class FusionFamily
---@field title string
---@field parameter string what the number is called
---@field options fun(value: number, prior: number[]): FusionOptions

---@type table<string, FusionFamily>
local families = {}

--- The paper's: one tau for all classes.
families.tau = {title = 'one tau', parameter = 'tau', options = function(tau)
   return {how = 'threshold', tau = tau}
end}

--- A tau for each class, in proportion to the mean of its scores: a rare class needs less evidence than a frequent one.
families.relative = {title = 'tau / mean score', parameter = 'factor', options = function(factor, prior)
   local tau = {}
   for c, mean in ipairs(prior) do tau[c] = factor * mean end
   return {how = 'threshold', tau = tau}
end}

--- Soft fusion.
families.soft = {title = 'soft', parameter = 'exponent', options = function(exponent, prior)
   return {how = 'soft', exponent = exponent, prior = prior}
end}

--- The function of a picture's scores that gives the weights of its classes.
---@param options FusionOptions
---@param background boolean
---@return fun(scores: number[]): number[]?
function families.way(options, background)
   local all = setmetatable({background = background}, {__index = options})
   return function(scores) return fusion.weights(scores, all) end
end

return families
