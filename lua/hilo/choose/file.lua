--- choose/file.lua: what was chosen, as a run's folder holds it: tau.json.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local sorted_keys = require 'hilo.keys'

local check = core.check
local file = {}

local name = 'tau.json'

---@class ChosenWay
---@field options FusionOptions for any picture
---@field folds {names: string[], options: FusionOptions}[] for pictures that took part in the choice: what was chosen on others
---@field fitted number mean IoU on the pictures that it was chosen on, percent
---@field crossed number mean IoU of pictures fused by what was chosen on others

--- Saves choices.
---@param path string a folder
---@param classes string[]
---@param choices table<string, Choice>
---@param about table<string, any> of which runs, and what else a reader may want to know
function file.save(path, classes, choices, about)
   local ways = {}
   for key, choice in pairs(choices) do
      local way = {options = choice.options, folds = {}, fitted = choice.fitted, crossed = choice.crossed.counts:scores().mean_iou}
      for k, part in ipairs(choice.folds) do way.folds[k] = {names = part.names, options = part.options} end
      ways[key] = way
   end
   about.classes, about.ways = classes, ways
   json.save(path .. '/' .. name, about)
end

--- What a run of tau.lua chose.
---@param o {runs: string}
---@param text string 'run:way', or 'run' for the one of `default`
---@param default string a way: tau, soft, ...
---@param classes string[] of the set that is fused
---@return ChosenWay
function file.load(o, text, default, classes)
   local run, key = text:match('^(.-):([%w_]+)$')
   run, key = run or text, key or default
   local path = ('%s/%s/%s'):format(o.runs, run, name)
   check(folder.is_file(path), 'chosen: %s is missing; is %s a run of tau.lua, and did it come to its end?', path, run)
   local found = json.load(path)
   check(table.concat(found.classes, '\n') == table.concat(classes, '\n'), 'chosen: %s is for %d classes, the segmentation knows %d, '
      .. 'or they differ in name', path, #found.classes, #classes)
   return check(found.ways[key], "chosen: %s holds no '%s'; there are %s", path, key, table.concat(sorted_keys(found.ways), ', '))
end

--- How to fuse a picture: by what was chosen on others where it took part in the choice.
---@param way ChosenWay
---@param picture string its name
---@return FusionOptions
function file.options_for(way, picture)
   if not way.options_of then
      way.options_of = {}
      for _, part in ipairs(way.folds) do
         for _, inside in ipairs(part.names) do way.options_of[inside] = part.options end
      end
   end
   return way.options_of[picture] or way.options
end

return file
