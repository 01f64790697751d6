local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'

--- nn.MultiLabelMarginCriterion([sizeAverage]): of scores (C) or (N,C), for each sample a list of classes from 1, ended by 0: the
--- sum over its classes j and all others i of max(0, 1 - x_j + x_i), divided by C, and the mean (or sum) over the batch.
---
---     local loss = nn.MultiLabelMarginCriterion():forward(hilo.Tensor{2, 0, 2}, hilo.Tensor{1, 3, 0})  -- 0
local MultiLabelMarginCriterion, parent = class('nn.MultiLabelMarginCriterion', 'nn.Criterion')

---@param sizeAverage? boolean true if not given
function MultiLabelMarginCriterion:__init(sizeAverage)
   parent.__init(self)
   self.sizeAverage = sizeAverage ~= false
end

-- How often class j is a target of each sample, and whether class i is none: (N,C,1) and (N,1,C).
local function tally(self, x, target)
   local n, c = x:size(1), x:size(2)
   local wanted = {}
   for i, row in ipairs(target:reshape(n, c):totable()) do
      wanted[i] = {}
      for j = 1, c do wanted[i][j] = 0 end
      for _, k in ipairs(row) do
         self:check(k >= 0 and k <= c and k % 1 == 0, 'targets must be classes from 1 to %d, or 0 for the end, got %g', c, k)
         if k == 0 then break end
         wanted[i][k] = wanted[i][k] + 1
      end
   end
   local counts = Tensor.new({dtype = x:dtype()}, wanted):to{device = x:getDevice()}
   return counts:view(n, c, 1), pointwise.eq(counts, 0):to{dtype = x:dtype()}:view(n, 1, c)
end

---@param input Tensor
function MultiLabelMarginCriterion:updateOutput(input, target)
   local x = input:dim() == 1 and input:view(1, input:size(1)) or input
   self:check(core.is_tensor(target) and target:nElement() == x:nElement(), 'expects as many targets as scores')
   local n, c = x:size(1), x:size(2)
   local counts, others = tally(self, x, target)
   local margins = pointwise.sub(shape.reshape(x, n, 1, c), shape.reshape(x, n, c, 1))
   local over = pointwise.cmul(pointwise.relu(pointwise.affine(margins, 1, 1)), pointwise.cmul(counts, others))
   return self:total(over, self.sizeAverage and n * c or c)
end

return MultiLabelMarginCriterion
