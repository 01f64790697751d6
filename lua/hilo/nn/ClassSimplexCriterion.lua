local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

--- nn.ClassSimplexCriterion(n): mean squared distance of x (n) or (N,n) to its class's corner of a regular simplex whose corners lie
--- at distance 1 from 0 (Mroueh and others, 2012).
---
---     local criterion = nn.ClassSimplexCriterion(3)
---     local loss = criterion:forward(hilo.randn(4, 3), hilo.LongTensor{1, 2, 3, 1})
local ClassSimplexCriterion, parent = class('nn.ClassSimplexCriterion', 'nn.MSECriterion')

-- Corners of the simplex in n - 1 dimensions: (n, n), the last column 0. Each row is of length 1, each two have the same product.
local function corners(n)
   local rows, product = {}, -1 / (n - 1)
   for i = 1, n do
      rows[i] = {}
      local length = 0
      for d = 1, n do
         local dot = 0
         for e = 1, d - 1 do dot = dot + rows[i][e] * (rows[d] and rows[d][e] or 0) end
         if d > i or d == n then
            rows[i][d] = 0
         elseif d == i then
            rows[i][d] = math.sqrt(math.max(0, 1 - length))
         else
            rows[i][d] = (product - dot) / rows[d][d]
         end
         length = length + rows[i][d] ^ 2
      end
   end
   return Tensor.new(nil, rows)
end

---@param nClasses integer 2 or more
function ClassSimplexCriterion:__init(nClasses)
   parent.__init(self)
   self:check(type(nClasses) == 'number' and nClasses > 1 and nClasses % 1 == 0, 'expects 2 classes or more, got %s',
      tostring(nClasses))
   self.nClasses, self.simplex = nClasses, corners(nClasses)
end

function ClassSimplexCriterion:updateOutput(input, target)
   local n = input:dim() == 1 and 1 or input:size(1)
   local index = self:classes(target, n, self.nClasses, input)
   return parent.updateOutput(self, input, shape.index(self.simplex:to{dtype = input:dtype()}, 1, index:view(n)))
end

--- How much x points to each corner.
---@param input Tensor (n) or (N,n)
---@return Tensor (N,n)
function ClassSimplexCriterion:getPredictions(input)
   return matmul.matmul(input:dim() == 1 and input:view(1, input:size(1)) or input, self.simplex:t())
end

--- The class whose corner is nearest.
---@param input Tensor (n) or (N,n)
---@return Tensor (N) long, from 1
function ClassSimplexCriterion:getTopPrediction(input)
   local scores = self:getPredictions(input)
   return select(2, reduce.max(scores, 2)):view(scores:size(1))
end

return ClassSimplexCriterion
