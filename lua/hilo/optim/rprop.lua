--- optim/rprop.lua: resilient backpropagation.
local autograd = require 'hilo.autograd'
local evaluate = require('hilo.optim.feval').evaluate

local M = {}

--- Rprop (Riedmiller and Braun, 1993): each element has a step of its own, which grows while the gradient keeps its sign and shrinks
--- where it turns; gradients of the whole set, not of batches.
---
--- config: stepsize (0.1), etaplus (1.2), etaminus (0.5), stepsizemax (50), stepsizemin (1e-6), niter (1). state (config itself if not
--- given): delta, stepsizes.
---
---     local x = hilo.Tensor{5}
---     optim.rprop(function(at) return at[1] ^ 2, at * 2 end, x, {niter = 30})
---     assert(math.abs(x[1]) < 0.1)
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] f(x) before each step
function M.rprop(feval, x, config, state)
   config = config or {}
   state = state or config
   local values = {}
   for i = 1, config.niter or 1 do
      local fx, d = evaluate('rprop', feval, x)
      values[i] = fx
      autograd.no_grad(function()
         d = d:clone()
         state.delta = state.delta or d:zeros()
         state.stepsizes = state.stepsizes or d:empty():fill(config.stepsize or 0.1)
         local agreement = state.delta:clone():cmul(d)
         local turned, kept = agreement:lt(0), agreement:gt(0)
         local factor = d:empty():fill(1):maskedFill(kept, config.etaplus or 1.2):maskedFill(turned, config.etaminus or 0.5)
         state.stepsizes:cmul(factor):clamp(config.stepsizemin or 1e-6, config.stepsizemax or 50)
         d:maskedFill(turned, 0)
         x:addcmul(-1, d:clone():sign(), state.stepsizes)
         state.delta = d
      end)
   end
   return x, values
end

return M
