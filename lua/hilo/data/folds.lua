--- data/folds.lua: pictures dealt into parts of nearly one size, so that what is chosen on some is tested on others.
local core = require 'hilo.core'
local Draws = require 'hilo.data.draws'

local stream = 252 -- of Draws, away from those of loaders and splits

--- Deals names into n parts. Which goes where depends on the names and the seed alone, not on their order.
---
---     local parts = hilo.data.folds({'a', 'b', 'c', 'd'}, 2)
---@param names string[]
---@param n integer 2 or more
---@param seed? integer 1
---@return string[][] parts each sorted
return function(names, n, seed)
   core.check(n >= 2 and n % 1 == 0 and n <= #names, 'folds: expected a whole number from 2 to the number of pictures, %d, got %s',
      #names, tostring(n))
   local sorted, parts = {}, {}
   for i, name in ipairs(names) do sorted[i] = name end
   table.sort(sorted)
   for k = 1, n do parts[k] = {} end
   for place, i in ipairs(Draws.order(seed or 1, stream, 0, #sorted)) do table.insert(parts[place % n + 1], sorted[i]) end
   for _, part in ipairs(parts) do table.sort(part) end
   return parts
end
