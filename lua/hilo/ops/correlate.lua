--- ops/correlate.lua: convolutions and cross-correlations of pictures and volumes, valid or full, by conv2d. Differentiable.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'
local conv = require 'hilo.ops.conv'
local shape = require 'hilo.ops.shape'

local check, sizes_table = core.check, Tensor.sizes_table

local M = {}

-- The elements of the last n dimensions in the opposite order.
local function flipped(k, n)
   for d = k:dim() - n + 1, k:dim() do
      local size = k:size(d)
      local back = Tensor.range(size, 1, -1, {dtype = 'long'}):to{device = k:getDevice()}
      k = shape.index(k, d, back)
   end
   return k
end

-- x with `pad` zeros before and behind along its first dimension.
local function padded(x, pad)
   if pad == 0 then return x end
   local sizes = sizes_table(x)
   sizes[1] = pad
   return shape.cat({x:zeros(sizes), x, x:zeros(sizes)}, 1)
end

-- x (P,H,W), k (Q,P,R,S) -> (Q,H',W')
local function planes(x, k, full)
   local pad = full and {k:size(3) - 1, k:size(4) - 1} or 0
   local y = conv.conv2d(shape.reshape(x, 1, x:size(1), x:size(2), x:size(3)), k, nil, {pad = pad})
   return shape.reshape(y, y:size(2), y:size(3), y:size(4))
end

-- x (P,D,H,W), k (Q,P,T,R,S) -> (Q,D',H',W'): the T slices under the kernel are channels of D' pictures.
local function volumes(x, k, full)
   local depth, channels = k:size(3), {}
   for p = 1, x:size(1) do
      local slices = padded(shape.select(x, 1, p), full and depth - 1 or 0)
      local n = slices:size(1) - depth + 1
      for t = 1, depth do channels[#channels + 1] = shape.unsqueeze(shape.narrow(slices, 1, t, n), 2) end
   end
   local pad = full and {k:size(4) - 1, k:size(5) - 1} or 0
   local weight = shape.reshape(k, k:size(1), x:size(1) * depth, k:size(4), k:size(5))
   return shape.transpose(conv.conv2d(shape.cat(channels, 2), weight, nil, {pad = pad}), 1, 2)
end

local function define(name, n, flip, one)
   --- x and k of n dimensions: one picture (volume) and one kernel; of n + 1: each slice of x with that of k; x of n + 1 and k of n + 2
   --- dimensions: y[q] is the sum over p of x[p] with k[q][p].
   ---@param x Tensor whole numbers wrap; they are exact to 2^53
   ---@param k Tensor no larger than x unless 'F'
   ---@param kind? 'V'|'F' 'V' where the kernel lies inside x, 'F' wherever it touches x; 'V' if not given
   ---@return Tensor
   M[name] = function(x, k, kind)
      arguments.tensor(name, 'x', x)
      arguments.tensor(name, 'k', k)
      kind = kind or 'V'
      check(kind == 'V' or kind == 'F', "%s: expects 'V' (valid) or 'F' (full), got %s", name, tostring(kind))
      local nx, nk = x:dim(), k:dim()
      check(nx == n and nk == n or nx == n + 1 and (nk == n + 1 and x:size(1) == k:size(1) or nk == n + 2 and x:size(1) == k:size(2)),
         '%s: %s with %s does not fit; expects %d and %d, %d and %d, or %d and %d dimensions', name, Tensor.shape_text(x),
         Tensor.shape_text(k), n, n, n + 1, n + 1, n + 1, n + 2)
      for d = 0, n - 1 do
         check(kind == 'F' or k:size(nk - d) <= x:size(nx - d), '%s: the kernel of %s is larger than %s; use \'F\'', name,
            Tensor.shape_text(k), Tensor.shape_text(x))
      end
      if not x._storage.dtype.is_float and x:dtype() == k:dtype() then
         return M[name](x:to{dtype = 'double'}, k:to{dtype = 'double'}, kind):to{dtype = 'long'}:to{dtype = x:dtype()}
      end
      if flip then k = flipped(k, n) end
      local full = kind == 'F'
      if nk == n + 2 then return shape.contiguous(one(x, k, full)) end
      local function single(a, b)
         return shape.select(one(shape.unsqueeze(a, 1), shape.unsqueeze(shape.unsqueeze(b, 1), 1), full), 1, 1)
      end
      if nk == n then return shape.contiguous(single(x, k)) end
      local slices = {}
      for i = 1, x:size(1) do slices[i] = single(shape.select(x, 1, i), shape.select(k, 1, i)) end
      return shape.stack(slices)
   end
end

define('xcorr2', 2, false, planes)
define('conv2', 2, true, planes)
define('xcorr3', 3, false, volumes)
define('conv3', 3, true, volumes)

return M
