-- CPS (Chen, Yuan, Zeng, Wang: Semi-Supervised Semantic Segmentation with Cross Pseudo Supervision, CVPR 2021): two networks of one
-- kind that began differently learn from each other's labels. Numbers are the paper's and its code's; preset=cutmix: on mixed pictures.
--
--    lua/bin/hilo experiments/cps.lua name=camvid-cps recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
local hilo = require 'hilo'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 'cps',
   preset = 'default',       -- or 'cutmix'
   unlabelled_batch = 8,
   lambda = 1.5,             -- weight of the cross supervision
   cutmix = false,           -- on pictures with boxes of others in them; the labelled ones are then left out of it
   area = {0.25, 0.5},       -- part of a picture that a box covers, each of three a third of that
   boxes = 3,                -- in a picture
   ohem = false,             -- the labelled losses are those of hard pixels
   ohem_threshold = 0.7,     -- the largest probability of a hard pixel
   ohem_least = 50000,       -- pixels of a picture that count as hard in any case, the hardest
}, {recipe = train.recipes.cps, preset = train.presets.cps})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local augment = train.augmentations(o)
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = augment, stream = 1}
local function unlabelled(stream)
   return run:loader {set = set, names = split.unlabelled, batch = o.unlabelled_batch, transform = augment, stream = stream}
end
local first, second = unlabelled(2), o.cutmix and unlabelled(3) or nil
local boxes = methods.cutmix.boxes {batch = o.unlabelled_batch, crop = o.crop, seed = o.seed, stream = 1, device = o.device,
   shape = methods.cutmix.any_shape {area = o.area, count = o.boxes}}

local S1, S2 = train.networks.segmentation(o, set), train.networks.segmentation(o, set)
local opt_1, opt_2 = train.networks.segmentation_optimiser(S1, o), train.networks.segmentation_optimiser(S2, o)

local function schedule(t)
   opt_1:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   opt_2:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   boxes:draw(t)
end

-- Each learns from the other's labels of all pictures of the step.
local function crossed(logits_1, logits_2, inside_l)
   local x_u, _, inside_u = first:tensors()
   return methods.cross_pseudo(hilo.cat({logits_1, S1(x_u)}, 1), hilo.cat({logits_2, S2(x_u)}, 1), hilo.cat({inside_l, inside_u}, 1))
end

-- Each learns, on mixed pictures, from the other's labels of the two.
local function crossed_on_mixed()
   local a, _, inside_a = first:tensors()  -- (M,3,H,W), (M,H,W): 0 where the crop shows no image
   local b, _, inside_b = second:tensors()
   local function mixed(p, q) return methods.cutmix.mix(boxes, p, q) end
   local function said(S) return hilo.no_grad(function() return mixed(S(a), S(b)) end) end
   local labels, x = {first = said(S1), second = said(S2)}, mixed(a, b)
   return methods.cross_pseudo(S1(x), S2(x), mixed(inside_a, inside_b), labels)
end

-- The terms of the loss, each for both networks.
local function losses()
   local x_l, y_l, inside_l = labelled:tensors() -- (N,3,H,W), (N,H,W), (N,H,W)
   local logits_1, logits_2 = S1(x_l), S2(x_l)   -- (N,C,H,W)
   local function labels_for(logits)
      return o.ohem and methods.ohem(logits, y_l, {threshold = o.ohem_threshold, least = o.ohem_least}) or y_l
   end
   local L_1 = hilo.cross_entropy(logits_1, labels_for(logits_1))
   local L_2 = hilo.cross_entropy(logits_2, labels_for(logits_2))
   local L_cps = o.cutmix and crossed_on_mixed() or crossed(logits_1, logits_2, inside_l)
   return {ce = L_1, ce_2 = L_2, cps = L_cps}
end

local function step()
   local L = losses()
   local L_S = L.ce + L.ce_2 + L.cps * o.lambda -- L = L_ce + lambda L_cps
   opt_1:zeroGrad()
   opt_2:zeroGrad()
   L_S:backward()
   opt_1:step()
   opt_2:step()
   return L
end

local probe = train.probe {run = run, set = set, split = split, transform = augment}

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_iou',
   nets = {S = S1, S2 = S2}, optims = {S = opt_1, S2 = opt_2}, -- S, what is evaluated and used, is the first, as in the paper
   evaluate = function() return train.evaluate.segmentation(S1, set, split.val, o, run.workers) end,
   diagnose = function() -- what S1 teaches S2, and how hard S1 is pulled
      return train.diagnose.pseudo_labels(probe, {nets = {S1, S2}, logits = S1, learner = S2, S = S1, losses = losses,
         weights = {cps = o.lambda}})
   end,
}
