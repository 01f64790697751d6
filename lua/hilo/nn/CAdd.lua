local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.CAdd(sizes...): x plus a learnt tensor of the given sizes, which a batch shares; sizes of 1 stretch.
---
---     local y = nn.CAdd(1, 4, 1):forward(hilo.zeros(2, 3, 4, 5))  -- (2,3,4,5)
local CAdd, parent = class('nn.CAdd', 'nn.Module')

---@param ... integer|integer[] sizes
function CAdd:__init(...)
   parent.__init(self)
   self.size = Tensor.sizes_of('nn.CAdd', ...)
   self:new_parameter('bias', self.size)
   self:reset()
end

--- Draws the tensor from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(its elements).
---@param stdv? number
---@return nn.CAdd self
function CAdd:reset(stdv)
   return self:draw_uniform(stdv, self.bias:nElement())
end

---@param x Tensor
function CAdd:updateOutput(x) return pointwise.add(x, self:spread(self:parameter('bias'), x)) end

function CAdd:__tostring__() return ('%s(%s)'):format(self.__typename, table.concat(self.size, 'x')) end

return CAdd
