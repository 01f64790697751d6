--- optim/adaptive.lua: Torch7's optimisers whose steps follow the size of past gradients, element by element.
local autograd = require 'hilo.autograd'
local decayed = require('hilo.optim.feval').decayed

local M = {}

--- AdaMax (Kingma and Ba, 2014): Adam with the largest past gradient in place of their mean square.
---
--- config: learningRate (2e-3), beta1 (0.9), beta2 (0.999), epsilon (1e-38), weightDecay (0). state (config itself if not given):
--- t, m, u.
---
---     local x = hilo.Tensor{5}
---     local config = {learningRate = 0.5}
---     for _ = 1, 100 do optim.adamax(function(at) return at[1] ^ 2, at * 2 end, x, config) end
---     assert(math.abs(x[1]) < 0.1)
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] {f(x)}
function M.adamax(feval, x, config, state)
   config = config or {}
   state = state or config
   local beta1 = config.beta1 or 0.9
   local fx, d = decayed('adamax', feval, x, config.weightDecay)
   autograd.no_grad(function()
      state.t = (state.t or 0) + 1
      state.m = (state.m or d:zeros()):mul(beta1):add(1 - beta1, d)
      state.u = (state.u or d:zeros()):mul(config.beta2 or 0.999)
      state.u:cmax(d:clone():abs():add(config.epsilon or 1e-38))
      x:addcdiv(-(config.learningRate or 0.002) / (1 - beta1 ^ state.t), state.m, state.u)
   end)
   return x, {fx}
end

--- AdaDelta (Zeiler, 2012).
---
--- config: rho (0.9), eps (1e-6), weightDecay (0). state (config itself if not given): paramVariance, accDelta, evalCounter.
---
---     local x = hilo.Tensor{5}
---     optim.adadelta(function(at) return at[1] ^ 2, at * 2 end, x, {rho = 0.9})
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] {f(x)}
function M.adadelta(feval, x, config, state)
   config = config or {}
   state = state or config
   local rho, eps = config.rho or 0.9, config.eps or 1e-6
   local fx, d = decayed('adadelta', feval, x, config.weightDecay)
   autograd.no_grad(function()
      state.paramVariance = (state.paramVariance or d:zeros()):mul(rho):addcmul(1 - rho, d, d)
      state.accDelta = state.accDelta or d:zeros()
      local ratio = state.accDelta:clone():add(eps):cdiv(state.paramVariance:clone():add(eps)):sqrt()
      state.delta = ratio:cmul(d)
      x:add(-1, state.delta)
      state.accDelta:mul(rho):addcmul(1 - rho, state.delta, state.delta)
   end)
   state.evalCounter = (state.evalCounter or 0) + 1
   return x, {fx}
end

--- AdaGrad (Duchi and others, 2011).
---
--- config: learningRate (1e-3), learningRateDecay (0), weightDecay (0). state (config itself if not given): paramVariance, evalCounter.
---
---     local x = hilo.Tensor{5}
---     optim.adagrad(function(at) return at[1] ^ 2, at * 2 end, x, {learningRate = 1})
---     assert(math.abs(x[1] - 4) < 1e-5)
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] {f(x)}
function M.adagrad(feval, x, config, state)
   config = config or {}
   state = state or config
   state.evalCounter = state.evalCounter or 0
   local lr = (config.learningRate or 1e-3) / (1 + state.evalCounter * (config.learningRateDecay or 0))
   local fx, d = decayed('adagrad', feval, x, config.weightDecay)
   autograd.no_grad(function()
      state.paramVariance = (state.paramVariance or d:zeros()):addcmul(1, d, d)
      x:addcdiv(-lr, d, state.paramVariance:clone():sqrt():add(1e-10))
   end)
   state.evalCounter = state.evalCounter + 1
   return x, {fx}
end

--- RMSprop (Tieleman and Hinton, 2012).
---
--- config: learningRate (1e-2), alpha (0.99), epsilon (1e-8), weightDecay (0), initialMean (0). state (config itself if not given): m,
--- a running mean of squared gradients.
---
---     local x = hilo.Tensor{5}
---     optim.rmsprop(function(at) return at[1] ^ 2, at * 2 end, x, {learningRate = 0.1})
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] {f(x)}
function M.rmsprop(feval, x, config, state)
   config = config or {}
   state = state or config
   local alpha = config.alpha or 0.99
   local fx, d = decayed('rmsprop', feval, x, config.weightDecay)
   autograd.no_grad(function()
      state.m = (state.m or d:empty():fill(config.initialMean or 0)):mul(alpha):addcmul(1 - alpha, d, d)
      x:addcdiv(-(config.learningRate or 1e-2), d, state.m:clone():sqrt():add(config.epsilon or 1e-8))
   end)
   return x, {fx}
end

return M
