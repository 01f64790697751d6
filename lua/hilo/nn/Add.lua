local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Add(n[, scalar]): x plus a learnt bias of n elements, which a batch shares; with `scalar`, plus one learnt number.
---
---     local y = nn.Add(3):forward(hilo.zeros(2, 3))  -- (2,3)
local Add, parent = class('nn.Add', 'nn.Module')

---@param inputSize integer elements of one sample
---@param scalar? boolean|number any number counts as true
function Add:__init(inputSize, scalar)
   parent.__init(self)
   self.scalar = scalar and true or false
   self:new_parameter('bias', scalar and 1 or inputSize)
   self._ones = Tensor.ones(1)
   self:reset()
end

--- Draws the bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(its elements).
---@param stdv? number
---@return nn.Add self
function Add:reset(stdv)
   return self:draw_uniform(stdv, self.bias:nElement())
end

---@param x Tensor
function Add:updateOutput(x) return pointwise.add(x, self:spread(self:parameter('bias'), x)) end

return Add
