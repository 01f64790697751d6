local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local loss = require 'hilo.ops.loss'
local shape = require 'hilo.ops.shape'

--- nn.CrossEntropyCriterion([weights, sizeAverage]): nn.LogSoftMax and nn.ClassNLLCriterion in one: of scores (C) or (N,C) for classes
--- counted from 1. For label maps with a void id see hilo.cross_entropy.
---
---     local criterion = nn.CrossEntropyCriterion()
---     local loss = criterion:forward(hilo.randn(4, 3), hilo.LongTensor{1, 3, 2, 1})  -- classes from 1
local CrossEntropyCriterion, parent = class('nn.CrossEntropyCriterion', 'nn.Criterion')

---@param weights? Tensor (C); the mean then divides by the sum of the targets' weights
---@param sizeAverage? boolean true if not given
---@param ignoreIndex? integer a target that counts nothing, -100 if not given
function CrossEntropyCriterion:__init(weights, sizeAverage, ignoreIndex)
   parent.__init(self)
   self.nll = class.namespace.ClassNLLCriterion(weights, sizeAverage, ignoreIndex)
   self.sizeAverage = self.nll.sizeAverage
   self.set_size_average = self.sizeAverage
end

---@param input Tensor
function CrossEntropyCriterion:updateOutput(input, target)
   -- either field may be set: the one that was changed counts
   if self.sizeAverage ~= self.set_size_average then self.nll.sizeAverage = self.sizeAverage end
   self.set_size_average = self.sizeAverage
   if input:dim() > 2 then input = shape.squeeze(input) end
   if core.is_tensor(target) and target:dim() > 1 then target = target:reshape(target:nElement()) end
   return self:part(self.nll, loss.log_softmax(input, input:dim()), target)
end

return CrossEntropyCriterion
