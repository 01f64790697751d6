-- AdvSemiSeg (Hung, Tsai, Liou, Lin, Yang: Adversarial Learning for Semi-Supervised Semantic Segmentation, BMVC 2018): a discriminator
-- that judges every pixel of a predicted map; where it is trusted, S learns from its own labels. Numbers are the paper's.
--
--    lua/bin/hilo experiments/advsemiseg.lua name=camvid-advsemiseg recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
--
-- The authors' own network for 1/8 of VOC 2012's labels has 68.8 (DeepLab-v2 ResNet-101 from COCO weights).
local hilo = require 'hilo'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 'advsemiseg',
   unlabelled_batch = 8,
   d_lr = 1e-4, d_betas = {0.9, 0.99}, -- of Adam, which trains the discriminator D
   d_channels = 64,          -- of D's first layer; each of the next three has twice as many
   lambda_adv = 0.01,        -- weight of the adversarial loss on labelled pictures
   lambda_adv_u = 0.001,     -- weight of the adversarial loss on the others
   lambda_semi = 0.1,        -- weight of self-training
   threshold = 0.2,          -- the least confidence of D that a pixel needs to be learnt from
   semi_start = 0.25,        -- part of the steps after which self-training begins: 5 000 of 20 000
}, {recipe = train.recipes.advsemiseg})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local augment = train.augmentations(o)
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = augment, stream = 1}
local unlabelled = run:loader {set = set, names = split.unlabelled, batch = o.unlabelled_batch, transform = augment, stream = 2}

local S = train.networks.segmentation(o, set)
local D = train.networks.pixel_discriminator(o, set)
local opt_S = train.networks.segmentation_optimiser(S, o)
local opt_D = optim.Adam(D, {lr = o.d_lr, betas = o.d_betas})

local lambda_semi = hilo.empty(1, {device = o.device})

local function schedule(t)
   opt_S:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   opt_D:scaleLR(optim.poly(1, t - 1, o.steps, o.power))
   lambda_semi:fill(t > o.semi_start * o.steps and o.lambda_semi or 0)
end

-- The terms of the loss of S with D fixed, what else is logged, and what D is shown.
local function losses()
   local x_l, y_l = labelled:tensors()         -- (N,3,H,W), (N,H,W)
   local x_u, _, inside = unlabelled:tensors() -- (M,3,H,W), (M,H,W): 0 where the crop shows no image
   local valid = hilo.ne(y_l, set.void)        -- (N,H,W)
   local logits_l, logits_u = S(x_l), S(x_u)   -- (N,C,H,W), (M,C,H,W)
   local map_l = hilo.softmax(logits_l)
   local L_ce = hilo.cross_entropy(logits_l, y_l)
   local judged_u = methods.fixed(D, hilo.softmax(logits_u)) -- (M,H,W)
   local L_adv = methods.pixel_bce(methods.fixed(D, map_l), 1, valid)
   local L_adv_u = methods.pixel_bce(judged_u, 1, inside)
   local trusted = methods.pseudo_labels.of(logits_u,
      {confidence = hilo.sigmoid(judged_u:detach()), threshold = o.threshold, mask = inside})
   local L_semi = hilo.cross_entropy(logits_u, trusted)
   return {ce = L_ce, adv = L_adv, adv_u = L_adv_u, semi = L_semi, trusted = methods.pseudo_labels.share(trusted, inside)},
      {map = map_l:detach(), labels = y_l, valid = valid}
end

local function step()
   local L, shown = losses()

   -- S: L_S = L_ce + lambda_adv L_adv + lambda_adv_u L_adv_u + lambda_semi L_semi
   local L_S = L.ce + L.adv * o.lambda_adv + L.adv_u * o.lambda_adv_u + hilo.cmul(L.semi, lambda_semi)
   opt_S:zeroGrad()
   L_S:backward()

   -- D, with S fixed, on labelled pictures alone (the authors' code shows it maps of the others too):
   -- L_D = ( BCE(D(map), 0) + BCE(D(one-hot), 1) ) / 2
   local L_fake = methods.pixel_bce(D(shown.map), 0, shown.valid)
   local L_real = methods.pixel_bce(D(hilo.one_hot(shown.labels, #set.classes)), 1, shown.valid)
   local L_D = (L_fake + L_real) * 0.5
   opt_D:zeroGrad()
   L_D:backward()

   opt_S:step()
   opt_D:step()
   L.d = L_D
   return L
end

local probe = train.probe {run = run, set = set, split = split, transform = augment}

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_iou',
   nets = {S = S, D = D}, optims = {S = opt_S, D = opt_D},
   evaluate = function() return train.evaluate.segmentation(S, set, split.val, o, run.workers) end,
   diagnose = function()
      local function label(x)
         local logits = S(x)
         local trust = hilo.sigmoid(D(hilo.softmax(logits)))
         return hilo.label_map(logits), hilo.ge(trust, o.threshold), trust
      end
      return train.diagnose.pseudo_labels(probe, {nets = {S, D}, label = label, S = S, losses = losses,
         weights = {adv = o.lambda_adv, adv_u = o.lambda_adv_u, semi = lambda_semi}})
   end,
}
