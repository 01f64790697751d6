--- resize.lua: resampling of images (N,C,H,W).
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local arguments = require 'hilo.ops.arguments'

local run, dense, size = core.run, arguments.dense, arguments.size

local resize = autograd.op('resize', {
   forward = function(ctx, x, h, w, mode)
      ctx.sizes, ctx.mode = x:size(), mode
      local y = x:empty(size(x, 1), size(x, 2), h, w)
      run('hl_resize', y, dense(x), mode)
      return y
   end,
   backward = function(ctx, dy)
      local dx = dy:empty(ctx.sizes)
      run('hl_resize_back', dx, dense(dy), ctx.mode)
      return dx
   end,
})

local known = arguments.names('mode', 'align_corners')

local M = {}

--- Resamples to h x w, as PyTorch's interpolate.
---
---     local y = hilo.resize(hilo.randn(2, 3, 8, 8), 16, 20, {align_corners = true})  -- (2,3,16,20)
---@param x Tensor (N,C,H,W); nearest also takes integers, for label maps
---@param h integer
---@param w integer
---@param options? {mode?: 'bilinear'|'nearest', align_corners?: boolean} bilinear if not given. align_corners (default false) puts
--- the corner pixels' centres on each other; else the images' edges are
---@return Tensor y (N,C,h,w)
function M.resize(x, h, w, options)
   local fn = 'resize'
   arguments.tensor(fn, 'x', x)
   arguments.whole(fn, 'height', h, 1)
   arguments.whole(fn, 'width', w, 1)
   return resize(x, h, w, arguments.resize_mode(fn, arguments.options(fn, options, known)))
end

return M
