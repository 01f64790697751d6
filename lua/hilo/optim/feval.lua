--- optim/feval.lua: what Torch7's optimisers share: calls of the function that is minimised.
local core = require 'hilo.core'

local M = {}

--- f(x) and df/dx in the sizes of x, checked.
---@param fn string name of the optimiser, for messages
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor contiguous
---@return number fx
---@return Tensor dfdx
function M.evaluate(fn, feval, x)
   core.check(core.is_tensor(x) and x:isContiguous(), '%s: x must be a contiguous tensor, got %s', fn,
      core.is_tensor(x) and 'one that is not' or type(x))
   local fx, dfdx = feval(x)
   core.check(core.is_tensor(dfdx) and dfdx:nElement() == x:nElement(),
      '%s: the function must return f(x) and a gradient with the %d elements of x, got %s', fn, x:nElement(),
      core.is_tensor(dfdx) and dfdx:nElement() .. ' elements' or type(dfdx))
   core.check(type(fx) == 'number' or core.is_tensor(fx) and fx:nElement() == 1, '%s: the function must return a number first, got %s',
      fn, type(fx))
   return type(fx) == 'number' and fx or fx:item(), dfdx:detach():contiguous():view(x:size())
end

--- As evaluate, with the gradient of weight decay added.
---@param fn string
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor
---@param decay? number
---@return number fx
---@return Tensor dfdx
function M.decayed(fn, feval, x, decay)
   local fx, dfdx = M.evaluate(fn, feval, x)
   if not decay or decay == 0 then return fx, dfdx end
   return fx, dfdx:clone():add(decay, x:detach())
end

return M
