--- keys.lua: the keys of tables, in an order that does not depend on how the tables were filled.

-- Numbers before strings.
local function before(a, b)
   if type(a) == type(b) then return a < b end
   return type(a) == 'number'
end

--- The keys of one or several tables, each once: numbers, then strings.
---@param ... table<number|string, any>
---@return (number|string)[]
return function(...)
   local list, seen, kinds = {}, {}, {}
   for i = 1, select('#', ...) do
      for key in pairs((select(i, ...))) do
         if not seen[key] then list[#list + 1], seen[key], kinds[type(key)] = key, true, true end
      end
   end
   table.sort(list, kinds.number and kinds.string and before or nil)
   return list
end
