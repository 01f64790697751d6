--- conv_transpose.lua: the transposed convolution: what takes a convolution's output back to the sizes of its input.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'
local conv_options = require 'hilo.ops.conv_options'
local pointwise = require 'hilo.ops.pointwise'

local run, dense, size = core.run, arguments.dense, arguments.size
local new_conv = ffi.typeof('hl_conv')

local conv_transpose2d = autograd.op('conv_transpose2d', {
   forward = function(ctx, x, w, p, h, w_out)
      ctx.x, ctx.w, ctx.p = dense(x), dense(w), p
      local y = x:empty(size(x, 1), size(w, 2) * p.groups, h, w_out)
      run('hl_conv2d_back', y, nil, nil, ctx.x, y, ctx.w, p) -- of the convolution's input only the sizes count
      return y
   end,
   backward = function(ctx, dy)
      dy = dense(dy)
      local dx, dw = nil, ctx:into(2, ctx.w)
      if ctx.needs[1] then
         dx = ctx.x:empty()
         run('hl_conv2d', dx, dy, ctx.w, nil, ctx.p)
      end
      if dw then run('hl_conv2d_back', nil, dw, nil, ctx.x, dy, ctx.w, ctx.p) end
      return dx, dw
   end,
})

local known = arguments.names('stride', 'pad', 'dilation', 'groups', 'extra')

local M = {}

--- Transposed convolution plus bias: the gradient of hilo.conv2d with respect to its input, as a function of its own. Where that one
--- makes (P,Q) of (H,W), this one makes (H,W) of (P,Q).
---
---     local y = hilo.conv_transpose2d(hilo.randn(2, 8, 5, 5), hilo.randn(8, 3, 4, 4), nil, {stride = 2, pad = 1})
---     assert(y:size(2) == 3 and y:size(3) == 10)
---@param x Tensor (N,C,P,Q)
---@param w Tensor (C,K/groups,R,S)
---@param b? Tensor (K)
---@param options? {stride?: integer|integer[], pad?: integer|integer[], dilation?: integer|integer[], groups?: integer,
--- extra?: integer|integer[]} as of hilo.conv2d; extra (0): rows and columns added below and behind, fewer than the stride
---@return Tensor y (N,K,H,W), H = (P - 1) stride - 2 pad + dilation (R - 1) + 1 + extra, W likewise
function M.conv_transpose2d(x, w, b, options)
   local fn = 'conv_transpose2d'
   arguments.tensor(fn, 'x', x)
   arguments.tensor(fn, 'weight', w)
   arguments.optional_tensor(fn, 'bias', b)
   options = arguments.options(fn, options, known)
   local p = conv_options(fn, options, new_conv())
   local extra_h, extra_w = arguments.pair(fn, 'extra', options.extra or 0, 0)
   core.check(extra_h < p.stride_h and extra_w < p.stride_w, '%s: extra must be less than the stride, got %d and %d', fn, extra_h,
      extra_w)
   local function out(d, stride, pad, dil, extra) return (size(x, d) - 1) * stride - 2 * pad + dil * (size(w, d) - 1) + 1 + extra end
   local h, w_out = out(3, p.stride_h, p.pad_h, p.dil_h, extra_h), out(4, p.stride_w, p.pad_w, p.dil_w, extra_w)
   core.check(h >= 1 and w_out >= 1, '%s: nothing is left of the output: %s with a kernel %s gives %dx%d', fn, Tensor.shape_text(x),
      Tensor.shape_text(w), h, w_out)
   local y = conv_transpose2d(x, w, p, h, w_out)
   return b and pointwise.add(y, b:view(1, -1, 1, 1)) or y
end

return M
