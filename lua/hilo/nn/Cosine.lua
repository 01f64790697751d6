local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

--- nn.Cosine(nIn, nOut): the cosine of the angle between x and each of nOut learnt vectors.
---
---     local y = nn.Cosine(4, 3):forward(hilo.randn(5, 4))  -- (5,3)
local Cosine, parent = class('nn.Cosine', 'nn.Module')

---@param inputSize integer
---@param outputSize integer
function Cosine:__init(inputSize, outputSize)
   parent.__init(self)
   self:new_parameter('weight', outputSize, inputSize)
   self:reset()
end

--- Draws the vectors from [-s, s]; s is stdv * sqrt(3), or 1 / sqrt(nOut).
---@param stdv? number
---@return nn.Cosine self
function Cosine:reset(stdv)
   return self:draw_uniform(stdv, self.weight:size(1))
end

-- rows divided by their length
local function unit(x)
   return pointwise.cdiv(x, pointwise.sqrt(pointwise.affine(reduce.sum(pointwise.square(x), 2), 1, 1e-12)))
end

---@param x Tensor
function Cosine:updateOutput(x)
   self:check_dims(x, 'a vector or a batch (N,nIn)', 1, 2)
   local y = matmul.matmul(unit(x:dim() == 2 and x or x:reshape(1, x:size(1))), unit(self:parameter('weight')):t())
   return x:dim() == 2 and y or y:view(y:size(2))
end

return Cosine
