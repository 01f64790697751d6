local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.LookupTable(n, size[, paddingValue, maxNorm, normType]): row k of a learnt table (n,size) for each index k.
---
---     local y = nn.LookupTable(10, 4):forward(hilo.LongTensor{{1, 2, 10}})  -- (1,3,4)
local LookupTable, parent = class('nn.LookupTable', 'nn.Module')

---@param nIndex integer
---@param nOutput integer
---@param paddingValue? integer index whose row is never learnt, none if not given
---@param maxNorm? number rows that are used are made no longer than this
---@param normType? number of maxNorm, 2 if not given
function LookupTable:__init(nIndex, nOutput, paddingValue, maxNorm, normType)
   parent.__init(self)
   self.paddingValue, self.maxNorm, self.normType = paddingValue or 0, maxNorm, normType
   self:new_parameter('weight', nIndex, nOutput)
   self:reset()
end

--- Draws the table from a normal distribution.
---@param stdv? number 1 if not given
---@return nn.LookupTable self
function LookupTable:reset(stdv)
   self.weight:normal(0, stdv or 1)
   return self
end

--- Sets the index whose row is never learnt.
---@param paddingValue integer
---@return nn.LookupTable self
function LookupTable:setPadding(paddingValue)
   self.paddingValue = paddingValue
   return self
end

--- Sets the greatest length of the rows that are used.
---@param maxNorm number
---@return nn.LookupTable self
function LookupTable:setMaxNorm(maxNorm)
   self.maxNorm = maxNorm
   return self
end

--- Sets the norm of setMaxNorm.
---@param normType number 2 if not given
---@return nn.LookupTable self
function LookupTable:setNormType(normType)
   self.normType = normType
   return self
end

--- Divides the gradient of a row by how often it was used in a batch.
---@return nn.LookupTable self
function LookupTable:scaleGradByFreq()
   self.shouldScaleGradByFreq = true
   return self
end

--- Drops the gradient of the table, for training by accUpdateGradParameters and backwardUpdate alone.
---@return nn.LookupTable self
function LookupTable:accUpdateOnly()
   self.gradWeight, self.weight.grad = nil, nil
   return self
end

function LookupTable:accUpdateGradParameters(input, gradOutput, lr)
   local kept = self.gradWeight
   self.gradWeight = kept or self.weight:detach():clone():zero()
   parent.accUpdateGradParameters(self, input, gradOutput, lr)
   self.gradWeight = kept
end

--- Shortens the rows at these positions to maxNorm, in place.
---@param index Tensor (n) long
function LookupTable:renorm(index)
   autograd.no_grad(function()
      local w = self.weight:detach()
      local rows = shape.index(w, 1, index)
      local length = reduce.norm(rows, self.normType or 2, 2)
      local factor = pointwise.clamp(pointwise.cdiv(self.maxNorm, pointwise.affine(length, 1, 1e-7)), 0, 1)
      self.weight:indexCopy(1, index, pointwise.cmul(rows, factor))
   end)
end

-- y, of whose gradient each row comes back times factor (n,1)
local function scaled_back(y, factor)
   return pointwise.add(pointwise.cmul(y, factor), pointwise.cmul(y:detach(), pointwise.affine(factor, -1, 1)))
end

-- How often each of the positions comes.
local function frequency(index, n, like)
   local counts = like:zeros(n):indexAdd(1, index, like:empty(index:nElement()):fill(1))
   return shape.index(counts, 1, index)
end

---@param x Tensor
function LookupTable:updateOutput(x)
   self:check_dims(x, 'indices (n) or (N,T)', 1, 2)
   local index = shape.contiguous(x:detach():to{dtype = 'long'}):view(x:nElement())
   local low, high = index:min(), index:max()
   self:check(low >= 1 and high <= self.weight:size(1), 'expects indices from 1 to %d, got %d', self.weight:size(1),
      low < 1 and low or high)
   if self.maxNorm then self:renorm(index) end
   local w = self:parameter('weight')
   local y = shape.index(w, 1, index)
   local factor
   if self.shouldScaleGradByFreq then factor = pointwise.cdiv(1, frequency(index, w:size(1), w:detach())) end
   if self.paddingValue > 0 then
      local learnt = pointwise.ne(index, self.paddingValue):to{dtype = w:dtype()}
      factor = factor and pointwise.cmul(factor, learnt) or learnt
   end
   if factor then y = scaled_back(y, factor:view(index:nElement(), 1)) end
   return x:dim() == 1 and y or y:view(x:size(1), x:size(2), w:size(2))
end

return LookupTable
