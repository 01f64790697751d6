--- nn.Criterion: losses with Torch7's contract: forward(input, target) is a number, backward(input, target) the gradient of the
--- input. criterion(input, target) composes: a tensor of one element where the input is part of a graph. Classes count from 1.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local convert = require 'hilo.nn.convert'
local graph = require 'hilo.nn.graph'
local tree = require 'hilo.nn.tree'
local describe = require 'hilo.ops.arguments'.describe
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

---@class Criterion
---@field output number
---@field gradInput Tensor
---@field sizeAverage boolean the mean instead of the sum
local Criterion = class('nn.Criterion')

function Criterion:__init()
   self.output, self.gradInput = 0, Tensor.empty({})
   self._type = Tensor.get_default_type()
end

--- The loss as a tensor of one element, by ops. To be overridden; a criterion written in Torch7's way returns a number and
--- brings its own updateGradInput.
function Criterion:updateOutput() return self.output end

local function is_opaque(self) return not rawequal(self.updateGradInput, Criterion.updateGradInput) end

-- A criterion written in Torch7's way as one node.
local opaque = autograd.op('criterion', {
   forward = function(ctx, criterion, target, template, ...)
      local input = tree.rebuild(template, {...})
      ctx.criterion, ctx.target, ctx.source = criterion, target, tree.detach(input)
      local loss = criterion:updateOutput(ctx.source, target)
      criterion.output = loss
      return (...):emptyAs((...):dtype(), 1):fill(loss)
   end,
   backward = function(ctx, dy)
      ctx.criterion:updateOutput(ctx.source, ctx.target)
      local dx = tree.list(ctx.criterion:updateGradInput(ctx.source, ctx.target))
      for i, g in ipairs(dx) do dx[i] = g:detach() * dy:item() end
      return nil, nil, nil, unpack(dx)
   end,
})

--- criterion(input, target)
---@param input any a tensor, or a table of tensors where the criterion takes one
---@param target any what the criterion compares with, nil where it takes none
---@return Tensor|number loss
function Criterion:call(input, target)
   local loss
   if is_opaque(self) then
      loss = opaque(self, target, input, unpack(tree.list(input)))
   else
      loss = self:updateOutput(input, target)
   end
   return core.is_tensor(loss) and not loss.requires_grad and loss:item() or loss
end

local function record(self, input, target)
   local g = graph.record(function(leaves) return self:updateOutput(leaves, target) end, input)
   g.target = target
   self._graph = g
   return g
end

--- The loss as a number, kept in .output.
---@param input any a tensor, or a table of tensors where the criterion takes one
---@param target any what the criterion compares with, nil where it takes none
---@return number
function Criterion:forward(input, target)
   if is_opaque(self) then
      self.output = autograd.no_grad(self.updateOutput, self, input, target)
      return self.output
   end
   self._graph = nil
   local loss
   if graph.is_recording() then
      loss = record(self, input, target).output
   else
      loss = self:updateOutput(input, target)
   end
   self.output = core.is_tensor(loss) and loss:item() or loss
   return self.output
end

--- Gradient of the loss with respect to the input, kept in .gradInput.
---@param input any a tensor, or a table of tensors where the criterion takes one
---@param target any what the criterion compares with, nil where it takes none
---@return Tensor gradInput as input
function Criterion:backward(input, target) return self:updateGradInput(input, target) end

--- Gradient of the loss with respect to the input, by the ops of updateOutput; a criterion written in Torch7's way brings its own.
---@param input any a tensor, or a table of tensors where the criterion takes one
---@param target any what the criterion compares with, nil where it takes none
---@return Tensor gradInput as input
function Criterion:updateGradInput(input, target)
   local g = self._graph
   if not g or not tree.same(g.source, input) or not tree.same(g.target, target) then g = record(self, input, target) end
   self:check(core.is_tensor(g.output), 'has a loss that is no tensor, so it has no gradient')
   self.gradInput = graph.differentiate(g, g.output:detach():clone():fill(1), {who = self, inputs = true})
   return self.gradInput
end

--- Errors with the criterion's name in front unless the condition holds.
---@param condition any
---@param format string as of string.format
---@param ... any what the format names
---@return any condition
function Criterion:check(condition, format, ...)
   if condition then return condition end
   local fits, text = pcall(string.format, format, ...)
   core.raise(('%s: %s'):format(self.__typename, fits and text or tostring(format)))
end

--- Checks that both are tensors of as many elements; returns the target in the input's sizes and type.
---@param input any a tensor
---@param target any a tensor
---@return Tensor target
function Criterion:fit(input, target)
   self:check(core.is_tensor(input) and core.is_tensor(target), 'expects two tensors, got %s and %s', describe(input), describe(target))
   self:check(input:nElement() == target:nElement(), 'input and target must be of one size, got %s and %s', Tensor.shape_text(input),
      Tensor.shape_text(target))
   if target:dtype() ~= input:dtype() then target = target:to{dtype = input:dtype()} end
   return target:isSameSizeAs(input) and target or target:reshape(input:size())
end

--- Classes counted from 1, of a number or a tensor with one for each of n samples, as positions.
---@param target Tensor|number
---@param n integer samples
---@param c integer classes
---@param like Tensor whose device they go with
---@return Tensor (n,1) long
function Criterion:classes(target, n, c, like)
   if type(target) == 'number' then target = like:emptyAs('long', 1):fill(target) end
   self:check(core.is_tensor(target) and target:nElement() == n, 'expects %d targets, got %s', n,
      core.is_tensor(target) and target:nElement() or describe(target))
   local index = target:detach():to{dtype = 'long', device = like:getDevice()}:reshape(n, 1)
   local low, high = index:min(), index:max()
   self:check(low >= 1 and high <= c, 'targets must be classes from 1 to %d, got %d', c, low < 1 and low or high)
   return index
end

--- The sum of all elements, divided by `divisor` or, without one, by their number where sizeAverage.
---@param x Tensor
---@param divisor? number
---@return Tensor (1)
function Criterion:total(x, divisor)
   divisor = divisor or self.sizeAverage and x:nElement() or 1
   local sum = reduce.sum(x:reshape(1, x:nElement()), 2):view(1)
   return divisor == 1 and sum or pointwise.affine(sum, 1 / divisor)
end

--- The loss of another criterion as a tensor of one element, part of the graph that its input belongs to.
---@param criterion Criterion
---@param input any
---@param target any
---@return Tensor (1)
function Criterion:part(criterion, input, target)
   local loss = criterion(input, target)
   if core.is_tensor(loss) then return loss end
   local like = tree.list(input)[1]
   self:check(like and type(loss) == 'number', 'expects a tensor, or tables of tensors, and a loss that is a number; got %s and %s',
      like and 'tensors' or 'none', type(loss))
   return like:empty(1):fill(loss)
end

--- 'mean' or 'sum'
---@return 'mean'|'sum'
function Criterion:reduction() return self.sizeAverage and 'mean' or 'sum' end

--- A copy with memory of its own.
---@return Criterion
function Criterion:clone() return convert.copy(self) end

--- Torch7's type; with a name, converts the criterion's tensors.
---@param name? string 'torch.DoubleTensor'
---@param tensorCache? table as of Module:type
---@return string|Criterion
function Criterion:type(name, tensorCache)
   if not name then return self._type end
   local cuda = name == 'torch.CudaTensor'
   return self:to({dtype = cuda and 'float' or name, device = cuda and 'cuda' or 'cpu'}, tensorCache)
end

--- Converts the criterion's tensors, in place, to another type or device.
---@param where {dtype: string?, device: string?}
---@param tensorCache? table as of Module:type
---@return Criterion self
function Criterion:to(where, tensorCache)
   convert.to(self, where, tensorCache)
   return self
end

--- Converts the criterion's tensors to float32.
---@return Criterion self
function Criterion:float() return self:type('torch.FloatTensor') end
--- Converts the criterion's tensors to float64.
---@return Criterion self
function Criterion:double() return self:type('torch.DoubleTensor') end
--- Moves the criterion's tensors to the card, as float32.
---@return Criterion self
function Criterion:cuda() return self:type('torch.CudaTensor') end
--- Moves the criterion's tensors to the CPU.
---@return Criterion self
function Criterion:cpu() return self:to{device = 'cpu'} end

function Criterion:__tostring__() return self.__typename end

return Criterion
