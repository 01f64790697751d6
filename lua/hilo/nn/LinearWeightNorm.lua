local autograd = require 'hilo.autograd'
local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

--- nn.LinearWeightNorm(nIn, nOut[, bias, eps]): nn.Linear whose rows are g v / |v|: length g and direction v are learnt apart
--- (Salimans and Kingma, 2016).
---
---     local y = nn.LinearWeightNorm(4, 3):forward(hilo.randn(5, 4))  -- (5,3)
local LinearWeightNorm, parent = class('nn.LinearWeightNorm', 'nn.Module')

---@param inputSize integer
---@param outputSize integer
---@param bias? boolean true if not given
---@param eps? number added to the squared length, 1e-16 if not given
function LinearWeightNorm:__init(inputSize, outputSize, bias, eps)
   parent.__init(self)
   self.eps, self.inputSize, self.outputSize = eps or 1e-16, inputSize, outputSize
   self:new_parameter('v', outputSize, inputSize)
   self:new_parameter('g', outputSize, 1)
   if bias ~= false then self:new_parameter('bias', outputSize) end
   self:reset()
end

--- Draws the weight and the bias as nn.Linear does; g becomes the lengths of the rows.
---@param stdv? number
---@return nn.LinearWeightNorm self
function LinearWeightNorm:reset(stdv)
   local s = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(self.inputSize)
   self.v:uniform(-s, s)
   self:initFromWeight(self.v)
   if self.bias then self.bias:uniform(-s, s) end
   return self
end

--- Takes direction and length from a matrix of weights.
---@param weight Tensor (nOut,nIn)
---@return nn.LinearWeightNorm self
function LinearWeightNorm:initFromWeight(weight)
   autograd.no_grad(function()
      self.v:copy(weight)
      self.g:copy(reduce.norm(self.v:detach(), 2, 2))
   end)
   return self
end

--- A plain nn.Linear that does the same.
---@return Module
function LinearWeightNorm:toLinear()
   local m = class.namespace.Linear(self.inputSize, self.outputSize, self.bias ~= nil):to{dtype = self.v:dtype()}
   autograd.no_grad(function()
      m.weight:copy(self:updateWeightMatrix())
      if self.bias then m.bias:copy(self.bias) end
   end)
   return m
end

--- A module as nn.Linear `linear`.
---@param linear {weight: Tensor, [string]: any} an nn.Linear
---@return nn.LinearWeightNorm
function LinearWeightNorm.fromLinear(linear)
   local m = LinearWeightNorm(linear.weight:size(2), linear.weight:size(1), linear.bias ~= nil):to{dtype = linear.weight:dtype()}
   m:initFromWeight(linear.weight:detach())
   if linear.bias then autograd.no_grad(function() m.bias:copy(linear.bias) end) end
   return m
end

--- The weights g v / |v|, also kept in .weight.
---@return Tensor (nOut,nIn)
function LinearWeightNorm:updateWeightMatrix()
   local v, g = self:parameter('v'), self:parameter('g')
   local length = pointwise.sqrt(pointwise.affine(reduce.sum(pointwise.square(v), 2), 1, self.eps))
   local w = pointwise.cmul(v, pointwise.cdiv(g, length))
   self.weight = w:detach()
   return w
end

function LinearWeightNorm:parameters()
   local v, g, b = self:parameter('v'), self:parameter('g'), self:parameter('bias')
   return {v, g, b}, {self.gradV, self.gradG, b and self.gradBias}
end

---@param x Tensor
function LinearWeightNorm:updateOutput(x)
   self:check_dims(x, 'a vector or a batch (N,nIn)', 1, 2)
   local y = matmul.matmul(x:dim() == 2 and x or x:reshape(1, self.inputSize), self:updateWeightMatrix():t())
   local b = self:parameter('bias')
   if b then y = pointwise.add(y, b) end
   return x:dim() == 2 and y or y:view(self.outputSize)
end

function LinearWeightNorm:__tostring__()
   return ('%s(%d -> %d)%s'):format(self.__typename, self.inputSize, self.outputSize, self.bias and '' or ' without bias')
end

return LinearWeightNorm
