-- UniMatch (Yang, Qi, Feng, Zhang, Shi: Revisiting Weak-to-Strong Consistency in Semi-Supervised Semantic Segmentation, CVPR 2023):
-- what S says of a plain crop, where it is sure, are the labels of two strongly distorted ones with boxes of other pictures in them,
-- and of the plain one with features missing. Numbers are the paper's and its code's.
--
--    lua/bin/hilo experiments/unimatch.lua name=camvid-unimatch recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
--
-- Paper: 77.2 on VOC 2012 with 183 labels, 1/8 of the first 1 464 (DeepLab-v3+ ResNet-101, crops of 321).
local hilo = require 'hilo'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 'unimatch',
   unlabelled_batch = 8,
   threshold = 0.95,         -- the least probability of a label that is learnt from
   drop = 0.5,               -- of the features' channels
   jitter = {brightness = 0.5, contrast = 0.5, saturation = 0.5, hue = 0.25, chance = 0.8}, grey = 0.2, -- of strong views
   blur = {0.1, 2}, blur_chance = 0.5, -- of strong views: range of sigma in pixels, and how often
   box_area = {0.02, 0.4}, box_chance = 0.5, -- of the box of another picture: part of the crop, and how often
   ohem = false,             -- the labelled loss is that of hard pixels
   ohem_threshold = 0.7,     -- the largest probability of a hard pixel
   ohem_least = 100000,      -- pixels of a picture that count as hard in any case, the hardest
}, {recipe = train.recipes.unimatch})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local weak, strong = train.augmentations(o)
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = weak, stream = 1}
-- two streams of pictures, the second to cut boxes from; of each the plain crop and two strong looks at it
local function unlabelled(stream)
   return run:looks({set = set, names = split.unlabelled, batch = o.unlabelled_batch, stream = stream}, {weak, strong, strong})
end
local u_weak, u_1, u_2 = unlabelled(2)
local m_weak, m_1, m_2 = unlabelled(3)
local function boxes_of(stream)
   return methods.cutmix.boxes {batch = o.unlabelled_batch, crop = o.crop, seed = o.seed, stream = stream, device = o.device,
      shape = methods.cutmix.by_chance {chance = o.box_chance, area = o.box_area}}
end
local boxes_1, boxes_2 = boxes_of(1), boxes_of(2)

local S = train.networks.segmentation(o, set)
local opt = train.networks.segmentation_optimiser(S, o)

local function schedule(t)
   opt:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   boxes_1:draw(t)
   boxes_2:draw(t)
end

-- The terms of the loss, and what else is logged.
local function losses()
   local mix, pseudo = methods.cutmix.mix, methods.pseudo_labels
   local x_l, y_l = labelled:tensors()          -- (N,3,H,W), (N,H,W)
   local x_w, _, inside = u_weak:tensors()      -- (M,3,H,W), (M,H,W): 0 where the crop shows no image
   local x_m, _, inside_m = m_weak:tensors()
   local x_1, x_2 = mix(boxes_1, u_1:tensors(), (m_1:tensors())), mix(boxes_2, u_2:tensors(), (m_2:tensors()))
   local n, m, h, w = x_l:size(1), x_w:size(1), x_w:size(3), x_w:size(4)

   -- labels of the plain crops, void where S is not sure
   local function labels(logits, mask)
      return pseudo.of(hilo.resize(logits:detach(), h, w, {align_corners = true}), {threshold = o.threshold, mask = mask})
   end
   local y_m = labels(train.evaluate.with(S, S.logits, S, x_m), inside_m)
   local logits, dropped = methods.feature_perturbation(S, hilo.cat({x_l, x_w}, 1), m, o.drop) -- (N+M,C,h,w), (M,C,h,w)
   local y_w = labels(logits:narrow(1, n + 1, m), inside)

   local strong_logits = S:logits(hilo.cat({x_1, x_2}, 1)) -- (2M,C,h,w)
   local function L_s(boxes, first)
      return pseudo.cross_entropy(strong_logits:narrow(1, first, m), mix(boxes, y_w, y_m), mix(boxes, inside, inside_m))
   end
   local logits_l = logits:narrow(1, 1, n)
   if o.ohem then y_l = methods.ohem(logits_l, y_l, {threshold = o.ohem_threshold, least = o.ohem_least}) end
   local L_x = hilo.resize_cross_entropy(logits_l, y_l, {align_corners = true})
   local L_s1, L_s2, L_fp = L_s(boxes_1, 1), L_s(boxes_2, m + 1), pseudo.cross_entropy(dropped, y_w, inside)
   return {ce = L_x, s1 = L_s1, s2 = L_s2, fp = L_fp, sure = pseudo.share(y_w, inside)}
end

local function step()
   local L = losses()
   local L_S = (L.ce + (L.s1 + L.s2) * 0.25 + L.fp * 0.5) * 0.5 -- L = ( L_x + (L_s1 + L_s2) / 4 + L_fp / 2 ) / 2
   opt:zeroGrad()
   L_S:backward()
   opt:step()
   return L
end

local probe = train.probe {run = run, set = set, split = split, transform = weak}

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_iou',
   nets = {S = S}, optims = {S = opt},
   evaluate = function() return train.evaluate.segmentation(S, set, split.val, o, run.workers) end,
   diagnose = function()
      local function logits(x) return train.evaluate.with(S, S, x) end
      return train.diagnose.pseudo_labels(probe, {nets = {S}, logits = logits, threshold = o.threshold, S = S, losses = losses,
         weights = {ce = 0.5, s1 = 0.125, s2 = 0.125, fp = 0.25}})
   end,
}
