--- ops/diagonal.lua: matrices by their diagonals: diag, trace, tril, triu. All are differentiable.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local pointwise = require 'hilo.ops.pointwise'
local arguments = require 'hilo.ops.arguments'
local reduce = require 'hilo.ops.reduce'

local check, run = core.check, core.run

local M = {}

local function matrix(name, x)
   check(arguments.tensor(name, 'x', x):dim() == 2, '%s: expects a matrix, got %s', name, Tensor.shape_text(x))
   return x
end

local function offset_of(name, k)
   check(k == nil or type(k) == 'number' and k % 1 == 0, '%s: the diagonal must be a whole number, got %s', name, tostring(k))
   return k or 0
end

-- A view of diagonal k of a matrix: k > 0 above the main one.
local function diagonal_of(x, k)
   local rows, columns = x:size(1), x:size(2)
   local n = math.min(rows + math.min(0, k), columns - math.max(0, k))
   check(n > 0, 'diag: a matrix of %s has no diagonal %d', Tensor.shape_text(x), k)
   local first = k >= 0 and k * x:stride(2) or -k * x:stride(1)
   return x:_strided({n}, {x:stride(1) + x:stride(2)}, first)
end

local function copy(y, x)
   run('hl_copy', y, x)
   return y
end

--- The diagonal of a matrix as a vector, or a matrix with a vector on its diagonal and zeros elsewhere.
---
---     assert(hilo.diag(hilo.Tensor{{1, 2}, {3, 4}})[2] == 4)
---     assert(hilo.diag(hilo.Tensor{5, 6}, 1)[1][2] == 5)
---@param x Tensor (N) or (M,N)
---@param k? integer 0 the main diagonal, 1 the one above it, -1 the one below, ...
---@return Tensor (N+|k|,N+|k|) or (K)
M.diag = autograd.op('diag', {
   forward = function(ctx, x, k)
      arguments.tensor('diag', 'x', x)
      k = offset_of('diag', k)
      check(x:dim() == 1 or x:dim() == 2, 'diag: expects a vector or a matrix, got %s', Tensor.shape_text(x))
      ctx.k, ctx.sizes = k, Tensor.sizes_table(x)
      if x:dim() == 2 then
         local view = diagonal_of(x, k)
         return copy(x:empty(view:size(1)), view)
      end
      local n = x:size(1) + math.abs(k)
      local y = x:zeros(n, n)
      copy(diagonal_of(y, k), x)
      return y
   end,
   backward = function(ctx, dy)
      if #ctx.sizes == 1 then return copy(dy:empty(ctx.sizes[1]), diagonal_of(dy, ctx.k)) end
      local dx = dy:zeros(ctx.sizes)
      copy(diagonal_of(dx, ctx.k), dy)
      return dx
   end,
})

--- Sum of the diagonal of a matrix.
---
---     assert(hilo.trace(hilo.Tensor{{1, 2}, {3, 4}}) == 5)
---@param x Tensor (M,N)
---@return number|Tensor a number; a tensor of one element where a gradient is wanted
function M.trace(x) return reduce.sum(M.diag(matrix('trace', x))) end

-- 1 where column - row <= k
local function lower(x, k)
   local rows, columns = x:size(1), x:size(2)
   local mask = Tensor.zeros({rows, columns}, {dtype = 'byte', device = 'cpu'})
   local p = mask:data()
   for i = 0, rows - 1 do
      for j = 0, math.min(columns - 1, i + k) do p[i * columns + j] = 1 end
   end
   return mask:to{device = x:getDevice()}
end

--- The lower triangle of a matrix: zeros above diagonal k.
---
---     assert(hilo.tril(hilo.ones(2, 2))[1][2] == 0)
---@param x Tensor (M,N)
---@param k? integer 0 the main diagonal, 1 the one above it, -1 the one below, ...
---@return Tensor as x
function M.tril(x, k) return pointwise.where(lower(matrix('tril', x), offset_of('tril', k)), x, x:zeros(1, 1)) end

--- The upper triangle of a matrix: zeros below diagonal k.
---
---     assert(hilo.triu(hilo.ones(2, 2))[2][1] == 0)
---@param x Tensor (M,N)
---@param k? integer 0 the main diagonal, 1 the one above it, -1 the one below, ...
---@return Tensor as x
function M.triu(x, k) return pointwise.where(lower(matrix('triu', x), offset_of('triu', k) - 1), x:zeros(1, 1), x) end

return M
