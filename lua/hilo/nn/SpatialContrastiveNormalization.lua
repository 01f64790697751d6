local class = require 'hilo.nn.class'

--- nn.SpatialContrastiveNormalization(n[, kernel, threshold, thresval]): nn.SpatialSubtractiveNormalization, then
--- nn.SpatialDivisiveNormalization.
---
---     local y = nn.SpatialContrastiveNormalization(3, hilo.ones(5, 5)):forward(hilo.randn(1, 3, 8, 8))
local SpatialContrastiveNormalization, parent = class('nn.SpatialContrastiveNormalization', 'nn.Sequential')

---@param nInputPlane? integer 1 if not given
---@param kernel? Tensor (kH,kW), or (k) for k x k, all odd; ones of 9x9 if not given
---@param threshold? number as of nn.SpatialDivisiveNormalization
---@param thresval? number
function SpatialContrastiveNormalization:__init(nInputPlane, kernel, threshold, thresval)
   parent.__init(self)
   self:add(class.namespace.SpatialSubtractiveNormalization(nInputPlane, kernel))
   self:add(class.namespace.SpatialDivisiveNormalization(nInputPlane, kernel, threshold, thresval))
end

return SpatialContrastiveNormalization
