--- ops/reduce.lua: sums, means, extremes, norms and order. Over all elements, or along dimensions that stay with size 1, as in
--- Torch7. Over all elements the result is a number for plain tensors (as in Torch7) and a tensor of one element
--- where a gradient is wanted, so that it can be differentiated.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local pointwise = require 'hilo.ops.pointwise'

local C, run, check, op = ffi.C, core.run, core.check, autograd.op
local sizes_table, dimension = Tensor.sizes_table, Tensor.dimension

local M = {}

local function need_tensor(name, x)
   check(core.is_tensor(x), '%s: expects a tensor, got %s', name, type(x))
   return x
end

local function need_float(name, x)
   check(need_tensor(name, x)._storage.dtype.is_float, '%s: expects a float tensor, got %s; call :float() first', name, x:type())
end

-- Dimensions to reduce (all where none is named) -> bit mask, sizes left.
local function plan(name, x, ...)
   local sizes, mask, n = sizes_table(x), 0, select('#', ...)
   if n == 0 then
      for d = 1, #sizes do mask, sizes[d] = mask + 2 ^ (d - 1), 1 end
   else
      local seen = {}
      for i = 1, n do
         local d = dimension(x, (select(i, ...)), name)
         check(not seen[d], '%s: dimension %d is named twice', name, d)
         seen[d] = true
         mask, sizes[d] = mask + 2 ^ (d - 1), 1
      end
   end
   return mask, sizes
end

local function reduce(x, code, mask, sizes, dtype)
   local y = dtype and x:emptyAs(dtype, sizes) or x:empty(sizes)
   run('hl_reduce', y, x, code, mask)
   return y
end

local function reduction(name, code, backward)
   return op(name, {
      forward = function(ctx, x, ...)
         local mask, sizes = plan(name, x, ...)
         ctx.x, ctx.mask, ctx.sizes, ctx.from = x, mask, sizes, sizes_table(x)
         ctx.count = x:nElement()
         for d = 1, #sizes do ctx.count = ctx.count / math.max(1, sizes[d]) end
         local y = reduce(x, code, mask, sizes, not x._storage.dtype.is_float and 'long' or nil)
         if name == 'sum' or name == 'mean' then ctx.x = nil else ctx.y = y end
         return y
      end,
      backward = backward,
   })
end

-- dy stretched back over what was summed
local function spread(ctx, dy) return dy:expand(ctx.from) end

local raw = {
   sum = reduction('sum', C.HL_SUM, function(ctx, dy) return spread(ctx, dy):clone() end),
   mean = reduction('mean', C.HL_MEAN, function(ctx, dy) return spread(ctx, pointwise.affine(dy, 1 / ctx.count)):clone() end),
   prod = reduction('prod', C.HL_PROD, function(ctx, dy)
      -- of each element the product of the others: of all that are not 0, without itself, or 0 where another one is 0
      local is_zero = pointwise.eq(ctx.x, 0)
      local x, zeros = pointwise.where(is_zero, dy:empty(1):fill(1), ctx.x), is_zero:type(dy:type())
      local alone = pointwise.eq(pointwise.sub(reduce(zeros, C.HL_SUM, ctx.mask, ctx.sizes), zeros), 0)
      local product = pointwise.cmul(dy, reduce(x, C.HL_PROD, ctx.mask, ctx.sizes))
      return pointwise.where(alone, pointwise.cdiv(spread(ctx, product), x), dy:zeros(1))
   end),
   sumsq = reduction('sumsq', C.HL_SUMSQ, function(ctx, dy)
      return pointwise.cmul(pointwise.affine(ctx.x, 2), spread(ctx, dy))
   end),
   sumabs = reduction('sumabs', C.HL_SUMABS, function(ctx, dy) return pointwise.cmul(pointwise.sign(ctx.x), spread(ctx, dy)) end),
}

local function all_elements(name, x)
   check(x:nElement() > 0 or name == 'sum' or name == 'sumabs' or name == 'sumsq', '%s: the tensor is empty', name)
   if x:nElement() == 0 then return 0 end
   local y = raw[name](x)
   y = y:view(1)
   if y.requires_grad then return y end
   return y:item()
end

for _, name in ipairs {'sum', 'mean', 'prod'} do
   --- Over all elements, or along the named dimensions, which stay with size 1. Integer tensors give a LongTensor.
   ---
   ---     assert(hilo.sum(hilo.Tensor{{1, 2}, {3, 4}}, 1)[1][2] == 6)
   ---@param x Tensor
   ---@param ... integer dimensions
   ---@return number|Tensor
   M[name] = function(x, ...)
      need_tensor(name, x)
      if name == 'mean' and select('#', ...) > 0 then need_float(name, x) end
      if select('#', ...) == 0 and name == 'mean' and not x._storage.dtype.is_float then
         return all_elements('sum', x) / x:nElement()
      end
      if select('#', ...) == 0 then return all_elements(name, x) end
      return raw[name](x, ...)
   end
end

local extreme_all = {max = C.HL_RMAX, min = C.HL_RMIN}

local extreme_dim = op('max/min along a dimension', {
   forward = function(ctx, x, code, dim)
      local sizes = sizes_table(x)
      check(sizes[dim] > 0, 'max/min: dimension %d is empty', dim)
      sizes[dim] = 1
      local values, index = x:empty(sizes), x:emptyAs('long', sizes)
      run('hl_reduce_index', values, index, x, code, dim - 1)
      ctx.index, ctx.dim, ctx.from = index, dim, sizes_table(x)
      return values, index
   end,
   backward = function(ctx, dy)
      local dx = dy:zeros(ctx.from)
      run('hl_scatter', dx, dy, ctx.index, ctx.dim - 1, 0)
      return dx
   end,
})

for name, code in pairs(extreme_all) do
   --- The largest (smallest) element; or along dim: values, positions (LongTensor, from 1).
   ---@param x Tensor
   ---@param dim? integer
   ---@return number|Tensor largest a number of all elements; along dim 1 wide there
   ---@return Tensor? positions long, along dim
   M[name] = function(x, dim)
      need_tensor(name, x)
      if dim then return extreme_dim(x, code, dimension(x, dim, name)) end
      check(x:nElement() > 0, '%s: the tensor is empty', name)
      if x.requires_grad and autograd.is_enabled() then return (extreme_dim(x:reshape(x:nElement()), code, 1)) end
      return reduce(x, code, plan(name, x)):item()
   end
end

--- Position of the largest element along dim, LongTensor counting from 1.
---
---     assert(hilo.argmax(hilo.Tensor{1, 5, 2}, 1)[1] == 2)
---@param x Tensor
---@param dim? integer 1 if not given
---@return Tensor positions long, 1 wide along dim
function M.argmax(x, dim) return (select(2, M.max(x, dim or 1))) end
--- Position of the smallest element along dim, LongTensor counting from 1.
---@param x Tensor
---@param dim? integer 1 if not given
---@return Tensor positions long, 1 wide along dim
function M.argmin(x, dim) return (select(2, M.min(x, dim or 1))) end

-- x^(1/p), x not below 0, as the end of a norm: its gradient is 0 at 0, where the root's is infinite and the norm's any of many
local root = op('root', {
   forward = function(ctx, x, p)
      ctx.p, ctx.y = p, p == 2 and pointwise.sqrt(x) or pointwise.pow(x, 1 / p)
      return ctx.y
   end,
   backward = function(ctx, dy)
      local dx = pointwise.affine(pointwise.cmul(dy, pointwise.pow(ctx.y, 1 - ctx.p)), 1 / ctx.p)
      return pointwise.where(pointwise.eq(ctx.y, 0), dy:zeros(1), dx)
   end,
})

--- p-norm (p = 2 where missing) of all elements, or along dim.
---
---     assert(hilo.norm(hilo.Tensor{3, 4}) == 5)
---@param x Tensor
---@param p? number above 0, math.huge for the largest absolute value
---@param dim? integer
---@return number|Tensor
function M.norm(x, p, dim)
   need_tensor('norm', x)
   p = p or 2
   local dims = dim and {dim} or {}
   local function finish(y) return dim and y or (y:nElement() > 0 and (y.requires_grad and y:view(1) or y:item()) or 0) end
   if p == 1 then return finish(raw.sumabs(x, unpack(dims))) end
   if p == 2 then return finish(root(raw.sumsq(x, unpack(dims)), 2)) end
   if p == math.huge then
      if dim then return (M.max(pointwise.abs(x), dim)) end
      return M.max(pointwise.abs(x))
   end
   return finish(root(raw.sum(pointwise.pow(pointwise.abs(x), p), unpack(dims)), p))
end

local function variance(name, x, dim, biased)
   need_float(name, x)
   local n = dim and x:size(dim) or x:nElement()
   local dims = dim and {dim} or {}
   local y = pointwise.affine(raw.sumsq(pointwise.sub(x, raw.mean(x, unpack(dims))), unpack(dims)), 1 / (biased and n or n - 1))
   if dim then return y end
   return y.requires_grad and y:view(1) or y:item()
end

--- Variance of all elements or along dim; divides by n - 1, or by n with biased.
---
---     assert(hilo.var(hilo.Tensor{1, 3}) == 2 and hilo.var(hilo.Tensor{1, 3}, nil, true) == 1)
---@param x Tensor
---@param dim? integer
---@param biased? boolean
---@return number|Tensor
function M.var(x, dim, biased) return variance('var', x, dim, biased) end

--- Standard deviation, as var.
---@param x Tensor
---@param dim? integer
---@param biased? boolean
---@return number|Tensor
function M.std(x, dim, biased)
   local v = variance('std', x, dim, biased)
   return type(v) == 'number' and math.sqrt(v) or root(v, 2)
end

for name, code in pairs {any = C.HL_ANY, all = C.HL_ALL} do
   --- Whether any (all) of the elements are not 0.
   ---
   ---     assert(hilo.any(hilo.Tensor{0, 1}) and not hilo.all(hilo.Tensor{0, 1}))
   ---@param x Tensor
   ---@return boolean
   M[name] = function(x)
      need_tensor(name, x)
      if x:nElement() == 0 then return name == 'all' end
      return reduce(x, code, (plan(name, x)), select(2, plan(name, x)), 'byte'):item() ~= 0
   end
end

for name, code in pairs {cumsum = C.HL_SUM, cumprod = C.HL_PROD} do
   --- Running sum (product) along dim. No gradient.
   ---@param x Tensor
   ---@param dim? integer 1 if not given
   ---@return Tensor y as x
   M[name] = function(x, dim)
      local y = need_tensor(name, x):empty()
      run('hl_cumulate', y, x, code, dimension(x, dim or 1, name) - 1)
      return y
   end
end

local sorted = op('sort', {
   forward = function(ctx, x, k, dim, descending)
      local sizes = sizes_table(x)
      ctx.from, ctx.dim = {unpack(sizes)}, dim
      sizes[dim] = k
      local values, index = x:empty(sizes), x:emptyAs('long', sizes)
      run('hl_sort', values, index, x, dim - 1, descending and 1 or 0)
      ctx.index = index
      return values, index
   end,
   backward = function(ctx, dy)
      local dx = dy:zeros(ctx.from)
      run('hl_scatter', dx, dy, ctx.index, ctx.dim - 1, 0)
      return dx
   end,
})

--- Sorted along dim (the last where missing), ascending unless `descending`: values, positions. Stable; NaN is largest.
---
---     local values, positions = hilo.sort(hilo.Tensor{3, 1, 2})
---@param x Tensor
---@param dim? integer
---@param descending? boolean
---@return Tensor values
---@return Tensor positions long
function M.sort(x, dim, descending)
   dim = dimension(need_tensor('sort', x), dim or x:dim(), 'sort')
   return sorted(x, x:size(dim), dim, descending)
end

--- The k smallest (`largest`: largest) along dim in order: values, positions.
---
---     local values, positions = hilo.topk(hilo.Tensor{3, 1, 2}, 2, 1, true)
---     assert(values[1] == 3 and positions[1] == 1)
---@param x Tensor
---@param k integer
---@param dim? integer the last if not given
---@param largest? boolean
---@return Tensor values k wide along dim
---@return Tensor positions long
function M.topk(x, k, dim, largest)
   dim = dimension(need_tensor('topk', x), dim or x:dim(), 'topk')
   check(type(k) == 'number' and k >= 1 and k <= x:size(dim) and k % 1 == 0, 'topk: k must be 1..%d, got %s', x:size(dim), tostring(k))
   return sorted(x, k, dim, largest)
end

--- The k-th smallest along dim: value, position.
---@param x Tensor
---@param k integer from 1
---@param dim? integer the last if not given
---@return Tensor value 1 wide along dim
---@return Tensor position long
function M.kthvalue(x, k, dim)
   dim = dimension(need_tensor('kthvalue', x), dim or x:dim(), 'kthvalue')
   local values, index = M.topk(x, k, dim, false)
   return values:narrow(dim, k, 1), index:narrow(dim, k, 1)
end

--- The lower median along dim: value, position.
---
---     assert(hilo.median(hilo.Tensor{3, 1, 2})[1] == 2)
---@param x Tensor
---@param dim? integer the last if not given
---@return Tensor value 1 wide along dim
---@return Tensor position long
function M.median(x, dim)
   dim = dimension(need_tensor('median', x), dim or x:dim(), 'median')
   return M.kthvalue(x, math.floor((x:size(dim) + 1) / 2), dim)
end

--- Positions of the elements that are not 0, LongTensor (n, dims).
---
---     assert(hilo.nonzero(hilo.Tensor{0, 5, 0, 6})[2][1] == 4)
---@param x Tensor
---@return Tensor positions (n,dims) long, from 1
function M.nonzero(x)
   local n, lib = ffi.new('int64_t[1]'), need_tensor('nonzero', x)._storage.device.lib
   core.call(lib, 'hl_nonzero', nil, n, core.raw(x))
   if n[0] == 0 then return x:emptyAs('long', {}) end
   local index = x:emptyAs('long', tonumber(n[0]), x:dim())
   core.call(lib, 'hl_nonzero', core.raw(index), n, core.raw(x))
   return index
end

--- Whether both tensors have the same sizes and elements.
---
---     assert(hilo.equal(hilo.Tensor{1, 2}, hilo.Tensor{1, 2}))
---@param a Tensor
---@param b Tensor
---@return boolean
function M.equal(a, b)
   if not a:isSameSizeAs(b) then return false end
   return M.all(pointwise.eq(a, b))
end

return M
