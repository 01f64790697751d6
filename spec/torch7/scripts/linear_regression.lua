-- linear_regression.lua: a line through noisy points by optim.sgd; luajit -l hilo.torch linear_regression.lua
-- luacheck: globals torch nn optim xlua
require 'torch'
require 'nn'
require 'optim'

torch.manualSeed(1)

-- rows: target, two inputs; y = 3 + 2 a - b
local data = torch.Tensor(60, 3)
for i = 1, data:size(1) do
   local a, b = torch.uniform(-1, 1), torch.uniform(-1, 1)
   data[i][1] = 3 + 2 * a - b + 0.01 * torch.normal()
   data[i][2] = a
   data[i][3] = b
end

local model = nn.Sequential()
model:add(nn.Linear(2, 1))
local criterion = nn.MSECriterion()
local x, dl_dx = model:getParameters()

local at = 0
local function feval(x_new)
   if x ~= x_new then x:copy(x_new) end
   at = at % data:size(1) + 1
   local sample = data[at]
   local target, inputs = sample[{{1}}], sample[{{2, 3}}]
   dl_dx:zero()
   local loss = criterion:forward(model:forward(inputs), target)
   model:backward(inputs, criterion:backward(model.output, target))
   return loss, dl_dx
end

local sgd_params = {learningRate = 5e-2, learningRateDecay = 1e-4, weightDecay = 0, momentum = 0}
local loss
for _ = 1, 20 do
   loss = 0
   for _ = 1, data:size(1) do
      local _, fs = optim.sgd(feval, x, sgd_params)
      loss = loss + fs[1]
   end
   loss = loss / data:size(1)
end
print(string.format('loss %.5f, weights %.2f %.2f, bias %.2f', loss, x[1], x[2], x[3]))
assert(loss < 1e-2)
assert(math.abs(x[1] - 2) < 0.1 and math.abs(x[2] + 1) < 0.1 and math.abs(x[3] - 3) < 0.1)
