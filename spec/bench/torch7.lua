--- spec/bench/torch7.lua: what the switch costs: a training step in Torch7's way (forward, backward, updateParameters) with
--- `hilo.torch` loaded, and the same without, in processes that take turns. Processor time of one thread, the least of all rounds:
---
---     luajit spec/bench/torch7.lua [ROUNDS=6] [STEPS=60]
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local is_child = arg[1] == 'step'

local function steps(with_switch, n)
   if with_switch then require 'hilo.torch' end
   local hilo, nn = require 'hilo', require 'hilo.nn'
   hilo.setdefaulttensortype 'torch.FloatTensor'
   hilo.setnumthreads(1)
   hilo.manualSeed(1)
   local net = nn.Sequential()
      :add(nn.SpatialConvolution(3, 16, 3, 3, 1, 1, 1, 1)):add(nn.SpatialBatchNormalization(16)):add(nn.ReLU())
      :add(nn.SpatialMaxPooling(2, 2, 2, 2))
      :add(nn.SpatialConvolution(16, 32, 3, 3, 1, 1, 1, 1)):add(nn.SpatialBatchNormalization(32)):add(nn.ReLU())
      :add(nn.SpatialMaxPooling(2, 2, 2, 2))
      :add(nn.View(32 * 8 * 8)):add(nn.Linear(32 * 8 * 8, 10)):add(nn.LogSoftMax())
   local criterion = nn.ClassNLLCriterion()
   local x, y = hilo.randn(16, 3, 32, 32), hilo.LongTensor(16):random(1, 10)
   local function step()
      net:zeroGradParameters()
      local loss = criterion:forward(net:forward(x), y)
      net:backward(x, criterion:backward(net.output, y))
      net:updateParameters(0.01)
      return loss
   end
   local loss
   for _ = 1, 5 do loss = step() end
   local began = os.clock()
   for _ = 1, n do loss = step() end
   print(('%.6f %.6f'):format((os.clock() - began) / n, loss))
end

if is_child then return steps(arg[2] == 'with', tonumber(arg[3])) end

local timing = require 'spec.bench.timing'
local o = timing.options(arg, {ROUNDS = '6', STEPS = '60'})
local with, without = timing.with_and_without(arg[0], tonumber(o.ROUNDS), tonumber(o.STEPS))
print(('a step: %.2f ms with the switch, %.2f ms without; ratio %.3f (%s rounds)'):format(1e3 * with, 1e3 * without, with / without,
   o.ROUNDS))
