--- methods/class_prior.lua: how likely each class is before the picture is seen, in a classifier's own terms.
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'

--- The mean score of each class over pictures: what soft fusion divides a picture's scores by.
---
---     local prior = hilo.methods.class_prior {a = {0.9, 0.1}, b = {0.7, 0.3}}  -- 0.8, 0.2
---@param scores table<string, number[]> by picture: one score a class, 0..1
---@return number[] (C)
return function(scores)
   local sums, pictures = nil, 0
   for _, name in ipairs(sorted_keys(scores)) do -- so that the sums are the same bits whatever the order of the table
      local row = scores[name]
      sums = sums or {}
      core.check(pictures == 0 or #row == #sums, 'class_prior: %s has scores of %d classes, others of %d', name, #row, #sums)
      for c, score in ipairs(row) do sums[c] = (sums[c] or 0) + score end
      pictures = pictures + 1
   end
   core.check(pictures > 0, 'class_prior: expected the scores of at least one picture, got none')
   for c = 1, #sums do sums[c] = sums[c] / pictures end
   return sums
end
