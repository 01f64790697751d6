local Tensor = require 'hilo.tensor'
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
   self:check(p.kH == p.dH and p.kW == p.dW, 'the windows of the pooling must not overlap: its stride must be its kernel')
   self.pooling, p.keeps_indices = p, true
end

function SpatialMaxUnpooling:updateOutput(x)
   local indices, sizes = self.pooling.indices, self.pooling.unpooled
   self:check(indices, 'needs a forward of the pooling before')
   self:check(x:nElement() == indices:nElement(), 'expects as many values as the pooling gave, got %s', Tensor.shape_text(x))
   local n, c = sizes[#sizes - 3] or 1, sizes[#sizes - 2]
   local y = unpool(x:reshape(n, c, -1), indices:view(n, c, -1), sizes[#sizes - 1] * sizes[#sizes])
   return y:view(sizes)
end

function SpatialMaxUnpooling:__tostring__() return ('nn.SpatialMaxUnpooling associated to %s'):format(tostring(self.pooling)) end

return SpatialMaxUnpooling
