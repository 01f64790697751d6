--- loss.lua: softmax and the losses. Labels here hold class ids 0..C-1 and one void id.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local arguments = require 'hilo.ops.arguments'

local run, dense, size, param_dtype = core.run, arguments.dense, arguments.size, arguments.param_dtype
local C = ffi.C

local M = {}

-- ---- softmax ----

-- dim counts from 1, log is 0 or 1
local softmax = autograd.op('softmax', {
   forward = function(ctx, x, dim, log)
      local y = x:empty()
      run('hl_softmax', y, dense(x), dim - 1, log)
      ctx.y, ctx.dim, ctx.log = y, dim, log
      return y
   end,
   backward = function(ctx, dy)
      local dx = ctx.y:empty()
      run('hl_softmax_back', dx, dense(dy), ctx.y, ctx.dim - 1, ctx.log)
      return dx
   end,
})

--- exp(x) / sum of exp(x) along dim.
---
---     local p = hilo.softmax(hilo.randn(2, 5, 8, 8))
---     assert(math.abs(p:sum(2):max() - 1) < 1e-5)
---@param x Tensor
---@param dim? integer from 1, the second if not given: the classes of (N,C,...)
---@return Tensor y as x
function M.softmax(x, dim)
   arguments.tensor('softmax', 'x', x)
   return softmax(x, arguments.dimension('softmax', x, dim or 2), 0)
end

--- Logarithm of the softmax along dim.
---@param x Tensor
---@param dim? integer from 1, the second if not given
---@return Tensor y as x
function M.log_softmax(x, dim)
   arguments.tensor('log_softmax', 'x', x)
   return softmax(x, arguments.dimension('log_softmax', x, dim or 2), 1)
end

-- ---- cross entropy ----

local cross_entropy = autograd.op('cross_entropy', {
   forward = function(ctx, x, labels, weight, p)
      local dtype, n = param_dtype(x), size(x, 1)
      local loss = x:emptyAs(dtype, p.per_image ~= 0 and n or 1)
      ctx.x, ctx.labels, ctx.weight, ctx.p = dense(x), dense(labels), dense(weight), p
      ctx.lse, ctx.scale = x:emptyAs(dtype, labels:size()), x:emptyAs(dtype, n)
      run('hl_cross_entropy', loss, ctx.lse, ctx.scale, ctx.x, ctx.labels, ctx.weight, p)
      return loss
   end,
   backward = function(ctx, dloss)
      local dx = ctx.x:empty()
      run('hl_cross_entropy_back', dx, dense(dloss), ctx.lse, ctx.scale, ctx.x, ctx.labels, ctx.weight, ctx.p)
      return dx
   end,
})

-- The C form of the options void and per_image; checks weight.
local function ce_options(fn, options)
   arguments.optional_tensor(fn, 'weight', options.weight)
   local p = ffi.new('hl_ce')
   p.void_label = arguments.whole(fn, 'void', options.void or 255, -2 ^ 31)
   p.per_image = options.per_image and 1 or 0
   return p
end

local ce_known = arguments.names('void', 'weight', 'per_image')

--- Cross entropy of logits with labels: the mean over the pixels that are not void, 0 where all are.
---
---     local labels = hilo.zeros({2, 8, 8}, {dtype = 'byte'})
---     labels[{1, {1, 4}}] = 255                                -- void
---     local loss = hilo.cross_entropy(hilo.zeros(2, 5, 8, 8), labels)
---     assert(math.abs(loss:item() - math.log(5)) < 1e-5)
---@param logits Tensor (N,C,...)
---@param labels Tensor (N,...) byte, int or long: 0..C-1, or void; anything else is an error
---@param options? {void?: integer, weight?: Tensor, per_image?: boolean} void is 255 if not given; weight (C) weighs the classes,
--- and the mean divides by the sum of the weights; per_image gives each image's own mean
---@return Tensor loss (1), or (N) with per_image
function M.cross_entropy(logits, labels, options)
   local fn = 'cross_entropy'
   arguments.tensor(fn, 'logits', logits)
   arguments.tensor(fn, 'labels', labels)
   options = arguments.options(fn, options, ce_known)
   return cross_entropy(logits, labels, options.weight, ce_options(fn, options))
end

local resize_cross_entropy = autograd.op('resize_cross_entropy', {
   forward = function(ctx, x, labels, weight, p, mode)
      local dtype, n = param_dtype(x), size(x, 1)
      local loss = x:emptyAs(dtype, p.per_image ~= 0 and n or 1)
      ctx.x, ctx.labels, ctx.weight, ctx.p, ctx.mode = dense(x), dense(labels), dense(weight), p, mode
      ctx.lse, ctx.scale = x:emptyAs(dtype, labels:size()), x:emptyAs(dtype, n)
      run('hl_resize_cross_entropy', loss, ctx.lse, ctx.scale, ctx.x, ctx.labels, ctx.weight, p, mode)
      return loss
   end,
   backward = function(ctx, dloss)
      local dx = ctx.x:empty()
      run('hl_resize_cross_entropy_back', dx, dense(dloss), ctx.lse, ctx.scale, ctx.x, ctx.labels, ctx.weight, ctx.p, ctx.mode)
      return dx
   end,
})

local resize_ce_known = arguments.names('void', 'weight', 'per_image', 'mode', 'align_corners')

--- cross_entropy(resize(logits, H, W), labels), without ever storing the resized logits.
---
---     local labels = hilo.zeros({1, 32, 32}, {dtype = 'byte'})
---     local loss = hilo.resize_cross_entropy(hilo.randn(1, 5, 5, 5), labels, {align_corners = true})
---@param logits Tensor (N,C,h,w)
---@param labels Tensor (N,H,W)
---@param options? {void?: integer, weight?: Tensor, per_image?: boolean, mode?: 'bilinear'|'nearest', align_corners?: boolean} as
--- cross_entropy and resize take them
---@return Tensor loss (1), or (N) with per_image
function M.resize_cross_entropy(logits, labels, options)
   local fn = 'resize_cross_entropy'
   arguments.tensor(fn, 'logits', logits)
   arguments.tensor(fn, 'labels', labels)
   options = arguments.options(fn, options, resize_ce_known)
   return resize_cross_entropy(logits, labels, options.weight, ce_options(fn, options), arguments.resize_mode(fn, options))
end

-- ---- losses of two tensors, element by element ----

local pair_loss = autograd.op('loss', {
   forward = function(ctx, a, b, op, mean)
      ctx.a, ctx.b, ctx.op, ctx.mean = dense(a), dense(b), op, mean
      local loss = a:emptyAs(param_dtype(a), 1)
      run('hl_pair_loss', loss, ctx.a, ctx.b, op, mean)
      return loss
   end,
   backward = function(ctx, dloss)
      local da, db = ctx.needs[1] and ctx.a:empty() or nil, ctx.needs[2] and ctx.b:empty() or nil
      run('hl_pair_loss_back', da, db, dloss, ctx.a, ctx.b, ctx.op, ctx.mean)
      return da, db
   end,
})

local pair_known = arguments.names('reduction')

local function pair(fn, op)
   return function(a, b, options)
      arguments.tensor(fn, 'the first argument', a)
      arguments.tensor(fn, 'the second argument', b)
      local reduction = arguments.options(fn, options, pair_known).reduction or 'mean'
      core.check(reduction == 'mean' or reduction == 'sum', "%s: reduction must be 'mean' or 'sum', got %s", fn,
         arguments.describe(reduction))
      return pair_loss(a, b, op, reduction == 'mean' and 1 or 0)
   end
end

---@alias PairLoss fun(a: Tensor, b: Tensor, options?: {reduction?: 'mean'|'sum'}): Tensor

--- Binary cross entropy of logits with targets in [0,1] of the same sizes: log(1 + exp(x)) - t x.
---
---     local loss = hilo.bce_with_logits(hilo.zeros(3), hilo.Tensor{0, 1, 1}):item()  -- log 2
---@type PairLoss
M.bce_with_logits = pair('bce_with_logits', C.HL_BCE_LOGITS)
--- Squared difference.
---
---     assert(hilo.mse(hilo.Tensor{1, 2}, hilo.Tensor{1, 4}):item() == 2)
---@type PairLoss
M.mse = pair('mse', C.HL_MSE)
--- Absolute difference.
---@type PairLoss
M.l1 = pair('l1', C.HL_L1)
--- d^2 / 2 where |d| < 1, else |d| - 1/2.
---@type PairLoss
M.smooth_l1 = pair('smooth_l1', C.HL_SMOOTH_L1)

-- ---- cosine similarity ----

local cosine = autograd.op('cosine_similarity', {
   forward = function(ctx, a, b, eps)
      ctx.a, ctx.b, ctx.eps = dense(a), dense(b), eps
      local y = a:emptyAs(param_dtype(a), size(a, 1))
      run('hl_cosine', y, ctx.a, ctx.b, eps)
      return y
   end,
   backward = function(ctx, dy)
      local da, db = ctx.needs[1] and ctx.a:empty() or nil, ctx.needs[2] and ctx.b:empty() or nil
      run('hl_cosine_back', da, db, dense(dy), ctx.a, ctx.b, ctx.eps)
      return da, db
   end,
})

local cosine_known = arguments.names('eps')

--- Cosine of the angle between the rows of a and b.
---
---     assert(hilo.cosine_similarity(hilo.Tensor{{1, 0}}, hilo.Tensor{{0, 2}}):item() == 0)
---@param a Tensor (N,D)
---@param b Tensor (N,D)
---@param options? {eps?: number} the least norm that a row is taken to have, 1e-8 if not given
---@return Tensor y (N)
function M.cosine_similarity(a, b, options)
   local fn = 'cosine_similarity'
   arguments.tensor(fn, 'a', a)
   arguments.tensor(fn, 'b', b)
   options = arguments.options(fn, options, cosine_known)
   return cosine(a, b, arguments.number(fn, 'eps', options.eps or 1e-8))
end

return M
