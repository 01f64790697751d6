--- spec/bench/torch7.lua: what Torch7's ways cost: a training step of forward, backward and updateParameters with `hilo.torch` loaded,
--- the same without it, and hilo's own step of a loss with its graph and an optimiser, in processes that take turns. Processor time of
--- one thread, the least of all rounds:
---
---     luajit spec/bench/torch7.lua [ROUNDS=6] [STEPS=60]
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path

local function network(nn)
   return nn.Sequential()
      :add(nn.SpatialConvolution(3, 16, 3, 3, 1, 1, 1, 1)):add(nn.SpatialBatchNormalization(16)):add(nn.ReLU())
      :add(nn.SpatialMaxPooling(2, 2, 2, 2))
      :add(nn.SpatialConvolution(16, 32, 3, 3, 1, 1, 1, 1)):add(nn.SpatialBatchNormalization(32)):add(nn.ReLU())
      :add(nn.SpatialMaxPooling(2, 2, 2, 2))
      :add(nn.View(32 * 8 * 8)):add(nn.Linear(32 * 8 * 8, 10)):add(nn.LogSoftMax())
end

local function in_torch7s_way(net, criterion, x, y)
   return function()
      net:zeroGradParameters()
      local loss = criterion:forward(net:forward(x), y)
      net:backward(x, criterion:backward(net.output, y))
      net:updateParameters(0.01)
      return loss
   end
end

-- With the gradient of the input, which Torch7's backward computes too.
local function in_hilos_way(hilo, net, criterion, x, y)
   local optimiser = hilo.optim.SGD(net, {lr = 0.01})
   x.requires_grad = true
   return function()
      optimiser:zeroGrad()
      x.grad = nil
      local loss = criterion(net(x), y)
      loss:backward()
      optimiser:step()
      return loss:item()
   end
end

-- way: with, without (the switch), own
local function steps(way, n)
   if way == 'with' then require 'hilo.torch' end
   local hilo, nn = require 'hilo', require 'hilo.nn'
   hilo.setdefaulttensortype 'torch.FloatTensor'
   hilo.setnumthreads(1)
   hilo.manualSeed(1)
   local net, criterion = network(nn), nn.ClassNLLCriterion()
   local x, y = hilo.randn(16, 3, 32, 32), hilo.LongTensor(16):random(1, 10)
   local step = way == 'own' and in_hilos_way(hilo, net, criterion, x, y) or in_torch7s_way(net, criterion, x, y)
   local loss
   for _ = 1, 5 do loss = step() end
   local began = os.clock()
   for _ = 1, n do loss = step() end
   print(('%.6f %.5f'):format((os.clock() - began) / n, loss))
end

if arg[1] == 'step' then return steps(arg[2], tonumber(arg[3])) end

local timing = require 'spec.bench.timing'
local o = timing.options(arg, {ROUNDS = '6', STEPS = '60'})
local least = timing.in_turns(arg[0], {'with', 'without', 'own'}, tonumber(o.ROUNDS), tonumber(o.STEPS))
print(("a step in Torch7's way: %.2f ms with the switch, %.2f ms without: %.3f times"):format(1e3 * least.with, 1e3 * least.without,
   least.with / least.without))
print(("in hilo's own way: %.2f ms; Torch7's with the switch is %.3f times that, without it %.3f times (%s rounds)"):format(
   1e3 * least.own, least.with / least.own, least.without / least.own, o.ROUNDS))
