-- resnet.lua: the model file of a residual network for small pictures, and a few steps with it; luajit -l hilo.torch resnet.lua
-- luacheck: globals torch nn optim xlua
require 'torch'
require 'nn'
require 'optim'

torch.setdefaulttensortype('torch.FloatTensor')
torch.manualSeed(5)

local Convolution, Avg, ReLU = nn.SpatialConvolution, nn.SpatialAveragePooling, nn.ReLU
local SBatchNorm = nn.SpatialBatchNormalization

local function createModel(opt)
   local iChannels

   local function shortcut(nInputPlane, nOutputPlane, stride)
      if opt.shortcutType == 'B' and nInputPlane ~= nOutputPlane then
         return nn.Sequential()
            :add(Convolution(nInputPlane, nOutputPlane, 1, 1, stride, stride))
            :add(SBatchNorm(nOutputPlane))
      elseif nInputPlane ~= nOutputPlane then
         -- strided, with zeros for the planes that are new
         return nn.Sequential()
            :add(Avg(1, 1, stride, stride))
            :add(nn.Concat(2)
               :add(nn.Identity())
               :add(nn.MulConstant(0)))
      end
      return nn.Identity()
   end

   local function basicblock(n, stride)
      local nInputPlane = iChannels
      iChannels = n
      local s = nn.Sequential()
      s:add(Convolution(nInputPlane, n, 3, 3, stride, stride, 1, 1))
      s:add(SBatchNorm(n))
      s:add(ReLU(true))
      s:add(Convolution(n, n, 3, 3, 1, 1, 1, 1))
      s:add(SBatchNorm(n))
      return nn.Sequential()
         :add(nn.ConcatTable()
            :add(s)
            :add(shortcut(nInputPlane, n, stride)))
         :add(nn.CAddTable(true))
         :add(ReLU(true))
   end

   local function layer(block, features, count, stride)
      local s = nn.Sequential()
      for i = 1, count do s:add(block(features, i == 1 and stride or 1)) end
      return s
   end

   local model, n = nn.Sequential(), (opt.depth - 2) / 6
   iChannels = 8
   model:add(Convolution(3, 8, 3, 3, 1, 1, 1, 1))
   model:add(SBatchNorm(8))
   model:add(ReLU(true))
   model:add(layer(basicblock, 8, n, 1))
   model:add(layer(basicblock, 16, n, 2))
   model:add(layer(basicblock, 32, n, 2))
   model:add(Avg(4, 4, 1, 1))
   model:add(nn.View(32):setNumInputDims(3))
   model:add(nn.Linear(32, 4))

   for _, v in pairs(model:findModules('nn.SpatialConvolution')) do
      v.weight:normal(0, math.sqrt(2 / (v.kW * v.kH * v.nOutputPlane)))
      v.bias = nil
      v.gradBias = nil
   end
   for _, v in pairs(model:findModules('nn.SpatialBatchNormalization')) do
      v.weight:fill(1)
      v.bias:zero()
   end
   for _, v in pairs(model:findModules('nn.Linear')) do v.bias:zero() end
   return model
end

for _, shortcutType in ipairs {'A', 'B'} do
   local model, criterion = createModel{depth = 8, shortcutType = shortcutType}, nn.CrossEntropyCriterion()
   local params, gradParams = model:getParameters()
   local input, target = torch.randn(8, 3, 16, 16), torch.Tensor{1, 2, 3, 4, 1, 2, 3, 4}
   for i = 1, 8 do input[{i, {}, {4 * target[i] - 3, 4 * target[i]}, {}}]:add(1) end
   local state = {learningRate = 0.1, momentum = 0.9, dampening = 0, nesterov = true, weightDecay = 1e-4}
   local first, last
   for _ = 1, 8 do
      local function feval()
         model:zeroGradParameters()
         local output = model:forward(input)
         local loss = criterion:forward(model.output, target)
         model:backward(input, criterion:backward(output, target))
         return loss, gradParams
      end
      local _, f = optim.sgd(feval, params, state)
      first, last = first or f[1], f[1]
   end
   print(string.format('shortcut %s: loss %.3f at first, %.3f at last', shortcutType, first, last))
   assert(last < 0.7 * first)
   -- for use: without gradients, one picture at a time gives what the batch gives
   model:evaluate()
   local all = model:forward(input):clone()
   local one = model:forward(input[{{3}}])
   assert((one - all[{{3}}]):abs():max() < 1e-4)
   local deployed = model:clone():clearState()
   assert((deployed:forward(input) - all):abs():max() < 1e-5)
end
