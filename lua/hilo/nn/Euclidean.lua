local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.Euclidean(nIn, nOut): the distance of x to each of nOut learnt points, the columns of the weight.
---
---     local y = nn.Euclidean(4, 3):forward(hilo.randn(5, 4))  -- (5,3)
local Euclidean, parent = class('nn.Euclidean', 'nn.Module')

---@param inputSize integer
---@param outputSize integer
function Euclidean:__init(inputSize, outputSize)
   parent.__init(self)
   self:new_parameter('weight', inputSize, outputSize)
   self:reset()
end

--- Draws the points from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(nIn).
---@param stdv? number
---@return nn.Euclidean self
function Euclidean:reset(stdv)
   return self:draw_uniform(stdv, self.weight:size(1))
end

--- What lies between x (N,nIn) and the points: (N,nIn,nOut).
---@param x Tensor (N,nIn)
---@return Tensor
function Euclidean:difference(x)
   self:check(x:size(2) == self.weight:size(1), 'expects %d inputs, got %d', self.weight:size(1), x:size(2))
   return pointwise.sub(shape.unsqueeze(x, 3), shape.unsqueeze(self:parameter('weight'), 1))
end

---@param x Tensor
function Euclidean:updateOutput(x)
   self:check_dims(x, 'a vector or a batch (N,nIn)', 1, 2)
   local y = shape.squeeze(reduce.norm(self:difference(x:dim() == 2 and x or x:reshape(1, x:size(1))), 2, 2), 2)
   return x:dim() == 2 and y or y:view(y:size(2))
end

return Euclidean
