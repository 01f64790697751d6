--- predict/command.lua: `hilo predict` as it is typed.
local core = require 'hilo.core'
local hilo = require 'hilo'
local inputs_of = require 'hilo.predict.inputs'
local Model = require 'hilo.predict.model'
local open_options = require 'hilo.predict.open_options'
local Progress = require 'hilo.train.progress'
local read = require 'hilo.predict.words'
local reader = require 'hilo.predict.reader'
local Results = require 'hilo.predict.results'
local transforms = require 'hilo.data.transforms'

local usage = [[
usage: hilo predict RUN PICTURES ...     label maps of new pictures

RUN is a run's folder, its name, or a file that `hilo pack` wrote. PICTURES are files, folders (with all that is in them) and text
files with a path a line. A picture that cannot be read is told and left out, and the exit status is 1.

   out=predictions     where results go: labels/, areas.csv, predictions.json, ...
   overlay=false       also the pictures with their classes in colour; alpha=0.5: how strong
   confidence=false    also grey maps of how sure the network is
]] .. open_options.usage

local defaults = open_options.with {out = 'predictions', overlay = false, alpha = 0.5, confidence = false}

-- Labels the pictures one batch after the other.
local function label(model, pictures, o)
   local results = Results.new(model, o)
   local progress = Progress.new {total = #pictures, title = model.name}
   local done = 0
   local function one_more()
      done = done + 1
      progress:update(done)
   end
   local wanted = model:transforms()
   local own = #wanted
   if o.overlay and model.S and model.size * model.views.scales[1] ~= 1 then
      own = own + 1
      wanted[own] = transforms.whole(1)
   elseif o.overlay then
      own = 1
   end
   local workers = hilo.data.workers {threads = o.workers, cache_mb = #wanted > 1 and 256 or 0}
   for batch in reader {
      pictures = pictures, transforms = wanted, set = model:set(), workers = workers, batch = o.batch, device = o.device,
      normalise = model.normalise,
      failed = function(picture, message)
         results:fail(picture, message)
         progress:line(('left out %s'):format(message:find(picture.path, 1, true) and message or picture.path .. ': ' .. message))
         one_more()
      end,
   } do
      local found = model:label(batch.inputs, batch.h, batch.w)
      for i, picture in ipairs(batch.pictures) do
         local labels, scores, confidence = model:counted(found, i, batch.h, batch.w)
         results:add(picture, o.overlay and model.S and batch.inputs[own][i], labels, scores, confidence)
         one_more()
      end
   end
   progress:finish()
   results:finish()
   return results
end

--- Does what the words after `hilo predict` say; returns the exit status: 1 where a picture could not be read.
---@param words string[]
---@return integer
return function(words)
   local first = words[1]
   if not first or first == 'help' or first == '--help' or first == '-h' then
      io.write(usage)
      return first and 0 or 2
   end
   local names, o, given = read(words, defaults)
   core.check(#names >= 2, 'which run, and which pictures? hilo predict RUN PICTURES ...; `hilo predict help` tells more')
   local out = o.out:gsub('(.)/+$', '%1')
   o.out = out
   local model = Model.open(names[1], open_options.prepare(o, given))
   local pictures = inputs_of.pictures({unpack(names, 2)}, out)
   local results = label(model, pictures, o)
   print(('%d picture%s labelled by %s: %s'):format(#results.predictions, #results.predictions == 1 and '' or 's', model.name,
      model.S and out .. '/labels' or out .. '/scores.csv'))
   if #results.failed == 0 then return 0 end
   io.stderr:write(('hilo: %d of %d pictures could not be read; %s/predictions.json names them\n'):format(#results.failed, #pictures,
      out))
   return 1
end
