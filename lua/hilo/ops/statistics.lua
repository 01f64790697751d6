--- ops/statistics.lua: counts and distances: histc, bhistc, mode, dist, renorm; and cross products. Those without whole numbers in
--- their results are differentiable.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'
local pointwise = require 'hilo.ops.pointwise'
local reduce = require 'hilo.ops.reduce'
local shape = require 'hilo.ops.shape'

local check, sizes_table = core.check, Tensor.sizes_table

local M = {}

-- x in row-major order on the CPU.
local function on_cpu(x) return x:detach():to{device = 'cpu'}:contiguous() end

-- ---- histograms ----

local function bounds(name, x, bins, low, high)
   arguments.tensor(name, 'x', x)
   bins = arguments.whole(name, 'bins', bins or 100, 1)
   low, high = low or 0, high or 0
   if low == high and x:nElement() > 0 then low, high = reduce.min(x:detach()), reduce.max(x:detach()) end
   if low == high then low, high = low - 1, high + 1 end
   check(low < high, '%s: the least value must be below the largest, got %s and %s', name, tostring(low), tostring(high))
   return bins, low, high
end

local function add_counts(counts, values, first, n, bins, low, high)
   for i = first, first + n - 1 do
      local v = tonumber(values[i])
      if v >= low and v <= high then
         local bin = math.min(bins - 1, math.floor((v - low) / (high - low) * bins))
         counts[bin] = counts[bin] + 1
      end
   end
end

--- Numbers of elements in `bins` equal ranges from low to high; those outside are not counted.
---
---     assert(hilo.histc(hilo.Tensor{1, 2, 2, 3}, 3, 1, 3)[2] == 2)
---@param x Tensor
---@param bins? integer 100
---@param low? number the least element of x, also where low and high are equal
---@param high? number the largest
---@return Tensor counts (bins), of x's type
function M.histc(x, bins, low, high)
   bins, low, high = bounds('histc', x, bins, low, high)
   local counts = Tensor.zeros({bins}, {dtype = x:dtype()})
   add_counts(counts:data(), Tensor.host_copy(x), 0, x:nElement(), bins, low, high)
   return counts:to{device = x:getDevice()}
end

--- histc of each row of a matrix, with the same ranges.
---
---     assert(hilo.bhistc(hilo.Tensor{{1, 1}, {2, 1}}, 2, 1, 2)[1][1] == 2)
---@param x Tensor (N,M)
---@param bins? integer 100
---@param low? number the least element of x, also where low and high are equal
---@param high? number the largest
---@return Tensor counts (N,bins), of x's type
function M.bhistc(x, bins, low, high)
   bins, low, high = bounds('bhistc', x, bins, low, high)
   check(x:dim() == 2, 'bhistc: expects a matrix, got %s', Tensor.shape_text(x))
   local n, m = x:size(1), x:size(2)
   local counts, values = Tensor.zeros({n, bins}, {dtype = x:dtype()}), Tensor.host_copy(x)
   for i = 0, n - 1 do add_counts(counts:data() + i * bins, values, i * m, m, bins, low, high) end
   return counts:to{device = x:getDevice()}
end

--- The value that comes most often along dim, the least of several, and the last position where it stands.
---
---     assert(hilo.mode(hilo.Tensor{3, 1, 3})[1] == 3)
---@param x Tensor
---@param dim? integer the last if not given
---@return Tensor values 1 wide along dim
---@return Tensor positions long
function M.mode(x, dim)
   arguments.tensor('mode', 'x', x)
   dim = arguments.dimension('mode', x, dim or x:dim())
   local rows, n = on_cpu(x:detach():transpose(dim, x:dim())), x:size(dim)
   local sorted, order = reduce.sort(rows, rows:dim(), false)
   local sizes = sizes_table(rows)
   sizes[#sizes] = 1
   local values, positions = rows:empty(sizes), rows:emptyAs('long', sizes)
   local s, o = Tensor.host_copy(sorted), Tensor.host_copy(order)
   local v, p = values:data(), positions:data()
   for row = 0, values:nElement() - 1 do
      local at, best, run, last = row * n, 0, 0, 0
      for i = 0, n - 1 do
         run = i > 0 and s[at + i] == s[at + i - 1] and run + 1 or 1
         if run > best then best, last = run, i end
      end
      v[row], p[row] = s[at + last], o[at + last]
   end
   local device = {device = x:getDevice()}
   return values:transpose(dim, x:dim()):contiguous():to(device), positions:transpose(dim, x:dim()):contiguous():to(device)
end

-- ---- distances ----

--- p-norm of a - b.
---
---     assert(hilo.dist(hilo.Tensor{1, 2}, hilo.Tensor{4, 6}) == 5)
---@param a Tensor
---@param b Tensor as many elements
---@param p? number 2
---@return number|Tensor
function M.dist(a, b, p)
   arguments.tensor('dist', 'a', a)
   arguments.tensor('dist', 'b', b)
   if not a:isSameSizeAs(b) and a:nElement() == b:nElement() then b = b:reshape(Tensor.sizes_table(a)) end
   return reduce.norm(pointwise.sub(a, b), p or 2)
end

--- Each slice of x along dim, shortened to the p-norm `most` where its own is larger.
---
---     local y = hilo.renorm(hilo.Tensor{{3, 4}, {0, 1}}, 2, 1, 1)    -- rows of length 1
---@param x Tensor
---@param p number
---@param dim integer
---@param most number
---@return Tensor as x
function M.renorm(x, p, dim, most)
   dim = arguments.dimension('renorm', arguments.tensor('renorm', 'x', x), dim)
   check(arguments.number('renorm', 'p', p) > 0, 'renorm: p must be above 0, got %s', tostring(p))
   check(arguments.number('renorm', 'most', most) >= 0, 'renorm: the largest norm must be 0 or more, got %s', tostring(most))
   local n, rows = x:size(dim), shape.transpose(x, 1, dim)
   local norms = reduce.norm(shape.reshape(rows, n, x:nElement() / n), p, 2)
   local short = pointwise.cdiv(most, pointwise.add(norms, 1e-7))
   local factor = pointwise.where(pointwise.gt(norms, most), short, norms:zeros(n, 1):fill(1))
   local sizes = {}
   for d = 1, x:dim() do sizes[d] = d == dim and n or 1 end
   return pointwise.cmul(x, shape.reshape(factor, sizes))
end

--- Cross product of vectors of three elements along dim.
---
---     assert(hilo.cross(hilo.Tensor{1, 0, 0}, hilo.Tensor{0, 1, 0})[3] == 1)
---@param a Tensor
---@param b Tensor of a's sizes
---@param dim? integer the first of size 3 if not given
---@return Tensor as a
function M.cross(a, b, dim)
   arguments.tensor('cross', 'a', a)
   check(arguments.tensor('cross', 'b', b):isSameSizeAs(a), 'cross: expects tensors of one size, got %s and %s', Tensor.shape_text(a),
      Tensor.shape_text(b))
   for d = 1, a:dim() do if not dim and a:size(d) == 3 then dim = d end end
   check(dim, 'cross: no dimension of %s has size 3', Tensor.shape_text(a))
   dim = arguments.dimension('cross', a, dim)
   check(a:size(dim) == 3, 'cross: dimension %d must have size 3, got %d', dim, a:size(dim))
   local function part(x, i) return shape.narrow(x, dim, i, 1) end
   local parts = {}
   for i = 1, 3 do
      local j, k = i % 3 + 1, (i + 1) % 3 + 1
      parts[i] = pointwise.sub(pointwise.cmul(part(a, j), part(b, k)), pointwise.cmul(part(a, k), part(b, j)))
   end
   return shape.cat(parts, dim)
end

--- a + weight * (b - a).
---
---     assert(hilo.lerp(hilo.Tensor{1}, hilo.Tensor{3}, 0.5)[1] == 2)
---@param a Tensor
---@param b Tensor
---@param weight number
---@return Tensor
function M.lerp(a, b, weight)
   local step = pointwise.affine(pointwise.sub(b, arguments.tensor('lerp', 'a', a)), arguments.number('lerp', 'weight', weight))
   return pointwise.add(a, step)
end

return M
