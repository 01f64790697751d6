local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'

--- nn.CrossEntropyCriterion([weights, sizeAverage]): nn.LogSoftMax and nn.ClassNLLCriterion in one: of scores (C) or (N,C) for classes
--- counted from 1. For label maps with a void id see hilo.cross_entropy.
---
---     local criterion = nn.CrossEntropyCriterion()
---     local loss = criterion:forward(hilo.randn(4, 3), hilo.LongTensor{1, 3, 2, 1})  -- classes from 1
local CrossEntropyCriterion, parent = class('nn.CrossEntropyCriterion', 'nn.ClassNLLCriterion')

function CrossEntropyCriterion:updateOutput(input, target)
   self:check(core.is_tensor(input), 'expects scores (C) or (N,C), got %s', type(input))
   if input:dim() > 2 then input = input:squeeze() end
   if core.is_tensor(target) and target:dim() > 1 then target = target:reshape(target:nElement()) end
   return parent.updateOutput(self, loss.log_softmax(input, input:dim()), target)
end

return CrossEntropyCriterion
