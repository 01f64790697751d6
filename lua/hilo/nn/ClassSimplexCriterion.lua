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

-- Corners of the simplex in n - 1 dimensions: (n, n), the last column 0. Each row is of length 1, each two have the same product; below
-- the diagonal a column holds one value.
local function corners(n)
   local rows, below, product, squares = {}, {}, -1 / (n - 1), 0
   for i = 1, n do
      local row = {}
      for d = 1, n do row[d] = below[d] or 0 end
      row[i] = i < n and math.sqrt(math.max(0, 1 - squares)) or 0
      below[i] = i < n and (product - squares) / row[i] or 0
      squares = squares + below[i] ^ 2
      rows[i] = row
   end
   return Tensor.new(nil, rows)
end

local most_classes = 2048

---@param nClasses integer 2..2048
function ClassSimplexCriterion:__init(nClasses)
   parent.__init(self)
   self:check(type(nClasses) == 'number' and nClasses > 1 and nClasses % 1 == 0 and nClasses <= most_classes,
      'expects 2 to %d classes, got %s', most_classes, tostring(nClasses))
   self.nClasses, self.simplex = nClasses, corners(nClasses)
end

---@param input Tensor
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
