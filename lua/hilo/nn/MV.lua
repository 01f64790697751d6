local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.MV([trans]): matrix times vector of two tensors in a table, (M,K) and (K) or batches (B,M,K) and (B,K).
---
---     local y = nn.MV():forward {hilo.randn(2, 3), hilo.randn(3)}  -- (2)
local MV, parent = class('nn.MV', 'nn.Module')

---@param trans? boolean the matrix is transposed before
function MV:__init(trans)
   parent.__init(self)
   self.trans = trans or false
end

---@param xs {[1]: Tensor, [2]: Tensor}
function MV:updateOutput(xs)
   local m, v = unpack(tensors(self, xs), 1, 2)
   self:check(#xs == 2 and (m:dim() == 2 or m:dim() == 3) and v:dim() == m:dim() - 1,
      'expects a matrix and a vector, or a batch of each')
   local n = m:dim()
   if self.trans then m = shape.transpose(m, n - 1, n) end
   self:check(v:size(n - 1) == m:size(n), 'the matrix has %d columns, the vector %d elements', m:size(n), v:size(n - 1))
   return shape.squeeze(matmul.matmul(m, shape.unsqueeze(v, n)), n)
end

return MV
