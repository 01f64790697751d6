--- sweep/importance.lua: how much each axis matters for being among the best, by PED-ANOVA (S. Watanabe, A. Bansal, F. Hutter,
--- PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces, 2023). Where the best trials lie on an axis as
--- all trials do, it does not matter; the farther the two densities are apart, in Pearson's divergence, the more it does. A sampler
--- that settles, as TPE does, settles on axes that do not matter too, which then get a share: random, Sobol and grid trials say more.
--- Cells, widths and what smooths choices are as in Optuna, so that its dashboard shows nearly the same shares for the same trials.
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local Parzen = require 'hilo.sweep.samplers.parzen'
local space = require 'hilo.sweep.samplers.space'

local ceil, floor, log, max, min, sqrt = math.ceil, math.floor, math.log, math.max, math.min, math.sqrt

local most_cells = 50   -- of a numeric axis
local narrowest = 0.305 -- width of a kernel, in cells: nine tenths of its mass stay in its own cell
local fewest_trials = 4
local fewest_top = 5    -- the densities of fewer trials are accidents; of fewer than twice as many trials it is half

-- How many cells an axis has: one for each value while these are few. Whole numbers on a log axis: about one for each doubling.
local function count_of(axis)
   local count = space.count(axis)
   if axis.kind == 'choice' then return count end
   if axis.kind == 'int' and axis.log then count = ceil(log(axis.high - axis.low + 1) / log(2)) + 1 end
   return min(count, most_cells)
end

-- The cell of a value. The middles of the first and the last cell of a numeric axis are its ends.
local function cell_of(axis, value, count)
   if axis.kind == 'choice' then return space.index(axis, value) end
   local low, high = axis.low, axis.high
   if low == high then return 0 end
   if axis.log then low, high, value = log(low), log(high), log(value) end
   return min(floor((value - low) / (high - low) * (count - 1) + 0.5), count - 1)
end

-- The width of kernels by Scott's rule (Multivariate Density Estimation, 1992), in cells.
local function width_of(cells)
   local n, mean, variance = #cells, 0, 0
   table.sort(cells)
   for _, cell in ipairs(cells) do mean = mean + cell / n end
   for _, cell in ipairs(cells) do variance = variance + (cell - mean) ^ 2 / max(n - 1, 1) end
   local quartiles = cells[min(floor(0.75 * n) + 1, n)] - cells[max(floor(0.25 * n), 1)]
   return max(1.059 * min(sqrt(variance), quartiles / 1.34) * n ^ -0.2, narrowest)
end

-- The kernel of a trial on a numeric axis, not yet scaled to 1: a Gaussian's mass in each cell.
local function gaussian(cell, width, count)
   local masses = {}
   for c = 0, count - 1 do masses[c] = Parzen.mass((c - 0.5 - cell) / width, (c + 0.5 - cell) / width) end
   return masses
end

-- The same on a choice axis: the trial's own choice, and a little of all, the more the fewer choices the trials have made.
local function smoothed(cell, made, count)
   local masses = {}
   for c = 0, count - 1 do masses[c] = 1 / (made + 1) end
   masses[cell] = masses[cell] + 1
   return masses
end

local function distinct(cells)
   local seen, n = {}, 0
   for _, cell in ipairs(cells) do
      if not seen[cell] then seen[cell], n = true, n + 1 end
   end
   return n
end

-- The density of trials over the cells of an axis: a kernel for each trial, and one even part that weighs as much as a trial.
local function density(axis, cells, count)
   local masses, n = {}, #cells
   for c = 0, count - 1 do masses[c] = 1 / count / (n + 1) end
   local is_choice = axis.kind == 'choice'
   local kernel_of, by = is_choice and smoothed or gaussian, (is_choice and distinct or width_of)(cells)
   for _, cell in ipairs(cells) do
      local kernel, sum = kernel_of(cell, by, count), 0
      for c = 0, count - 1 do sum = sum + kernel[c] end
      for c = 0, count - 1 do masses[c] = masses[c] + kernel[c] / sum / (n + 1) end
   end
   return masses
end

-- Pearson's divergence between the best trials and all of them along an axis.
local function divergence(axis, all, is_top)
   local cells, top_cells, count = {}, {}, count_of(axis)
   for _, trial in ipairs(all) do
      local value = trial.values[axis.name]
      if axes_of.holds(axis, value) then
         local cell = cell_of(axis, value, count)
         cells[#cells + 1] = cell
         if is_top[trial] then top_cells[#top_cells + 1] = cell end
      end
   end
   if #top_cells == 0 then return 0 end
   local every, top, sum = density(axis, cells, count), density(axis, top_cells, count), 0
   for c = 0, count - 1 do sum = sum + every[c] * (top[c] / every[c] - 1) ^ 2 end
   return sum
end

--- The share of each axis in what makes trials the best, from complete trials alone.
---@param axes Axis[]
---@param trials StoredTrial[]
---@param options {direction: 'max'|'min', top: number?} top: the share of the trials that are the best ones, 0.1; at least 5 trials,
--- or half of them where they are few
---@return table<string, number>? shares by the axes' names; their sum is 1. They are equal where all trials are equally good.
---@return string? reason why there are none
return function(axes, trials, options)
   local share = options.top or 0.1
   core.check(share > 0 and share < 1, 'importance: top is a share of the trials between 0 and 1, got %s', tostring(share))
   local sign, complete = options.direction == 'max' and -1 or 1, {}
   for _, trial in ipairs(trials) do
      if trial.state == 'complete' and trial.value and math.abs(trial.value) < math.huge then complete[#complete + 1] = trial end
   end
   local n = #complete
   if #axes == 0 then return nil, 'the sweep has no axes' end
   if n < fewest_trials then return nil, ('it takes %d finished trials, there are %d'):format(fewest_trials, n) end
   table.sort(complete, function(a, b)
      if a.value ~= b.value then return sign * a.value < sign * b.value end
      return a.number < b.number
   end)
   local last = complete[max(math.ceil(share * n), min(fewest_top, floor(n / 2)))]
   local is_top = {}
   for _, trial in ipairs(complete) do is_top[trial] = sign * trial.value <= sign * last.value end

   local shares, sum = {}, 0
   for _, axis in ipairs(axes) do
      shares[axis.name] = divergence(axis, complete, is_top)
      sum = sum + shares[axis.name]
   end
   for _, axis in ipairs(axes) do shares[axis.name] = sum > 0 and shares[axis.name] / sum or 1 / #axes end
   return shares
end
