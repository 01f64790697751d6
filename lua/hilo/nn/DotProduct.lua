local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

--- nn.DotProduct(): the inner product of two vectors (D) in a table, or of the rows of two batches (N,D).
---
---     local y = nn.DotProduct():forward {hilo.Tensor{1, 2}, hilo.Tensor{3, 4}}  -- 11
local DotProduct = class('nn.DotProduct', 'nn.Module')

---@param xs table
function DotProduct:updateOutput(xs)
   local a, b = self:pair_of_vectors(xs)
   return reduce.sum(pointwise.cmul(a, b), 2):view(a:size(1))
end

return DotProduct
