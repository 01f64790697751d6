-- A script with options, losses and scores as experiments have them, over in a fraction of a second: a line is fitted to noisy points.
local hilo = require 'hilo'
local poll = require 'posix.poll'

local o = hilo.train.options({
   name = 'tiny', preset = 'default',
   lr = 0.1, depth = 2, kind = 'plain', wide = false, size = {8, 8},
   steps = 8,
   pause = 0,  -- milliseconds a step
   fail = '',  -- 'always', or a kind that fails
   after = '', -- name of a run that must be there
}, {preset = {default = {}, slow = {lr = 0.01}}})
assert(o.after == '' or hilo.data.folder.is_file(('%s/%s/scores.json'):format(o.runs, o.after)), o.after .. ' is missing')
if o.fail == 'always' or o.fail == o.kind then error('this kind cannot be trained') end

local run = hilo.train.run(o)
local net = hilo.nn.Linear(3, 1)
local opt = hilo.optim.SGD(net, {lr = o.lr, momentum = 0.9})

local loss
local function step()
   if o.pause > 0 then poll.poll({}, o.pause) end
   local x = hilo.randn(4, 3)
   local y = hilo.add(hilo.narrow(x, 2, 1, 1), hilo.randn(4, 1) * 0.1)
   loss = hilo.mse(net(x), y)
   opt:zeroGrad()
   loss:backward()
   opt:step()
   return {mse = loss}
end

run:train {
   steps = o.steps, step = step, score = 'mean_iou', nets = {net = net}, optims = {sgd = opt},
   evaluate = function()
      local size = hilo.no_grad(function() return net.weight:norm() + net.bias:norm() end)
      return {mean_iou = 50 - (type(size) == 'number' and size or size:item()), lr = o.lr, iou = {one = 1, two = o.depth}}
   end,
}
