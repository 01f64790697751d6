--- sweep/samplers/parzen.lua: densities over the space of axes, each a mixture of kernels: one around every configuration given, which
--- is a product over the axes, and the prior, which is flat or nearly so. On a numeric axis a kernel is a Gaussian cut off at the
--- ends, on an int or step axis its mass over the stretch of each value, on a choice axis the own choice and a little of all others.
---
--- J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, Algorithms for Hyper-Parameter Optimization (2011): the kernels and their widths.
--- S. Watanabe, Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their Roles for Better Empirical
--- Performance (2023): kernels over all axes at once, the smallest width as `narrowing` below.
local ffi = require 'ffi'
local space = require 'hilo.sweep.samplers.space'

ffi.cdef 'double erfc(double x);'

local erfc = ffi.C.erfc
local cos, exp, log, max, min, pi, sqrt = math.cos, math.exp, math.log, math.max, math.min, math.pi, math.sqrt

local narrowest = 0.03 -- part of an axis: the smallest width of a kernel
local narrowing = 2    -- while there are few kernels, the width is at least (kernels + 1)^-narrowing
local smoothing = 1    -- what a kernel adds to every choice, beside the 1 of its own, is this divided by the number of kernels

local root_half = sqrt(0.5)

---@class Point a configuration: for each axis the index of its choice, or its place and stretch
---@field place number
---@field from number?
---@field to number?

---@class Parzen
---@field n integer kernels; the last is the prior
local Parzen = {}
Parzen.__index = Parzen

--- Mass of the standard normal distribution from a to b, exact in both tails.
---@param a number
---@param b number
---@return number
function Parzen.mass(a, b)
   if a > 0 then return 0.5 * (erfc(a * root_half) - erfc(b * root_half)) end
   return 0.5 * (erfc(-b * root_half) - erfc(-a * root_half))
end

local mass = Parzen.mass

--- A configuration as Parzen reads it.
---@param axes Axis[]
---@param values Values
---@return Point[]
function Parzen.point(axes, values)
   local point = {}
   for d, axis in ipairs(axes) do
      if axis.kind == 'choice' then
         point[d] = {place = space.index(axis, values[axis.name])}
      else
         local place, from, to = space.place(axis, values[axis.name])
         point[d] = {place = place, from = from, to = to}
      end
   end
   return point
end

-- How far each of the places is from the farther of its two neighbours.
local function distances(places)
   local n, order, widths = #places, {}, {}
   for k = 1, n do order[k] = k end
   table.sort(order, function(a, b)
      if places[a] ~= places[b] then return places[a] < places[b] end
      return a < b
   end)
   for i, k in ipairs(order) do
      local left = i > 1 and places[k] - places[order[i - 1]] or 0
      local right = i < n and places[order[i + 1]] - places[k] or 0
      widths[k] = max(left, right)
   end
   if n == 1 then widths[1] = max(places[1], 1 - places[1]) end
   return widths
end

local function numeric_kernels(axis, places)
   local n, widths = #places, distances(places)
   -- a kernel of an int axis reaches the next values
   local smallest = max(narrowest, (n + 2) ^ -narrowing, 1 / space.count(axis))
   local mean, width, norm = ffi.new('double[?]', n + 1), ffi.new('double[?]', n + 1), ffi.new('double[?]', n + 1)
   for k = 0, n do
      mean[k] = places[k + 1] or 0.5
      width[k] = k < n and min(max(widths[k + 1], smallest), 1) or 1
      norm[k] = -log(mass(-mean[k] / width[k], (1 - mean[k]) / width[k]))
      if not axis.step then norm[k] = norm[k] - log(width[k] * sqrt(2 * pi)) end
   end
   return {mean = mean, width = width, norm = norm}
end

local function choice_kernels(axis, indices)
   local n, count = #indices, #axis.choices
   local each = smoothing / (n + 1)
   local other = each / (1 + count * each)
   return {indices = indices, own = 1 / (1 + count * each), log_own = log((1 + each) / (1 + count * each)), log_other = log(other)}
end

--- The density of some configurations and the prior.
---@param axes Axis[]
---@param points Point[][]
---@param weights number[] of the points; the prior's is 1
---@return Parzen
function Parzen.new(axes, points, weights)
   local n, total = #points, 1
   for k = 1, n do total = total + weights[k] end
   local self = setmetatable({axes = axes, n = n + 1, kernels = {}, weights = {}, log_weights = ffi.new('double[?]', n + 1),
      terms = ffi.new('double[?]', n + 1)}, Parzen)
   for k = 1, n + 1 do
      self.weights[k] = (weights[k] or 1) / total
      self.log_weights[k - 1] = log(self.weights[k])
   end
   for d, axis in ipairs(axes) do
      local places = {}
      for k = 1, n do places[k] = points[k][d].place end
      self.kernels[d] = (axis.kind == 'choice' and choice_kernels or numeric_kernels)(axis, places)
   end
   return self
end

local function add_choice(terms, n, kernels, count, index)
   for k = 0, n - 2 do terms[k] = terms[k] + (kernels.indices[k + 1] == index and kernels.log_own or kernels.log_other) end
   terms[n - 1] = terms[n - 1] - log(count)
end

local function add_stretch(terms, n, kernels, from, to)
   local mean, width, norm = kernels.mean, kernels.width, kernels.norm
   for k = 0, n - 1 do
      terms[k] = terms[k] + norm[k] + log(mass((from - mean[k]) / width[k], (to - mean[k]) / width[k]))
   end
end

local function add_place(terms, n, kernels, place)
   local mean, width, norm = kernels.mean, kernels.width, kernels.norm
   for k = 0, n - 1 do
      local z = (place - mean[k]) / width[k]
      terms[k] = terms[k] + norm[k] - 0.5 * z * z
   end
end

--- The logarithm of the density at a point: in places on continuous axes, a probability on others.
---@param point Point[]
---@return number
function Parzen:log_density(point)
   local n, terms = self.n, self.terms
   ffi.copy(terms, self.log_weights, 8 * n)
   for d, axis in ipairs(self.axes) do
      local kernels, at = self.kernels[d], point[d]
      if axis.kind == 'choice' then
         add_choice(terms, n, kernels, #axis.choices, at.place)
      elseif axis.step then
         add_stretch(terms, n, kernels, at.from, at.to)
      else
         add_place(terms, n, kernels, at.place)
      end
   end
   local top, sum = -math.huge, 0
   for k = 0, n - 1 do top = max(top, terms[k]) end
   for k = 0, n - 1 do sum = sum + exp(terms[k] - top) end
   return top + log(sum)
end

-- Box and Muller's
local function normal(draws) return sqrt(-2 * log(1 - draws:uniform())) * cos(2 * pi * draws:uniform()) end

--- A configuration drawn from the density.
---@param draws Draws
---@return Values
function Parzen:draw(draws)
   local u, k = draws:uniform(), 1
   while k < self.n and u >= self.weights[k] do u, k = u - self.weights[k], k + 1 end
   local values = {}
   for d, axis in ipairs(self.axes) do
      local kernels = self.kernels[d]
      if axis.kind == 'choice' then
         local index = kernels.indices[k]
         if not index or not draws:chance(kernels.own) then index = draws:whole(0, #axis.choices - 1) end
         values[axis.name] = axis.choices[index + 1]
      else
         local place
         repeat place = kernels.mean[k - 1] + kernels.width[k - 1] * normal(draws) until place >= 0 and place <= 1
         values[axis.name] = space.at(axis, place)
      end
   end
   return values
end

return Parzen
