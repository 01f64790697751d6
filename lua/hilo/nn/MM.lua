local class = require 'hilo.nn.class'
local matmul = require 'hilo.ops.matmul'
local shape = require 'hilo.ops.shape'
local tensors = require 'hilo.nn.tables'

--- nn.MM([transA, transB]): the matrix product of two tensors in a table, (M,K) and (K,N) or batches (B,M,K) and (B,K,N).
---
---     local y = nn.MM(false, true):forward {hilo.randn(2, 3), hilo.randn(4, 3)}  -- (2,4)
local MM, parent = class('nn.MM', 'nn.Module')

---@param transA? boolean the first is transposed before
---@param transB? boolean the second is
function MM:__init(transA, transB)
   parent.__init(self)
   self.transA, self.transB = transA or false, transB or false
end

---@param xs {[1]: Tensor, [2]: Tensor}
function MM:updateOutput(xs)
   local a, b = unpack(tensors(self, xs), 1, 2)
   self:check(#xs == 2 and a:dim() == b:dim() and (a:dim() == 2 or a:dim() == 3), 'expects two matrices or two batches of matrices')
   local n = a:dim()
   if self.transA then a = shape.transpose(a, n - 1, n) end
   if self.transB then b = shape.transpose(b, n - 1, n) end
   return matmul.matmul(a, b)
end

return MM
