-- CutMix-Seg (French, Laine, Aila, Mackiewicz, Finlayson: Semi-supervised semantic segmentation needs strong, varied perturbations,
-- BMVC 2020): a box of one picture is pasted into another; the student should say of the mixture what a mean teacher says of the two.
-- Numbers are the paper's and its code's; recipe=voc has their optimiser and rate too.
--
--    lua/bin/hilo experiments/cutmix.lua name=camvid-cutmix recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
local hilo = require 'hilo'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 'cutmix',
   unlabelled_batch = 8,
   weight = 1,               -- of the consistency loss
   threshold = 0.97,         -- the consistency loss is weighed by the share of pixels of which the teacher is so sure
   area = {0.5, 0.5},        -- of the box, as part of the picture
   ema = 0.99,               -- upper limit of the teacher's memory
   jitter = {brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1, chance = 0.8}, grey = 0.2, -- what the student sees
}, {recipe = train.recipes.cutmix})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local weak, strong = train.augmentations(o)
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = weak, stream = 1}
-- two streams of pictures; of each the teacher sees the plain crop and the student the same in colours of its own
local function unlabelled(stream)
   return run:looks({set = set, names = split.unlabelled, batch = o.unlabelled_batch, stream = stream}, {weak, strong})
end
local a_teacher, a_student = unlabelled(2)
local b_teacher, b_student = unlabelled(3)
local boxes = methods.cutmix.boxes {batch = o.unlabelled_batch, crop = o.crop, shape = methods.cutmix.any_shape {area = o.area},
   seed = o.seed, stream = 1, device = o.device}

local student = train.networks.segmentation(o, set)
local teacher = methods.mean_teacher.of(student)
local opt = train.networks.segmentation_optimiser(student, o)

local rate = hilo.empty({1}, {dtype = 'double', device = o.device}) -- of the teacher's average

local function schedule(t)
   opt:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   rate:fill(optim.ema_rate(t, o.ema))
   boxes:draw(t)
end

local function mixed(a, b) return methods.cutmix.mix(boxes, a, b) end

-- The terms of the loss, and what else is logged.
local function losses()
   local x_l, y_l = labelled:tensors()          -- (N,3,H,W), (N,H,W)
   local a_t, _, inside_a = a_teacher:tensors() -- (M,3,H,W), (M,H,W): 0 where the crop shows no image
   local b_t, _, inside_b = b_teacher:tensors()
   local x_s = mixed(a_student:tensors(), (b_student:tensors()))
   local inside = mixed(inside_a, inside_b)
   local L_ce = student:cross_entropy(x_l, y_l)
   local said = hilo.no_grad(function() return mixed(teacher(a_t), teacher(b_t)) end) -- (M,C,H,W)
   local sure = methods.pseudo_labels.share(methods.pseudo_labels.of(said, {threshold = o.threshold, mask = inside}), inside)
   local L_cons = methods.map_consistency(student(x_s), said, inside)
   -- weighed by the share of the pixels of which the teacher is sure
   return {ce = L_ce, consistency = hilo.cmul(L_cons, sure), sure = sure}
end

local function step()
   local L = losses()
   local L_S = L.ce + L.consistency * o.weight -- L = L_ce + weight L_cons
   opt:zeroGrad()
   L_S:backward()
   opt:step()
   methods.mean_teacher.update(teacher, student, rate)
   return L
end

local probe = train.probe {run = run, set = set, split = split, transform = weak}

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_iou',
   nets = {S = teacher, student = student}, optims = {student = opt}, -- S, what is evaluated and used, is the teacher, as in the paper
   evaluate = function() return train.evaluate.segmentation(teacher, set, split.val, o, run.workers) end,
   diagnose = function()
      return train.diagnose.pseudo_labels(probe, {nets = {student, teacher}, logits = teacher, threshold = o.threshold,
         learner = student, S = student, losses = losses, weights = {consistency = o.weight}})
   end,
}
