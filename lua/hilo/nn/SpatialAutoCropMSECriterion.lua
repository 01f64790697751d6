local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local shape = require 'hilo.ops.shape'

--- nn.SpatialAutoCropMSECriterion([sizeAverage]): nn.MSECriterion with the middle of a target that may be larger than the input.
---
---     local loss = nn.SpatialAutoCropMSECriterion():forward(hilo.zeros(1, 3, 4, 4), hilo.zeros(1, 3, 6, 6))
local SpatialAutoCropMSECriterion, parent = class('nn.SpatialAutoCropMSECriterion', 'nn.MSECriterion')

---@param input Tensor (N,C,H,W) or (C,H,W)
---@param target Tensor as many dimensions
function SpatialAutoCropMSECriterion:updateOutput(input, target)
   local n = input:dim()
   self:check(n == target:dim() and (n == 3 or n == 4), 'expects images (N,C,H,W) or one image (C,H,W) of each, got %s and %s',
      Tensor.shape_text(input), Tensor.shape_text(target))
   for d = 1, n do
      local fits = d <= n - 2 and input:size(d) == target:size(d) or d > n - 2 and input:size(d) <= target:size(d)
      self:check(fits, 'the target %s must be as the input %s, but may be higher and wider', Tensor.shape_text(target),
         Tensor.shape_text(input))
   end
   for d = n - 1, n do
      target = shape.narrow(target, d, math.floor((target:size(d) - input:size(d)) / 2) + 1, input:size(d))
   end
   return parent.updateOutput(self, input, shape.contiguous(target))
end

return SpatialAutoCropMSECriterion
