--- nearest.lua: what somebody may have meant by a word that is none of those expected.
local distance = require 'hilo.distance'

local function last_part(key) return key:match('^.*%.(.+)$') or key end

--- The name that looks most like `word`, whether or not its groups (data., model.) were given.
---@param word string
---@param names string[]
---@return string? name
---@return number? apart how far it is: the edit distance, or half more where its group is missing
return function(word, names)
   local best, least
   word = word:sub(1, 1000) -- the distance takes time by the product of the lengths
   for _, name in ipairs(names) do
      local d = math.min(distance(word, name), distance(last_part(word), last_part(name)) + 0.5)
      if not least or d < least then best, least = name, d end
   end
   return best, least
end
