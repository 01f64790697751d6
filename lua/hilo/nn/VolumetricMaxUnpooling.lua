local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local unpool = require 'hilo.nn.unpool'

--- nn.VolumetricMaxUnpooling(pooling): puts values back where an nn.VolumetricMaxPooling found its largest ones, zeros elsewhere.
---
---     local pool = nn.VolumetricMaxPooling(2, 2, 2)
---     local unpool = nn.VolumetricMaxUnpooling(pool)
---     local y = unpool:forward(pool:forward(hilo.randn(1, 3, 4, 4, 4)))  -- (1,3,4,4,4)
local VolumetricMaxUnpooling, parent = class('nn.VolumetricMaxUnpooling', 'nn.Module')

---@param poolingModule Module nn.VolumetricMaxPooling, whose windows do not overlap
function VolumetricMaxUnpooling:__init(poolingModule)
   parent.__init(self)
   local p = poolingModule
   self:check(class.is_a(p, 'nn.VolumetricMaxPooling'), 'expects an nn.VolumetricMaxPooling, got %s', tostring(p))
   self:check(p.kT == p.dT and p.kH == p.dH and p.kW == p.dW, 'the windows of the pooling must not overlap')
   self.pooling, p.keeps_indices = p, true
end

function VolumetricMaxUnpooling:updateOutput(x)
   local indices, sizes = self.pooling.indices, self.pooling.unpooled
   self:check(indices, 'needs a forward of the pooling before')
   self:check(x:nElement() == indices:nElement(), 'expects as many values as the pooling gave, got %s', Tensor.shape_text(x))
   local k = #sizes
   local n, c = sizes[k - 4] or 1, sizes[k - 3]
   return unpool(x:reshape(n, c, -1), indices:view(n, c, -1), sizes[k - 2] * sizes[k - 1] * sizes[k]):view(sizes)
end

function VolumetricMaxUnpooling:__tostring__()
   return ('nn.VolumetricMaxUnpooling associated to %s'):format(tostring(self.pooling))
end

return VolumetricMaxUnpooling
