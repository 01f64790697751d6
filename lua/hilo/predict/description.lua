--- predict/description.lua: what labelling pictures takes, read from a run's folder: options, classes and where the weights lie.
local core = require 'hilo.core'
local class_prior = require 'hilo.methods.class_prior'
local checkpoint_of = require 'hilo.io.checkpoint'
local class_file = require 'hilo.train.class_file'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local merged = require 'hilo.merged'
local run_folder = require 'hilo.train.run_folder'
local safetensors = require 'hilo.io.safetensors'

local check = core.check

---@class PartDescription one network
---@field options table of its run
---@field weights fun(): table<string, Tensor>, NetworkOrigin? its tensors, and how it was made, where the file says
---@field who string? 'teacher' or 'student'

---@class FusionDescription
---@field how 'threshold'|'soft'
---@field tau number|number[] classes that score less are switched off
---@field exponent number of the soft weights
---@field prior number[]? (C) mean scores of the classifier, see methods.class_prior
---@field calibration Calibration? of the scores
---@field on 'probabilities'|'logits'
---@field keep_background boolean

---@class Description
---@field name string
---@field path string? the run's folder
---@field classes ClassFile
---@field segmentation PartDescription?
---@field classifier PartDescription?
---@field fusion FusionDescription

local description = {}

description.fusion = {how = 'threshold', tau = 0.2, exponent = 1, on = 'probabilities', keep_background = true}

local function classes_of(path, options)
   local file = path .. '/classes.json'
   if folder.is_file(file) then return json.load(file) end
   local ok, set = pcall(require('hilo.data').open, options.data)
   check(ok, '%s has no classes.json, for an older version made it, and its data set cannot be opened to read them: %s', path,
      tostring(set))
   return class_file.of(set)
end

-- The tensors of one network of a checkpoint, and how it was made.
local function weights_in(file, net)
   local tensors, prefix, found = safetensors.load(file), 'nets/' .. net .. '/', {}
   for name, t in pairs(tensors) do if name:sub(1, #prefix) == prefix then found[name:sub(#prefix + 1)] = t end end
   check(next(found), "%s holds no network '%s'", file, net)
   local _, origins = checkpoint_of.meta(file)
   return found, origins[net]
end

local function part_of(path, options, checkpoint, net)
   local file = ('%s/%s.safetensors'):format(path, checkpoint)
   local other = checkpoint == 'best' and 'last' or 'best'
   check(folder.is_file(file), '%s is missing; %s', file, folder.is_file(('%s/%s.safetensors'):format(path, other))
      and ('checkpoint=%s is there'):format(other) or 'the run has saved no checkpoint yet')
   return {options = options, weights = function() return weights_in(file, net) end}
end

-- Whether a checkpoint of the run holds a network S.
local function holds_S(path)
   for _, name in ipairs {'last', 'best'} do
      local file = ('%s/%s.safetensors'):format(path, name)
      if folder.is_file(file) then return select(2, checkpoint_of.meta(file)).S ~= nil end
   end
   return false
end

-- Options of a network are there where hilo.models made it.
local function is_segmentation(options, path)
   if not options.model then return holds_S(path) end
   return options.model.output_stride ~= nil
end
local function is_classifier(options) return options.model ~= nil and not options.model.output_stride and options.resize ~= nil end

local function add_classifier(d, path, options, o)
   check(is_classifier(options), '%s is no MLMT run', path)
   local who, scores = o.scores or 'teacher', path .. '/class_scores.json'
   d.classifier = part_of(path, options, o.checkpoint or 'best', who)
   d.classifier.who = who
   if folder.is_file(scores) then d.fusion = merged(d.fusion, {prior = class_prior(json.load(scores)[who])}) end
end

--- The same with fusion as it was asked for.
---@param d Description
---@param o {fusion: 'threshold'|'soft'|nil, tau: number?, exponent: number?} what is nil stays as it is
---@return Description
function description.fusing(d, o)
   for _, key in ipairs {'fusion', 'tau', 'exponent', 'scores'} do
      check(d.classifier or o[key] == nil, "%s= says how a classifier's scores are used, and there is none here: add mlmt=RUN", key)
   end
   d.fusion = merged(d.fusion, {how = o.fusion, tau = o.tau, exponent = o.exponent})
   local soft = d.fusion.how == 'soft'
   check(not soft or o.tau == nil, 'tau= is of fusion=threshold, and this is fusion=soft, which takes exponent=')
   check(soft or o.exponent == nil, 'exponent= is of fusion=soft, and this is fusion=threshold, which takes tau=')
   check(not d.classifier or d.fusion.how ~= 'soft' or d.fusion.prior, 'fusion=soft needs the mean scores of the classifier on the '
      .. 'validation pictures, and the MLMT run has no class_scores.json; let it come to its end, or take fusion=threshold')
   return d
end

-- The folder of all runs that a run lies in.
local function runs_of(path, options)
   local name = options.name or ''
   if name ~= '' and path:sub(-#name - 1) == '/' .. name then return path:sub(1, -#name - 2) end
   return options.runs or 'runs'
end

-- A folder of fuse.lua names the runs that it fused.
local function fused(path, options, o)
   local runs = runs_of(path, options)
   local inner = {runs = runs, checkpoint = o.checkpoint or options.checkpoint}
   local d = description.of_run(options.segmentation[#options.segmentation], inner)
   if options.mlmt ~= '' and o.mlmt ~= '' and options.scores ~= 'truth' then -- new pictures have no truth
      inner.scores = o.scores or options.scores
      d = description.with_classifier(d, options.mlmt, inner)
   end
   d.fusion = merged(d.fusion, {how = options.fusion, tau = options.tau, exponent = options.exponent, on = options.on,
      keep_background = options.keep_background})
   if folder.is_file(path .. '/fusion.json') and o.mlmt ~= '' then d.fusion = merged(d.fusion, json.load(path .. '/fusion.json')) end
   d.name = options.name or d.name
   return d
end

--- What a run has learnt: one that segments, one that classifies, or the result of fuse.lua.
---@param name string its folder, or its name
---@param o {runs: string, checkpoint: 'best'|'last'|nil, scores: 'teacher'|'student'|nil, mlmt: string?} checkpoint: 'best' if not
--- given, and of a fused run the one that was fused; mlmt: '' leaves the classifier of a fused run out
---@return Description
function description.of_run(name, o)
   local path = run_folder(name, o.runs)
   local options = json.load(path .. '/options.json')
   if type(options.segmentation) == 'table' and options.mlmt then return fused(path, options, o) end
   local segments = is_segmentation(options, path)
   check(segments or is_classifier(options), '%s is no run that segments or classifies; one that segments is known by its network S: '
      .. 'run:train {nets = {S = net}, ...}', path)
   local d = {name = options.name or path:match('[^/]+$'), path = path, classes = classes_of(path, options),
      fusion = description.fusion}
   if segments then
      d.segmentation = part_of(path, options, o.checkpoint or 'best', 'S')
   else
      add_classifier(d, path, options, o)
   end
   return d
end

--- The same with the classifier of an MLMT run, which must know the same classes.
---@param d Description
---@param name string of the MLMT run
---@param o {runs: string, checkpoint: string?, scores: string?}
---@return Description
function description.with_classifier(d, name, o)
   check(d.segmentation, '%s segments nothing, so there is nothing that %s could be fused with', d.name, name)
   local path = run_folder(name, o.runs)
   local options = json.load(path .. '/options.json')
   local classes = classes_of(path, options).classes
   check(table.concat(classes, '\n') == table.concat(d.classes.classes, '\n'), '%s knows %d classes and %s %d, or they differ in name',
      d.name, #d.classes.classes, name, #classes)
   add_classifier(d, path, options, o)
   return d
end

return description
