--- sweep/samplers/space.lua: axes as the samplers see them. A place on an axis is a number from 0 to 1: equal lengths are equally
--- likely, log axes are laid out by their logarithm, and each value of an int, step or choice axis owns a stretch around it.
local Draws = require 'hilo.data.draws'
local axes_of = require 'hilo.sweep.axes'
require 'hilo.tensor.index' -- the methods of tensors, by which Draws reads its numbers

local log, exp, floor, min, max = math.log, math.exp, math.floor, math.min, math.max

---@alias Values table<string, string|number|boolean> a configuration: the value of each axis by its name

local space = {}

--- How many values an axis has; math.huge for a continuous one.
---@param axis Axis
---@return number
function space.count(axis)
   if axis.kind == 'choice' then return #axis.choices end
   return axis.step and floor((axis.high - axis.low) / axis.step + 1e-9) + 1 or math.huge
end

--- How many configurations the axes have.
---@param axes Axis[]
---@return number math.huge where one of them is continuous
function space.size(axes)
   local n = 1
   for _, axis in ipairs(axes) do n = n * space.count(axis) end
   return n
end

--- The k-th value of an int, step or choice axis. Sums of decimal steps are rounded to the digits meant: 0.1 + 2 * 0.1 is 0.3.
---@param axis Axis
---@param k integer from 0
---@return string|number|boolean
function space.value(axis, k)
   if axis.kind == 'choice' then return axis.choices[k + 1] end
   local value = axis.low + k * axis.step
   return (axis.kind == 'int' or k == 0) and value or tonumber(('%.12g'):format(value))
end

--- Which value of an int, step or choice axis this is.
---@param axis Axis
---@param value any
---@return integer? index from 0; nil where the axis does not hold the value
function space.index(axis, value)
   if not axes_of.holds(axis, value) then return nil end
   if axis.kind == 'choice' then return axes_of.position(axis, value) - 1 end
   return floor((value - axis.low) / axis.step + 0.5)
end

--- Whether each axis holds its value of a configuration.
---@param axes Axis[]
---@param values Values?
---@return boolean
function space.holds(axes, values)
   if not values then return false end
   for _, axis in ipairs(axes) do
      if not axes_of.holds(axis, values[axis.name]) then return false end
   end
   return true
end

--- Where a configuration stands in the grid of all of them, the last axis changing fastest. No axis is continuous.
---@param axes Axis[]
---@param values Values?
---@return number? from 0; nil where an axis does not hold its value
function space.position(axes, values)
   local position = 0
   for _, axis in ipairs(axes) do
      local k = values and space.index(axis, values[axis.name])
      if not k then return nil end
      position = position * space.count(axis) + k
   end
   return position
end

--- The positions of the configurations that the trials have, whatever became of them.
---@param axes Axis[] none continuous
---@param trials StoredTrial[]
---@return table<number, boolean>
function space.tried(axes, trials)
   local tried = {}
   for _, trial in ipairs(trials) do
      local position = space.position(axes, trial.values)
      if position then tried[position] = true end
   end
   return tried
end

-- The ends of a numeric axis, half a step beyond its first and last value, by their logarithm on a log axis.
local function ends(axis)
   local low, high = axis.low, axis.high
   if axis.step then
      local half = axis.step / 2
      low, high = low - (axis.log and min(half, low / 2) or half), space.value(axis, space.count(axis) - 1) + half
   end
   if axis.log then return log(low), log(high) end
   return low, high
end

--- The value at a place of the axis.
---@param axis Axis
---@param place number 0..1
---@return string|number|boolean
function space.at(axis, place)
   local count = space.count(axis)
   if axis.kind == 'choice' then return space.value(axis, min(floor(place * count), count - 1)) end
   local low, high = ends(axis)
   local x = low + place * (high - low)
   if axis.log then x = exp(x) end
   if not axis.step then return min(max(x, axis.low), axis.high) end
   return space.value(axis, min(max(floor((x - axis.low) / axis.step + 0.5), 0), count - 1))
end

local function place_of(axis, x, low, high)
   if axis.log then x = log(x) end
   return high > low and min(max((x - low) / (high - low), 0), 1) or 0.5
end

--- The place of a value on a numeric axis, and the stretch of places that it owns.
---@param axis Axis
---@param value number
---@return number place
---@return number from the same as place on a continuous axis
---@return number to
function space.place(axis, value)
   local low, high = ends(axis)
   local place = place_of(axis, value, low, high)
   if not axis.step then return place, place, place end
   local half = axis.step / 2
   local below = axis.log and min(half, value / 2) or half
   return place, place_of(axis, value - below, low, high), place_of(axis, value + half, low, high)
end

local streams = {random = 240, sobol = 241, tpe = 242} -- of Draws, away from those of loaders and splits

--- The random numbers of a sampler.
---@param sampler 'random'|'sobol'|'tpe'
---@param seed integer
---@param number integer what else they depend on: a trial's number, a dimension
---@return Draws
function space.draws(sampler, seed, number) return Draws.of(seed, streams[sampler], number, 0) end

return space
