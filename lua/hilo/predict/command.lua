--- predict/command.lua: `hilo predict` as it is typed.
local command = require 'hilo.command'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local inputs_of = require 'hilo.predict.inputs'
local label = require 'hilo.predict.label'
local Model = require 'hilo.predict.model'
local numbers = require 'hilo.report.numbers'
local open_options = require 'hilo.predict.open_options'
local Results = require 'hilo.predict.results'

local usage = [[
usage: hilo predict RUN PICTURES ...     label maps of new pictures

RUN is a run's folder, its name, or a file that `hilo pack` wrote. PICTURES are files, folders (with all that is in them) and text
files with a path a line. A picture that cannot be read is told and left out, and the exit status is 1.

   out=predictions     where results go: labels/, areas.csv, predictions.json, ...
   overlay=false       also the pictures with their classes in colour; alpha=0.5: how strong
   confidence=false    also grey maps of how sure the network is
   resume=false        add to the results in that folder: the pictures that have none yet; overwrite=true: replace them
]] .. open_options.usage

-- What label maps depend on besides the pictures.
local function settings_of(model, o, open)
   local settings = {run = model.name, overlay = o.overlay, confidence = o.confidence}
   for key, value in pairs(open) do
      if key ~= 'runs' and key ~= 'device' then settings[key] = value end
   end
   return settings
end

local function predict(names, o, given)
   local out = o.out:gsub('(.)/+$', '%1')
   o.out = out
   core.check(given.alpha == nil or o.overlay, 'alpha= says how strong the colours of an overlay are: add overlay=true')
   local open = open_options.prepare(o, given)
   local model = Model.open(table.remove(names, 1), open)
   o.settings = settings_of(model, o, open)
   local results = Results.new(model, o)
   local pictures, left_out, unknown = inputs_of.pictures(names, {skip = out, earlier = results.stems})
   if left_out > 0 then print(('%s left out'):format(numbers.count(left_out, 'label map'))) end
   local numbered = 0
   for _, picture in ipairs(pictures) do numbered = numbered + (picture.numbered and 1 or 0) end
   if numbered > 0 then
      print(('of pictures that share a name, %s named with a number at the end: %s/predictions.json tells which is whose'):format(
         numbered == 1 and '1 label map is' or numbered .. ' label maps are', out))
   end
   if #unknown > 0 then
      print(('left out %s of other kinds than %s: %s'):format(numbers.count(#unknown, 'picture'), folder.image_endings,
         table.concat(unknown, ', ', 1, math.min(4, #unknown)) .. (#unknown > 4 and ', ...' or '')))
   end
   local all = #pictures + #unknown
   local stopped = label(model, results:without(pictures), results, o)
   for _, path in ipairs(unknown) do results:fail({path = path}, 'of a kind that is not read: ' .. folder.image_endings .. ' are') end
   results:finish()
   print(('%s labelled by %s: %s%s'):format(numbers.count(#results.predictions - results.before, 'picture'), model.name,
      model.S and out .. '/labels' or out .. '/scores.csv',
      results.before > 0 and (', beside %d of before'):format(results.before) or ''))
   if stopped then
      io.stderr:write(('hilo: interrupted after %d of %d pictures; the same command with resume=true goes on\n'):format(
         #results.predictions + #results.failed - #unknown, #pictures))
      return 130
   end
   if #results.failed == 0 then return 0 end
   io.stderr:write(('hilo: %d of %d pictures could not be read; %s/predictions.json names them\n'):format(#results.failed, all, out))
   return 1
end

return command.new(open_options.with {
   title = 'hilo predict', usage = usage,
   defaults = {out = 'predictions', overlay = false, alpha = 0.5, confidence = false, resume = false, overwrite = false},
   takes = {'run', 'file'}, names = {2}, which = 'which run, and which pictures? hilo predict RUN PICTURES ...', run = predict,
})
