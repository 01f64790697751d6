--- steps.lua: whole training steps and inference, as the experiments run them. Networks, images and labels come from formulas, so that
--- PyTorch's side computes the same.
---
--- A work w names its step and says
---    backbone, batch, classes; size of the images: a side, or {height, width}; width: channels of the first convolution, 64
---    unlabelled: images without labels in an MLMT step
---    device     'cpu'; precision: 'bf16', or float32 where missing; freeze_bn: 'none' or 'affine', as models.deeplab takes them
---    graph      the step is recorded once and replayed
local hilo = require 'hilo'
local helper = require 'spec.helper'

local steps = {}

local function place(w, t) return w.device and t:to{device = w.device} or t end

local function ready(w, step)
   if not w.graph then return step end
   return hilo.graph(step, {device = w.device})
end

local function sides(w)
   if type(w.size) == 'table' then return unpack(w.size) end
   return w.size, w.size
end

-- n images and label maps (n,3,H,W), (n,H,W); a batch if n is not given.
local function batch(w, name, n)
   local down, across = sides(w)
   local x = helper.by_formula('x_' .. name, {n or w.batch, 3, down, across}, 3, 0, 'float')
   return place(w, x), place(w, helper.labels_by_formula('y_' .. name, {n or w.batch, down, across}, w.classes))
end

local function deeplab(w)
   local net = hilo.models.deeplab{backbone = w.backbone, width = w.width, classes = w.classes, output_stride = 8,
      freeze_bn = w.freeze_bn or 'none', precision = w.precision}
   return place(w, helper.fill_network(net, 'S.'))
end

local function segmentation(w)
   local net = deeplab(w)
   local optimiser = hilo.optim.SGD({{params = net:backboneParameters(), lr = 2.5e-4}, {params = net:headParameters(), lr = 2.5e-3}},
      {momentum = 0.9, weight_decay = 5e-4})
   return net, optimiser
end

function steps.train_step(w)
   local net, optimiser = segmentation(w)
   local x, labels = batch(w, 'l')
   return ready(w, function()
      optimiser:zeroGrad()
      local loss = net:cross_entropy(x, labels)
      loss:backward()
      optimiser:step()
      return {ce = loss}
   end)
end

function steps.s4gan_step(w)
   local methods = hilo.methods
   local S, optimiser = segmentation(w)
   local D = place(w, helper.fill_network(hilo.models.discriminator{classes = w.classes, precision = w.precision}, 'D.'))
   local optimiser_d = hilo.optim.Adam(D, {lr = 1e-4, betas = {0.9, 0.99}})
   local x_l, labels = batch(w, 'l')
   local x_u = batch(w, 'u')
   local inside = hilo.ones(w.batch, w.size, w.size):byte()
   inside:narrow(3, 1, math.floor(w.size / 16)):zero()
   inside = place(w, inside)
   return ready(w, function()
      local L_ce, logits_u = S:cross_entropy(x_l, labels), S(x_u)
      local shown_l, shown_u = methods.discriminator.shared_columns(labels, inside)
      local real = methods.discriminator.real(labels, x_l, w.classes, shown_l)
      local fake = methods.discriminator.fake(logits_u, x_u, shown_u)
      local d_real, f_real = D(real)
      local _, f_fake = methods.fixed(D, fake)
      local gate = methods.confidence(D, fake)
      -- gamma 0: all maps pass, so that every step costs the same
      local L_st = methods.self_training(logits_u, gate, {gamma = 0, mask = inside})
      local loss = L_ce + methods.feature_matching(f_real, f_fake) * 0.1 + L_st
      optimiser:zeroGrad()
      loss:backward()
      optimiser_d:zeroGrad()
      methods.discriminator.loss(d_real, (D(fake:detach()))):backward()
      optimiser:step()
      optimiser_d:step()
      return {ce = L_ce, st = L_st}
   end)
end

-- The weight of the consistency loss is 1, the teacher's memory 0.9.
function steps.mlmt_step(w)
   local methods = hilo.methods
   local student = hilo.models.classifier{backbone = w.backbone, width = w.width, classes = w.classes, precision = w.precision}
   student = place(w, helper.fill_network(student, 'M.'))
   local teacher = methods.mean_teacher.of(student)
   local optimiser = hilo.optim.SGD(student, {lr = 3e-2, momentum = 0.9, nesterov = true, weight_decay = 1e-5})
   local rate = hilo.empty({1}, {dtype = 'double', device = w.device}):fill(0.9)
   local x_l, labels = batch(w, 'l')
   local x_s, x_t = batch(w, 's', w.unlabelled), batch(w, 't', w.unlabelled)
   return ready(w, function()
      local L_bce = methods.class_loss(student(x_l), methods.class_targets(labels, w.classes))
      local said = hilo.no_grad(teacher, x_t)
      local L_cons = methods.consistency.loss(student(x_s), said, 'mse')
      optimiser:zeroGrad()
      local loss = L_bce + L_cons
      loss:backward()
      optimiser:step()
      methods.mean_teacher.update(teacher, student, rate)
      return {bce = L_bce, consistency = L_cons}
   end)
end

function steps.inference(w)
   local net = deeplab(w):evaluate()
   local x = batch(w, 'l')
   return ready(w, function() hilo.no_grad(function() hilo.label_map(net(x)) end) end)
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

-- Multiply-adds of the forward pass, counted from the layers: of DeepLab-v2 at output stride 8, or of a classifier.
local function forward_flops(w)
   local flops, classifies = 0, w.step == 'mlmt_step'
   local down, across = sides(w)
   local function conv(from, to, kernel) flops = flops + 2 * from * to * kernel * kernel * down * across end
   local function halve() down, across = math.ceil(down / 2), math.ceil(across / 2) end
   local width = w.width or 64
   halve()
   conv(3, width, 7)
   halve()
   local depths = {resnet18 = {2, 2, 2, 2}, resnet50 = {3, 4, 6, 3}, resnet101 = {3, 4, 23, 3}}
   local bottleneck, from = w.backbone ~= 'resnet18', width
   for stage, depth in ipairs(depths[w.backbone]) do
      local planes = width * 2 ^ (stage - 1)
      local to = bottleneck and 4 * planes or planes
      for block = 1, depth do
         local halves = block == 1 and (stage == 2 or stage > 2 and classifies)
         if bottleneck then conv(from, planes, 1) end
         if halves then halve() end
         if bottleneck then
            conv(planes, planes, 3)
            conv(planes, to, 1)
         else
            conv(from, planes, 3)
            conv(planes, planes, 3)
         end
         if block == 1 and from ~= to then conv(from, to, 1) end
         from = to
      end
   end
   if not classifies then
      for _ = 1, 4 do conv(from, w.classes, 3) end
   end
   return flops
end

--- Floating point operations of a work, the discriminator's left out: a backward costs two forwards.
function steps.flops(w)
   if w.layers then return convolution_flops(w) end
   local forwards = ({train_step = 3, s4gan_step = 6, inference = 1, mlmt_step = 3})[w.step] * w.batch
   return forward_flops(w) * (forwards + 4 * (w.unlabelled or 0)) -- the teacher sees those without labels too
end

steps.list = {
   {work = 'train step R18 176 b4', step = 'train_step', backbone = 'resnet18', size = 176, batch = 4, classes = 11},
   {work = 's4GAN step R18 176 b4+4', step = 's4gan_step', backbone = 'resnet18', size = 176, batch = 4, classes = 11},
   {work = 'MLMT step R18 180x240 b4+8', step = 'mlmt_step', backbone = 'resnet18', size = {180, 240}, batch = 4, unlabelled = 8,
      classes = 11},
   {work = 'train step R101 321 b2', step = 'train_step', backbone = 'resnet101', size = 321, batch = 2, classes = 21},
   {work = 'inference R101 505 b1', step = 'inference', backbone = 'resnet101', size = 505, batch = 1, classes = 21},
   {work = '3x3 convolutions R101 321 b2', step = 'convolutions', layers = convolutions, batch = 2},
}

return steps
