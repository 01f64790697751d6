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

local rounds, n = 6, 60
for _, word in ipairs(arg) do
   rounds = tonumber(word:match '^ROUNDS=(%d+)$') or rounds
   n = tonumber(word:match '^STEPS=(%d+)$') or n
end

local function run(how)
   local pipe = io.popen(('OMP_NUM_THREADS=1 luajit %s step %s %d'):format(arg[0], how, n))
   local seconds, loss = pipe:read '*a':match '(%S+) (%S+)'
   pipe:close()
   return tonumber(seconds), loss
end

local with, without = math.huge, math.huge
for _ = 1, rounds do
   local a, loss_a = run 'with'
   local b, loss_b = run 'without'
   assert(loss_a == loss_b, ('the losses differ: %s and %s'):format(loss_a, loss_b))
   with, without = math.min(with, a), math.min(without, b)
end
print(('a step: %.2f ms with the switch, %.2f ms without; ratio %.3f (%d rounds)'):format(1e3 * with, 1e3 * without, with / without,
   rounds))
