-- dcgan.lua: a generator of squares against a discriminator; luajit -l hilo.torch dcgan.lua
-- luacheck: globals torch nn optim xlua
require 'torch'
require 'nn'
require 'optim'

torch.setdefaulttensortype('torch.FloatTensor')
torch.manualSeed(2)

local opt = {batchSize = 16, nz = 8, ngf = 8, ndf = 8, lr = 2e-3, beta1 = 0.5, iterations = 30}

local function weights_init(m)
   local name = torch.type(m)
   if name:find('Convolution') then
      m.weight:normal(0.0, 0.1)
      if m.bias then m.bias:fill(0) end
   elseif name:find('BatchNormalization') then
      if m.weight then m.weight:normal(1.0, 0.02) end
      if m.bias then m.bias:fill(0) end
   end
end

local netG = nn.Sequential()
netG:add(nn.SpatialFullConvolution(opt.nz, opt.ngf * 2, 4, 4))                      -- (ngf*2) x 4 x 4
netG:add(nn.SpatialBatchNormalization(opt.ngf * 2)):add(nn.ReLU(true))
netG:add(nn.SpatialFullConvolution(opt.ngf * 2, opt.ngf, 4, 4, 2, 2, 1, 1))         -- (ngf) x 8 x 8
netG:add(nn.SpatialBatchNormalization(opt.ngf)):add(nn.ReLU(true))
netG:add(nn.SpatialFullConvolution(opt.ngf, 1, 4, 4, 2, 2, 1, 1)):add(nn.Tanh())    -- 1 x 16 x 16
netG:apply(weights_init)

local netD = nn.Sequential()
netD:add(nn.SpatialConvolution(1, opt.ndf, 4, 4, 2, 2, 1, 1)):add(nn.LeakyReLU(0.2, true))
netD:add(nn.SpatialConvolution(opt.ndf, opt.ndf * 2, 4, 4, 2, 2, 1, 1))
netD:add(nn.SpatialBatchNormalization(opt.ndf * 2)):add(nn.LeakyReLU(0.2, true))
netD:add(nn.SpatialConvolution(opt.ndf * 2, 1, 4, 4)):add(nn.Sigmoid())
netD:add(nn.View(1):setNumInputDims(3))
netD:apply(weights_init)

local criterion = nn.BCECriterion()
local optimStateG, optimStateD = {learningRate = opt.lr, beta1 = opt.beta1}, {learningRate = opt.lr, beta1 = opt.beta1}
local input = torch.Tensor(opt.batchSize, 1, 16, 16)
local noise = torch.Tensor(opt.batchSize, opt.nz, 1, 1)
local label = torch.Tensor(opt.batchSize)
local errD, errG

local parametersD, gradParametersD = netD:getParameters()
local parametersG, gradParametersG = netG:getParameters()

local function real()
   local batch = torch.Tensor(opt.batchSize, 1, 16, 16):fill(-1)
   for i = 1, opt.batchSize do
      local x, y = torch.random(1, 8), torch.random(1, 8)
      batch[{i, 1, {y, y + 7}, {x, x + 7}}]:fill(1)
   end
   return batch
end

local function fDx()
   gradParametersD:zero()
   input:copy(real())
   label:fill(1)
   local output = netD:forward(input)
   local errD_real = criterion:forward(output, label)
   netD:backward(input, criterion:backward(output, label))

   noise:normal(0, 1)
   local fake = netG:forward(noise)
   input:copy(fake)
   label:fill(0)
   output = netD:forward(input)
   local errD_fake = criterion:forward(output, label)
   netD:backward(input, criterion:backward(output, label))
   errD = errD_real + errD_fake
   return errD, gradParametersD
end

local function fGx()
   gradParametersG:zero()
   label:fill(1)
   local output = netD.output -- of the fake batch, from fDx
   errG = criterion:forward(output, label)
   local df_do = criterion:backward(output, label)
   local df_dg = netD:updateGradInput(input, df_do)
   netG:backward(noise, df_dg)
   return errG, gradParametersG
end

local first
local before = parametersG:clone()
for _ = 1, opt.iterations do
   optim.adam(fDx, parametersD, optimStateD)
   optim.adam(fGx, parametersG, optimStateG)
   first = first or errD
end
print(string.format('errD %.3f at first, %.3f at last; errG %.3f', first, errD, errG))
assert(errD == errD and errG == errG and errD < first)
assert((before - parametersG):abs():max() > 1e-3)
local sample = netG:forward(noise:normal(0, 1))
assert(sample:size(3) == 16 and sample:max() <= 1 and sample:min() >= -1)
