--- data/check/init.lua: reads a whole set and tells what is wrong with it, what is odd, and what it is.
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'
local Findings = require 'hilo.data.check.findings'
local check_facts = require 'hilo.data.check.facts'
local check_files = require 'hilo.data.check.files'
local maps = require 'hilo.data.check.maps'
local parts = require 'hilo.data.check.parts'
local survey = require 'hilo.data.check.survey'

local host = core.host

-- Names in order, and the files that they have in a table of paths.
local function files_of(paths)
   local names, files = sorted_keys(paths), {}
   for i, name in ipairs(names) do files[i] = {name = name, path = paths[name]} end
   return files, names
end

local function read(set, options)
   local pictures, picture_names = files_of(set.images)
   local labels, label_names = files_of(set.labels)
   local began = host.hl_host_time()
   local function progress(before)
      return options.progress and function(done) options.progress(before + done, #pictures + #labels) end
   end
   local label_looks = survey.read(labels, 'label', {threads = options.threads, progress = progress(0), colours = set.colour_table})
   local middle = host.hl_host_time()
   local picture_looks = survey.read(pictures, 'picture', {threads = options.threads, progress = progress(#labels)})
   picture_looks.order, label_looks.order = picture_names, label_names
   local list = {}
   for i, name in ipairs(label_names) do list[i] = label_looks[name] end
   return picture_looks, label_looks, list, {labels = middle - began, pictures = host.hl_host_time() - middle}
end

---@class Checked
---@field root string
---@field layout string
---@field findings Finding[] errors first
---@field errors integer
---@field warnings integer
---@field facts table
---@field seconds {labels: number, pictures: number} that reading took

--- Checks a set: every file is read.
---@param set DataSet
---@param options? table those of data.split, and threads; progress(done, total) is told how many files are read
---@return Checked checked, table<string, Look> labels by name, with `order`
return function(set, options)
   options = options or {}
   local found = Findings.new()
   local pictures, labels, list, seconds = read(set, options)
   for _, warning in ipairs(set.warnings) do
      if warning ~= set.told_alone then
         found:add('opening', 'warning', 'what was seen when the set was opened', 'see what each says', warning)
      end
   end
   check_files(set, pictures, labels, found)
   maps.check(set, pictures, list, found)
   local split = parts.of(set, options, found)
   local train, val = parts.check(set, split, pictures, labels, found)
   return {
      root = set.root, layout = set.layout, findings = found:sorted(), errors = found:count('error'), warnings = found:count('warning'),
      facts = check_facts(set, split, pictures, labels, train, val), seconds = seconds,
   }, labels
end
