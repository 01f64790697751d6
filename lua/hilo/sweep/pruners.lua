--- sweep/pruners.lua: which trials are not worth going on with. A trial is judged by its curve, the mean over its seeds at the steps
--- that all of them have come to, beside the curves of the other trials at the same step. What is not a number is always behind.
local core = require 'hilo.core'

local pruners = {}

---@class PrunerOptions
---@field direction 'max'|'min'
---@field n_startup_trials integer? trials that must have got to the step before any is judged there; median: 5
---@field n_warmup_steps integer? steps before which none is judged; median: 0
---@field min_resource integer? asha: the step of the first rung; the first one that any trial reported if not given
---@field reduction_factor integer? asha: a rung lies at so many times the step of the one before, and one in so many goes on; 4

-- The trial's value at a step; nil where it has not come there.
local function value_at(trial, step)
   for _, point in ipairs(trial.curve) do
      if point.step == step then return point.value end
   end
   return nil
end

local function is_number(x) return x == x end

-- Values so that the greater is the better; what is not a number is the worst.
local function worth(value, direction)
   if not is_number(value) then return -math.huge end
   return direction == 'max' and value or -value
end

-- The best that a trial has reached up to a step.
local function best_until(trial, step, direction)
   local best = -math.huge
   for _, point in ipairs(trial.curve) do
      if point.step <= step then best = math.max(best, worth(point.value, direction)) end
   end
   return best
end

local function check(trial, options)
   core.check(type(trial) == 'table' and type(trial.curve) == 'table', 'pruner: a trial needs its curve')
   core.check(options.direction == 'max' or options.direction == 'min', "pruner: direction must be 'max' or 'min', got '%s'",
      tostring(options.direction))
end

local function median(list)
   table.sort(list)
   local n = #list
   return n % 2 == 1 and list[(n + 1) / 2] or (list[n / 2] + list[n / 2 + 1]) / 2
end

--- Prunes nothing.
pruners.none = {decide = function() return false end}

pruners.median = {}

--- The median rule (Golovin et al., Google Vizier, 2017): a trial ends where the best that it has reached is below the median of what
--- the other trials had at this step.
---@param trial {curve: {step: integer, value: number}[]}
---@param others {state: string, curve: {step: integer, value: number}[]}[]
---@param step integer
---@param options PrunerOptions
---@return boolean prune
function pruners.median.decide(trial, others, step, options)
   check(trial, options)
   if step < (options.n_warmup_steps or 0) then return false end
   local here = {}
   for _, other in ipairs(others) do
      local value = other.state ~= 'failed' and value_at(other, step)
      if value then here[#here + 1] = worth(value, options.direction) end
   end
   if #here < (options.n_startup_trials or 5) then return false end
   local value = value_at(trial, step)
   if value and not is_number(value) then return true end
   return best_until(trial, step, options.direction) < median(here)
end

pruners.asha = {}

-- The first step that any of the trials reported.
local function first_step(trials)
   local least
   for _, trial in ipairs(trials) do
      local point = trial.curve[1]
      if point and (not least or point.step < least) then least = point.step end
   end
   return least
end

-- The value with which a trial passes a rung: at the first step at which it had come there.
local function value_of_rung(trial, rung, step)
   for _, point in ipairs(trial.curve) do
      if point.step >= rung and point.step <= step then return point.value end
   end
   return nil
end

-- The last of the rungs min, min * factor, min * factor^2, ... that the trial has just passed with this step; nil where it has not.
local function rung_passed(trial, step, least, factor)
   local rung
   local at = least
   while at <= step do
      rung, at = at, at * factor
   end
   if not rung then return nil end
   for _, point in ipairs(trial.curve) do
      if point.step >= rung and point.step < step then return nil end -- it passed the rung before
   end
   return rung
end

--- Asynchronous successive halving (Li et al., 2020): at each rung a trial goes on where it is among the best 1/reduction_factor of
--- those that have passed the rung so far, or the best of all while they are fewer.
---@param trial {curve: {step: integer, value: number}[]}
---@param others {state: string, curve: {step: integer, value: number}[]}[]
---@param step integer
---@param options PrunerOptions
---@return boolean prune
function pruners.asha.decide(trial, others, step, options)
   check(trial, options)
   local factor = options.reduction_factor or 4
   core.check(factor >= 2, 'asha: reduction_factor must be 2 or more, got %s', tostring(factor))
   local trials = {trial}
   for _, other in ipairs(others) do
      if other.state ~= 'failed' then trials[#trials + 1] = other end
   end
   local least = options.min_resource or first_step(trials)
   local rung = least and rung_passed(trial, step, least, factor)
   if not rung then return false end
   local own = value_of_rung(trial, rung, step)
   if not is_number(own) then return true end
   local passed, better = 0, 0
   for _, other in ipairs(trials) do
      local value = value_of_rung(other, rung, other == trial and step or math.huge)
      if value then
         passed = passed + 1
         if worth(value, options.direction) > worth(own, options.direction) then better = better + 1 end
      end
   end
   return better >= math.max(1, math.floor(passed / factor))
end

return pruners
