-- digits.lua: a small convolutional network that tells ten drawn digits apart; luajit -l hilo.torch digits.lua
-- luacheck: globals torch nn optim xlua
require 'torch'
require 'nn'
require 'optim'
require 'xlua'

torch.setdefaulttensortype('torch.FloatTensor')
torch.manualSeed(1)

-- the strokes of a seven-segment display: which of top, left, right, middle, left, right, bottom are on
local segments = {'1110111', '0010010', '1011101', '1011011', '0111010', '1101011', '1101111', '1010010', '1111111', '1111011'}

local function draw(digit)
   local im = torch.Tensor(1, 12, 12):zero()
   local on = {}
   for i = 1, 7 do on[i] = segments[digit]:sub(i, i) == '1' end
   local left, top = torch.random(2, 4), torch.random(1, 2)
   local function stroke(y, x, h, w) im[{1, {top + y, top + y + h - 1}, {left + x, left + x + w - 1}}]:fill(1) end
   if on[1] then stroke(0, 0, 1, 5) end
   if on[2] then stroke(0, 0, 5, 1) end
   if on[3] then stroke(0, 4, 5, 1) end
   if on[4] then stroke(4, 0, 1, 5) end
   if on[5] then stroke(4, 0, 5, 1) end
   if on[6] then stroke(4, 4, 5, 1) end
   if on[7] then stroke(8, 0, 1, 5) end
   return im:add(torch.randn(1, 12, 12):mul(0.1))
end

local function make(n)
   local set = {data = torch.Tensor(n, 1, 12, 12), labels = torch.LongTensor(n)}
   for i = 1, n do
      set.labels[i] = (i - 1) % 10 + 1
      set.data[i]:copy(draw(set.labels[i]))
   end
   function set:size() return n end
   return set
end

local trainset, testset = make(400), make(100)
local mean, std = trainset.data:mean(), trainset.data:std()
for _, set in ipairs {trainset, testset} do set.data:add(-mean):div(std) end

local model = nn.Sequential()
model:add(nn.SpatialConvolutionMM(1, 8, 3, 3))
model:add(nn.ReLU(true))
model:add(nn.SpatialMaxPooling(2, 2, 2, 2))
model:add(nn.Dropout(0.2))
model:add(nn.Reshape(8 * 5 * 5))
model:add(nn.Linear(8 * 5 * 5, 32))
model:add(nn.Tanh())
model:add(nn.Linear(32, 10))
model:add(nn.LogSoftMax())
local criterion = nn.ClassNLLCriterion()
local parameters, gradParameters = model:getParameters()
local confusion = optim.ConfusionMatrix({'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'})
local config, batch = {learningRate = 0.05, momentum = 0.9, dampening = 0}, 20

local function train()
   model:training()
   local shuffle = torch.randperm(trainset:size())
   for t = 1, trainset:size(), batch do
      local inputs, targets = torch.Tensor(batch, 1, 12, 12), torch.Tensor(batch)
      for i = 1, batch do
         inputs[i] = trainset.data[shuffle[t + i - 1]]
         targets[i] = trainset.labels[shuffle[t + i - 1]]
      end
      local function feval(x)
         if x ~= parameters then parameters:copy(x) end
         gradParameters:zero()
         local outputs = model:forward(inputs)
         local f = criterion:forward(outputs, targets)
         model:backward(inputs, criterion:backward(outputs, targets))
         return f, gradParameters
      end
      optim.sgd(feval, parameters, config)
      xlua.progress(t, trainset:size())
   end
end

local function test()
   model:evaluate()
   confusion:zero()
   for t = 1, testset:size() do confusion:add(model:forward(testset.data[t]), testset.labels[t]) end
   confusion:updateValids()
   return confusion.totalValid
end

for _ = 1, 10 do train() end
local accuracy = test()
print(string.format('%.1f %% of the test set are right', accuracy * 100))
assert(accuracy > 0.95)
