--- is_list.lua: lists among tables.

--- Whether a value is a table whose keys are 1 to its length; the empty table is one.
---@param value any
---@return boolean
return function(value)
   if type(value) ~= 'table' then return false end
   local n = 0
   for _ in pairs(value) do n = n + 1 end
   return n == #value
end
