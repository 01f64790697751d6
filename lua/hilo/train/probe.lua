--- train/probe.lua: the same few crops of labelled, validation and unlabelled pictures at every evaluation, made as training makes
--- its own, to measure what a method does. Labels of unlabelled pictures, where there are any, are for measuring alone.
local core = require 'hilo.core'
local hilo = require 'hilo'
local sorted_keys = require 'hilo.keys'
local evaluate = require 'hilo.train.evaluate'

local streams = {labelled = 12, val = 13, unlabelled = 14} -- of loaders, away from those that scripts train with

---@class ProbeBatch
---@field images Tensor (N,3,H,W)
---@field labels Tensor? (N,H,W); nil where no unlabelled picture has a label map
---@field inside Tensor (N,H,W) byte, 1 where the crop shows its picture
---@field rows Tensor? (N,K) what the probe was told of the pictures

---@class Probe
---@field classes string[]
---@field void integer
---@field device string
---@field run Run?
---@field count integer batches of each part
---@field loaders table<'labelled'|'val'|'unlabelled', Loader>
local Probe = {}
Probe.__index = Probe

local function having_labels(set, names)
   local list = {}
   for _, name in ipairs(names) do if set:label(name) then list[#list + 1] = name end end
   return list
end

-- Those of which rows tell, all without rows.
local function told_of(rows, names)
   if not rows then return names end
   local list = {}
   for _, name in ipairs(names) do if rows[name] then list[#list + 1] = name end end
   return list
end

-- Names of the pictures to look at, sorted; unlabelled ones are those that have label maps after all, where there are some.
local function pick(set, names, count)
   local known = having_labels(set, names)
   return sorted_keys(evaluate.spread(#known > 0 and known or names, count)), #known > 0
end

--- Of a run. Options of the run: diagnostics, how many crops of each part (rounded up to whole batches); batch and unlabelled_batch.
---@param options {run: Run|{options: table, workers: Workers}, set: DataSet, split: Split, transform: Transform,
--- rows: table<string, number[]>?, [string]: any} run: the run that trains, or what a finished one was told;
--- rows: numbers for each picture, such as its tags; of validation and unlabelled pictures those are looked at that have some
---@return Probe
function Probe.new(options)
   local run, set, o = options.run, options.set, options.run.options
   local wide = o.unlabelled_batch or o.batch
   local self = setmetatable({run = run, classes = set.classes, void = set.void, device = o.device, loaders = {}}, Probe)
   self.count = math.ceil(o.diagnostics / wide)
   for part, stream in pairs(streams) do
      local rows = part ~= 'labelled' and options.rows or nil
      local names, labels = pick(set, told_of(rows, options.split[part]), math.max(1, o.diagnostics))
      if #names > 0 then
         self.loaders[part] = hilo.data.loader {set = set, names = names, labels = labels, rows = rows, transform = options.transform,
            batch = part == 'labelled' and o.batch or wide, seed = o.seed, stream = stream, workers = run.workers, ahead = 1,
            device = o.device}
      end
   end
   return self
end

--- for number, parts in probe:batches() do ... parts.val.images ... end: `count` times a batch of each part that has pictures.
---@return fun(): integer?, table<string, ProbeBatch>?
function Probe:batches()
   for _, loader in pairs(self.loaders) do loader:seek(1) end
   local number = 0
   return function()
      if number == self.count then return nil end
      number = number + 1
      local parts = {}
      for part, loader in pairs(self.loaders) do
         local images, labels, inside, rows = loader:tensors()
         parts[part] = {images = images, labels = labels, inside = inside, rows = rows}
      end
      return number, parts
   end
end

--- Errors unless the run has pictures of that part.
---@param part string
function Probe:need(part)
   core.check(self.loaders[part], 'probe: the run has no %s pictures', part)
end

return require('hilo.checked').class('Probe', Probe)
