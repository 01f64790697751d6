--- nn/windows.lua: windows along one dimension.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local pointwise = require 'hilo.ops.pointwise'
local shape = require 'hilo.ops.shape'
local positions = require 'hilo.nn.positions'
local widths = require 'hilo.nn.widths'

local windows = {}

--- The windows of x along dim one after the other: dim becomes (number of windows) * k.
---@param x Tensor
---@param dim integer
---@param k integer elements of a window
---@param stride integer from one window's first element to the next one's
---@param dilation? integer from one element of a window to the next, 1 if not given
---@return Tensor
---@return integer n number of windows
function windows.taken(x, dim, k, stride, dilation)
   dilation = dilation or 1
   local room = x:size(dim) - dilation * (k - 1) - 1
   core.check(room >= 0, 'a window of %d does not fit dimension %d of %s', dilation * (k - 1) + 1, dim, Tensor.shape_text(x))
   local n, list = math.floor(room / stride) + 1, {}
   for i = 0, n - 1 do
      for j = 0, k - 1 do list[#list + 1] = i * stride + j * dilation + 1 end
   end
   if stride == k and dilation == 1 and n * k == x:size(dim) then return x, n end
   return shape.index(x, dim, positions(list, x)), n
end

--- x with dimension dim cut in two.
---@param x Tensor
---@param dim integer
---@param n integer
---@param k integer
---@return Tensor of one dimension more: (..., n, k, ...)
function windows.cut(x, dim, n, k)
   local sizes = Tensor.sizes_table(x)
   sizes[dim] = n
   table.insert(sizes, dim + 1, k)
   return shape.reshape(x, sizes)
end

-- n slices of x along dim from number `first` on, `step` apart: a view.
local every = autograd.op('every', {
   forward = function(ctx, x, dim, first, n, step)
      local sizes, strides = Tensor.sizes_table(x), Tensor.strides_table(x)
      ctx.sizes, ctx.dim, ctx.first, ctx.n, ctx.step = Tensor.sizes_table(x), dim, first, n, step
      local offset = (first - 1) * strides[dim]
      sizes[dim], strides[dim] = n, strides[dim] * step
      return x:as_strided(sizes, strides, offset)
   end,
   backward = function(ctx, dy)
      local dx = dy:zeros(ctx.sizes)
      local sizes, strides = Tensor.sizes_table(dx), Tensor.strides_table(dx)
      local offset = (ctx.first - 1) * strides[ctx.dim]
      sizes[ctx.dim], strides[ctx.dim] = ctx.n, strides[ctx.dim] * ctx.step
      core.run('hl_copy', dx:as_strided(sizes, strides, offset), dy)
      return dx
   end,
})

--- The largest element of each window along dim.
---@param x Tensor
---@param dim integer
---@param k integer
---@param stride integer
---@param options? {pad?: integer, dilation?: integer, ceil_mode?: boolean} as of hilo.max_pool
---@return Tensor
function windows.max(x, dim, k, stride, options)
   local o = options or {}
   local pad, dilation, n = o.pad or 0, o.dilation or 1, x:size(dim)
   local room = n + 2 * pad - dilation * (k - 1) - 1
   local behind = pad
   if o.ceil_mode then
      local count = math.ceil(room / stride) + 1
      if (count - 1) * stride >= n + pad then count = count - 1 end
      behind = math.max(pad, pad + (count - 1) * stride - room)
   end
   if pad > 0 or behind > 0 then x = widths(x, dim, pad, behind, -math.huge) end
   room = x:size(dim) - dilation * (k - 1) - 1
   core.check(room >= 0, 'a window of %d does not fit dimension %d of %s', dilation * (k - 1) + 1, dim, Tensor.shape_text(x))
   local count, y = math.floor(room / stride) + 1, nil
   for j = 0, k - 1 do
      local slice = every(x, dim, j * dilation + 1, count, stride)
      y = y and pointwise.cmax(y, slice) or slice
   end
   return y
end

return windows
