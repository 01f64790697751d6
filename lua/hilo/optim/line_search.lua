--- optim/line_search.lua: steps along a direction that fulfil Wolfe's conditions, by cubic interpolation (Nocedal and Wright,
--- Numerical Optimization, 2006, chapter 3).
local autograd = require 'hilo.autograd'
local core = require 'hilo.core'
local feval = require 'hilo.optim.feval'

local M = {}

-- c0 + c1 s + c2 s^2 + c3 s^3 through two points with their slopes; s counts from the first.
local function cubic(a, b)
   local h = b[1] - a[1]
   local rise = (b[2] - a[2]) / h
   return a[2], a[3], (3 * rise - 2 * a[3] - b[3]) / h, (a[3] + b[3] - 2 * rise) / h ^ 2
end

-- Where the slope c1 + 2 c2 s + 3 c3 s^2 is 0.
local function flat_places(c1, c2, c3)
   if math.abs(c3) < 1e-12 then return math.abs(c2) < 1e-12 and {} or {-c1 / (2 * c2)} end
   local inner = c2 ^ 2 - 3 * c1 * c3
   if inner < 0 then return {} end
   return {(-c2 + math.sqrt(inner)) / (3 * c3), (-c2 - math.sqrt(inner)) / (3 * c3)}
end

local function is_row(a)
   return type(a) == 'table' and type(a[1]) == 'number' and type(a[2]) == 'number' and type(a[3]) == 'number'
end

--- Where the cubic through two points is least between two bounds.
---
---     local t = optim.polyinterp {{0, 1, -2}, {2, 1, 2}}        -- of (t - 1)^2
---     assert(math.abs(t - 1) < 1e-9)
---@param points {[1]: {[1]: number, [2]: number, [3]: number}, [2]: {[1]: number, [2]: number, [3]: number}}|Tensor two rows
--- {place, value, slope}
---@param low? number the smaller place if not given
---@param high? number the larger one
---@return number place
---@return number value
function M.polyinterp(points, low, high)
   if type(points.totable) == 'function' then points = points:totable() end
   local a, b = points[1], points[2]
   core.check(is_row(a) and is_row(b), 'polyinterp: expects two rows {place, value, slope}')
   if a[1] > b[1] then a, b = b, a end
   low, high = low or a[1], high or b[1]
   local c0, c1, c2, c3 = cubic(a, b)
   local candidates = {low, high, a[1], b[1]}
   for _, s in ipairs(flat_places(c1, c2, c3)) do candidates[#candidates + 1] = a[1] + s end
   local best, least = (low + high) / 2, math.huge
   for _, t in ipairs(candidates) do
      local s = t - a[1]
      local value = c0 + s * (c1 + s * (c2 + s * c3))
      if t >= low and t <= high and value < least then best, least = t, value end
   end
   return best, least
end

-- Narrows a bracket until a step in it fulfils both conditions; low is the better end. try(t) gives {t, f, slope, g}.
local function zoom(low, high, try, is_low_enough, is_flat_enough, budget, tolerance)
   local stuck = false
   while budget > 0 do
      local left, right = math.min(low[1], high[1]), math.max(low[1], high[1])
      local width = right - left
      local t = M.polyinterp({low, high})
      if math.min(right - t, t - left) < 0.1 * width then -- too near to an end to make progress, once again
         if stuck or t <= left or t >= right then
            t = math.abs(t - right) < math.abs(t - left) and right - 0.1 * width or left + 0.1 * width
            stuck = false
         else
            stuck = true
         end
      else
         stuck = false
      end
      local new = try(t)
      budget = budget - 1
      if not is_low_enough(new) or new[2] >= low[2] then
         high = new
      else
         if is_flat_enough(new) then return new end
         if new[3] * (high[1] - low[1]) >= 0 then high = low end
         low = new
      end
      if math.abs((high[1] - low[1]) * new[3]) < tolerance then break end
   end
   return low
end

--- A step along d for which f is low enough and its slope flat enough, for optim.lbfgs{lineSearch = optim.lswolfe}.
---
--- options: c1 (1e-4) how much of the expected decrease is asked for, c2 (0.9) how much of the slope may be left, tolX (1e-9), maxIter
--- (20) calls of opfunc.
---
---     local x, d = hilo.Tensor{4}, hilo.Tensor{-8}
---     local f = optim.lswolfe(function(at) return at[1] ^ 2, at * 2 end, x, 1, d, 16, hilo.Tensor{8}, -64)
---     assert(f < 16)
---@param opfunc fun(x: Tensor): number, Tensor
---@param x Tensor changed in place
---@param t number first step
---@param d Tensor direction
---@param f number f(x)
---@param g Tensor df/dx
---@param gtd number slope along d, below 0
---@param options? table
---@return number f at the new x
---@return Tensor g
---@return Tensor x
---@return number t the step
---@return integer calls of opfunc
function M.lswolfe(opfunc, x, t, d, f, g, gtd, options)
   local o = options or {}
   local c1, c2, max_iter, calls = o.c1 or 1e-4, o.c2 or 0.9, o.maxIter or 20, 0
   local origin = x:detach():clone()
   local function move(step) autograd.no_grad(function() x:copy(origin):add(step, d) end) end
   local function try(step)
      move(step)
      local value, gradient = feval.evaluate('lswolfe', opfunc, x)
      calls = calls + 1
      gradient = gradient:clone()
      return {step, value, gradient:dot(d), gradient}
   end
   local function is_low_enough(p) return p[2] <= f + c1 * p[1] * gtd end
   local function is_flat_enough(p) return math.abs(p[3]) <= -c2 * gtd end

   local last, now = {0, f, gtd, g:detach():clone()}, try(t)
   local result
   while not result do
      if not is_low_enough(now) or calls > 1 and now[2] >= last[2] then
         result = zoom(last, now, try, is_low_enough, is_flat_enough, max_iter - calls, o.tolX or 1e-9)
      elseif is_flat_enough(now) or calls >= max_iter then
         result = now
      elseif now[3] >= 0 then
         result = zoom(now, last, try, is_low_enough, is_flat_enough, max_iter - calls, o.tolX or 1e-9)
      else
         local step = M.polyinterp({last, now}, now[1] + 0.01 * (now[1] - last[1]), now[1] * 10)
         last, now = now, try(step)
      end
   end
   move(result[1])
   return result[2], result[4], x, result[1], calls
end

return M
