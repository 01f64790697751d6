--- conv.lua: convolution.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local arguments = require 'hilo.ops.arguments'
local conv_options = require 'hilo.ops.conv_options'

local run, dense, size = core.run, arguments.dense, arguments.size
local new_conv = ffi.typeof('hl_conv')

local new_convs = ffi.typeof('hl_conv[?]')

-- An uninitialised tensor for the result.
local function result(x, w, p)
   local function out(d, stride, pad, dil)
      return math.max(1, math.floor((size(x, d) + 2 * pad - dil * (size(w, d) - 1) - 1) / stride) + 1)
   end
   return x:empty(size(x, 1), size(w, 1), out(3, p.stride_h, p.pad_h, p.dil_h), out(4, p.stride_w, p.pad_w, p.dil_w))
end

local conv2d = autograd.op('conv2d', {
   forward = function(ctx, x, w, b, p)
      ctx.x, ctx.w, ctx.b, ctx.p = dense(x), dense(w), dense(b), p
      local y = result(x, w, p)
      run('hl_conv2d', y, ctx.x, ctx.w, ctx.b, p)
      return y
   end,
   backward = function(ctx, dy)
      local dx = ctx.needs[1] and ctx.x:empty() or nil
      local dw, db = ctx:into(2, ctx.w), ctx:into(3, ctx.b)
      run('hl_conv2d_back', dx, dw, db, dense(dy), ctx.x, ctx.w, ctx.p)
      return dx, dw, db
   end,
})

-- Weights and biases come as w1, b1, w2, b2, ...; the context holds them under their places among the arguments.
local conv2d_sum = autograd.op('conv2d_sum', {
   forward = function(ctx, x, n, p, ...)
      ctx.x, ctx.n, ctx.p = dense(x), n, p
      for i = 1, 2 * n do ctx[3 + i] = dense((select(i, ...))) end
      local y = result(x, ctx[4], p[0])
      run('hl_conv2d_sum', y, ctx.x, n, core.list(ctx, n, 4, 2), core.list(ctx, n, 5, 2), p)
      return y
   end,
   backward = function(ctx, dy)
      local n = ctx.n
      local grads = {ctx.needs[1] and ctx.x:empty() or nil}
      for i = 4, 3 + 2 * n do grads[i] = ctx:into(i, ctx[i]) end
      run('hl_conv2d_sum_back', grads[1], n, core.list(grads, n, 4, 2), core.list(grads, n, 5, 2), dense(dy), ctx.x,
         core.list(ctx, n, 4, 2), ctx.p)
      return unpack(grads, 1, 3 + 2 * n)
   end,
})

local known = arguments.names('stride', 'pad', 'dilation', 'groups')

-- The C form of options.
local function read_options(fn, options, p) return conv_options(fn, arguments.options(fn, options, known), p) end

local M = {}

--- 2-d convolution (cross-correlation) plus bias. Weights and biases are of x's type, float32 where x is bfloat16.
---
---     local y = hilo.conv2d(hilo.randn(2, 3, 32, 32), hilo.randn(8, 3, 3, 3), nil, {pad = 1, stride = 2})
---     assert(y:size(2) == 8 and y:size(3) == 16)
---@param x Tensor (N,C,H,W)
---@param w Tensor (K,C/groups,R,S)
---@param b? Tensor (K)
---@param options? {stride?: integer|integer[], pad?: integer|integer[], dilation?: integer|integer[], groups?: integer} each a number
--- or {h, w}; 1, 0 and 1 if not given. groups (1): the channels are cut into so many equal groups, and those of y see only theirs
--- of x; depthwise where groups is C
---@return Tensor y (N,K,P,Q), P = floor((H + 2 pad - dilation (R - 1) - 1) / stride) + 1, Q likewise
function M.conv2d(x, w, b, options)
   local fn = 'conv2d'
   arguments.tensor(fn, 'x', x)
   arguments.tensor(fn, 'weight', w)
   arguments.optional_tensor(fn, 'bias', b)
   return conv2d(x, w, b, read_options(fn, options, new_conv()))
end

local function same_device(fn, x, t)
   core.check(t == nil or t._storage.device == x._storage.device, '%s: all tensors must be on one device, got %s and %s', fn,
      x._storage.device.name, t and t._storage.device.name)
end

--- The sum of convolutions of one input, side by side: that of conv2d(x, weights[i], biases[i], options[i]).
---@param x Tensor (N,C,H,W)
---@param weights Tensor[] each (K,C,R,S)
---@param biases? table<integer, Tensor> each (K); entries may be nil
---@param options? table[] for each convolution what conv2d takes, but for groups; their results must have one size
---@return Tensor y (N,K,P,Q)
function M.conv2d_sum(x, weights, biases, options)
   local fn = 'conv2d_sum'
   arguments.tensor(fn, 'x', x)
   core.check(type(weights) == 'table' and not core.is_tensor(weights) and #weights > 0,
      '%s: weights must be a list of tensors, got %s', fn, arguments.describe(weights))
   for name, list in pairs {biases = biases, options = options} do
      core.check(type(list) == 'table' and not core.is_tensor(list), '%s: %s must be a list, got %s', fn, name,
         arguments.describe(list))
   end
   local n, list = #weights, {}
   local p = new_convs(n)
   for i = 1, n do
      local w, b = weights[i], biases and biases[i]
      same_device(fn, x, arguments.tensor(fn, ('weight %d'):format(i), w))
      same_device(fn, x, arguments.optional_tensor(fn, ('bias %d'):format(i), b))
      list[2 * i - 1], list[2 * i] = w, b
      read_options(fn, options and options[i], p[i - 1])
   end
   return conv2d_sum(x, n, p, unpack(list, 1, 2 * n))
end

return M
