--- merged.lua: two tables as one.

--- A new table with what `base` holds and, over it, what `changes` holds.
---@param base table
---@param changes table
---@return table
return function(base, changes)
   local both = {}
   for key, value in pairs(base) do both[key] = value end
   for key, value in pairs(changes) do both[key] = value end
   return both
end
