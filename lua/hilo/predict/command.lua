--- predict/command.lua: `hilo predict` as it is typed.
local command = require 'hilo.command'
local inputs_of = require 'hilo.predict.inputs'
local label = require 'hilo.predict.label'
local Model = require 'hilo.predict.model'
local numbers = require 'hilo.report.numbers'
local open_options = require 'hilo.predict.open_options'

local usage = [[
usage: hilo predict RUN PICTURES ...     label maps of new pictures

RUN is a run's folder, its name, or a file that `hilo pack` wrote. PICTURES are files, folders (with all that is in them) and text
files with a path a line. A picture that cannot be read is told and left out, and the exit status is 1.

   out=predictions     where results go: labels/, areas.csv, predictions.json, ...
   overlay=false       also the pictures with their classes in colour; alpha=0.5: how strong
   confidence=false    also grey maps of how sure the network is
]] .. open_options.usage

local function predict(names, o, given)
   local out = o.out:gsub('(.)/+$', '%1')
   o.out = out
   local model = Model.open(names[1], open_options.prepare(o, given))
   local pictures, left_out = inputs_of.pictures({unpack(names, 2)}, out)
   if left_out > 0 then print(('%s left out'):format(numbers.count(left_out, 'label map'))) end
   local results, stopped = label(model, pictures, o)
   print(('%s labelled by %s: %s'):format(numbers.count(#results.predictions, 'picture'), model.name,
      model.S and out .. '/labels' or out .. '/scores.csv'))
   if stopped then
      io.stderr:write(('hilo: interrupted after %d of %d pictures\n'):format(#results.predictions + #results.failed, #pictures))
      return 130
   end
   if #results.failed == 0 then return 0 end
   io.stderr:write(('hilo: %d of %d pictures could not be read; %s/predictions.json names them\n'):format(#results.failed, #pictures,
      out))
   return 1
end

return command.new(open_options.with {
   title = 'hilo predict', usage = usage, defaults = {out = 'predictions', overlay = false, alpha = 0.5, confidence = false},
   takes = {'run', 'file'}, names = {2}, which = 'which run, and which pictures? hilo predict RUN PICTURES ...', run = predict,
})
