--- steps.lua: whole training steps and inference, as the experiments run them, on random images.
local hilo = require 'hilo'

local steps = {}

local function batch(w)
   local x = hilo.randn(w.batch, 3, w.size, w.size)
   local labels = hilo.empty(w.batch, w.size, w.size, {dtype = 'byte'}):random(0, w.classes - 1)
   labels:narrow(2, 1, math.floor(w.size / 16)):fill(255)
   return x, labels
end

local function segmentation(w)
   local net = hilo.models.deeplab{backbone = w.backbone, classes = w.classes, output_stride = 8, freeze_bn = 'none'}
   local optimiser = hilo.optim.SGD({{params = net:backboneParameters(), lr = 1e-3}, {params = net:headParameters(), lr = 1e-2}},
      {momentum = 0.9, weight_decay = 5e-4})
   return net, optimiser
end

function steps.train_step(w)
   local net, optimiser = segmentation(w)
   local x, labels = batch(w)
   return function()
      optimiser:zeroGrad()
      net:cross_entropy(x, labels):backward()
      optimiser:step()
   end
end

function steps.s4gan_step(w)
   local methods = hilo.methods
   local S, optimiser = segmentation(w)
   local D = hilo.models.discriminator{classes = w.classes}
   local optimiser_d = hilo.optim.Adam(D, {lr = 1e-4, betas = {0.9, 0.99}})
   local x_l, labels = batch(w)
   local x_u = batch(w)
   return function()
      local L_ce, logits_u = S:cross_entropy(x_l, labels), S(x_u)
      local real = methods.discriminator.real(labels, x_l, w.classes)
      local fake = methods.discriminator.fake(logits_u, x_u)
      local d_real, f_real = D(real)
      local _, f_fake = methods.fixed(D, fake)
      local gate = methods.confidence(D, fake)
      local loss = L_ce + methods.feature_matching(f_real, f_fake) * 0.1
         + (methods.self_training(logits_u, gate, {gamma = 0.6}))
      optimiser:zeroGrad()
      loss:backward()
      optimiser_d:zeroGrad()
      methods.discriminator.loss(d_real, (D(fake:detach()))):backward()
      optimiser:step()
      optimiser_d:step()
   end
end

function steps.inference(w)
   local net = hilo.models.deeplab{backbone = w.backbone, classes = w.classes, output_stride = 8}:evaluate()
   local x = batch(w)
   return function() hilo.no_grad(function() hilo.label_map(net(x)) end) end
end

-- The 3x3 convolutions of ResNet-101 at output stride 8 on a 321x321 image: {how many, channels, size, stride, dilation}
local convolutions = {{3, 64, 81, 1, 1}, {1, 128, 81, 2, 1}, {3, 128, 41, 1, 1}, {23, 256, 41, 1, 2}, {3, 512, 41, 1, 4}}

function steps.convolutions(w)
   local layers = {}
   for i, layer in ipairs(w.layers) do
      local count, channels, size, stride, dilation = unpack(layer)
      local x, weight = hilo.randn(w.batch, channels, size, size), hilo.randn(channels, channels, 3, 3) * 0.05
      x.requires_grad, weight.requires_grad = true, true
      local options = {stride = stride, pad = dilation, dilation = dilation}
      local dy = hilo.randn(hilo.conv2d(x, weight, nil, options):size())
      layers[i] = {count = count, x = x, weight = weight, dy = dy, options = options}
   end
   return function()
      for _, l in ipairs(layers) do
         for _ = 1, l.count do
            l.x.grad, l.weight.grad = nil, nil
            hilo.conv2d(l.x, l.weight, nil, l.options):backward(l.dy)
         end
      end
   end
end

local function convolution_flops(w)
   local flops = 0
   for _, layer in ipairs(w.layers) do
      local count, channels, size, stride = unpack(layer)
      local out = math.floor((size - 1) / stride) + 1
      flops = flops + 3 * count * 2 * channels ^ 2 * 9 * out ^ 2 * w.batch
   end
   return flops
end

-- Multiply-adds of the forward pass of DeepLab-v2 at output stride 8, counted from the layers.
local function forward_flops(w)
   local flops = 0
   local function conv(from, to, kernel, size) flops = flops + 2 * from * to * kernel * kernel * size * size end
   local half = math.floor((w.size - 1) / 2) + 1
   local quarter = math.floor((half - 1) / 2) + 1
   local eighth = math.floor((quarter - 1) / 2) + 1
   conv(3, 64, 7, half)
   local depths = {resnet18 = {2, 2, 2, 2}, resnet50 = {3, 4, 6, 3}, resnet101 = {3, 4, 23, 3}}
   local bottleneck, from = w.backbone ~= 'resnet18', 64
   for stage, depth in ipairs(depths[w.backbone]) do
      local planes, size = 32 * 2 ^ stage, stage == 1 and quarter or eighth
      local to = bottleneck and 4 * planes or planes
      for block = 1, depth do
         if bottleneck then
            conv(from, planes, 1, stage == 2 and block == 1 and quarter or size)
            conv(planes, planes, 3, size)
            conv(planes, to, 1, size)
         else
            conv(from, planes, 3, size)
            conv(planes, planes, 3, size)
         end
         if block == 1 and from ~= to then conv(from, to, 1, size) end
         from = to
      end
   end
   for _ = 1, 4 do conv(from, w.classes, 3, eighth) end
   return flops * w.batch
end

--- Floating point operations of a work: a backward costs two forwards.
function steps.flops(w)
   if w.layers then return convolution_flops(w) end
   return forward_flops(w) * ({train_step = 3, s4gan_step = 6, inference = 1})[w.step]
end

steps.list = {
   {work = 'train step R18 176 b4', step = 'train_step', backbone = 'resnet18', size = 176, batch = 4, classes = 11},
   {work = 's4GAN step R18 176 b4+4', step = 's4gan_step', backbone = 'resnet18', size = 176, batch = 4, classes = 11},
   {work = 'train step R101 321 b2', step = 'train_step', backbone = 'resnet101', size = 321, batch = 2, classes = 21},
   {work = 'inference R101 505 b1', step = 'inference', backbone = 'resnet101', size = 505, batch = 1, classes = 21},
   {work = '3x3 convolutions R101 321 b2', step = 'convolutions', layers = convolutions, batch = 2},
}

return steps
