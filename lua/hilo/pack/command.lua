--- pack/command.lua: `hilo pack` as it is typed.
local command = require 'hilo.command'
local pack = require 'hilo.pack'

local usage = [[
usage: hilo pack RUN OUT.hilo     one file that labels pictures on another machine: hilo predict OUT.hilo PICTURES

It holds the weights, the names and colours of the classes, and how pictures are normalised; nothing of the training.

   mlmt=RUN            with the classifier of this MLMT run, to fuse
   fusion=threshold    classes that score less than tau=0.2 are switched off; soft: weighed by (score / mean score)^exponent, exponent=1
   scores=teacher      or student: whose weights
   checkpoint=best     or last
   runs=runs           the folder of all runs
]]

return command.new {
   title = 'hilo pack', usage = usage,
   defaults = {mlmt = '', fusion = 'threshold', tau = 0.2, exponent = 1, scores = '', checkpoint = '', runs = 'runs'},
   choices = {fusion = {'threshold', 'soft'}, scores = {'teacher', 'student'}, checkpoint = {'best', 'last'}},
   takes = {'run', 'file'}, names = {2, 2}, which = 'which run, and which file? hilo pack RUN OUT.hilo',
   run = function(names, o, given)
      local d, bytes = pack.run(names[1], names[2], {runs = o.runs, mlmt = given.mlmt, fusion = given.fusion, tau = given.tau,
         exponent = given.exponent, scores = given.scores, checkpoint = given.checkpoint})
      print(('%s: %s, %d classes, %.1f MB%s'):format(names[2], d.name, #d.classes.classes, bytes / 1e6,
         d.segmentation and d.classifier and ', fused' or ''))
      return 0
   end,
}
