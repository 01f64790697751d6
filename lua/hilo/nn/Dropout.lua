local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local random = require 'hilo.ops.random'

--- nn.Dropout([p, v1, inplace, stochasticInference]): in training, zeroes elements with probability p and scales the others by
--- 1 / (1 - p). v1 scales by 1 - p in evaluation instead.
---
---     local drop = nn.Dropout(0.3)
---     drop:evaluate()                                          -- then it does nothing
local Dropout, parent = class('nn.Dropout', 'nn.Module')

---@param p? number 0.5 if not given
---@param v1? boolean
---@param inplace? boolean accepted for Torch7's sake; nothing works in place
---@param stochasticInference? boolean drops in evaluation too
function Dropout:__init(p, v1, inplace, stochasticInference)
   parent.__init(self)
   self.p, self.v2, self.inplace, self.stochastic_inference = p or 0.5, not v1, inplace, stochasticInference or false
   core.check(type(self.p) == 'number' and self.p >= 0 and self.p < 1, '%s: p must be at least 0 and below 1, got %s',
      self.__typename, tostring(p))
end

--- Sets the probability.
---@param p number at least 0 and below 1
function Dropout:setp(p) self.p = p end

---@param x Tensor
function Dropout:updateOutput(x)
   if self.p == 0 then return x end
   local drops = self.train or self.stochastic_inference
   local y = drops and random.dropout(x, self.p) or x
   return self.v2 and y or pointwise.affine(y, 1 - self.p)
end

function Dropout:__tostring__() return ('%s(%f)'):format(self.__typename, self.p) end

return Dropout
