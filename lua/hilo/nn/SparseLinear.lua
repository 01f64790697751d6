local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local sparse = require 'hilo.nn.sparse'
local tensors = require 'hilo.nn.tables'

--- nn.SparseLinear(nIn, nOut): nn.Linear of sparse vectors: a sample is (n,2), rows {index, value}; a batch is a table of such or
--- (N,n,2).
---
---     local y = nn.SparseLinear(100, 3):forward(hilo.Tensor{{5, 0.5}, {80, 2}})  -- (3)
local SparseLinear, parent = class('nn.SparseLinear', 'nn.Module')

---@param inputSize integer
---@param outputSize integer
---@param doGradInput? boolean gradInput is then of all nIn inputs; without it, of the values that were given
function SparseLinear:__init(inputSize, outputSize, doGradInput)
   parent.__init(self)
   self.inputSize, self.outputSize, self.doGradInput = inputSize, outputSize, doGradInput or false
   self:new_parameter('weight', outputSize, inputSize)
   self:new_parameter('bias', outputSize)
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(nIn).
---@param stdv? number
---@return nn.SparseLinear self
function SparseLinear:reset(stdv)
   return self:draw_uniform(stdv, self.inputSize)
end

-- The samples one below the other, and how many rows each has.
local function joined(x)
   if not core.is_tensor(x) then
      local sizes = {}
      for i, sample in ipairs(x) do sizes[i] = sample:size(1) end
      return shape.cat(x, 1), sizes
   end
   if x:dim() == 2 then return x, {x:size(1)} end
   local sizes = {}
   for i = 1, x:size(1) do sizes[i] = x:size(2) end
   return shape.reshape(x, x:size(1) * x:size(2), 2), sizes
end

function SparseLinear:updateOutput(x)
   local rows, sizes = joined(core.is_tensor(x) and x or tensors(self, x))
   self:check(rows:dim() == 2 and rows:size(2) == 2, 'expects rows {index, value}, got %s', Tensor.shape_text(rows))
   local index = rows:detach():select(2, 1):to{dtype = 'long'}
   local low, high = index:min(), index:max()
   self:check(low >= 1 and high <= self.inputSize, 'expects indices from 1 to %d, got %d', self.inputSize, low < 1 and low or high)
   local values = shape.narrow(rows, 2, 2, 1):reshape(rows:size(1))
   local y = pointwise.add(sparse.product(self:parameter('weight'):t(), values, index, sizes), self:parameter('bias'))
   return core.is_tensor(x) and x:dim() == 2 and y:view(self.outputSize) or y
end

--- With doGradInput, of each sample rows {index, gradient} of all nIn inputs: a table of samples, (N,nIn,2) of a batch (N,n,2).
---@private
function SparseLinear:form_gradInput(dx, input, gradOutput)
   if not self.doGradInput then return dx end
   local w = self.weight:detach()
   local all = matmul.matmul(gradOutput:detach():reshape(gradOutput:nElement() / self.outputSize, self.outputSize), w)
   local index, samples = Tensor.range(1, self.inputSize, 1, {dtype = w:dtype(), device = w:getDevice()}), {}
   for i = 1, all:size(1) do samples[i] = shape.stack({index, all[i]}):t():clone() end
   return core.is_tensor(input) and input:dim() == 3 and shape.stack(samples) or samples
end

function SparseLinear:__tostring__() return ('%s(%d -> %d)'):format(self.__typename, self.inputSize, self.outputSize) end

return SparseLinear
