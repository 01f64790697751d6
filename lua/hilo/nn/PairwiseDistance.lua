local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

--- nn.PairwiseDistance(p): the p-norm of the difference of two vectors (D) in a table, or of the rows of two batches (N,D).
---
---     local y = nn.PairwiseDistance(2):forward {hilo.Tensor{3, 4}, hilo.Tensor{0, 0}}  -- 5
local PairwiseDistance, parent = class('nn.PairwiseDistance', 'nn.Module')

---@param p? number 2 if not given
function PairwiseDistance:__init(p)
   parent.__init(self)
   self.norm = p or 2
end

---@param xs table
function PairwiseDistance:updateOutput(xs)
   local a, b = self:pair_of_vectors(xs)
   return reduce.norm(pointwise.sub(a, b), self.norm, 2):view(a:size(1))
end

return PairwiseDistance
