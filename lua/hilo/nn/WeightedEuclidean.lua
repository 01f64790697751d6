local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'

--- nn.WeightedEuclidean(nIn, nOut): as nn.Euclidean, each coordinate of each difference times a learnt scale (diagCov).
---
---     local y = nn.WeightedEuclidean(4, 3):forward(hilo.randn(5, 4))  -- (5,3)
local WeightedEuclidean, parent = class('nn.WeightedEuclidean', 'nn.Euclidean')

---@param inputSize integer
---@param outputSize integer
function WeightedEuclidean:__init(inputSize, outputSize)
   parent.__init(self, inputSize, outputSize)
   self:new_parameter('diagCov', inputSize, outputSize)
   self.diagCov:fill(1)
end

function WeightedEuclidean:reset(stdv)
   parent.reset(self, stdv)
   if self.diagCov then self.diagCov:fill(1) end
   return self
end

function WeightedEuclidean:parameters()
   return {self:parameter('weight'), self:parameter('diagCov')}, {self.gradWeight, self.gradDiagCov}
end

function WeightedEuclidean:difference(x)
   return pointwise.cmul(parent.difference(self, x), shape.unsqueeze(self:parameter('diagCov'), 1))
end

return WeightedEuclidean
