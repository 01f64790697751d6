--- ops/matmul.lua: matrix products, differentiable.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local product = require 'hilo.ops.product'

local run, check, op = core.run, core.check, autograd.op

local M = {}

--- Matrix product: a (M,K), b (K,N) -> (M,N), or of batches: (B,M,K), (B,K,N) -> (B,M,N). Whole numbers wrap.
---
---     local c = hilo.matmul(hilo.randn(2, 3), hilo.randn(3, 4))  -- (2,4)
---@param a Tensor
---@param b Tensor
---@return Tensor
M.matmul = op('matmul', {
   forward = function(ctx, a, b)
      check(core.is_tensor(a) and core.is_tensor(b), 'matmul: expects two tensors, got %s and %s', type(a), type(b))
      local n = a:dim()
      check((n == 2 or n == 3) and b:dim() == n and a:size(n) == b:size(n - 1) and (n == 2 or a:size(1) == b:size(1)),
         'matmul: %s times %s does not fit; expects (M,K) times (K,N), or the same with a batch in front', Tensor.shape_text(a),
         Tensor.shape_text(b))
      local y = n == 2 and a:empty(a:size(1), b:size(2)) or a:empty(a:size(1), a:size(2), b:size(3))
      product(y, a, b, 1, 0)
      ctx.a, ctx.b = a, b
      return y
   end,
   backward = function(ctx, dy)
      local n, da, db = dy:dim(), nil, nil
      if ctx.needs[1] then
         da = dy:empty(ctx.a:size())
         run('hl_matmul', da, dy, ctx.b:transpose(n - 1, n), 1, 0)
      end
      if ctx.needs[2] then
         db = ctx:into(2, ctx.b)
         run('hl_matmul', db, ctx.a:transpose(n - 1, n), dy, 1, 1)
      end
      return da, db
   end,
})

M.mm, M.bmm = M.matmul, M.matmul

--- Matrix times vector: (M,K), (K) -> (M).
---@param a Tensor (M,K)
---@param v Tensor (K)
---@return Tensor (M)
function M.mv(a, v) return M.matmul(a, v:reshape(v:nElement(), 1)):view(-1) end

--- Outer product: (M), (N) -> (M,N).
---@param a Tensor (M)
---@param b Tensor (N)
---@return Tensor (M,N)
function M.ger(a, b) return M.matmul(a:reshape(a:nElement(), 1), b:reshape(1, b:nElement())) end

--- Inner product of all elements: a number for plain tensors, a tensor of one element where a gradient is wanted.
---
---     assert(hilo.dot(hilo.Tensor{1, 2}, hilo.Tensor{3, 4}) == 11)
---@param a Tensor
---@param b Tensor of as many elements
---@return number|Tensor
function M.dot(a, b)
   check(core.is_tensor(a) and core.is_tensor(b) and a:nElement() == b:nElement(), 'dot: expects two tensors of as many elements')
   local y = M.matmul(a:reshape(1, a:nElement()), b:reshape(b:nElement(), 1)):view(1)
   return y.requires_grad and y or y:item()
end

return M
