-- s4GAN (Mittal, Tatarchenko, Brox, 2021): a discriminator that tells predicted maps from labels teaches S on unlabelled images.
--
--    lua/bin/hilo experiments/s4gan.lua name=camvid-s4gan recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
--
-- Expect a mean IoU of about 44 (labelled=train_1_8_s2: 40) on CamVid at half size.
local hilo = require 'hilo'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 's4gan',
   preset = 'default',       -- or 'original': what the original's code does
   unlabelled_batch = 8,
   repeat_backbone = false,  -- step the backbone's parameters as often as the original lists them
   d_lr = 1e-4, d_betas = {0.9, 0.99}, -- of Adam, which trains the discriminator D
   d_dropout = 0.5,          -- the share of D's features that is dropped
   d_channels = 64,          -- of D's first layer; each of the next three has twice as many
   d_smooth = 0,             -- real maps are to get 1 - d_smooth from D
   lambda_fm = 0.1,          -- weight of feature matching
   lambda_st = 1,            -- weight of self-training
   gamma = 0.6,              -- the least confidence of D in a predicted map that is learnt from, 0 to 1
   st_start = 1,             -- step at which self-training begins
   void_columns = 'both',    -- a column without a label is zero in real and fake maps alike; 'real': in real ones only
   gate_dropout = false,     -- D drops out where it is asked which maps to learn from
}, {recipe = train.recipes.s4gan, preset = train.presets.s4gan})
train.choice('void_columns', o.void_columns, {'both', 'real'})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local augment = train.augmentations(o)
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = augment, stream = 1}
local unlabelled = run:loader {set = set, names = split.unlabelled, batch = o.unlabelled_batch, transform = augment, stream = 2}

local S = train.networks.segmentation(o, set)
local D = train.networks.discriminator(o, set)
local opt_S = train.networks.segmentation_optimiser(S, o)
local opt_D = optim.Adam(D, {lr = o.d_lr, betas = o.d_betas})

local gamma = hilo.empty(1, {device = o.device}) -- the least confidence that passes

local function schedule(t)
   opt_S:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   opt_D:scaleLR(optim.poly(1, t - 1, o.steps, o.power))
   gamma:fill(t >= o.st_start and o.gamma or 1)
end

-- The terms of the loss of S with D fixed, and what D saw.
local function losses(x_l, y_l, x_u, inside)
   local L_ce = S:cross_entropy(x_l, y_l)
   local logits_u = S(x_u)                     -- (M,C,H,W)
   local shown_l, shown_u                      -- (N,1,H,W), (M,1,H,W): 0 where D sees no map
   if o.void_columns == 'both' then shown_l, shown_u = methods.discriminator.shared_columns(y_l, inside) end
   local real = methods.discriminator.real(y_l, x_l, #set.classes, shown_l) -- (N,C+3,H,W)
   local fake = methods.discriminator.fake(logits_u, x_u, shown_u)          -- (M,C+3,H,W)
   local d_real, f_real = D(real)              -- (N), (N,512)
   local _, f_fake = methods.fixed(D, fake)
   local gate = methods.confidence(D, fake, {dropout = o.gate_dropout})
   local L_fm = methods.feature_matching(f_real, f_fake)
   local L_st, passed = methods.self_training(logits_u, gate, {gamma = gamma, mask = inside})
   return {ce = L_ce, fm = L_fm, st = L_st}, {d_real = d_real, fake = fake, passed = passed}
end

local function step()
   local x_l, y_l = labelled:tensors()         -- (N,3,H,W), (N,H,W)
   local x_u, _, inside = unlabelled:tensors() -- (M,3,H,W), (M,H,W): 0 where the crop shows no image
   local L, seen = losses(x_l, y_l, x_u, inside)

   -- S, with D fixed: L_S = L_ce + lambda_fm L_fm + lambda_st L_st
   local L_S = L.ce + L.fm * o.lambda_fm + L.st * o.lambda_st
   opt_S:zeroGrad()
   L_S:backward()

   -- D, with S fixed: L_D = ( BCE(D(fake), 0) + BCE(D(real), 1) ) / 2
   local d_fake = D(seen.fake:detach())        -- (M)
   local L_D = methods.discriminator.loss(seen.d_real, d_fake, {smooth = o.d_smooth})
   opt_D:zeroGrad()
   L_D:backward()

   opt_S:step()
   opt_D:step()
   return {ce = L.ce, fm = L.fm, st = L.st, d = L_D, passed = hilo.mean(seen.passed:float(), 1),
      D = methods.diagnostics.discriminator(seen.d_real, d_fake)}
end

local probe = train.probe {run = run, set = set, split = split, transform = augment}

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_iou',
   nets = {S = S, D = D}, optims = {S = opt_S, D = opt_D},
   evaluate = function() return train.evaluate.segmentation(S, set, split.val, o, run.workers) end,
   diagnose = function() return train.diagnose.s4gan(probe, {S = S, D = D, options = o, losses = losses}) end,
}
