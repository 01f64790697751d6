-- autoencoder.lua: eight words through a bottleneck of four numbers; luajit -l hilo.torch autoencoder.lua
-- luacheck: globals torch nn optim xlua
require 'torch'
require 'nn'
require 'optim'

torch.manualSeed(3)
local n, code = 8, 4

local encoder = nn.Sequential():add(nn.Linear(n, code)):add(nn.Tanh())
local decoder = nn.Sequential():add(nn.Linear(code, n)):add(nn.Sigmoid())
local module = nn.Sequential():add(encoder):add(decoder)
local criterion = nn.BCECriterion()

local x, dl_dx = module:getParameters()
local inputs = torch.eye(n)

local function feval(x_new)
   if x ~= x_new then x:copy(x_new) end
   module:zeroGradParameters()
   local f = criterion:forward(module:forward(inputs), inputs)
   module:backward(inputs, criterion:backward(module.output, inputs))
   return f, dl_dx
end

local state, f = {learningRate = 0.5}, nil
for _ = 1, 300 do
   local _, fs = optim.adagrad(feval, x, state)
   f = fs[1]
end
local _, guessed = module.output:max(2)
local right = 0
for i = 1, n do if guessed[i][1] == i then right = right + 1 end end
print(string.format('loss %.4f, %d of %d words come back', f, right, n))
assert(right == n and f < 0.1)

-- the other optimisers take it further
local before = f
for _, name in ipairs {'adam', 'rmsprop', 'adadelta', 'adamax', 'nag', 'lbfgs'} do
   local own, value = {learningRate = name == 'nag' and 0.1 or name ~= 'lbfgs' and 1e-3 or nil}, nil
   for _ = 1, 20 do
      local _, fs = optim[name](feval, x, own)
      value = fs[1]
   end
   assert(value < before * 1.01, name)
   before = value
end
