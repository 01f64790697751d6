--- export/command.lua: `hilo export` as it is typed.
local command = require 'hilo.command'
local core = require 'hilo.core'
local export = require 'hilo.export'
local Model = require 'hilo.predict.model'

local usage = [[
usage: hilo export net=RUN onnx=FILE       a run as one graph of ONNX (opset 17): pictures in, label maps out
       hilo export net=FILE.t7 onnx=FILE    a network that Torch7 or hilo saved: `input` in, `output` out

RUN is a run's folder, its name, or a file that `hilo pack` wrote: one that segments, one that classifies, or one that fuses both.
The graph takes `image`, bytes (N,3,H,W) of any size, and gives `labels` (N,H,W) and `logits` (N,C,H,W), and a classifier's `scores`
(N,C). Classes, palette and normalisation are in the file's metadata.

   mlmt=RUN            fused with what this MLMT run sees
   fusion=threshold    classes that score less than tau=0.2 are switched off; soft: weighed by (score / mean score)^exponent, exponent=1
   scores=teacher      or student: whose scores
   scales=1            factors of the pictures' size whose probabilities are averaged: scales=0.75,1,1.25
   mirror=false        also average with the mirrored picture
   input=picture       or normalised: floats (N,3,H,W) that the network sees as they are
   checkpoint=best     or last
   runs=runs           the folder of all runs
   sizes=N,3,H,W       of a .t7: the sizes of the input; names stand for sizes that may be any
]]

-- A network in a file of its own.
local function of_file(o)
   local net, sizes = require('hilo.io.t7').read(o.net), {}
   if type(net) == 'table' and not net.stateDict then net = net.net or net.model or net end
   core.check(type(net) == 'table' and net.stateDict, '%s holds no network, by itself or as `net` or `model`', o.net)
   for i, word in ipairs(o.sizes) do sizes[i] = tonumber(word) or word end
   local bytes = export.network(net:float():evaluate(), o.onnx, sizes)
   print(('%s: %s of %s, %.1f MB'):format(o.onnx, net.__typename, o.net, bytes / 1e6))
   return 0
end

local function run(_, o, given)
   core.check(o.net ~= '' and o.onnx ~= '', 'which run, and which file? hilo export net=RUN onnx=FILE; `hilo export help` tells more')
   if o.net:match '%.t7$' then return of_file(o) end
   local open = {runs = o.runs, scales = o.scales, mirror = o.mirror, precision = 'float32'}
   for _, key in ipairs {'mlmt', 'fusion', 'tau', 'exponent', 'scores', 'checkpoint'} do open[key] = given[key] end
   local model = Model.open(o.net, open)
   local bytes = export.model(model, o.onnx, {input = o.input})
   local what = model.S and model.classifier and ('segmentation fused with scores (%s)'):format(model.fusion.how)
      or model.S and 'segmentation' or 'classifier'
   print(('%s: %s of %s, %d classes, %.1f MB'):format(o.onnx, what, model.name, #model.classes, bytes / 1e6))
   return 0
end

return command.new {
   title = 'hilo export', usage = usage,
   defaults = {net = '', onnx = '', mlmt = '', fusion = 'threshold', tau = 0.2, exponent = 1, scores = 'teacher', scales = {1},
      mirror = false, input = 'picture', checkpoint = 'best', runs = 'runs', sizes = {'N', '3', 'H', 'W'}},
   choices = {fusion = {'threshold', 'soft'}, scores = {'teacher', 'student'}, checkpoint = {'best', 'last'},
      input = {'picture', 'normalised'}},
   names = {0, 0}, which = 'names are given as net=RUN and onnx=FILE', run = run,
}
