-- DeepLab-v2 on the labelled images alone: what the semi-supervised methods have to beat.
--
--    lua/bin/hilo experiments/supervised.lua name=camvid-supervised recipe=camvid data.root=<camvid-voc> \
--       data.labelled=train_1_8_s1 model.weights=<resnet18-imagenet-fp16.pth>
--
-- Expect a mean IoU of about 44 (labelled=train_1_8_s2: 38, labelled=all: 45) on CamVid at half size.
local hilo = require 'hilo'
local data, optim, train = hilo.data, hilo.optim, hilo.train

local o = train.options(train.segmentation_options { -- with those that all have: lua/hilo/train/segmentation_options.lua, `help`
   name = 'supervised',
   preset = 'default',       -- or 'original': what the original's code does
   data = data.options {labelled = '1/8', unlabelled = 'none', size = 1},
   repeat_backbone = false,  -- step the backbone's parameters as often as the original lists them
}, {recipe = train.recipes.supervised, preset = train.presets.supervised})

local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local labelled = run:loader {
   set = set, names = split.labelled, labels = true, batch = o.batch, stream = 1,
   transform = train.augmentations(o),
}

local S = train.networks.segmentation(o, set)
local opt_S = train.networks.segmentation_optimiser(S, o)

local function schedule(t) opt_S:scaleLR(optim.poly(1, t - 1, o.steps, o.power, o.warmup)) end

local function step()
   local x, y = labelled:tensors() -- (N,3,H,W), (N,H,W)
   local L_ce = S:cross_entropy(x, y)
   opt_S:zeroGrad()
   L_ce:backward()
   opt_S:step()
   return {ce = L_ce}
end

run:train {
   steps = o.steps, schedule = schedule, step = step, score = 'mean_iou',
   nets = {S = S}, optims = {S = opt_S},
   evaluate = function() return train.evaluate.segmentation(S, set, split.val, o, run.workers) end,
}
