--- train/saved.lua: runs that are finished, for scripts that use what they learnt.
local core = require 'hilo.core'
local hilo = require 'hilo'
local folder = require 'hilo.data.folder'
local git = require 'hilo.io.git'
local lock = require 'hilo.io.lock'
local prepare_device = require 'hilo.train.device'
local json = require 'hilo.io.json'
local kept = require 'hilo.train.kept'
local options_of = require 'hilo.train.options'
local Progress = require 'hilo.train.progress'
local restored = require 'hilo.train.restored'
local run_folder = require 'hilo.train.run_folder'
local seen = require 'hilo.train.seen'
local Sessions = require 'hilo.train.sessions'
local Tracking = require 'hilo.train.tracking'

local saved = {}

local refusals = {
   run = '%s holds a training run; take another name= for the results',
   runs = '%s holds other runs, as the folder of a sweep does; take another name= for the results',
}

--- Starts a script that does not train: makes its folder and those inside it, saves its options, makes the device ready.
---@param o table options
---@param inside string[]
---@return string path
---@return Session? session what machine.json says of this process, for results()
function saved.output(o, inside)
   local started = os.time()
   prepare_device(o)
   local path = o.runs .. '/' .. o.name
   folder.make(path)
   core.check(lock.take(path), 'another process writes to %s; wait until it ends, or take another name=', path)
   local there = kept.found(path)
   if refusals[there] then
      lock.give_back(path)
      core.raise(refusals[there]:format(path))
   end
   if there == 'log' then
      Progress.new({total = 0}):line(('the run in %s ended before its first checkpoint; the results take its place'):format(path))
      kept.remove(path)
      Tracking.clear(path)
   end
   for _, name in ipairs(inside) do folder.make(path .. '/' .. name) end
   kept.clear_temporary(path)
   os.remove(path .. '/scores.json')
   json.save(path .. '/defaults.json', options_of.origin(o))
   json.save(path .. '/options.json', o)
   return path, o.tracking and Sessions.open(path, o, {started = started, git_status = git.status()}) or nil
end

--- Ends such a script: scores.json holds the scores of all methods and, on top, those of the last; evaluation/confusion.json holds the
--- confusion matrix of the last.
---@param path string
---@param session Session?
---@param results {method: string, mean_iou: number, pixel_accuracy: number, iou: table<string, number>}[]
---@param counts Confusion of the last
---@param besides? table<string, any> fields that scores.json gets too
function saved.results(path, session, results, counts, besides)
   local last = results[#results]
   local scores = {results = results, mean_iou = last.mean_iou, pixel_accuracy = last.pixel_accuracy, iou = last.iou}
   for key, value in pairs(besides or {}) do scores[key] = value end
   lock.check(path)
   json.save(path .. '/scores.json', scores)
   seen.save_confusion(path, counts.classes, counts.matrix:totable())
   if session then session:close {ended = 'finished'} end
end

--- A segmentation run: its options, data and network.
---@param o {runs: string, checkpoint: 'last'|'best', device: string, [string]: any}
---@param name string of the run, or its folder
---@return {path: string, options: table, set: DataSet, split: Split, S: DeepLab} path: the run's folder
function saved.load_run(o, name)
   local path = run_folder(name, o.runs)
   local options = json.load(path .. '/options.json')
   core.check(options.model and options.model.output_stride, '%s is not a segmentation run', path)
   options.device = o.device
   if o.device == 'cpu' then options.precision = 'float32' end -- what was learnt is float32 in any case
   local set, file = hilo.data.open(options.data), ('%s/%s.safetensors'):format(path, o.checkpoint)
   local _, origins = hilo.io.checkpoint.meta(file)
   local S = restored.network('segmentation', options, origins.S, set, {name = name, device = o.device})
   hilo.io.checkpoint.load(file, {nets = {S = S}, generator = false}, {subset = true})
   return {path = path, options = options, set = set, split = json.load(path .. '/split.json'), S = S}
end

--- Gives a network the parameters that a segmentation run ended with.
---@param o {runs: string, [string]: any}
---@param name string of the run, or its folder
---@param S DeepLab of the same options
function saved.start_from(o, name, S)
   local path = run_folder(name, o.runs) .. '/last.safetensors'
   core.check(folder.is_file(path), 'start: there is no %s; is %s a segmentation run, and did it come to its end?', path, name)
   hilo.io.checkpoint.load(path, {nets = {S = S}, generator = false}, {subset = true})
end

--- The scores that an MLMT run left.
---@param o {runs: string, [string]: any}
---@param name string of the run, or its folder
---@return {classes: string[], teacher: table<string, number[]>, student: table<string, number[]>?, tags: string?} by name of the image;
--- student: presence.lua has none; tags: the file of image-level tags that it learnt from
function saved.load_class_scores(o, name)
   local path = run_folder(name, o.runs) .. '/class_scores.json'
   core.check(folder.is_file(path), '%s is missing; is %s an MLMT run, and did it come to its end?', path, name)
   return json.load(path)
end

--- The scores of an image in class_scores.json of an MLMT run.
---@param classifier table what the file holds
---@param who 'teacher'|'student'
---@param name string of the image
---@param set DataSet
---@return number[] scores one a class
function saved.scores_of(classifier, who, name, set)
   local scores = classifier[who] and classifier[who][name]
   core.check(scores, "the MLMT run has no scores of its %s for the image '%s'; was it made with the same val list?", who, name)
   core.check(#scores == #set.classes, 'the MLMT run knows %d classes, %s has %d', #scores, set.root, #set.classes)
   return scores
end

return saved
