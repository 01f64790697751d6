--- pack/command.lua: `hilo pack` as it is typed.
local core = require 'hilo.core'
local options_of = require 'hilo.train.options'
local pack = require 'hilo.pack'
local read = require 'hilo.predict.words'

local usage = [[
usage: hilo pack RUN OUT.hilo     one file that labels pictures on another machine: hilo predict OUT.hilo PICTURES

It holds the weights, the names and colours of the classes, and how pictures are normalised; nothing of the training.

   mlmt=RUN            with the classifier of this MLMT run, to fuse
   fusion=threshold    classes that score less than tau=0.2 are switched off; soft: weighed by (score / mean score)^exponent, exponent=1
   scores=teacher      or student: whose weights
   checkpoint=best     or last
   runs=runs           the folder of all runs
]]

local defaults = {mlmt = '', fusion = 'threshold', tau = 0.2, exponent = 1, scores = '', checkpoint = '', runs = 'runs'}

--- Does what the words after `hilo pack` say; returns the exit status.
---@param words string[]
---@return integer
return function(words)
   local first = words[1]
   if not first or first == 'help' or first == '--help' or first == '-h' then
      io.write(usage)
      return first and 0 or 2
   end
   local names, o, given = read(words, defaults)
   core.check(#names == 2, 'which run, and which file? hilo pack RUN OUT.hilo; `hilo pack help` tells more')
   options_of.choice('fusion', o.fusion, {'threshold', 'soft'})
   if given.scores then options_of.choice('scores', o.scores, {'teacher', 'student'}) end
   if given.checkpoint then options_of.choice('checkpoint', o.checkpoint, {'best', 'last'}) end
   local d, bytes = pack.run(names[1], names[2], {runs = o.runs, mlmt = given.mlmt, fusion = given.fusion, tau = given.tau,
      exponent = given.exponent, scores = given.scores, checkpoint = given.checkpoint})
   print(('%s: %s, %d classes, %.1f MB%s'):format(names[2], d.name, #d.classes.classes, bytes / 1e6,
      d.segmentation and d.classifier and ', fused' or ''))
   return 0
end
