--- optim/momentum.lua: Torch7's variants of stochastic gradient descent: Nesterov's and the averaged one.
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local decayed = require('hilo.optim.feval').decayed

local M = {}

--- Nesterov's accelerated gradient (Sutskever and others, 2013): the gradient is taken where the momentum leads.
---
--- config: learningRate (1e-3), learningRateDecay (0), weightDecay (0), momentum (0.9), learningRates (a tensor like x). state (config
--- itself if not given): dfdx, evalCounter.
---
---     local x = hilo.Tensor{5}
---     local config = {learningRate = 0.05}
---     for _ = 1, 200 do optim.nag(function(at) return at[1] ^ 2, at * 2 end, x, config) end
---     assert(math.abs(x[1]) < 0.01)
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] {f(x)} at the place that the momentum leads to
function M.nag(feval, x, config, state)
   config = config or {}
   state = state or config
   local momentum = config.momentum or 0.9
   core.check(momentum > 0, 'nag: the momentum must be above 0, got %s', tostring(momentum))
   state.evalCounter = state.evalCounter or 0
   local lr = (config.learningRate or 1e-3) / (1 + state.evalCounter * (config.learningRateDecay or 0))
   if state.dfdx then autograd.no_grad(function() x:add(momentum, state.dfdx) end) end
   local fx, d = decayed('nag', feval, x, config.weightDecay)
   autograd.no_grad(function()
      if config.learningRates then d = d:clone():cmul(config.learningRates) end
      state.dfdx = (state.dfdx or d:zeros()):mul(momentum):add(-lr, d)
      x:add(-lr, d)
   end)
   state.evalCounter = state.evalCounter + 1
   return x, {fx}
end

--- Averaged stochastic gradient descent (Bottou, 2010): x -> (1 - lambda eta) x - eta df/dx with a mean of x over the steps.
---
--- config: eta0 (1e-4), lambda (1e-4), alpha (0.75), t0 (1e6: the step from which on the mean is taken). state (config itself if not
--- given): eta_t, mu_t, t, ax.
---
---     local x = hilo.Tensor{5}
---     local _, f, mean = optim.asgd(function(at) return at[1] ^ 2, at * 2 end, x, {eta0 = 0.1, t0 = 0})
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] {f(x)}
---@return Tensor ax the mean
function M.asgd(feval, x, config, state)
   config = config or {}
   state = state or config
   local eta0, lambda = config.eta0 or 1e-4, config.lambda or 1e-4
   local eta, mu = state.eta_t or eta0, state.mu_t or 1
   local fx, d = decayed('asgd', feval, x)
   autograd.no_grad(function()
      x:mul(1 - lambda * eta):add(-eta, d)
      state.ax = state.ax or x:detach():clone()
      state.ax:add(mu, x:detach() - state.ax)
   end)
   state.t = (state.t or 0) + 1
   state.eta_t = eta0 / (1 + lambda * eta0 * state.t) ^ (config.alpha or 0.75)
   state.mu_t = 1 / math.max(1, state.t - (config.t0 or 1e6))
   return x, {fx}, state.ax
end

return M
