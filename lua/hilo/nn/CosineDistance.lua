local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'

--- nn.CosineDistance(): the cosine of the angle between two vectors (D) in a table, or between the rows of two batches (N,D).
---
---     local y = nn.CosineDistance():forward {hilo.Tensor{1, 0}, hilo.Tensor{3, 0}}  -- 1
local CosineDistance = class('nn.CosineDistance', 'nn.Module')

---@param xs table
function CosineDistance:updateOutput(xs)
   local a, b = self:pair_of_vectors(xs)
   local function squares(x) return pointwise.affine(reduce.sum(pointwise.square(x), 2), 1, 1e-12) end
   local product = reduce.sum(pointwise.cmul(a, b), 2)
   return pointwise.cmul(product, pointwise.rsqrt(pointwise.cmul(squares(a), squares(b)))):view(a:size(1))
end

return CosineDistance
