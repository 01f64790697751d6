-- MLMT (Mittal, Tatarchenko, Brox, 2021): which classes are in an image, from few labels, with a mean teacher. Its scores, saved
-- by image name in class_scores.json, switch absent classes off in a segmentation: see fuse.lua.
--
--    lua/bin/hilo experiments/mlmt.lua name=camvid-mlmt recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
--
-- Expect the teacher's mean average precision to be at least the student's.
local hilo = require 'hilo'
local data, methods, optim, train = hilo.data, hilo.methods, hilo.optim, hilo.train

local o = train.options({
   name = 'mlmt',
   recipe = 'scenes',        -- numbers for a data set: scenes, pictures, camvid, voc, context
   preset = 'default',       -- or 'original'
   data = data.options {     -- all of them, and what they mean: lua/hilo/data/options.lua, or `help`
      labelled = '1/8', unlabelled = 'rest',
   },
   model = train.networks.options.classifier {backbone = 'resnet18', width = 24}, -- lua/hilo/train/model_options.lua, `help`
   precision = 'float32',    -- or 'bf16': networks compute in bfloat16, on a card; what they learn stays float32
   resize = {96, 96},
   scale = {1, 1},           -- of the resized image, before a part of that size is cut out; 1,1: whole images
   batch = 16, unlabelled_batch = 16, steps = 300,
   lr = 3e-2, final_lr = 1e-4, momentum = 0.9, weight_decay = 1e-5,
   distance = 'mse',         -- of the scores; 'cosine': 1 - cosine similarity of the logits
   weight = 1,               -- of the consistency loss, once it has ramped up
   ema = 0.999,              -- upper limit of the teacher's memory
   jitter = {brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1}, blur = {0.1, 2}, -- what the student sees; sigma in pixels
}, {recipe = train.recipes.mlmt, preset = train.presets.mlmt})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local weak = data.transforms.classification {resize = o.resize, scale = o.scale, mirror = true}
local strong = data.transforms.classification {resize = o.resize, scale = o.scale, mirror = true, jitter = o.jitter, blur = o.blur}
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = weak, stream = 1}
-- one stream, two views: the same images, augmented differently
local function unlabelled(view, transform)
   return run:loader {set = set, names = split.unlabelled, batch = o.unlabelled_batch, transform = transform, stream = 2, view = view}
end
local for_student, for_teacher = unlabelled(1, strong), unlabelled(2, weak)

local student = train.networks.classifier(o, set)
local teacher = methods.mean_teacher.of(student)
local opt = optim.SGD(student, {lr = o.lr, momentum = o.momentum, nesterov = true, weight_decay = o.weight_decay})

local w = hilo.empty(1, {device = o.device})                        -- weight of L_cons
local rate = hilo.empty({1}, {dtype = 'double', device = o.device}) -- of the teacher's average

local function schedule(t)
   opt:setLR {optim.cosine(o.lr, o.final_lr, t - 1, o.steps)}
   w:fill(o.weight * optim.ramp(t - 1, o.steps))
   rate:fill(optim.ema_rate(t, o.ema))
end

local function step()
   local x_l, y_l = labelled:tensors()                                  -- (N,3,H,W), (N,H,W)
   local x_s, x_t = for_student:tensors(), for_teacher:tensors()        -- (M,3,H,W) each

   -- L = BCE(student(x_l), target) + w L_cons
   local target = methods.class_targets(y_l, #set.classes)              -- (N,C)
   local L_bce = hilo.bce_with_logits(student(x_l), target)
   local said = hilo.no_grad(teacher, x_t)                              -- (M,C)
   local L_cons = methods.consistency.loss(student(x_s), said, o.distance)
   local L = L_bce + hilo.cmul(L_cons, w)
   opt:zeroGrad()
   L:backward()
   opt:step()
   methods.mean_teacher.update(teacher, student, rate)
   return {bce = L_bce, consistency = L_cons, w = w}
end

local function classify(net)
   local scores, targets = train.evaluate.classification(net, set, split.val,
      {resize = o.resize, workers = run.workers, device = o.device})
   local rows = train.evaluate.rows
   return scores, train.metrics.multi_label(rows(scores, split.val), rows(targets, split.val), set.classes)
end

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_average_precision',
   nets = {student = student, teacher = teacher}, optims = {student = opt},
   evaluate = function()
      local scores, result = {classes = set.classes}, {}
      scores.student, result.student = classify(student)
      scores.teacher, result.teacher = classify(teacher)
      train.json.save(run:file('class_scores.json'), scores)
      result.mean_average_precision = result.teacher.mean_average_precision
      return result
   end,
}
