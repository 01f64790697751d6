--- pair.lua: what a discriminator sees: a map beside its image, (N,C+3,H,W).
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local arguments = require 'hilo.ops.arguments'

local run, dense = core.run, arguments.dense

-- An uninitialised tensor like images, with so many channels more.
local function beside(fn, images, classes)
   core.check(images:dim() >= 3, '%s: images must be (N,D,H,W), got %s', fn, Tensor.shape_text(images))
   local sizes = images:size():totable()
   sizes[2] = sizes[2] + classes
   return images:empty(sizes)
end

local softmax_pair = autograd.op('softmax_pair', {
   forward = function(ctx, x, images, mask)
      ctx.y, ctx.sizes = beside('softmax_pair', images, arguments.size(x, 2)), x:size()
      run('hl_softmax_pair', ctx.y, dense(x), dense(images), dense(mask))
      return ctx.y
   end,
   backward = function(ctx, dy)
      local dx = dy:empty(ctx.sizes)
      run('hl_softmax_pair_back', dx, dense(dy), ctx.y)
      return dx
   end,
})

local softmax_known = arguments.names('mask')
local one_hot_known = arguments.names('mask', 'void')

local M = {}

--- The softmax of x and, beside it, each image scaled to [0,1] by its own range. Gradients flow to x alone.
---
---     local seen = hilo.softmax_pair(hilo.randn(2, 5, 8, 8), hilo.randn(2, 3, 8, 8))  -- (2,8,8,8)
---@param x Tensor (N,C,H,W) logits
---@param images Tensor (N,D,H,W)
---@param options? {mask?: Tensor} mask (N,1,H,W) byte: the softmax is replaced by 0 where it is 0
---@return Tensor y (N,C+D,H,W)
function M.softmax_pair(x, images, options)
   local fn = 'softmax_pair'
   arguments.tensor(fn, 'x', x)
   arguments.tensor(fn, 'images', images)
   options = arguments.options(fn, options, softmax_known)
   return softmax_pair(x, images:detach(), arguments.optional_tensor(fn, 'mask', options.mask))
end

--- The one-hot map of labels, zero where they are void, and beside it each image scaled to [0,1] by its own range.
---@param labels Tensor (N,H,W) byte, int or long
---@param images Tensor (N,D,H,W)
---@param classes integer
---@param options? {mask?: Tensor, void?: integer} mask (N,1,H,W) byte: the map is 0 where it is 0; void is 255 if not given
---@return Tensor y (N,C+D,H,W)
function M.one_hot_pair(labels, images, classes, options)
   local fn = 'one_hot_pair'
   arguments.tensor(fn, 'labels', labels)
   arguments.tensor(fn, 'images', images)
   arguments.whole(fn, 'the number of classes', classes, 1)
   options = arguments.options(fn, options, one_hot_known)
   local y = beside(fn, images, classes)
   run('hl_one_hot_pair', y, dense(labels), dense(images), dense(arguments.optional_tensor(fn, 'mask', options.mask)),
      arguments.whole(fn, 'void', options.void or 255, -2 ^ 31))
   return y
end

return M
