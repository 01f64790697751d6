--- predict/open_options.lua: the options that `hilo predict` and `hilo evaluate` share: which weights, seen how, on what.
local merged = require 'hilo.merged'
local prepare_device = require 'hilo.train.device'

local open_options = {}

open_options.usage = [[
   mlmt=RUN            fuse with what this MLMT run sees in the picture
   fusion=threshold    classes that score less than tau=0.2 are switched off; soft: weighed by (score / mean score)^exponent, exponent=1
   scores=teacher      or student: whose scores
   scales=1            factors of the pictures' size whose probabilities are averaged: scales=0.75,1,1.25
   mirror=false        also average with the mirrored picture
   window=HxW          show the network windows of that size; stride=HxW: so many pixels apart, 2/3 of them if not given
   checkpoint=best     or last
   batch=1             pictures of one size that are labelled at once
   device=cpu          or cuda; precision=float32 or bf16, that of the run if not given
   runs=runs           the folder of all runs
   threads=0           of the CPU; 0: as many as this process may use; workers=2: threads that read pictures
]]

local shared = {mlmt = '', fusion = 'threshold', tau = 0.2, exponent = 1, scores = 'teacher', scales = {1}, mirror = false,
   window = {0}, stride = {0}, checkpoint = 'best', batch = 1, device = 'cpu', precision = '', runs = 'runs', threads = 0, workers = 2}

local choices = {scores = {'teacher', 'student'}, fusion = {'threshold', 'soft'}, checkpoint = {'best', 'last'}}

--- A command that takes the shared options beside its own.
---@param spec Command
---@return Command
function open_options.with(spec)
   spec.defaults, spec.choices = merged(shared, spec.defaults), merged(choices, spec.choices or {})
   spec.whole = merged({batch = {1}, threads = {0}, workers = {1, 256}}, spec.whole or {})
   return spec
end

--- Makes the device ready and leaves what hilo.open takes. What was not given is left to what is opened.
---@param o table
---@param given table
---@return OpenOptions
function open_options.prepare(o, given)
   prepare_device {device = o.device, threads = o.threads, workers = o.workers, seed = 0}
   local open = {runs = o.runs, device = o.device, scales = o.scales, mirror = o.mirror}
   for _, key in ipairs {'mlmt', 'fusion', 'tau', 'exponent', 'scores', 'checkpoint', 'precision', 'window', 'stride'} do
      open[key] = given[key]
   end
   return open
end

return open_options
