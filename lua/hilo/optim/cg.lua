--- optim/cg.lua: conjugate gradients.
local autograd = require 'hilo.autograd'
local evaluate = require('hilo.optim.feval').evaluate
local line_search = require 'hilo.optim.line_search'

local M = {}

--- Nonlinear conjugate gradients with the directions of Polak and Ribiere and a line search, several iterations a call.
---
--- config: maxIter (20: calls of the function along one line), maxEval (1.25 maxIter: calls in all), rho (0.01: part of the expected
--- decrease that a step must bring), sig (0.5: part of the slope that it may leave), ratio (100: the most by which a step may be longer
--- than the one before).
---
---     local x = hilo.DoubleTensor{3, -2}
---     local function bowl(at) return at[1] ^ 2 + 10 * at[2] ^ 2, hilo.DoubleTensor{2 * at[1], 20 * at[2]} end
---     optim.cg(bowl, x, {maxEval = 40})
---     assert(x:norm() < 1e-3)
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table not used: each call begins anew
---@return Tensor x
---@return number[] values of f; the first before any step
---@return integer calls of feval
function M.cg(feval, x, config, state)
   config = config or state or {}
   local max_line = config.maxIter or 20
   local max_eval = config.maxEval or max_line * 1.25
   local ratio = config.ratio or 100
   local flat = x:detach():view(-1)
   local function call()
      local fx, dfdx = evaluate('cg', feval, x)
      return fx, dfdx:clone():view(-1)
   end
   local f, g = call()
   local values, calls = {f}, 1
   local d = g:clone():mul(-1)
   local slope = g:dot(d)
   local step = 1 / (1 - slope)
   while calls < max_eval and slope < 0 do
      local origin = flat:clone()
      local options = {c1 = config.rho or 0.01, c2 = config.sig or 0.5, maxIter = math.min(max_line, max_eval - calls)}
      local f_new, g_new, _, t, n = line_search.lswolfe(call, flat, step, d, f, g, slope, options)
      calls = calls + n
      if f_new >= f or f_new ~= f_new then
         autograd.no_grad(function() flat:copy(origin) end)
         break
      end
      table.insert(values, f_new)
      local beta = (g_new:dot(g_new) - g_new:dot(g)) / g:dot(g)
      d:mul(beta):add(-1, g_new)
      local old_slope = slope
      f, g, slope = f_new, g_new, g_new:dot(d)
      if slope >= 0 then
         d = g:clone():mul(-1)
         slope = g:dot(d)
      end
      step = t * math.min(ratio, old_slope / (slope - 1e-300))
   end
   return x, values, calls
end

return M
