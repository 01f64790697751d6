local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.CMul(sizes...): x times a learnt tensor of the given sizes, element by element, which a batch shares; sizes of 1 stretch.
---
---     local y = nn.CMul(1, 4, 1):forward(hilo.ones(2, 3, 4, 5))  -- (2,3,4,5)
local CMul, parent = class('nn.CMul', 'nn.Module')

---@param ... integer|integer[] sizes
function CMul:__init(...)
   parent.__init(self)
   self.size = Tensor.sizes_of('nn.CMul', ...)
   self:new_parameter('weight', self.size)
   self:reset()
end

--- Draws the tensor from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(its elements).
---@param stdv? number
---@return nn.CMul self
function CMul:reset(stdv)
   return self:draw_uniform(stdv, self.weight:nElement())
end

---@param x Tensor
function CMul:updateOutput(x) return pointwise.cmul(x, self:spread(self:parameter('weight'), x)) end

function CMul:__tostring__() return ('%s(%s)'):format(self.__typename, table.concat(self.size, 'x')) end

return CMul
