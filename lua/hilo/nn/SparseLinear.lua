local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.SparseLinear(nIn, nOut): nn.Linear of sparse vectors: a sample is (n,2), rows {index, value}; a batch is a table of such or
--- (N,n,2).
---
---     local y = nn.SparseLinear(100, 3):forward(hilo.Tensor{{5, 0.5}, {80, 2}})  -- (3)
local SparseLinear, parent = class('nn.SparseLinear', 'nn.Module')

---@param inputSize integer
---@param outputSize integer
---@param doGradInput? boolean accepted for Torch7's sake; the gradient of the values is computed where it is wanted
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
   local s = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(self.inputSize)
   self.weight:uniform(-s, s)
   self.bias:uniform(-s, s)
   return self
end

--- Rows of x added up into rows of the result: y[group[i]] = sum of x[i].
local sum_groups = autograd.op('sum_groups', {
   forward = function(ctx, x, group, n)
      ctx.group = group
      local y = x:zeros(n, x:size(2))
      core.run('hl_index_put', y, x, group, 0, 1)
      return y
   end,
   backward = function(ctx, dy) return shape.index(dy, 1, ctx.group) end,
})
SparseLinear.__sum_groups = sum_groups

-- The samples one below the other, and the sample that each row belongs to.
local function joined(x)
   if core.is_tensor(x) then
      if x:dim() == 2 then return x, x:emptyAs('long', x:size(1)):fill(1), 1 end
      local n, length = x:size(1), x:size(2)
      local group = Tensor.range(1, n, 1, {dtype = 'long', device = x:getDevice()}):view(n, 1):expand(n, length):clone()
      return shape.reshape(x, n * length, 2), group:view(n * length), n
   end
   local groups = {}
   for i, sample in ipairs(x) do groups[i] = sample:emptyAs('long', sample:size(1)):fill(i) end
   return shape.cat(x, 1), shape.cat(groups, 1), #x
end

function SparseLinear:updateOutput(x)
   local rows, group, n = joined(core.is_tensor(x) and x or tensors(self, x))
   self:check(rows:dim() == 2 and rows:size(2) == 2, 'expects rows {index, value}, got %s', Tensor.shape_text(rows))
   local index = rows:detach():select(2, 1):to{dtype = 'long'}
   local low, high = index:min(), index:max()
   self:check(low >= 1 and high <= self.inputSize, 'expects indices from 1 to %d, got %d', self.inputSize, low < 1 and low or high)
   local w = shape.index(self:parameter('weight'):t(), 1, index)
   local terms = pointwise.cmul(w, shape.narrow(rows, 2, 2, 1))
   local y = pointwise.add(sum_groups(terms, group, n), self:parameter('bias'))
   return core.is_tensor(x) and x:dim() == 2 and y:view(self.outputSize) or y
end

function SparseLinear:__tostring__() return ('%s(%d -> %d)'):format(self.__typename, self.inputSize, self.outputSize) end

return SparseLinear
