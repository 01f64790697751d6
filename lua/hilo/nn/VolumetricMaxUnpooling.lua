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
   unpool.join(self, p, p.kT == p.dT and p.kH == p.dH and p.kW == p.dW)
end

---@param x Tensor
function VolumetricMaxUnpooling:updateOutput(x) return unpool.back(self, x, 3) end

function VolumetricMaxUnpooling:__tostring__()
   return ('nn.VolumetricMaxUnpooling associated to %s'):format(tostring(self.pooling))
end

return VolumetricMaxUnpooling
