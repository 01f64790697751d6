local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'

--- nn.PartialLinear(nIn, nOut[, bias]): nn.Linear of which setPartition chooses the outputs that are computed and learnt.
---
---     local m = nn.PartialLinear(4, 10)
---     m:setPartition(hilo.Tensor{2, 5})
---     local y = m:forward(hilo.randn(3, 4))  -- (3,2)
local PartialLinear, parent = class('nn.PartialLinear', 'nn.Module')

---@param inputsize integer
---@param outputsize integer
---@param bias? boolean true if not given
function PartialLinear:__init(inputsize, outputsize, bias)
   parent.__init(self)
   self.inputsize, self.outputsize = inputsize, outputsize
   self:new_parameter('weight', outputsize, inputsize)
   self.weight:normal(0, 1)
   if bias ~= false then
      self:new_parameter('bias', 1, outputsize)
      self.bias:zero()
   end
end

--- Chooses the outputs.
---@param indices Tensor (n) from 1
function PartialLinear:setPartition(indices) self.partition = indices:to{dtype = 'long'} end

--- All outputs again.
function PartialLinear:resetPartition() self.partition = nil end

function PartialLinear:updateOutput(x)
   self:check_dims(x, 'a batch (N,nIn)', 2)
   local w, b = self:parameter('weight'), self:parameter('bias')
   if self.partition then
      w = shape.index(w, 1, self.partition)
      b = b and shape.index(b, 2, self.partition)
   end
   local y = matmul.matmul(x, w:t())
   return b and pointwise.add(y, b) or y
end

function PartialLinear:__tostring__()
   return ('%s(%d -> %d)%s'):format(self.__typename, self.inputsize, self.outputsize, self.bias and '' or ' without bias')
end

return PartialLinear
