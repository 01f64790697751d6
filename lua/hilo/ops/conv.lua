--- conv.lua: convolution.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local arguments = require 'hilo.ops.arguments'

local run, dense, size = core.run, arguments.dense, arguments.size
local new_conv = ffi.typeof('hl_conv')

local conv2d = autograd.op('conv2d', {
   forward = function(ctx, x, w, b, p)
      ctx.x, ctx.w, ctx.b, ctx.p = dense(x), dense(w), dense(b), p
      local function out(d, stride, pad, dil)
         return math.max(1, math.floor((size(x, d) + 2 * pad - dil * (size(w, d) - 1) - 1) / stride) + 1)
      end
      local y = x:empty(size(x, 1), size(w, 1), out(3, p.stride_h, p.pad_h, p.dil_h), out(4, p.stride_w, p.pad_w, p.dil_w))
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

local known = arguments.names('stride', 'pad', 'dilation')

local M = {}

--- 2-d convolution (cross-correlation) plus bias.
---@param x Tensor (N,C,H,W)
---@param w Tensor (K,C,R,S)
---@param b? Tensor (K)
---@param options? {stride: integer|integer[], pad: integer|integer[], dilation: integer|integer[]} each a number or {h, w};
--- 1, 0 and 1 if not given
---@return Tensor y (N,K,P,Q), P = floor((H + 2 pad - dilation (R - 1) - 1) / stride) + 1, Q likewise
function M.conv2d(x, w, b, options)
   local fn = 'conv2d'
   arguments.tensor(fn, 'x', x)
   arguments.tensor(fn, 'weight', w)
   arguments.optional_tensor(fn, 'bias', b)
   options = arguments.options(fn, options, known)
   local p = new_conv()
   p.stride_h, p.stride_w = arguments.pair(fn, 'stride', options.stride or 1, 1)
   p.pad_h, p.pad_w = arguments.pair(fn, 'pad', options.pad or 0, 0)
   p.dil_h, p.dil_w = arguments.pair(fn, 'dilation', options.dilation or 1, 1)
   return conv2d(x, w, b, p)
end

return M
