--- nn_gradients.lua: modules and criterions against central differences in float64.
local hilo = require 'hilo'
local helper = require 'spec.helper'
local tree = require 'hilo.nn.tree'

local gradients = {}

local eps = 1e-5

--- Random numbers by their sizes, from -1 to 1 unless `low` and `high` stand with them.
function gradients.random(sizes, seed) return (helper.build(sizes, seed, 'double')) end
local random = gradients.random

--- What a description means: sizes of one tensor, or a list of n (tensors as they are, or sizes).
function gradients.input(description)
   if hilo.isTensor(description) then return description end
   if not description.n then return random(description, 1) end
   local input = {}
   for i = 1, description.n do
      local one = description[i]
      input[i] = hilo.isTensor(one) and one or one.n and gradients.input(one) or random(one, i)
   end
   return input
end

local function weighted_sum(y, rs)
   local total = 0
   for i, t in ipairs(tree.list(y)) do total = total + hilo.cmul(t:detach(), rs[i]):sum() end
   return total
end

-- Slope of f() when the elements of t move along `direction`.
local function slope(t, direction, f)
   return hilo.no_grad(function()
      local old = t:clone()
      t:add(eps, direction)
      local high = f()
      t:copy(old):add(-eps, direction)
      local low = f()
      t:copy(old)
      return (high - low) / (2 * eps)
   end)
end

local function assert_slope(expected, analytic, what)
   local error = math.abs(expected - analytic)
   assert(error <= 1e-6 * math.max(1, math.abs(expected)), ('%s: slope %.9g, gradient says %.9g'):format(what, expected, analytic))
end

local function check_inputs(input, grads, f)
   for i, x in ipairs(tree.list(input)) do
      for k = 1, x:type() == 'torch.DoubleTensor' and 3 or 0 do
         local direction = random(x:size():totable(), 10 * k + i)
         assert_slope(slope(x, direction, f), hilo.cmul(direction, grads[i]):sum(), ('input %d'):format(i))
      end
   end
end

--- Gradients of the inputs and of the parameters of a module.
---@param module Module
---@param input Tensor|Tensor[] of float64 where it is to be checked
function gradients.check(module, input)
   module:double()
   local function run()
      hilo.manualSeed(5) -- modules that draw numbers draw the same ones each time
      return module:forward(input)
   end
   local y = run()
   local rs = {}
   for i, t in ipairs(tree.list(y)) do rs[i] = random(t:size():totable(), 70 + i) end
   module:zeroGradParameters()
   local grads = tree.list(module:backward(input, tree.rebuild(y, rs)))
   local function total() return weighted_sum(run(), rs) end
   check_inputs(input, grads, total)
   local ps, gs = module:parameters()
   for i, p in ipairs(ps or {}) do
      local direction = random(p:size():totable(), 40 + i)
      assert_slope(slope(p:detach(), direction, total), hilo.cmul(direction, gs[i]):sum(), ('parameter %d'):format(i))
   end
end

--- The gradient of the input of a criterion.
---@param criterion Criterion
---@param input Tensor|Tensor[]
---@param target any
function gradients.check_criterion(criterion, input, target)
   criterion:double()
   criterion:forward(input, target)
   local grads = tree.list(criterion:backward(input, target))
   check_inputs(input, grads, function() return criterion:forward(input, target) end)
end

return gradients
