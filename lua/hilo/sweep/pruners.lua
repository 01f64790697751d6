--- sweep/pruners.lua: which trials to end early, judged by their curves. A point of a curve is the mean over a trial's seeds at a step
--- that all of them have come to, so a configuration is judged and not a lucky seed. `decide` is to be called once for each new point.
--- A value that is not a number has diverged: median and asha end such a trial.
local core = require 'hilo.core'

local check, floor = core.check, math.floor

---@class Judged a trial as pruners see it
---@field number integer
---@field state 'complete'|'running'|'waiting'|'pruned'|'failed'
---@field curve {step: integer, value: number}[] by increasing step

---@class Pruner
---@field least integer trials of which it may end one that has not diverged
---@field decide fun(trial: Judged, others: Judged[], step: integer, options: table): boolean whether to end the trial now

local function is_nan(x) return x ~= x end

-- A sign that makes smaller values better.
local function sign_of(options)
   check(options.direction == 'max' or options.direction == 'min', "pruner: direction is 'max' or 'min', got '%s'",
      tostring(options.direction))
   return options.direction == 'max' and -1 or 1
end

local function number_option(options, name, default, least)
   local value = options[name] == nil and default or options[name]
   check(type(value) == 'number' and value >= least, 'pruner: %s is a number of %g or more, got %s', name, least, tostring(value))
   return value
end

local function value_at(curve, step)
   for _, point in ipairs(curve) do
      if point.step == step then return point.value end
   end
   return nil
end

local function median_of(list)
   table.sort(list)
   local n = #list
   return n % 2 == 1 and list[(n + 1) / 2] or (list[n / 2] + list[n / 2 + 1]) / 2
end

---@type Pruner
local none = {least = 0, decide = function() return false end}

-- ---- median ----

-- Whether `step` is the first point at or after one of warmup, warmup + interval, warmup + 2 * interval, ...
local function is_due(curve, step, warmup, interval)
   if step < warmup then return false end
   local due = warmup + floor((step - warmup) / interval) * interval
   for _, point in ipairs(curve) do
      if point.step >= due then return point.step == step end
   end
   return false
end

--- Ends a trial whose best value so far is worse than the median of what the complete trials had at the same step.
--- Options: direction; n_startup_trials (5) complete trials come first; n_warmup_steps (0) before the first judgement;
--- interval_steps (1) between two.
---@type Pruner
local median = {
   least = 6,
   decide = function(trial, others, step, options)
      local sign = sign_of(options)
      local startup = number_option(options, 'n_startup_trials', 5, 0)
      local warmup = number_option(options, 'n_warmup_steps', 0, 0)
      local interval = number_option(options, 'interval_steps', 1, 1)
      local own = value_at(trial.curve, step)
      if own == nil then return false end
      if is_nan(own) then return true end
      if not is_due(trial.curve, step, warmup, interval) then return false end
      local complete, values = 0, {}
      for _, other in ipairs(others) do
         if other.state == 'complete' then
            complete = complete + 1
            local value = value_at(other.curve, step)
            if value and not is_nan(value) then values[#values + 1] = sign * value end
         end
      end
      if complete < startup or #values == 0 then return false end
      local best = math.huge
      for _, point in ipairs(trial.curve) do
         if point.step <= step then best = math.min(best, is_nan(point.value) and math.huge or sign * point.value) end
      end
      return best > median_of(values)
   end,
}

-- ---- successive halving ----

local function first_step(curve)
   for _, point in ipairs(curve) do
      if point.step > 0 then return point.step end
   end
   return math.huge
end

local function smallest_resource(trial, others)
   local least = first_step(trial.curve)
   for _, other in ipairs(others) do least = math.min(least, first_step(other.curve)) end
   return least
end

-- The first point at or after a step.
local function point_from(curve, step)
   for _, point in ipairs(curve) do
      if point.step >= step then return point end
   end
   return nil
end

-- Whether a trial is among the best 1 / factor of those that have come to a rung, it included; while they are fewer than the factor
-- there is nothing to choose from.
local function stays(own, others, rung, factor, sign)
   local n, better = 1, 0
   for _, other in ipairs(others) do
      local point = point_from(other.curve, rung)
      if point then
         n = n + 1
         if sign * point.value < own then better = better + 1 end
      end
   end
   return n < factor or better < floor(n / factor)
end

--- Asynchronous successive halving (Li et al., A System for Massively Parallel Hyperparameter Tuning, 2020) in the form that stops
--- trials instead of pausing them: at the rungs min_resource * reduction_factor^k, k = min_early_stopping_rate, + 1, ..., in steps, a
--- trial goes on where its first value from the rung on is among the best 1 / reduction_factor of the trials that have come to that
--- rung, whatever became of them.
--- Options: direction; min_resource ('auto': the first step above 0 that any trial reports), reduction_factor (4),
--- min_early_stopping_rate (0).
---@type Pruner
local asha = {
   least = 4,
   decide = function(trial, others, step, options)
      local sign = sign_of(options)
      local factor = number_option(options, 'reduction_factor', 4, 2)
      local rate = number_option(options, 'min_early_stopping_rate', 0, 0)
      local resource = options.min_resource or 'auto'
      check(resource == 'auto' or type(resource) == 'number' and resource > 0,
         "pruner: min_resource is a number of steps above 0, or 'auto', got %s", tostring(resource))
      local own = value_at(trial.curve, step)
      if own == nil then return false end
      if is_nan(own) then return true end
      if resource == 'auto' then resource = smallest_resource(trial, others) end
      local rung = resource * factor ^ rate
      while rung <= step do
         if point_from(trial.curve, rung).step == step and not stays(sign * own, others, rung, factor, sign) then return true end
         rung = rung * factor
      end
      return false
   end,
}

return {none = none, median = median, asha = asha}
