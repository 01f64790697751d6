local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.ClassNLLCriterion([weights, sizeAverage, ignoreIndex]): negative log likelihood of log-probabilities (C) or (N,C) for classes
--- counted from 1: a number, or (N).
---
---     local loss = nn.ClassNLLCriterion():forward(nn.LogSoftMax():forward(hilo.randn(4, 3)), hilo.LongTensor{1, 3, 2, 1})
local ClassNLLCriterion, parent = class('nn.ClassNLLCriterion', 'nn.Criterion')

---@param weights? Tensor (C); the mean then divides by the sum of the targets' weights
---@param sizeAverage? boolean true if not given
---@param ignoreIndex? integer a target that counts nothing, -100 if not given
function ClassNLLCriterion:__init(weights, sizeAverage, ignoreIndex)
   parent.__init(self)
   core.check(weights == nil or core.is_tensor(weights) and weights:dim() == 1, '%s: weights must be a vector, one for each class',
      self.__typename)
   self.weights, self.sizeAverage, self.ignoreIndex = weights, sizeAverage ~= false, ignoreIndex or -100
end

-- Index of each target's class, from 1, in the sizes of the input with one class; and what each counts (input's type).
local function targets_of(self, input, target, sizes)
   local dtype = input:dtype()
   target = target:to{dtype = 'long', device = input:getDevice()}:reshape(sizes)
   local counts = target:ne(self.ignoreIndex)
   local index = pointwise.where(counts, target, target:emptyAs('long', 1):fill(1))
   local low, high = index:min(), index:max()
   self:check(low >= 1 and high <= input:size(2), 'targets must be classes from 1 to %d, got %d', input:size(2),
      low < 1 and low or high)
   local weight = counts:to{dtype = dtype}
   if self.weights then
      self:check(self.weights:nElement() == input:size(2), 'has weights for %d classes, the input has %d', self.weights:nElement(),
         input:size(2))
      local per_target = shape.index(self.weights:to{dtype = dtype}, 1, index:view(index:nElement()))
      weight = pointwise.cmul(weight, per_target:view(sizes))
   end
   return index, weight
end

--- The loss of input (N,C,...) and target (N,...).
---@param input Tensor (N,C,...) log-probabilities
---@param target Tensor (N,...) classes from 1
---@return Tensor loss (1)
function ClassNLLCriterion:of_classes(input, target)
   local sizes = input:size():totable()
   sizes[2] = 1
   local index, weight = autograd.no_grad(targets_of, self, input, target, sizes)
   local picked = pointwise.cmul(shape.gather(input, 2, index), weight)
   local total = reduce.sum(picked:view(1, picked:nElement()), 2):view(1)
   local divisor = self.sizeAverage and weight:sum() or 1
   return pointwise.affine(total, divisor > 0 and -1 / divisor or 0)
end

---@param input Tensor
function ClassNLLCriterion:updateOutput(input, target)
   self:check(input:dim() == 1 or input:dim() == 2, 'expects log-probabilities (C) or (N,C), got %s', Tensor.shape_text(input))
   if input:dim() == 1 then input = input:view(1, input:size(1)) end
   if type(target) == 'number' then target = input:emptyAs('long', 1):fill(target) end
   self:check(core.is_tensor(target) and target:nElement() == input:size(1), 'expects %d targets, got %s', input:size(1),
      core.is_tensor(target) and target:nElement() or type(target))
   return self:of_classes(input, target)
end

return ClassNLLCriterion
