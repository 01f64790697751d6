local class = require 'hilo.nn.class'
local unpool = require 'hilo.nn.unpool'

--- nn.SpatialMaxUnpooling(pooling): puts values back where an nn.SpatialMaxPooling found its largest ones, zeros elsewhere.
---
---     local pool = nn.SpatialMaxPooling(2, 2)
---     local unpool = nn.SpatialMaxUnpooling(pool)
---     local y = unpool:forward(pool:forward(hilo.randn(1, 3, 4, 4)))  -- (1,3,4,4)
local SpatialMaxUnpooling, parent = class('nn.SpatialMaxUnpooling', 'nn.Module')

---@param poolingModule Module nn.SpatialMaxPooling, whose windows do not overlap
function SpatialMaxUnpooling:__init(poolingModule)
   parent.__init(self)
   local p = poolingModule
   self:check(class.is_a(p, 'nn.SpatialMaxPooling'), 'expects an nn.SpatialMaxPooling, got %s', tostring(p))
   unpool.join(self, p, p.kH == p.dH and p.kW == p.dW)
end

---@param x Tensor
function SpatialMaxUnpooling:updateOutput(x) return unpool.back(self, x, 2) end

function SpatialMaxUnpooling:__tostring__() return ('nn.SpatialMaxUnpooling associated to %s'):format(tostring(self.pooling)) end

return SpatialMaxUnpooling
