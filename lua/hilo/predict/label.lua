--- predict/label.lua: labels pictures one batch after the other and writes what was found.
local core = require 'hilo.core'
local hilo = require 'hilo'
local interrupts = require 'hilo.interrupts'
local Progress = require 'hilo.train.progress'
local reader = require 'hilo.predict.reader'
local transforms = require 'hilo.data.transforms'

local host = core.host

-- What is read of each picture: what the network takes, and the picture itself for an overlay; and which of them that is.
local function readings(model, o)
   local wanted = model:transforms()
   if not (o.overlay and model.S) then return wanted, nil end
   if model.size * model.views.scales[1] == 1 then return wanted, 1 end
   wanted[#wanted + 1] = transforms.whole(1)
   return wanted, #wanted
end

-- Every picture once.
local function label_all(model, pictures, o, results, progress)
   local done = 0
   local function one_more()
      done = done + 1
      progress:update(done)
      if done % 100 == 0 then progress:report('') end
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
end

--- Labels pictures. One that cannot be read is told and left out.
---@param model Model
---@param pictures InputPicture[]
---@param results Results where they go
---@param o {overlay: boolean, batch: integer, workers: integer}
---@return boolean stopped by Ctrl-C
return function(model, pictures, results, o)
   results:begin()
   local progress = Progress.new {total = #pictures, title = model.name}
   core.call(host, 'hl_host_interrupt_install')
   local ok, message = pcall(label_all, model, pictures, o, results, progress)
   core.call(host, 'hl_host_interrupt_remove')
   progress:finish()
   local stopped = not ok and interrupts.is(message)
   if not ok and not stopped then error(message, 0) end
   host.hl_host_interrupt_clear()
   return stopped
end
