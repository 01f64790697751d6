--- sweep/ranking.lua: the trials of a sweep in the order of their worth.
local ranking = {}

local places = {complete = 1, pruned = 2, running = 3, waiting = 4, failed = 5}

-- The lower the better; without a value, or with none that can be compared, last.
local function cost(trial, sign)
   local value = trial.value
   return value and value == value and sign * value or math.huge
end

--- Trials that have come to their end, the best first; then those that were pruned, are under way, or failed.
---@param results {trials: TrialResult[], direction: 'max'|'min', [string]: any} such as SweepResults
---@return TrialResult[]
function ranking.ordered(results)
   local list, sign = {}, results.direction == 'min' and 1 or -1
   for i, trial in ipairs(results.trials) do list[i] = trial end
   table.sort(list, function(a, b)
      local pa, pb = places[a.state] or 6, places[b.state] or 6
      if pa ~= pb then return pa < pb end
      local x, y = cost(a, sign), cost(b, sign)
      if pa == 1 and x ~= y then return x < y end
      return a.number < b.number
   end)
   return list
end

--- The best of those that have come to their end.
---@param results {trials: TrialResult[], direction: 'max'|'min', [string]: any}
---@return TrialResult?
function ranking.best(results)
   local first = ranking.ordered(results)[1]
   return first and first.state == 'complete' and first.value and first or nil
end

return ranking
