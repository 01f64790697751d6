--- optim/checkgrad.lua: a gradient against differences of the function.
local autograd = require 'hilo.autograd'
local evaluate = require('hilo.optim.feval').evaluate

local M = {}

--- How far the gradient that a function returns is from central differences: |difference| / |sum|.
---
---     local error = optim.checkgrad(function(x) return x:dot(x), x * 2 end, hilo.DoubleTensor{1, 2})
---     assert(error < 1e-6)
---@param opfunc fun(x: Tensor): number, Tensor
---@param x Tensor
---@param eps? number 1e-7 if not given
---@return number error
---@return Tensor gradient that it returned
---@return Tensor estimate by differences
function M.checkgrad(opfunc, x, eps)
   eps = eps or 1e-7
   local _, g = evaluate('checkgrad', opfunc, x)
   g = g:clone()
   local estimate, flat = g:clone(), x:detach():view(-1)
   for i = 1, flat:nElement() do
      local old = flat[i]
      local function at(value)
         autograd.no_grad(function() flat:narrow(1, i, 1):fill(value) end)
         return (opfunc(x))
      end
      estimate:view(-1):narrow(1, i, 1):fill((at(old + eps) - at(old - eps)) / (2 * eps))
      at(old)
   end
   return (g - estimate):norm() / (g + estimate):norm(), g, estimate
end

return M
