--- train/split.lua: the parts of a data set that a run uses: found at its start, told, looked at and saved; read back when the run is
--- continued.
local core = require 'hilo.core'
local check_quickly = require 'hilo.data.check.quick'
local class_file = require 'hilo.train.class_file'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local options_of = require 'hilo.train.options'
local split_of = require 'hilo.data.split'

-- Options that say what a run's split says already.
local said_by_split = {'labelled', 'val', 'balanced', 'order'}

-- The folder that data.split means: a run of that name, or a folder.
local function folder_of(o)
   local run = o.runs .. '/' .. o.data.split
   return folder.is_folder(run) and run or o.data.split
end

-- What data.split is told: the options `data.` and those of the run.
local function options_for(o, threads)
   local options, given = {}, options_of.origin(o).given
   for _, key in ipairs {'labelled', 'unlabelled', 'train', 'val', 'balanced', 'order'} do options[key] = o.data[key] end
   options.seed, options.threads = o.seed, threads
   if (o.data.split or '') == '' then return options end
   for _, key in ipairs(said_by_split) do
      core.check(given['data.' .. key] == nil,
         'data.split=%s takes the labelled and the validation images of that run; leave out data.%s=%s', o.data.split, key,
         tostring(given['data.' .. key]))
   end
   options.split, options.own_unlabelled = folder_of(o), given['data.unlabelled'] ~= nil
   return options
end

local width_told = 100 -- of the cases of a finding, of which the first is told in any case

local function first_of(cases)
   local n, length = 0, 0
   while cases[n + 1] and (n == 0 or length + #cases[n + 1] < width_told) do n, length = n + 1, length + #cases[n + 1] end
   return table.concat(cases, ', ', 1, n), n
end

local function tell(run, found)
   for _, f in ipairs(found) do
      local cases, n = first_of(f.files)
      run:say(('warning: %s (%d seen): %s%s; %s'):format(f.title, f.count, cases, f.count > n and ', ...' or '', f.mend))
   end
end

---@param run Run
---@param set DataSet
---@return Split
return function(run, set)
   local path, o = run:file('split.json'), run.options
   run:record('classes.json', class_file.of(set))
   if o.resume and folder.is_file(path) then return json.load(path) end
   local threads = math.max(1, o.workers)
   local split, notes = split_of(set, options_for(o, threads))
   run:record('split.json', split)
   run:say(set.told)
   for _, warning in ipairs(set.warnings) do run:say('warning: ' .. warning) end
   run:say(('%d labelled, %d unlabelled and %d validation images of %s'):format(#split.labelled, #split.unlabelled, #split.val,
      set.root))
   run:say(notes.from)
   local found = check_quickly(set, split, {unlabelled = o.data.unlabelled, threads = threads, crop = o.crop, size = o.data.size})
   tell(run, notes.found)
   tell(run, found)
   core.check(#notes.found + #found == 0 or not o.strict,
      'strict=true: the data set has the faults above; `hilo data check %s` tells all', set.root)
   return split
end
