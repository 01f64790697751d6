local class = require 'hilo.nn.class'
local Tensor = require 'hilo.tensor'
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
   local nn = class.namespace
   self.inputsize, self.outputsize = inputsize, outputsize
   local rows = nn.ParallelTable():add(nn.Identity()):add(nn.LookupTable(outputsize, inputsize))
   self.network = nn.Sequential():add(rows):add(nn.MM(false, true))
   if bias ~= false then
      self:new_parameter('bias', 1, outputsize)
      self.bias:zero()
   end
   self:resetPartition()
end

--- Chooses the outputs.
---@param indices Tensor (n) from 1
function PartialLinear:setPartition(indices) self.partition = indices:to{dtype = 'long'} end

--- All outputs again.
function PartialLinear:resetPartition() self.partition = Tensor.range(1, self.outputsize, 1, {dtype = 'long'}) end

function PartialLinear:parameters()
   local ps, gs = self.network:parameters()
   return {ps[1], self:parameter('bias')}, {gs[1], self.gradBias}
end

---@param x Tensor
function PartialLinear:updateOutput(x)
   self:check_dims(x, 'a batch (N,nIn)', 2)
   local chosen = self.partition:to{device = x:getDevice()}
   local y, b = self.network {x, chosen}, self:parameter('bias')
   return b and pointwise.add(y, shape.index(b, 2, chosen)) or y
end

function PartialLinear:__tostring__()
   return ('%s(%d -> %d)%s'):format(self.__typename, self.inputsize, self.outputsize, self.bias and '' or ' without bias')
end

return PartialLinear
