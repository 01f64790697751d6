--- train/device.lua: makes ready the device and the threads that a script was told to use.
local core = require 'hilo.core'
local hilo = require 'hilo'
local options_of = require 'hilo.options.values'

---@param o {device: string, threads: integer, workers: integer, seed: integer, [string]: any}
return function(o)
   options_of.check_whole(o, 0, 'seed', 'threads', 'workers')
   local device, reason = core.device(o.device)
   core.check(device, 'device=%s: %s', o.device, tostring(reason))
   if o.memory_limit then hilo.setmemorylimit(o.memory_limit) end
   if o.threads > 0 then hilo.setnumthreads(o.threads) end
end
