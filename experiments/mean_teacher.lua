-- Mean teacher (Tarvainen and Valpola: Mean teachers are better role models, NeurIPS 2017) for segmentation: the student, which sees a
-- picture in other colours, should say of every pixel what its running average says of the plain one. Weight and average are those of
-- Chen et al.'s comparison on VOC (CPS, CVPR 2021), how the weight grows is the paper's; the colours are those of French et al. (2020).
--
--    lua/bin/hilo experiments/mean_teacher.lua name=camvid-teacher recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
local hilo = require 'hilo'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 'mean_teacher',
   unlabelled_batch = 8,
   weight = 100,             -- of the consistency loss, once it has grown
   ramp = 0.25,              -- part of the steps in which it grows
   ema = 0.99,               -- upper limit of the teacher's memory
   jitter = {brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1, chance = 0.8}, grey = 0.2, -- what the student sees
   blur = {0.1, 2}, blur_chance = 0.5, -- sigma in pixels
}, {recipe = train.recipes.mean_teacher})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local weak, strong = train.augmentations(o)
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = weak, stream = 1}
-- the same crops, the student's in colours of its own
local for_teacher, for_student = run:looks({set = set, names = split.unlabelled, batch = o.unlabelled_batch, stream = 2},
   {weak, strong})

local student = train.networks.segmentation(o, set)
local teacher = methods.mean_teacher.of(student)
local opt = train.networks.segmentation_optimiser(student, o)

local w = hilo.empty(1, {device = o.device})                        -- weight of L_cons
local rate = hilo.empty({1}, {dtype = 'double', device = o.device}) -- of the teacher's average

local function schedule(t)
   opt:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   w:fill(o.weight * optim.sigmoid_ramp(t - 1, o.ramp * o.steps))
   rate:fill(optim.ema_rate(t, o.ema))
end

-- The terms of the loss, and what else is logged.
local function losses()
   local x_l, y_l = labelled:tensors()          -- (N,3,H,W), (N,H,W)
   local x_t, _, inside = for_teacher:tensors() -- (M,3,H,W), (M,H,W): 0 where the crop shows no image
   local x_s = for_student:tensors()            -- (M,3,H,W)
   local L_ce = student:cross_entropy(x_l, y_l)
   local said = hilo.no_grad(teacher, x_t)      -- (M,C,H,W)
   -- the mean squared error of the probabilities
   local L_cons = methods.map_consistency(student(x_s), said, inside) * (1 / #set.classes)
   return {ce = L_ce, consistency = L_cons, w = w}
end

local function step()
   local L = losses()
   local L_S = L.ce + hilo.cmul(L.consistency, w) -- L = L_ce + w L_cons
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
      return train.diagnose.pseudo_labels(probe, {nets = {student, teacher}, logits = teacher, learner = student, S = student,
         losses = losses, weights = {consistency = w}})
   end,
}
