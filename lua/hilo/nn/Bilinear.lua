local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.Bilinear(n1, n2, nOut[, bias]): of two vectors in a table, x1' W_k x2 + b_k for each output k.
---
---     local y = nn.Bilinear(3, 4, 2):forward {hilo.randn(5, 3), hilo.randn(5, 4)}  -- (5,2)
local Bilinear, parent = class('nn.Bilinear', 'nn.Module')

---@param inputSize1 integer
---@param inputSize2 integer
---@param outputSize integer
---@param bias? boolean true if not given
function Bilinear:__init(inputSize1, inputSize2, outputSize, bias)
   parent.__init(self)
   self:check(inputSize1 and inputSize2 and outputSize, 'expects the sizes of both inputs and of the output')
   self.inputSize1, self.inputSize2, self.outputSize = inputSize1, inputSize2, outputSize
   self:new_parameter('weight', outputSize, inputSize1, inputSize2)
   if bias ~= false then self:new_parameter('bias', outputSize) end
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(n1).
---@param stdv? number
---@return nn.Bilinear self
function Bilinear:reset(stdv)
   return self:draw_uniform(stdv, self.inputSize1)
end

---@param xs {[1]: Tensor, [2]: Tensor}
function Bilinear:updateOutput(xs)
   local a, b = unpack(tensors(self, xs), 1, 2)
   self:check(#xs == 2 and a:dim() == 2 and b:dim() == 2 and a:size(1) == b:size(1), 'expects two batches (N,n1) and (N,n2)')
   self:check(a:size(2) == self.inputSize1 and b:size(2) == self.inputSize2, 'expects %d and %d inputs, got %d and %d',
      self.inputSize1, self.inputSize2, a:size(2), b:size(2))
   local n = a:size(1)
   local w = shape.reshape(shape.permute(self:parameter('weight'), 2, 1, 3), self.inputSize1, self.outputSize * self.inputSize2)
   local half = matmul.matmul(a, w):view(n, self.outputSize, self.inputSize2)
   local y = matmul.matmul(half, shape.reshape(b, n, self.inputSize2, 1)):view(n, self.outputSize)
   local bias = self:parameter('bias')
   return bias and pointwise.add(y, bias) or y
end

function Bilinear:__tostring__()
   return ('%s(%dx%d -> %d)%s'):format(self.__typename, self.inputSize1, self.inputSize2, self.outputSize,
      self.bias and '' or ' without bias')
end

return Bilinear
