--- optim/lbfgs.lua: the limited-memory method of Broyden, Fletcher, Goldfarb and Shanno.
local autograd = require 'hilo.autograd'
local evaluate = require('hilo.optim.feval').evaluate

local M = {}

-- -H g, where H is the estimate of the inverse of the second derivatives by the kept changes of place and gradient (Nocedal, 1980).
local function direction(g, pairs_kept, diagonal)
   local q, alpha = g:clone():mul(-1), {}
   for i = #pairs_kept, 1, -1 do
      local p = pairs_kept[i]
      alpha[i] = p.rho * p.place:dot(q)
      q:add(-alpha[i], p.gradient)
   end
   q:mul(diagonal)
   for i, p in ipairs(pairs_kept) do q:add(alpha[i] - p.rho * p.gradient:dot(q), p.place) end
   return q
end

local function remember(state, g, limit)
   local change = g - state.g_old
   local place = state.d * state.t
   local product = change:dot(place)
   if product <= 1e-10 then return end
   if #state.pairs == limit then table.remove(state.pairs, 1) end
   table.insert(state.pairs, {place = place, gradient = change, rho = 1 / product})
   state.diagonal = product / change:dot(change)
end

--- L-BFGS, several iterations a call.
---
--- config: maxIter (20), maxEval (1.25 maxIter), tolFun (1e-5: sum of the absolute gradient), tolX (1e-9: change of f or x),
--- nCorrection (100), learningRate (1), lineSearch (a function such as optim.lswolfe; else the step is the learning rate),
--- lineSearchOptions. state (config itself if not given): what is known of the function, and the counts nIter and funcEval.
---
---     local x = hilo.DoubleTensor{-1.2, 1}
---     local function rosenbrock(at)
---        local a, b = at[1], at[2]
---        local g = hilo.DoubleTensor{-400 * a * (b - a ^ 2) - 2 * (1 - a), 200 * (b - a ^ 2)}
---        return 100 * (b - a ^ 2) ^ 2 + (1 - a) ^ 2, g
---     end
---     optim.lbfgs(rosenbrock, x, {maxIter = 100, lineSearch = optim.lswolfe})
---     assert(math.abs(x[1] - 1) < 1e-4 and math.abs(x[2] - 1) < 1e-4)
---@param feval fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param config? table
---@param state? table
---@return Tensor x
---@return number[] values of f; the first before any step
---@return integer calls of feval
function M.lbfgs(feval, x, config, state)
   config = config or {}
   state = state or config
   local max_iter = tonumber(config.maxIter) or 20
   local max_eval = tonumber(config.maxEval) or max_iter * 1.25
   local tol_f, tol_x, lr = config.tolFun or 1e-5, config.tolX or 1e-9, config.learningRate or 1
   local function call(at)
      local fx, dfdx = evaluate('lbfgs', feval, at)
      return fx, dfdx:clone():view(-1)
   end
   -- the line search sees vectors
   local flat = x:detach():view(-1)
   local f, g = call(x)
   local values, calls = {f}, 1
   state.nIter, state.pairs, state.diagonal = state.nIter or 0, state.pairs or {}, state.diagonal or 1
   state.funcEval = (state.funcEval or 0) + 1
   if g:norm(1) <= tol_f then return x, values, calls end

   for i = 1, max_iter do
      state.nIter = state.nIter + 1
      if state.g_old then remember(state, g, config.nCorrection or 100) end
      state.d = direction(g, state.pairs, state.diagonal)
      local slope, f_old = g:dot(state.d), f
      state.g_old = g
      if slope > -tol_x then break end
      state.t = state.nIter == 1 and math.min(1, 1 / g:norm(1)) * lr or lr
      local new_calls = 0
      if config.lineSearch then
         f, g, flat, state.t, new_calls = config.lineSearch(function() return call(x) end, flat, state.t, state.d, f, g, slope,
            config.lineSearchOptions)
         table.insert(values, f)
      else
         autograd.no_grad(function() flat:add(state.t, state.d) end)
         if i < max_iter then
            f, g = call(x)
            new_calls = 1
            table.insert(values, f)
         end
      end
      calls, state.funcEval = calls + new_calls, state.funcEval + new_calls
      if calls >= max_eval or g:norm(1) <= tol_f or state.d:norm(1) * math.abs(state.t) <= tol_x
         or i < max_iter and math.abs(f - f_old) < tol_x then
         break
      end
   end
   return x, values, calls
end

return M
