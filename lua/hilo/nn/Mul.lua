local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Mul(): x times one learnt number.
---
---     local m = nn.Mul()
---     m.weight:fill(2)
---     assert(m:forward(hilo.Tensor{3})[1] == 6)
local Mul, parent = class('nn.Mul', 'nn.Module')

function Mul:__init()
   parent.__init(self)
   self:new_parameter('weight', 1)
   self:reset()
end

--- Draws the number from [-s, s]; s is stdv * sqrt(3), or 1.
---@param stdv? number
---@return nn.Mul self
function Mul:reset(stdv)
   return self:draw_uniform(stdv, 1)
end

---@param x Tensor
function Mul:updateOutput(x) return pointwise.cmul(x, self:parameter('weight')) end

return Mul
