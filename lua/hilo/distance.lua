--- distance.lua: how far two words are apart.

--- Edit distance between two words, a swap of neighbours counting one.
---@param a string
---@param b string
---@return integer
return function(a, b)
   local before
   local last, row = nil, {}
   for j = 0, #b do row[j] = j end
   for i = 1, #a do
      before, last, row = last, row, {[0] = i}
      for j = 1, #b do
         local change = a:byte(i) == b:byte(j) and 0 or 1
         row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + change)
         if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
            row[j] = math.min(row[j], before[j - 2] + 1)
         end
      end
   end
   return row[#b]
end
