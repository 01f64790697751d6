-- Guided self-training: a mean teacher labels pictures without label maps, guided by what is known about their classes, and the
-- student, which sees them in other colours, learns these labels. What is known is image-level tags (data.tags), which rule absent
-- classes out, or what an MLMT run says of the picture (mlmt, made with scored=all), by the weights of soft fusion. Its ideas are those
-- of Papandreou et al. (2015), who learn from tags by such labels, and of the mean teacher (Tarvainen and Valpola, 2017).
--
--    lua/bin/hilo experiments/guided.lua name=guided recipe=camvid data.root=<ccp-voc> data.labelled=train_1_8_s1 \
--       data.tags=image_tags.tsv start=supervised model.weights=<resnet18-imagenet-fp16.pth>
--
-- It wants a trained network to start from. On the built-in set, with 80 label maps and tags of the other pictures (bias=2
-- tag_exponent=0), 400 steps from one of 32.0 end at 35.7, without such labels at 34.0; from one of 27.7, 300 at 30.8, and 31.9.
local core = require 'hilo.core'
local hilo = require 'hilo'
local sorted_keys = require 'hilo.keys'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 'guided',
   data = data.options {labelled = '1/8', unlabelled = 'rest', size = 1,
      tags = '',             -- a file: which classes pictures without label maps show; a result with it says so
   },
   start = '',               -- a segmentation run whose network is where both begin; '': model.weights alone
   mlmt = '', scores = 'teacher', -- an MLMT run that guides where there are no tags; '': none
   exponent = 2,             -- of soft fusion's weights
   tag_exponent = 1,         -- a class that tags name weighs (1 / the share of pictures that show it)^this
   bias = 0,                 -- added to the logits of classes that tags name, but for the background
   unlabelled_batch = 8,
   weight = 1, ramp = 0.1,   -- of the loss of such labels, once it has grown; the part of the steps in which it does
   threshold = 0.7,          -- the least probability of a label that is learnt from
   ema = 0.99,               -- upper limit of the teacher's memory
   jitter = {brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1, chance = 0.8}, grey = 0.2, -- what the student sees
   blur = {0.1, 2}, blur_chance = 0.5, -- sigma in pixels
}, {recipe = train.recipes.guided})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)
local tags = run:tags(set, split)

-- what is known of each picture without a label map, and, to measure with, of validation pictures: their own classes stand for tags
local rows, of_val = {}, {}
if o.mlmt ~= '' then
   local classifier = train.load_class_scores(o, o.mlmt)
   local fusion = {how = 'soft', exponent = o.exponent, prior = methods.class_prior(classifier[o.scores]), background = set.background}
   local function row(name) return methods.guidance.of_scores(train.scores_of(classifier, o.scores, name, set), fusion) end
   for _, name in ipairs(split.unlabelled) do rows[name] = row(name) end
   for _, name in ipairs(split.val) do of_val[name] = row(name) end
end
if tags then
   local given = {prior = methods.class_prior(tags.rows), exponent = o.tag_exponent, bias = o.bias, background = set.background}
   local targets = train.evaluate.targets(set, split.val, {workers = run.workers, device = o.device})
   for name, known in pairs(tags.rows) do rows[name] = methods.guidance.of_tags(known, given) end
   for name, known in pairs(targets) do of_val[name] = methods.guidance.of_tags(known, given) end
end
local names = sorted_keys(rows)
core.check(#names > 0, 'guided: nothing is known about any picture; name a file of tags by data.tags= or an MLMT run by mlmt=')
for name, row in pairs(of_val) do rows[name] = row end

local weak, strong = train.augmentations(o)
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = weak, stream = 1}
-- the same crops, the student's in colours of its own
local for_teacher, for_student = run:looks({set = set, names = names, rows = rows, batch = o.unlabelled_batch, stream = 2},
   {weak, strong})

local student = train.networks.segmentation(o, set)
if o.start ~= '' then train.start_from(o, o.start, student) end
local teacher = methods.mean_teacher.of(student)
local opt = train.networks.segmentation_optimiser(student, o)

local w = hilo.empty(1, {device = o.device})                        -- weight of L_u
local rate = hilo.empty({1}, {dtype = 'double', device = o.device}) -- of the teacher's average

local function schedule(t)
   opt:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup))
   w:fill(o.weight * optim.sigmoid_ramp(t - 1, o.ramp * o.steps))
   rate:fill(optim.ema_rate(t, o.ema))
end

-- The terms of the loss, and what else is logged.
local function losses()
   local x_l, y_l = labelled:tensors()                  -- (N,3,H,W), (N,H,W)
   local x_t, _, inside, known = for_teacher:tensors()  -- (M,3,H,W), (M,H,W): 0 where the crop shows no image, (M,C)
   local x_s = for_student:tensors()                    -- (M,3,H,W)
   local L_ce = student:cross_entropy(x_l, y_l)
   local said = hilo.no_grad(function() return methods.guidance.apply(teacher(x_t), known) end) -- (M,C,H,W)
   local y_u = methods.pseudo_labels.of(said, {threshold = o.threshold, mask = inside})
   local L_u = methods.pseudo_labels.cross_entropy(student:logits(x_s), y_u, inside)
   return {ce = L_ce, guided = L_u, sure = methods.pseudo_labels.share(y_u, inside), w = w}
end

local function step()
   local L = losses()
   local L_S = L.ce + hilo.cmul(L.guided, w) -- L = L_ce + w L_u
   opt:zeroGrad()
   L_S:backward()
   opt:step()
   methods.mean_teacher.update(teacher, student, rate)
   return L
end

local probe = train.probe {run = run, set = set, split = split, transform = weak, rows = rows}

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_iou',
   nets = {S = teacher, student = student}, optims = {student = opt}, -- S, what is evaluated and used, is the teacher
   evaluate = function()
      local scores, seen = train.evaluate.segmentation(teacher, set, split.val, o, run.workers)
      scores.tags, scores.tagged_images = tags and tags.path, tags and #tags.names
      return scores, seen
   end,
   diagnose = function()
      local function logits(x, known) return methods.guidance.apply(teacher(x), known) end
      return train.diagnose.pseudo_labels(probe, {nets = {student, teacher}, logits = logits, threshold = o.threshold,
         learner = student, S = student, losses = losses, weights = {guided = w}})
   end,
}
