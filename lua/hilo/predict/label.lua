--- predict/label.lua: labels pictures one batch after the other and writes what was found.
local hilo = require 'hilo'
local Progress = require 'hilo.train.progress'
local reader = require 'hilo.predict.reader'
local Results = require 'hilo.predict.results'
local transforms = require 'hilo.data.transforms'

-- What is read of each picture: what the network takes, and the picture itself for an overlay; and which of them that is.
local function readings(model, o)
   local wanted = model:transforms()
   if not (o.overlay and model.S) then return wanted, nil end
   if model.size * model.views.scales[1] == 1 then return wanted, 1 end
   wanted[#wanted + 1] = transforms.whole(1)
   return wanted, #wanted
end

--- Labels pictures. One that cannot be read is told and left out.
---@param model Model
---@param pictures InputPicture[]
---@param o {out: string, overlay: boolean, alpha: number, confidence: boolean, batch: integer, workers: integer}
---@return Results
return function(model, pictures, o)
   local results = Results.new(model, o)
   local progress = Progress.new {total = #pictures, title = model.name}
   local done = 0
   local function one_more()
      done = done + 1
      progress:update(done)
   end
   local wanted, own = readings(model, o)
   for batch in reader {
      pictures = pictures, transforms = wanted, set = model:set(), batch = o.batch, device = model.device, normalise = model.normalise,
      workers = hilo.data.workers {threads = o.workers, cache_mb = #wanted > 1 and 256 or 0},
      failed = function(picture, message)
         results:fail(picture, message)
         progress:line(('left out %s'):format(message:find(picture.path, 1, true) and message or picture.path .. ': ' .. message))
         one_more()
      end,
   } do
      local found = model:label(batch.inputs, batch.h, batch.w)
      for i, picture in ipairs(batch.pictures) do
         local labels, scores, confidence = model:counted(found, i, batch.h, batch.w)
         results:add(picture, own and batch.inputs[own][i], labels, scores, confidence)
         one_more()
      end
   end
   progress:finish()
   results:finish()
   return results
end
