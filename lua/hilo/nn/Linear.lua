local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'

--- nn.Linear(nIn, nOut[, bias]): x W' + b of vectors (nIn) or batches (N,nIn).
---
---     local y = nn.Linear(10, 3):forward(hilo.randn(4, 10))   -- (4,3)
local Linear, parent = class('nn.Linear', 'nn.Module')

---@param inputSize integer
---@param outputSize integer
---@param bias? boolean true if not given
function Linear:__init(inputSize, outputSize, bias)
   parent.__init(self)
   for i, n in ipairs {inputSize or false, outputSize or false} do
      core.check(type(n) == 'number' and n % 1 == 0 and n >= 1, '%s: size %d must be a whole number of 1 or more, got %s',
         self.__typename, i, tostring(n))
   end
   self.inputSize, self.outputSize = inputSize, outputSize
   self:new_parameter('weight', outputSize, inputSize)
   if bias ~= false then self:new_parameter('bias', outputSize) end
   self:reset()
end

--- Draws weight and bias from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(nIn).
---@param stdv? number
---@return nn.Linear self
function Linear:reset(stdv)
   return self:draw_uniform(stdv, self.inputSize)
end

--- Drops the bias.
---@return nn.Linear self
function Linear:noBias()
   self.bias, self.gradBias = nil, nil
   return self
end

---@param x Tensor
function Linear:updateOutput(x)
   self:check_dims(x, 'a vector or a batch (N,nIn)', 1, 2)
   self:check(x:size(x:dim()) == self.inputSize, 'expects %d inputs, got %d (%s): size mismatch', self.inputSize, x:size(x:dim()),
      Tensor.shape_text(x))
   local y = matmul.matmul(x:dim() == 2 and x or x:reshape(1, self.inputSize), self:parameter('weight'):t())
   local b = self:parameter('bias')
   if b then y = pointwise.add(y, b) end
   return x:dim() == 2 and y or y:view(self.outputSize)
end

function Linear:__tostring__()
   return ('%s(%d -> %d)%s'):format(self.__typename, self.inputSize, self.outputSize, self.bias and '' or ' without bias')
end

return Linear
