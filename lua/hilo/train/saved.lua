--- train/saved.lua: runs that are finished, for scripts that use what they learnt.
local core = require 'hilo.core'
local hilo = require 'hilo'
local folder = require 'hilo.data.folder'
local prepare_device = require 'hilo.train.device'
local json = require 'hilo.train.json'
local networks = require 'hilo.train.networks'

local saved = {}

--- The folder of a script that does not train, made with those inside it; the device is made ready too.
---@param o table options
---@param inside string[]
---@return string path
function saved.output(o, inside)
   prepare_device(o)
   local path = o.runs .. '/' .. o.name
   core.check(not folder.is_file(path .. '/options.json'), '%s holds a training run; take another name= for the results', path)
   for _, name in ipairs(inside) do folder.make(path .. '/' .. name) end
   return path
end

--- A segmentation run: its options, data and network.
---@param o {runs: string, checkpoint: 'last'|'best', device: string}
---@param name string
---@return {options: table, set: DataSet, split: Split, S: DeepLab}
function saved.load_run(o, name)
   local path = o.runs .. '/' .. name
   core.check(folder.is_file(path .. '/options.json'), 'there is no run %s', path)
   local options = json.load(path .. '/options.json')
   core.check(options.model and options.model.output_stride, '%s is not a segmentation run', path)
   options.device, options.model.weights = o.device, '' -- the checkpoint holds all weights
   if o.device == 'cpu' then options.precision = 'float32' end -- what was learnt is float32 in any case
   local set = hilo.data.open(options.data)
   local S = networks.segmentation(options, set)
   hilo.io.checkpoint.load(('%s/%s.safetensors'):format(path, o.checkpoint), {nets = {S = S}, generator = false}, {subset = true})
   return {options = options, set = set, split = json.load(path .. '/split.json'), S = S}
end

--- The scores that an MLMT run left.
---@param o {runs: string}
---@param name string
---@return {classes: string[], teacher: table<string, number[]>, student: table<string, number[]>}
function saved.load_class_scores(o, name)
   local path = ('%s/%s/class_scores.json'):format(o.runs, name)
   core.check(folder.is_file(path), '%s is missing; is %s an MLMT run, and did it come to its end?', path, name)
   return json.load(path)
end

--- The scores of an image in class_scores.json of an MLMT run.
---@param classifier table what the file holds
---@param who 'teacher'|'student'
---@param name string of the image
---@param set DataSet
---@return number[] one a class
function saved.scores_of(classifier, who, name, set)
   local scores = classifier[who] and classifier[who][name]
   core.check(scores, "the MLMT run has no scores of its %s for the image '%s'; was it made with the same val list?", who, name)
   core.check(#scores == #set.classes, 'the MLMT run knows %d classes, %s has %d', #scores, set.root, #set.classes)
   return scores
end

return saved
