-- MLMT (Mittal, Tatarchenko, Brox, 2021): which classes are in an image, from few labels, with a mean teacher. Its scores, saved
-- by image name in class_scores.json, switch absent classes off in a segmentation: see fuse.lua. With data.tags it learns from
-- image-level tags too.
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
      tags = '',             -- a file: which classes pictures without label maps show; a result with it says so
   },
   model = train.networks.options.classifier {backbone = 'resnet18', width = 24}, -- lua/hilo/train/model_options.lua, `help`
   precision = 'float32',    -- or 'bf16': networks compute in bfloat16; what they learn stays float32
   resize = {96, 96},        -- height x width that pictures are brought to
   scale = {1, 1},           -- of the resized image, before a part of that size is cut out; 1,1: whole images
   batch = 16, unlabelled_batch = 16, -- pictures a step
   steps = 300,              -- of the training
   tagged_batch = 16,        -- pictures with tags a step
   tag_weight = 1,           -- of the loss of tags
   lr = 3e-2, final_lr = 1e-4, -- learning rate, which falls from the one to the other
   momentum = 0.9, weight_decay = 1e-5, -- of SGD
   head_lr = 0,              -- of the last layer; 0: as the others
   positive_power = 0,       -- present classes weigh (pictures without / pictures with it)^this in the losses, from 1 to 10
   distance = 'mse',         -- of the scores; 'cosine': 1 - cosine similarity of the logits
   weight = 1,               -- of the consistency loss, once it has ramped up
   ema = 0.999,              -- upper limit of the teacher's memory
   jitter = {brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1}, -- of what the student sees
   blur = {0.1, 2},          -- of what the student sees: range of sigma, in pixels
   eval = {scales = {1}, mirror = false}, -- scores are means over these sizes (times resize) and the mirrored picture
   scored = 'val',           -- whose scores are saved; 'all': those of the unlabelled and tagged images too
}, {recipe = train.recipes.mlmt, preset = train.presets.mlmt})

train.choice('scored', o.scored, {'val', 'all'})
local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)
local tags = run:tags(set, split)

local weak = data.transforms.classification {resize = o.resize, scale = o.scale, mirror = true}
local strong = data.transforms.classification {resize = o.resize, scale = o.scale, mirror = true, jitter = o.jitter, blur = o.blur}
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = weak, stream = 1}
-- one stream, two views: the same images, augmented differently
local function unlabelled(view, transform)
   return run:loader {set = set, names = split.unlabelled, batch = o.unlabelled_batch, transform = transform, stream = 2, view = view}
end
local for_student, for_teacher = unlabelled(1, strong), unlabelled(2, weak)
local tagged = tags
   and run:loader {set = set, names = tags.names, rows = tags.rows, batch = o.tagged_batch, transform = weak, stream = 3}

local student = train.networks.classifier(o, set)
local teacher = methods.mean_teacher.of(student)
local head_lr = o.head_lr > 0 and o.head_lr or o.lr
local opt = optim.SGD({{params = student:backboneParameters(), lr = o.lr}, {params = student:headParameters(), lr = head_lr}},
   {momentum = o.momentum, nesterov = true, weight_decay = o.weight_decay})
local reading = {workers = run.workers, device = o.device}

-- what present classes weigh, (1,C)
local positive
if o.positive_power > 0 then
   local rows = train.evaluate.rows(train.evaluate.targets(set, split.labelled, reading), split.labelled)
   for _, name in ipairs(tags and tags.names or {}) do rows[#rows + 1] = tags.rows[name] end
   positive = methods.class_loss.positive(rows, o.positive_power):to{device = o.device}
end

local w = hilo.empty(1, {device = o.device})                        -- weight of L_cons
local rate = hilo.empty({1}, {dtype = 'double', device = o.device}) -- of the teacher's average

local function schedule(t)
   local shape = optim.cosine(1, o.final_lr / o.lr, t - 1, o.steps)
   opt:setLR {o.lr * shape, head_lr * shape}
   w:fill(o.weight * optim.ramp(t - 1, o.steps))
   rate:fill(optim.ema_rate(t, o.ema))
end

local function step()
   local x_l, y_l = labelled:tensors()                                  -- (N,3,H,W), (N,H,W)
   local x_s, x_t = for_student:tensors(), for_teacher:tensors()        -- (M,3,H,W) each

   -- L = BCE(student(x_l), target) + w L_cons, and with tags BCE of those that are known
   local target = methods.class_targets(y_l, #set.classes)              -- (N,C)
   local L_bce = methods.class_loss(student(x_l), target, positive)
   local said = hilo.no_grad(teacher, x_t)                              -- (M,C)
   local L_cons = methods.consistency.loss(student(x_s), said, o.distance)
   local L = L_bce + hilo.cmul(L_cons, w)
   local L_tags
   if tagged then
      local x_g, _, _, known = tagged:tensors()                         -- (K,3,H,W), (K,C) of 1, 0 and -1
      L_tags = methods.class_loss(student(x_g), known, positive)
      L = L + L_tags * o.tag_weight
   end
   opt:zeroGrad()
   L:backward()
   opt:step()
   methods.mean_teacher.update(teacher, student, rate)
   return {bce = L_bce, consistency = L_cons, w = w, tags = L_tags}
end

local shown = {resize = o.resize, scales = o.eval.scales, mirror = o.eval.mirror}
local function classify(net, names)
   return train.evaluate.classification(net, set, names, {shown = shown, workers = run.workers, device = o.device})
end

local targets -- of the validation images
local function measure(net)
   local scores, rows = classify(net, split.val), train.evaluate.rows
   targets = targets or rows(train.evaluate.targets(set, split.val, reading), split.val)
   local said = rows(scores, split.val)
   local result = train.metrics.multi_label(said, targets, set.classes)
   result.calibration_error = 100 * methods.calibration.quality(said, targets).error -- percent
   return scores, result
end

local function save(scores)
   scores.classes, scores.tags = set.classes, tags and tags.path
   train.json.save(run:file('class_scores.json'), scores)
end

-- The scores of all pictures, where they are asked for.
local function score_all()
   if o.scored ~= 'all' then return end
   local names, taken = {}, {}
   for _, part in ipairs {split.val, split.unlabelled, tags and tags.names or {}} do
      for _, name in ipairs(part) do
         if not taken[name] then names[#names + 1], taken[name] = name, true end
      end
   end
   save {student = classify(student, names), teacher = classify(teacher, names)}
end

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_average_precision',
   nets = {student = student, teacher = teacher}, optims = {student = opt},
   evaluate = function()
      local scores, result = {}, {}
      scores.student, result.student = measure(student)
      scores.teacher, result.teacher = measure(teacher)
      save(scores)
      result.mean_average_precision = result.teacher.mean_average_precision
      result.tags, result.tagged_images = tags and tags.path, tags and #tags.names
      return result
   end,
   finish = score_all,
}
