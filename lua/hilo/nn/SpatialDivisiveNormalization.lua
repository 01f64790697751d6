local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'

--- nn.SpatialDivisiveNormalization(n[, kernel, threshold, thresval]): x divided by the root of the mean square around each pixel, over
--- all n planes, weighed by the kernel.
---
---     local y = nn.SpatialDivisiveNormalization(3, hilo.ones(5, 5)):forward(hilo.ones(1, 3, 8, 8))
local SpatialDivisiveNormalization, parent = class('nn.SpatialDivisiveNormalization', 'nn.SpatialSubtractiveNormalization')

---@param nInputPlane? integer 1 if not given
---@param kernel? Tensor (kH,kW), or (k) for k x k, all odd; ones of 9x9 if not given
---@param threshold? number divisors that are not above become thresval; 1e-4 if not given
---@param thresval? number threshold if not given
function SpatialDivisiveNormalization:__init(nInputPlane, kernel, threshold, thresval)
   parent.__init(self, nInputPlane, kernel)
   self.threshold, self.thresval = threshold or 1e-4, thresval or threshold or 1e-4
   self.root, self.thresholder = class.namespace.Sqrt(), class.namespace.Threshold(self.threshold, self.thresval)
end

---@param input Tensor
function SpatialDivisiveNormalization:updateOutput(input)
   return self:over_images(input, function(x)
      local deviation = pointwise.cdiv(self.root(self:around(pointwise.square(x))), self:coverage(x))
      return pointwise.cdiv(x, self.thresholder(deviation))
   end)
end

return SpatialDivisiveNormalization
