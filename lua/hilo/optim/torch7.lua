--- optim/torch7.lua: Torch7's optimisers: functions of (feval, x, config[, state]), where feval(x) gives f(x) and df/dx, and what they
--- keep between calls stands in the table that they are given. Both return x and {f(x) before the step}.
local ffi = require 'ffi'
local core = require 'hilo.core'
local graph = require 'hilo.graph'
local autograd = require 'hilo.autograd'
local evaluate = require('hilo.optim.feval').evaluate

local M = {}

local function call(name, x, ...)
   core.check(not graph.current(), '%s: its numbers cannot change in a step that is recorded; use hilo.optim.SGD or Adam',
      name:sub(4))
   core.call(x._storage.device.lib, name, 1, ...)
   x:bump()
end

local function one(t) return t and core.list {t} end

--- As the C call, with a vector of learning rates or weight decays, one for each element.
local function step_by_element(x, d, o)
   local state, momentum = o.state, o.momentum
   if o.weight_decay ~= 0 then
      d = d:clone():add(o.weight_decay, x)
   elseif o.weight_decays then
      d = d:clone():addcmul(1, o.weight_decays, x)
   end
   if momentum ~= 0 then
      if not state.dfdx then
         state.dfdx = d:clone()
      else
         state.dfdx:mul(momentum):add(1 - o.dampening, d)
      end
      d = o.nesterov and d:clone():add(momentum, state.dfdx) or state.dfdx
   end
   if o.rates then x:addcmul(-o.lr, o.rates, d) else x:add(-o.lr, d) end
end

local function step_at_once(x, dfdx, o)
   local state = o.state
   local first = state.dfdx == nil
   if o.momentum ~= 0 and first then state.dfdx = dfdx:empty() end
   call('hl_sgd', x, one(x), one(dfdx), o.momentum ~= 0 and one(state.dfdx) or nil,
      ffi.new('hl_sgd_options', {lr = o.lr, momentum = o.momentum, dampening = o.dampening, weight_decay = o.weight_decay,
         nesterov = o.nesterov and 1 or 0, first = first and 1 or 0}))
end

--- Stochastic gradient descent.
---
--- config: learningRate (1e-3), learningRateDecay (0), weightDecay (0), momentum (0), dampening (momentum, as in Torch7), nesterov
--- (false), learningRates and weightDecays (tensors like x). state (config itself if not given): evalCounter, dfdx.
---
---     local x = hilo.Tensor{5}
---     local function feval(at) return at[1] ^ 2, at * 2 end
---     for _ = 1, 50 do optim.sgd(feval, x, {learningRate = 0.1}) end
---     assert(math.abs(x[1]) < 0.01)
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] fx {f(x)}
function M.sgd(feval, x, config, state)
   config = config or {}
   state = state or config
   local momentum = config.momentum or 0
   local o = {
      state = state, momentum = momentum, dampening = config.dampening or momentum, nesterov = config.nesterov or false,
      weight_decay = config.weightDecay or 0, weight_decays = config.weightDecays, rates = config.learningRates,
   }
   core.check(not o.nesterov or (momentum > 0 and o.dampening == 0),
      'sgd: Nesterov momentum needs momentum > 0 and dampening = 0 (which is the momentum unless it is given)')
   state.evalCounter = state.evalCounter or 0
   o.lr = (config.learningRate or 1e-3) / (1 + state.evalCounter * (config.learningRateDecay or 0))
   local fx, dfdx = evaluate('sgd', feval, x)
   autograd.no_grad(o.rates and step_by_element or o.weight_decays and step_by_element or step_at_once, x, dfdx, o)
   state.evalCounter = state.evalCounter + 1
   return x, {fx}
end

--- Adam (Kingma and Ba, 2014), with epsilon where Torch7 has it: added before the bias correction.
---
--- config: learningRate (1e-3), learningRateDecay (0), beta1 (0.9), beta2 (0.999), epsilon (1e-8), weightDecay (0).
--- state (config itself if not given): t, m, v.
---
---     local x = hilo.Tensor{5}
---     optim.adam(function(at) return at[1] ^ 2, at * 2 end, x, {learningRate = 0.1})
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] fx {f(x)}
function M.adam(feval, x, config, state)
   config = config or {}
   state = state or config
   local beta2 = config.beta2 or 0.999
   local fx, dfdx = evaluate('adam', feval, x)
   local t = state.t or 0
   state.m = state.m or dfdx:zeros()
   state.v = state.v or dfdx:zeros()
   local lr = (config.learningRate or 0.001) / (1 + t * (config.learningRateDecay or 0))
   -- The C call adds eps to sqrt(v / c) with c = 1 - beta2^t; Torch7 adds it to sqrt(v).
   local eps = (config.epsilon or 1e-8) / math.sqrt(1 - beta2 ^ (t + 1))
   call('hl_adam', x, one(x), one(dfdx), one(state.m), one(state.v), ffi.new('hl_adam_options', {lr = lr,
      beta1 = config.beta1 or 0.9, beta2 = beta2, eps = eps, weight_decay = config.weightDecay or 0, step = t + 1}))
   state.t = t + 1
   return x, {fx}
end

return M
