--- why/gate.lua: whether D's confidence tells good maps from bad ones: what self-training would learn from at each gamma, next to what
--- it would learn from if S's own probabilities chose as many maps.
local hilo = require 'hilo'
local augmentations = require 'hilo.train.augmentations'
local diagnose = require 'hilo.train.diagnose'
local metrics = require 'hilo.train.metrics'
local networks = require 'hilo.train.networks'
local Probe = require 'hilo.train.probe'

local gate = {}

--- The maps that the networks of a finished run of s4GAN predict for crops as it trains on, with the networks as they train.
---@param of_run {options: table, set: DataSet, split: Split, S: DeepLab}
---@param path string its checkpoint
---@param options {crops: integer, workers: Workers} crops: of each part
---@return {val: SeenMaps, unlabelled: SeenMaps?}
function gate.measure(of_run, path, options)
   local o, set = of_run.options, of_run.set
   local D = networks.discriminator(o, set)
   hilo.io.checkpoint.load(path, {nets = {D = D}, generator = false}, {subset = true})
   local told = setmetatable({diagnostics = options.crops}, {__index = o})
   local transform = augmentations(o)
   local probe = Probe.new {run = {options = told, workers = options.workers}, set = set, split = of_run.split, transform = transform}
   return diagnose.maps(probe, {S = of_run.S, D = D, options = told})
end

local function mean(list, first, last)
   if last < first then return nil end
   local sum = 0
   for i = first, last do sum = sum + list[i] end
   return sum / (last - first + 1)
end

-- Shares of right pixels in falling order of another number.
local function by(list, right)
   local order, sorted = {}, {}
   for i = 1, #list do order[i] = i end
   table.sort(order, function(a, b)
      if list[a] ~= list[b] then return list[a] > list[b] end
      return a < b
   end)
   for i, k in ipairs(order) do sorted[i] = right[k] end
   return sorted
end

local function percent(x) return x and ('%.1f'):format(100 * x) or '-' end

--- A row a share of the maps: what D's gamma would have to be so that as many pass, the mean share of right pixels of those that it is
--- surest of and of the others, and of as many that S is surest of. The first row is that of the run's own gamma.
---@param maps SeenMaps
---@param options {gamma: number, shares: number[]} shares: percent
---@return string[][]
function gate.rows(maps, options)
   local n = #maps.says
   local by_D, by_S, says = by(maps.says, maps.right), by(maps.sure, maps.right), by(maps.says, maps.says)
   local rows = {{'gamma', 'accepted %', 'right % of them', 'of the others', 'of as many by S itself'}}
   local function add(gamma, count)
      rows[#rows + 1] = {('%.3f'):format(gamma), percent(count / n), percent(mean(by_D, 1, count)), percent(mean(by_D, count + 1, n)),
         percent(mean(by_S, 1, count))}
   end
   local passed = 0
   for _, x in ipairs(says) do if x >= options.gamma and options.gamma < 1 then passed = passed + 1 end end
   add(options.gamma, passed)
   for _, share in ipairs(options.shares) do
      local count = math.max(1, math.floor(n * share / 100 + 0.5))
      add(says[count], count)
   end
   return rows
end

--- The mean share of right pixels among the maps that one trusts most, for every share of them.
---@param maps SeenMaps
---@return {share: number[], D: number[], S: number[]} percent
function gate.curves(maps)
   local by_D, by_S, n = by(maps.says, maps.right), by(maps.sure, maps.right), #maps.says
   local out = {share = {}, D = {}, S = {}}
   for k = 1, n do out.share[k], out.D[k], out.S[k] = 100 * k / n, 100 * mean(by_D, 1, k), 100 * mean(by_S, 1, k) end
   return out
end

--- Two lines: rank correlations with the share of right pixels, and how much D goes by softness.
---@param maps SeenMaps
---@return string
function gate.text(maps)
   local function correlation(list)
      local r = metrics.rank_correlation(list, maps.right)
      return r and ('%.2f'):format(r) or 'undefined'
   end
   return ('rank correlation with the share of right pixels: %s of D\'s confidence, %s of S\'s own\n'
      .. 'mean confidence of D: %.2f in the maps, %.2f in the same as one-hot maps'):format(correlation(maps.says),
      correlation(maps.sure), mean(maps.says, 1, #maps.says), mean(maps.hard, 1, #maps.hard))
end

return gate
