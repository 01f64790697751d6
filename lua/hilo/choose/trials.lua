--- choose/trials.lua: what fusion makes of validation pictures, for many thresholds and exponents. The network sees each picture once;
--- its logits are kept, at the size that it gives them, and the confusion matrix of every fusion that was asked for.
local coarse_logits = require 'hilo.train.coarse_logits'
local hilo = require 'hilo'
local evaluate = require 'hilo.train.evaluate'
local metrics = require 'hilo.train.metrics'

---@class FusionTrials
---@field names string[]
---@field classes string[]
---@field targets table<string, number[]> 1 where the picture shows the class
---@field largest table<string, number[]> the largest probability that S gives the class in the picture: what S knows by itself
local Trials = {}
Trials.__index = Trials

--- Trials without pictures yet.
---@param classes string[]
---@param o {device: string?, on: 'probabilities'|'logits'|nil, void: integer?} on: as fusion takes it
---@return FusionTrials
function Trials.new(classes, o)
   return setmetatable({names = {}, classes = classes, void = o.void or 255, device = o.device, on = o.on or 'probabilities',
      pictures = {}, targets = {}, largest = {}}, Trials)
end

--- Adds a picture.
---@param name string
---@param logits Tensor (1,C,h,w)
---@param truth Tensor (1,H,W) byte
function Trials:add(name, logits, truth)
   self.names[#self.names + 1] = name
   self.targets[name] = hilo.methods.class_targets(truth, #self.classes)[1]:totable()
   self.pictures[name] = {logits = logits, truth = truth, made = {}}
   self.largest[name] = hilo.no_grad(hilo.methods.presence, logits)[1]:totable()
end

--- Shows the network of a run pictures with label maps.
---@param of_run {options: table, set: DataSet, S: DeepLab} what train.load_run gives
---@param names string[]
---@param o {workers: Workers, device: string, on: 'probabilities'|'logits', told: fun(done: integer)?}
---@return FusionTrials
function Trials.of_run(of_run, names, o)
   local set = of_run.set
   local self = Trials.new(set.classes, {device = o.device, on = o.on, void = set.void})
   evaluate.with(of_run.S, function()
      for batch in evaluate.batches(set, names, of_run.options, o.workers) do
         self:add(batch.names[1], coarse_logits(of_run.S, batch.images), batch.labels)
         if o.told then o.told(#self.names) end
      end
   end)
   return self
end

local alone = 'alone' -- the key of the map that nothing was switched off in

local function key_of(weights) return weights and table.concat(weights, ' ') or alone end

-- The confusion matrix of a map as {index from 0, pixels, ...}: most cells are 0.
function Trials:cells(picture, found)
   local counts = metrics.confusion(self.classes, self.device)
   counts:add(picture.truth, found, self.void)
   local matrix, cells = counts.matrix:cpu(), {}
   local at = matrix:data()
   for i = 0, matrix:nElement() - 1 do
      if at[i] > 0 then cells[#cells + 1], cells[#cells + 2] = i, tonumber(at[i]) end
   end
   return cells
end

-- The matrices of a picture for weights by key.
function Trials:make(picture, todo)
   local truth = picture.truth
   hilo.no_grad(function()
      local logits = hilo.resize(picture.logits, truth:size(2), truth:size(3), {mode = 'bilinear', align_corners = true})
      local base = self.on == 'logits' and logits or hilo.softmax(logits)
      for key, weights in pairs(todo) do
         local switched = base
         if weights then
            local switch = hilo.FloatTensor(weights):view(1, #weights, 1, 1):to{dtype = base:dtype(), device = base:getDevice()}
            switched = hilo.cmul(base, switch)
         end
         picture.made[key] = self:cells(picture, hilo.label_map(key == alone and logits or switched))
      end
   end)
end

-- What S draws by itself: classes that it gives any pixel, and those of which some pixels are right.
function Trials:drawn(picture)
   if not picture.drawn then
      local n = #self.classes
      picture.drawn, picture.right = {}, {}
      local cells = picture.made[alone]
      for i = 1, #cells, 2 do
         local truth, taken = math.floor(cells[i] / n) + 1, cells[i] % n + 1
         picture.drawn[taken] = true
         if truth == taken then picture.right[taken] = true end
      end
   end
   return picture.drawn, picture.right
end

---@class FusionSum what a way to fuse makes of pictures
---@field counts Confusion on the CPU
---@field present integer classes that pictures show, picture by picture
---@field present_off integer of them switched off
---@field right_off integer of those, classes of which S by itself draws some pixels right
---@field absent integer classes that pictures do not show
---@field absent_off integer of them switched off
---@field drawn integer classes that pictures do not show and S by itself draws
---@field drawn_off integer of them switched off

--- A sum of no picture yet.
---@return FusionSum
function Trials:sum()
   return {counts = metrics.confusion(self.classes), present = 0, present_off = 0, right_off = 0, absent = 0, absent_off = 0, drawn = 0,
      drawn_off = 0}
end

--- Adds one picture, of which `prepare` has made the matrix, to a sum.
---@param sum FusionSum
---@param name string
---@param weights number[]? nil: as S draws it
function Trials:add_to(sum, name, weights)
   local picture, targets = self.pictures[name], self.targets[name]
   local at, cells = sum.counts.matrix:data(), picture.made[key_of(weights)]
   for i = 1, #cells, 2 do at[cells[i]] = at[cells[i]] + cells[i + 1] end
   local drawn, right = self:drawn(picture)
   for c = 1, #self.classes do
      local off = weights and weights[c] == 0 and 1 or 0
      if targets[c] > 0 then
         sum.present, sum.present_off = sum.present + 1, sum.present_off + off
         sum.right_off = sum.right_off + (right[c] and off or 0)
      else
         sum.absent, sum.absent_off = sum.absent + 1, sum.absent_off + off
         sum.drawn, sum.drawn_off = sum.drawn + (drawn[c] and 1 or 0), sum.drawn_off + (drawn[c] and off or 0)
      end
   end
end

--- Makes sure that the matrices of a picture are there.
---@param name string
---@param list (number[]|false)[] weights; false: as S draws it
function Trials:prepare(name, list)
   local picture, todo = self.pictures[name], {}
   if not picture.made[alone] then todo[alone] = false end
   for _, weights in ipairs(list) do
      local key = key_of(weights)
      if not picture.made[key] then todo[key] = weights end
   end
   if next(todo) ~= nil then self:make(picture, todo) end
end

--- The cells of a picture's matrix, which `prepare` has made: {index from 0, pixels, ...}.
---@param name string
---@param weights number[]?
---@return integer[]
function Trials:cells_of(name, weights) return self.pictures[name].made[key_of(weights)] end

--- What several ways to fuse make of pictures.
---@param names string[]
---@param scores table<string, number[]> by picture
---@param ways (fun(scores: number[]): number[]?)[] scores of a picture to weights of its classes
---@return FusionSum[]
function Trials:measure(names, scores, ways)
   local sums = {}
   for k = 1, #ways do sums[k] = self:sum() end
   for _, name in ipairs(names) do
      local list = {}
      for k, way in ipairs(ways) do list[k] = way(scores[name]) or false end
      self:prepare(name, list)
      for k, weights in ipairs(list) do self:add_to(sums[k], name, weights or nil) end
   end
   return sums
end

return Trials
