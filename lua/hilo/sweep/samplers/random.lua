--- sweep/samplers/random.lua: each value drawn on its own, evenly over its axis. A configuration depends on (seed, number) alone.
local space = require 'hilo.sweep.samplers.space'

local random = {}

--- A configuration.
---@param axes Axis[]
---@param trials StoredTrial[] not read
---@param options {number: integer, seed: integer}
---@return Values
function random.suggest(axes, trials, options) -- luacheck: no unused args
   local draws, values = space.draws('random', options.seed, options.number), {}
   for _, axis in ipairs(axes) do values[axis.name] = space.at(axis, draws:uniform()) end
   return values
end

--- How many configurations are to be had: there is always another.
---@return number
function random.count() return math.huge end

return random
