local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local random = require 'hilo.ops.random'

--- nn.SpatialDropout([p, stochasticInference]): in training, zeroes whole planes with probability p; in evaluation, scales by
--- 1 - p, as Torch7 does.
---
---     local y = nn.SpatialDropout(0.5):forward(hilo.randn(2, 8, 4, 4))
local SpatialDropout, parent = class('nn.SpatialDropout', 'nn.Module')

---@param p? number 0.5 if not given
---@param stochasticInference? boolean drops in evaluation too
function SpatialDropout:__init(p, stochasticInference)
   parent.__init(self)
   self.p, self.stochastic_inference = p or 0.5, stochasticInference or false
   core.check(type(self.p) == 'number' and self.p >= 0 and self.p < 1, '%s: p must be at least 0 and below 1, got %s',
      self.__typename, tostring(p))
end

--- Sets the probability.
---@param p number at least 0 and below 1
function SpatialDropout:setp(p) self.p = p end

---@param input Tensor
function SpatialDropout:updateOutput(input)
   return self:over_images(input, function(x)
      -- random.dropout scales by 1 / (1 - p)
      if self.train or self.stochastic_inference then x = random.dropout(x, self.p, {channels = true}) end
      return pointwise.affine(x, 1 - self.p)
   end)
end

function SpatialDropout:__tostring__() return ('%s(%f)'):format(self.__typename, self.p) end

return SpatialDropout
