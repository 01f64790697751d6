--- pool.lua: maximum and average over windows of images (N,C,H,W).
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'

local run, dense, size = core.run, arguments.dense, arguments.size
local new_pool = ffi.typeof('hl_pool')

-- With ceil_mode the last window starts inside the input or its left padding.
local function out_size(input, kernel, stride, pad, ceil_mode)
   local room = input + 2 * pad - kernel + (ceil_mode and stride - 1 or 0)
   local n = math.floor(room / stride) + 1
   if ceil_mode and (n - 1) * stride >= input + pad then n = n - 1 end
   return math.max(1, n)
end

local function pooled(x, p)
   local ceil_mode = p.ceil_mode ~= 0
   return x:empty(size(x, 1), size(x, 2), out_size(size(x, 3), p.kernel_h, p.stride_h, p.pad_h, ceil_mode),
      out_size(size(x, 4), p.kernel_w, p.stride_w, p.pad_w, ceil_mode))
end

local function max_back(ctx, dy)
   local dx = dy:empty(ctx.sizes)
   run('hl_max_pool_back', dx, dense(dy), ctx.index)
   return dx
end

local max_pool = autograd.op('max_pool', {
   forward = function(ctx, x, p)
      local y = pooled(x, p)
      ctx.sizes, ctx.index = x:size(), y:emptyAs('int')
      run('hl_max_pool', y, ctx.index, dense(x), p)
      return y, ctx.index
   end,
   backward = max_back,
})

local adaptive_max_pool = autograd.op('adaptive_max_pool', {
   forward = function(ctx, x, h, w)
      local y = x:empty(size(x, 1), size(x, 2), h, w)
      ctx.sizes, ctx.index = x:size(), y:emptyAs('int')
      run('hl_adaptive_max_pool', y, ctx.index, dense(x))
      return y
   end,
   backward = max_back,
})

local avg_pool = autograd.op('avg_pool', {
   forward = function(ctx, x, p)
      local y = pooled(x, p)
      ctx.sizes, ctx.p = x:size(), p
      run('hl_avg_pool', y, dense(x), p)
      return y
   end,
   backward = function(ctx, dy)
      local dx = dy:empty(ctx.sizes)
      run('hl_avg_pool_back', dx, dense(dy), ctx.p)
      return dx
   end,
})

local adaptive_avg_pool = autograd.op('adaptive_avg_pool', {
   forward = function(ctx, x, h, w)
      local y = x:empty(size(x, 1), size(x, 2), h, w)
      ctx.sizes, ctx.like = x:size(), x:empty(1, 2, 2, 1) -- which remembers whether the channels are innermost
      run('hl_adaptive_avg_pool', y, dense(x))
      return y
   end,
   backward = function(ctx, dy)
      local dx = ctx.like:empty(ctx.sizes)
      run('hl_adaptive_avg_pool_back', dx, dense(dy))
      return dx
   end,
})

local global_avg_pool = autograd.op('global_avg_pool', {
   forward = function(ctx, x)
      local n, c = size(x, 1), size(x, 2)
      local y = x:empty(n, c, 1, 1)
      ctx.sizes = x:size()
      run('hl_adaptive_avg_pool', y, dense(x))
      return y:as_strided({n, c}, {c, 1})
   end,
   backward = function(ctx, dy)
      local dx = dy:empty(ctx.sizes)
      local n, c = ctx.sizes[1], ctx.sizes[2]
      run('hl_adaptive_avg_pool_back', dx, dense(dy):as_strided({n, c, 1, 1}, {c, 1, 1, 1}))
      return dx
   end,
})

local function window(fn, x, options, known)
   arguments.tensor(fn, 'x', x)
   options = arguments.options(fn, options, known)
   core.check(options.kernel, '%s: the option kernel is missing: a number or {height, width}', fn)
   local p = new_pool()
   p.kernel_h, p.kernel_w = arguments.pair(fn, 'kernel', options.kernel, 1)
   p.stride_h, p.stride_w = arguments.pair(fn, 'stride', options.stride or options.kernel, 1)
   p.pad_h, p.pad_w = arguments.pair(fn, 'pad', options.pad or 0, 0)
   p.ceil_mode = options.ceil_mode and 1 or 0
   p.count_pad = options.count_pad ~= false and 1 or 0
   return p
end

local max_known = arguments.names('kernel', 'stride', 'pad', 'ceil_mode')
local avg_known = arguments.names('kernel', 'stride', 'pad', 'ceil_mode', 'count_pad')

local M = {}

--- Largest value of each window; NaN counts as largest.
---
---     local y = hilo.max_pool(hilo.randn(2, 3, 32, 32), {kernel = 3, stride = 2, pad = 1})  -- (2,3,16,16)
---@param x Tensor (N,C,H,W)
---@param options {kernel: integer|integer[], stride?: integer|integer[], pad?: integer|integer[], ceil_mode?: boolean} each a number
--- or {h, w}; stride is the kernel if not given; ceil_mode rounds the output size up instead of down
---@return Tensor y (N,C,P,Q)
---@return Tensor index int: where the largest value lies in its plane of H*W, from 0
function M.max_pool(x, options)
   return max_pool(x, window('max_pool', x, options, max_known))
end

--- Mean of each window.
---
---     local y = hilo.avg_pool(hilo.ones(2, 3, 32, 32), {kernel = 2})  -- (2,3,16,16)
---@param x Tensor (N,C,H,W)
---@param options {kernel: integer|integer[], stride?: integer|integer[], pad?: integer|integer[], ceil_mode?: boolean,
--- count_pad?: boolean} as max_pool; count_pad (default true) counts the padding's zeros in the mean
---@return Tensor y (N,C,P,Q)
function M.avg_pool(x, options)
   return avg_pool(x, window('avg_pool', x, options, avg_known))
end

local function adaptive(fn, op)
   return function(x, h, w)
      arguments.tensor(fn, 'x', x)
      return op(x, arguments.whole(fn, 'height', h, 1), arguments.whole(fn, 'width', w, 1))
   end
end

--- Mean over h x w windows that cover x evenly: rows floor(i H / h) .. ceil((i + 1) H / h).
---@type fun(x: Tensor, h: integer, w: integer): Tensor
M.adaptive_avg_pool = adaptive('adaptive_avg_pool', adaptive_avg_pool)

--- Largest value of h x w windows that cover x evenly.
---@type fun(x: Tensor, h: integer, w: integer): Tensor
M.adaptive_max_pool = adaptive('adaptive_max_pool', adaptive_max_pool)

--- Mean over all pixels.
---
---     local y = hilo.global_avg_pool(hilo.randn(2, 64, 7, 7))  -- (2,64)
---@param x Tensor (N,C,H,W)
---@return Tensor y (N,C)
function M.global_avg_pool(x)
   arguments.tensor('global_avg_pool', 'x', x)
   core.check(x:dim() == 4, 'global_avg_pool: x must be (N,C,H,W), got %s', Tensor.shape_text(x))
   return global_avg_pool(x)
end

return M
