--- sweep/samplers/grid.lua: every combination of the axes' values, the last axis changing fastest.
local core = require 'hilo.core'
local space = require 'hilo.sweep.samplers.space'

local grid = {}

--- How many configurations the grid has; an error where an axis is continuous.
---@param axes Axis[]
---@return integer
function grid.count(axes)
   for _, axis in ipairs(axes) do
      core.check(space.count(axis) < math.huge, "sampler=grid: axis '%s' is a continuous range; give it a step or a list of values, " ..
         'or take sampler=random, sobol or tpe', axis.name)
   end
   return space.size(axes)
end

--- A configuration of the grid.
---@param axes Axis[] none continuous
---@param position integer from 0
---@return Values
function grid.configuration(axes, position)
   local values = {}
   for a = #axes, 1, -1 do
      local n = space.count(axes[a])
      values[axes[a].name] = space.value(axes[a], position % n)
      position = math.floor(position / n)
   end
   return values
end

--- The first configuration that no trial has, so a grid to which values are added goes on with what is missing.
---@param axes Axis[]
---@param trials StoredTrial[]
---@return Values? nil where each has been tried
function grid.suggest(axes, trials)
   local n, tried = grid.count(axes), space.tried(axes, trials)
   local position = 0
   while tried[position] do position = position + 1 end
   return position < n and grid.configuration(axes, position) or nil
end

return grid
