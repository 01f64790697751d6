local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'

--- nn.SpatialClassNLLCriterion([weights, sizeAverage, ignoreIndex]): nn.ClassNLLCriterion at every pixel of log-probabilities (N,C,H,W)
--- for classes (N,H,W) counted from 1.
---
---     local loss = nn.SpatialClassNLLCriterion():forward(hilo.log_softmax(hilo.randn(1, 3, 4, 4)), hilo.LongTensor(1, 4, 4):fill(2))
local SpatialClassNLLCriterion = class('nn.SpatialClassNLLCriterion', 'nn.ClassNLLCriterion')

---@param input Tensor
function SpatialClassNLLCriterion:updateOutput(input, target)
   self:check(input:dim() == 4, 'expects log-probabilities (N,C,H,W), got %s', Tensor.shape_text(input))
   self:check(core.is_tensor(target) and target:dim() == 3 and target:size(1) == input:size(1) and target:size(2) == input:size(3)
      and target:size(3) == input:size(4), 'expects targets %dx%dx%d, got %s', input:size(1), input:size(3), input:size(4),
      core.is_tensor(target) and Tensor.shape_text(target) or type(target))
   return self:of_classes(input, target)
end

return SpatialClassNLLCriterion
