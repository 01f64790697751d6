--- choose/init.lua: how to fuse, chosen on pictures with label maps, and what that is worth on others: the pictures are dealt into
--- folds, and each is fused by what was chosen on the other folds alone. Scores may be calibrated first, in the same way.
local by_class = require 'hilo.choose.by_class'
local calibration = require 'hilo.methods.calibration'
local class_prior = require 'hilo.methods.class_prior'
local families = require 'hilo.choose.families'
local folds = require 'hilo.data.folds'
local rows_of = require 'hilo.rows'

local choose = {Trials = require 'hilo.choose.trials', families = families, file = require 'hilo.choose.file'}

---@class Choice
---@field title string
---@field parameter string what the number is called
---@field options FusionOptions chosen on all pictures
---@field value number the number in them; of a tau for each class the one that the search began with
---@field fitted number mean IoU of it on these pictures, percent: more than on others
---@field folds {names: string[], options: FusionOptions, value: number}[] what was chosen on the pictures outside of each fold
---@field crossed FusionSum each picture fused by what was chosen on others
---@field curve {value: number, mean_iou: number, sum: FusionSum}[]? of all pictures

-- The mean of each class's scores, calibrated ones where asked for.
local function prior_of(scores, made)
   if not made then return class_prior(scores) end
   local out = {}
   for name, row in pairs(scores) do out[name] = calibration.apply(made, row) end
   return class_prior(out)
end

-- The best value of a family on some pictures; of equal ones the first.
local function best_value(trials, names, scores, family, o, made)
   local prior, list, ways, curve = prior_of(scores, made), {}, {}, {}
   for i, value in ipairs(o.values) do
      list[i] = family.options(value, prior)
      list[i].calibration = made
      ways[i] = families.way(list[i], o.background)
   end
   local best
   for i, sum in ipairs(trials:measure(names, scores, ways)) do
      curve[i] = {value = o.values[i], sum = sum, mean_iou = sum.counts:scores().mean_iou}
      if not best or curve[i].mean_iou > curve[best].mean_iou + 1e-9 then best = i end
   end
   return {options = list[best], value = o.values[best], fitted = curve[best].mean_iou, curve = curve}
end

-- Folds with the pictures outside of them.
local function parts_of(names, n)
   local dealt, parts = folds(names, n), {}
   for k, inside in ipairs(dealt) do
      parts[k] = {inside = inside, others = {}}
      for j, other in ipairs(dealt) do
         for _, name in ipairs(j ~= k and other or {}) do table.insert(parts[k].others, name) end
      end
   end
   return parts
end

local function merge(sum, other)
   sum.counts.matrix:add(other.counts.matrix)
   for key, value in pairs(other) do if type(value) == 'number' then sum[key] = sum[key] + value end end
end

-- fit(names, calibration) -> {options, value, fitted, curve}
local function chosen(trials, scores, o, fit)
   local function fit_on(names)
      local made = o.calibration and calibration.fit(rows_of(scores, names), rows_of(trials.targets, names), o.calibration)
      return fit(names, made or nil)
   end
   local crossed, list = trials:sum(), {}
   for k, part in ipairs(parts_of(trials.names, o.folds)) do
      local found = fit_on(part.others)
      list[k] = {names = part.inside, options = found.options, value = found.value}
      merge(crossed, trials:measure(part.inside, scores, {families.way(found.options, o.background)})[1])
   end
   local choice = fit_on(trials.names)
   choice.folds, choice.crossed = list, crossed
   return choice
end

---@class ChooseOptions
---@field values number[] that are tried
---@field folds integer
---@field background boolean class 0 is background and is left as it is
---@field calibration {how: string, by: string}? of the scores, see methods.calibration

--- Chooses the number of a family.
---@param trials FusionTrials
---@param scores table<string, number[]> by picture: of all pictures of the trials, and others that the mean scores are to be of
---@param family FusionFamily
---@param o ChooseOptions
---@return Choice
function choose.number(trials, scores, family, o)
   local choice = chosen(trials, scores, o, function(names, made) return best_value(trials, names, scores, family, o, made) end)
   choice.title, choice.parameter = family.title .. (o.calibration and ', calibrated' or ''), family.parameter
   return choice
end

--- Chooses a tau for each class, beginning with the best one for all.
---@param trials FusionTrials
---@param scores table<string, number[]>
---@param o ChooseOptions and rounds: integer, see choose/by_class.lua
---@return Choice
function choose.by_class(trials, scores, o)
   local choice = chosen(trials, scores, o, function(names)
      local start = best_value(trials, names, scores, families.tau, o).value
      local tau, fitted = by_class(trials, names, scores,
         {start = start, taus = o.values, background = o.background, rounds = o.rounds})
      return {options = {how = 'threshold', tau = tau}, value = start, fitted = fitted}
   end)
   choice.title, choice.parameter = 'tau by class', 'from tau'
   return choice
end

return choose
