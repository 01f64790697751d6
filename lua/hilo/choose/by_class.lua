--- choose/by_class.lua: a tau for each class, found class by class on pictures with label maps.
local families = require 'hilo.choose.families'
local metrics = require 'hilo.train.metrics'

local function copy(list) return {unpack(list)} end

local function mean_iou(counts) return counts:scores().mean_iou end

-- Weights of a picture with one class switched the other way; false where none would stay, and so none is switched off.
local function flipped(weights, c)
   local other, any = copy(weights), false
   other[c] = 1 - other[c]
   for _, w in ipairs(other) do any = any or w > 0 end
   return any and other
end

-- Adds the cells of a matrix, times a sign.
local function add_cells(matrix, cells, sign)
   local at = matrix:data()
   for i = 1, #cells, 2 do at[cells[i]] = at[cells[i]] + sign * cells[i + 1] end
end

-- For one class, the others as they are: the best of the candidates and the mean IoU that it gives. Equal ones: the nearest.
local function best_of(search, c, base, weights, now)
   local best, value = base[c], now
   for _, tau in ipairs(search.taus) do
      local counts = metrics.confusion(search.trials.classes)
      counts.matrix:copy(search.matrix)
      for _, name in ipairs(search.names) do
         local keeps = search.scores[name][c] >= tau and 1 or 0
         if keeps ~= weights[name][c] then
            add_cells(counts.matrix, search.trials:cells_of(name, weights[name]), -1)
            add_cells(counts.matrix, search.trials:cells_of(name, flipped(weights[name], c)), 1)
         end
      end
      local found = mean_iou(counts)
      if found > value + 1e-9 or (found > value - 1e-9 and math.abs(tau - base[c]) < math.abs(best - base[c])) then
         best, value = tau, found
      end
   end
   return best, value
end

-- The weights of each picture, all classes there where none would stay, and the matrices of what one change makes.
local function prepare(search, tau)
   local way, weights = families.way({how = 'threshold', tau = tau}, search.background), {}
   local first = search.background and 2 or 1
   for _, name in ipairs(search.names) do
      local row = way(search.scores[name])
      if not row then
         row = {}
         for c = 1, #tau do row[c] = 1 end
      end
      local list = {row}
      for c = first, #tau do list[#list + 1] = flipped(row, c) end
      search.trials:prepare(name, list)
      weights[name] = row
   end
   return weights, first
end

local function measure(search, tau)
   return mean_iou(search.trials:measure(search.names, search.scores, {families.way({how = 'threshold', tau = tau},
      search.background)})[1].counts)
end

-- One round: each class by itself, then the changes together; fewer of them, the best first, until they help.
local function improve(search, tau, now)
   local weights, first = prepare(search, tau)
   local sum = search.trials:sum()
   for _, name in ipairs(search.names) do search.trials:add_to(sum, name, weights[name]) end
   search.matrix = sum.counts.matrix
   local changes = {}
   for c = first, #tau do
      local best, value = best_of(search, c, tau, weights, now)
      if value > now + 1e-9 then changes[#changes + 1] = {class = c, tau = best, value = value} end
   end
   table.sort(changes, function(a, b)
      if a.value ~= b.value then return a.value > b.value end
      return a.class < b.class
   end)
   local count = #changes
   while count >= 1 do
      local together = copy(tau)
      for k = 1, count do together[changes[k].class] = changes[k].tau end
      local value = measure(search, together)
      if value > now + 1e-9 then return together, value end
      count = math.floor(count / 2)
   end
   return nil
end

--- Starts from one tau for all and changes those of single classes while the mean IoU rises.
---@param trials FusionTrials
---@param names string[] pictures to choose on
---@param scores table<string, number[]> by picture
---@param o {start: number, taus: number[], background: boolean, rounds: integer} taus: candidates
---@return number[] tau (C)
---@return number mean_iou on these pictures, percent
return function(trials, names, scores, o)
   local search = {trials = trials, names = names, scores = scores, taus = o.taus, background = o.background}
   local tau = {}
   for c = 1, #trials.classes do tau[c] = o.start end
   local value = measure(search, tau)
   for _ = 1, o.rounds do
      local better, higher = improve(search, tau, value)
      if not better then break end
      tau, value = better, higher
   end
   return tau, value
end
