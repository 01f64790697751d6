--- methods/class_prior.lua: how likely each class is before the picture is seen, in a classifier's own terms.
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'

--- The mean score of each class over pictures: what soft fusion divides a picture's scores by. Of tags, the share of pictures that show
--- the class among those of which it is known.
---
---     local prior = hilo.methods.class_prior {a = {0.9, 0.1}, b = {0.7, 0.3}}  -- 0.8, 0.2
---@param scores table<string, number[]> by picture: one score a class, 0..1, or -1 where it is not known
---@return number[] (C) 1 where nothing is known
return function(scores)
   local sums, known
   for _, name in ipairs(sorted_keys(scores)) do -- so that the sums are the same bits whatever the order of the table
      local row = scores[name]
      sums, known = sums or {}, known or {}
      core.check(#sums == 0 or #row == #sums, 'class_prior: %s has scores of %d classes, others of %d', name, #row, #sums)
      for c, score in ipairs(row) do
         sums[c], known[c] = (sums[c] or 0) + math.max(score, 0), (known[c] or 0) + (score >= 0 and 1 or 0)
      end
   end
   core.check(sums, 'class_prior: expected the scores of at least one picture, got none')
   for c = 1, #sums do sums[c] = known[c] > 0 and sums[c] / known[c] or 1 end
   return sums
end
