--- data/balanced.lua: a part of labelled pictures of which each class is shown by as even a number as can be.
---
--- The labels of one picture come together, so classes cannot be counted out one by one. As in iterative stratification (Sechidis,
--- Tsoumakas, Vlahavas, On the Stratification of Multi-label Data, 2011), the scarcest class comes first; but a class is scarce here
--- by the pictures chosen so far, not by its share of the set, so that rare classes come to be shown as often as others. Each time a
--- picture that shows it is taken: of a few drawn with the seed, that whose classes are the scarcest on average.
local core = require 'hilo.core'
local Draws = require 'hilo.data.draws'
local maps = require 'hilo.data.check.maps'
local survey = require 'hilo.data.check.survey'

local balanced = {}

-- Pictures compared at a time: more make counts more even and seeds more alike. Of 704 pictures of 22 classes, 88 were chosen: the
-- rarest class is shown by 13 of them with 1, by 15 or 16 with 8, by 18 with all; drawn evenly it is shown by 2 to 4.
local few = 8

--- Which classes pictures show. Their label maps are read, once each.
---@param set DataSet
---@param names string[] pictures with label maps
---@param threads? integer
---@return table<string, integer[]> name -> classes from 0
function balanced.shown(set, names, threads)
   local files, shown, class_of = {}, {}, maps.classes_of(set)
   for i, name in ipairs(names) do files[i] = {name = name, path = set:label(name)} end
   local looks = survey.read(files, 'label', {threads = threads, colours = set.colour_table})
   for _, name in ipairs(names) do
      local look, has, list = looks[name], {}, {}
      core.check(not look.error, 'data.balanced: %s', look.error)
      for value in pairs(look.values) do
         local class = class_of(value)
         if class < #set.classes and not has[class] then list[#list + 1], has[class] = class, true end
      end
      table.sort(list)
      shown[name] = list
   end
   return shown
end

--- Pictures that show each class.
---@param names string[]
---@param shown table<string, integer[]>
---@param classes integer
---@return table<integer, integer> counts by class from 0
function balanced.count(names, shown, classes)
   local counts = {}
   for class = 0, classes - 1 do counts[class] = 0 end
   for _, name in ipairs(names) do for _, class in ipairs(shown[name]) do counts[class] = counts[class] + 1 end end
   return counts
end

-- The class that the fewest chosen pictures show, of those that others still show; nil where none is left.
local function scarcest(chosen, left)
   local best
   for class = 0, #left do
      local less = best and (chosen[class] < chosen[best] or chosen[class] == chosen[best] and left[class] < left[best])
      if left[class] > 0 and (not best or less) then best = class end
   end
   return best
end

local function worth(classes, chosen)
   local sum = 0
   for _, class in ipairs(classes) do sum = sum + 1 / (1 + chosen[class]) end
   return sum / math.max(1, #classes)
end

-- Of the first few pictures that show a class (any picture for nil), the one worth most.
local function best_of(names, used, shown, class, chosen)
   local pick, most, seen = nil, -1, 0
   for _, name in ipairs(names) do
      local fits = not used[name] and not class
      for _, other in ipairs(not used[name] and shown[name] or {}) do fits = fits or other == class end
      if fits then
         local value = worth(shown[name], chosen)
         if value > most then pick, most = name, value end
         seen = seen + 1
         if seen == few then break end
      end
   end
   return pick
end

--- Chooses `count` pictures. The choice depends on the names, what they show and the seed alone.
---@param names string[]
---@param shown table<string, integer[]> what balanced.shown gives
---@param classes integer how many there are
---@param count integer at most #names
---@param seed integer
---@param stream integer of Draws
---@return string[] sorted
function balanced.choose(names, shown, classes, count, seed, stream)
   local sorted, mixed, used, list = {}, {}, {}, {}
   for i, name in ipairs(names) do sorted[i] = name end
   table.sort(sorted)
   for i, place in ipairs(Draws.order(seed, stream, 0, #sorted)) do mixed[i] = sorted[place] end
   local chosen, left = balanced.count({}, shown, classes), balanced.count(names, shown, classes)
   for i = 1, count do
      local name = best_of(mixed, used, shown, scarcest(chosen, left), chosen)
      used[name], list[i] = true, name
      for _, class in ipairs(shown[name]) do chosen[class], left[class] = chosen[class] + 1, left[class] - 1 end
   end
   table.sort(list)
   return list
end

return balanced
