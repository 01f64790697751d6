--- sweep/samplers/tpe.lua: the tree-structured Parzen estimator over all axes at once. The trials are split into a few good ones and
--- the rest; of some configurations drawn from the density l of the good ones, the one is taken at which l stands highest above
--- the density g of the rest. Unfinished trials count among the rest, so trials that run side by side keep apart (constant liar).
---
--- J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, Algorithms for Hyper-Parameter Optimization (2011).
--- S. Watanabe, Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their Roles for Better Empirical
--- Performance (2023): weights by improvement.
local grid = require 'hilo.sweep.samplers.grid'
local Parzen = require 'hilo.sweep.samplers.parzen'
local random = require 'hilo.sweep.samplers.random'
local sobol = require 'hilo.sweep.samplers.sobol'
local space = require 'hilo.sweep.samplers.space'

local n_startup = 10       -- finished trials before there is a model
local good = 0.1           -- share of the finished trials that are good
local good_at_most = 25
local candidates = 24      -- configurations drawn, of which one is taken
local by_improvement = 0.5 -- share of the good trials' weight that goes by how good they are, the rest is even: noisy values would
                           -- lead too far if all of it did

-- The finished trials, best first, and the unfinished ones. Pruned trials come after complete ones, first those that got further.
-- Failed trials, and those with values that the axes no longer hold, say nothing.
local function ranked(axes, trials, options)
   local finished, open = {}, {}
   local sign = options.direction == 'max' and -1 or 1
   for _, trial in ipairs(trials) do
      local value, state = trial.value, trial.state
      local loss = value and value == value and sign * value
      if trial.number ~= options.number and space.holds(axes, trial.values) then
         if state == 'complete' and loss then
            finished[#finished + 1] = {trial = trial, class = 0, step = 0, loss = loss}
         elseif state == 'pruned' then
            finished[#finished + 1] = {trial = trial, class = 1, step = -(trial.step or -math.huge), loss = loss or math.huge}
         elseif state == 'running' or state == 'waiting' then
            open[#open + 1] = {trial = trial}
         end
      end
   end
   table.sort(finished, function(a, b)
      for _, key in ipairs {'class', 'step', 'loss'} do
         if a[key] ~= b[key] then return a[key] < b[key] end
      end
      return a.trial.number < b.trial.number
   end)
   table.sort(open, function(a, b) return a.trial.number < b.trial.number end)
   return finished, open
end

-- Weights of the n good trials, by their improvement over the best of the rest.
local function weights_of(finished, n)
   local border = finished[n + 1]
   if not border or border.class > 0 then border = finished[n] end
   local gains, sum, weights = {}, 0, {}
   for k = 1, n do
      gains[k] = finished[k].class == 0 and border.class == 0 and border.loss - finished[k].loss or 0
      sum = sum + gains[k]
   end
   local even = not (sum > 0 and sum < math.huge)
   for k = 1, n do weights[k] = even and 1 or 1 - by_improvement + by_improvement * n * gains[k] / sum end
   return weights
end

local function density(axes, entries, first, last, weights, more)
   local points, all = {}, {}
   for k = first, last do points[#points + 1] = Parzen.point(axes, entries[k].trial.values) end
   for _, entry in ipairs(more) do points[#points + 1] = Parzen.point(axes, entry.trial.values) end
   for k = 1, #points do all[k] = weights and weights[k] or 1 end
   return Parzen.new(axes, points, all)
end

-- Before there is a model: a point of the Sobol sequence, random ones where it has been tried.
local function spread(axes, options, draws)
   local prior = Parzen.new(axes, {}, {})
   local first = (#axes <= sobol.dimensions and sobol or random).suggest(axes, {}, options)
   return function()
      local values = first or prior:draw(draws)
      first = nil
      return values
   end, function() return 0 end
end

local function modelled(axes, finished, open, draws)
   local n = math.min(math.ceil(good * #finished), good_at_most)
   local l = density(axes, finished, 1, n, weights_of(finished, n), {})
   local g = density(axes, finished, n + 1, #finished, nil, open)
   return function() return l:draw(draws) end, function(values)
      local point = Parzen.point(axes, values)
      return l:log_density(point) - g:log_density(point)
   end
end

-- The candidate of the highest score among those not tried; the first of equals.
local function choose(axes, tried, draw, score)
   local best, highest
   for _ = 1, candidates do
      local values = draw()
      if not (tried and tried[space.position(axes, values)]) then
         local s = score(values)
         if not best or s > highest then best, highest = values, s end
      end
   end
   return best
end

local tpe = {}

--- The configuration to try next. Where no axis is continuous, none is suggested twice.
---@param axes Axis[]
---@param trials StoredTrial[]
---@param options {number: integer, seed: integer, direction: 'max'|'min', n_startup: integer?}
---@return Values? nil where every configuration has been tried
function tpe.suggest(axes, trials, options)
   local finished, open = ranked(axes, trials, options)
   local draws = space.draws('tpe', options.seed, options.number)
   local draw, score
   if #finished < (options.n_startup or n_startup) then
      draw, score = spread(axes, options, draws)
   else
      draw, score = modelled(axes, finished, open, draws)
   end
   local tried = space.size(axes) < math.huge and space.tried(axes, trials) or nil
   return choose(axes, tried, draw, score) or grid.suggest(axes, trials)
end

--- How many configurations are to be had.
---@param axes Axis[]
---@return number math.huge where an axis is continuous
function tpe.count(axes) return space.size(axes) end

return tpe
