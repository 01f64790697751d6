local class = require 'hilo.nn.class'

--- nn.SpatialLPPooling(n, p, kW, kH[, dW, dH]): the p-norm of each window.
---
---     local y = nn.SpatialLPPooling(3, 2, 2, 2):forward(hilo.ones(1, 3, 4, 4))  -- 2 everywhere
local SpatialLPPooling, parent = class('nn.SpatialLPPooling', 'nn.Sequential')

---@param nInputPlane integer accepted for Torch7's sake; any number of planes will do
---@param pnorm number
---@param kW integer
---@param kH integer
---@param dW? integer stride, kW if not given
---@param dH? integer kH if not given
function SpatialLPPooling:__init(nInputPlane, pnorm, kW, kH, dW, dH)
   parent.__init(self)
   local nn = class.namespace
   self.nInputPlane, self.kW, self.kH, self.dW, self.dH = nInputPlane, kW, kH, dW or kW, dH or kH
   self:add(pnorm == 2 and nn.Square() or nn.Power(pnorm))
   self:add(nn.SpatialAveragePooling(kW, kH, self.dW, self.dH))
   self:add(nn.MulConstant(kW * kH))
   self:add(pnorm == 2 and nn.Sqrt() or nn.Power(1 / pnorm))
end

return SpatialLPPooling
