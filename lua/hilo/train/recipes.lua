--- train/recipes.lua: the numbers that go with a data set, and the two presets, as changes to a script's defaults.
--- The columns voc, context and cityscapes are the paper's; camvid and ccp (Clothing Co-Parsing) are small enough for two CPU cores;
--- pictures is for a folder of one's own, some hundred photographs of which a few have label maps, and ImageNet weights; scenes is the
--- built-in set.

-- b over a, group by group
local function merge(a, b)
   local out = {}
   for key, value in pairs(a) do out[key] = value end
   for key, value in pairs(b) do
      local groups = type(value) == 'table' and type(out[key]) == 'table' and #value == 0
      out[key] = groups and merge(out[key], value) or value
   end
   return out
end

local function merge_all(columns, changes)
   local out = {}
   for name, column in pairs(columns) do out[name] = merge(column, changes[name] or {}) end
   return out
end

local recipes = {}

local pretrained = {backbone = 'resnet101', width = 64, bn = 'frozen_affine'}

--- supervised.lua; the others build on it.
recipes.supervised = {
   scenes = {},
   camvid = {
      data = {size = 0.5}, eval = {labels = 'input'}, crop = {177, 177}, scale = {0.75, 1.5}, batch = 4, steps = 600,
      lr = 1e-3, head_lr = 1e-2, model = {backbone = 'resnet18', width = 64, bn = 'train'},
   },
   pictures = {
      data = {labelled = 'all'}, crop = {193, 193}, scale = {0.75, 1.5}, batch = 4, steps = 250, lr = 1e-3, head_lr = 1e-2,
      model = {backbone = 'resnet18', width = 64, bn = 'train', output_stride = 16}, eval_every = 50,
   },
   ccp = {
      -- With 88 labels and 600 steps: pictures of 213x320, in which people are small, shown 1.5 times as large score 20.1 in the place
      -- of 17.4 (SGD, 1e-3 and 5e-3), and Adam 21.8.
      data = {size = 1.5}, crop = {289, 289}, scale = {0.75, 1.5}, batch = 4, steps = 800, optimiser = 'adam', lr = 2e-4,
      head_lr = 5e-4, weight_decay = 1e-4, warmup = 50, model = {backbone = 'resnet18', width = 64, bn = 'train', output_stride = 16},
   },
   voc = {
      crop = {321, 321}, scale = {0.5, 1.5}, batch = 8, steps = 40000, lr = 2.5e-4, head_lr = 2.5e-3, model = pretrained,
      eval_every = 2000, checkpoint_every = 500,
   },
   context = {
      data = {layout = 'context'}, crop = {321, 321}, scale = {0.5, 1.5}, batch = 8, steps = 60000, lr = 2.5e-4, head_lr = 2.5e-3,
      model = pretrained, eval_every = 2000, checkpoint_every = 500,
   },
   cityscapes = {
      -- The paper's crops are of 256x512; with an output stride of 8 those of 8k+1 pixels place logits and label maps exactly.
      data = {layout = 'cityscapes', size = 0.5}, crop = {257, 513}, scale = {1, 1}, batch = 8, steps = 40000, lr = 2.5e-4,
      head_lr = 2.5e-3, model = pretrained, eval_every = 2000, checkpoint_every = 500,
   },
}

-- With pictures without labels beside them: what all methods that learn from such share.
local both = merge_all(recipes.supervised, {
   camvid = {unlabelled_batch = 4},
   pictures = {unlabelled_batch = 4},
   ccp = {unlabelled_batch = 4, data = {unlabelled = 'images'}},
   voc = {unlabelled_batch = 8},
   context = {unlabelled_batch = 8},
   cityscapes = {unlabelled_batch = 8},
})

recipes.s4gan = merge_all(both, {
   scenes = {d_channels = 32},
   cityscapes = {d_lr = 1e-5, gamma = 0.7},
})

-- The methods that it is compared with. Where their authors have numbers for a set, these are their papers' or code's; on the others
-- all train as s4GAN does. A teacher's memory of 100 steps, as in trainings of 40 000, is too long for those of some hundred, and in
-- these a strong consistency holds the network at what it said first.

recipes.advsemiseg = merge_all(both, {
   scenes = {d_channels = 32},
   voc = {batch = 10, unlabelled_batch = 10, steps = 20000},
   cityscapes = {crop = {513, 1025}, mirror = false, batch = 2, unlabelled_batch = 2, semi_start = 0.125}, -- 5 000 of 40 000
})

-- Chen et al.'s, with a mean teacher and with two networks: a rate of 2.5e-3 for each of four processes; crops of 512 and 800.
local chen = {
   crop = {513, 513}, scale = {0.5, 2}, steps = 40000, lr = 1e-2, head_lr = 1e-2, weight_decay = 1e-4, model = {bn = 'train'},
}
recipes.mean_teacher = merge_all(both, {
   scenes = {weight = 1, ema = 0.95},
   camvid = {weight = 1, ema = 0.97},
   pictures = {weight = 1, ema = 0.95},
   ccp = {weight = 1, ema = 0.97},
   voc = chen,
})
-- Goes on from a trained network: half the steps, where these were found by trial.
recipes.guided = merge_all(recipes.mean_teacher, {ccp = {steps = 400}})

recipes.cps = merge_all(both, {
   scenes = {lambda = 0.1},
   camvid = {lambda = 0.1},
   pictures = {lambda = 0.1},
   ccp = {lambda = 0.1},
   voc = chen,
   cityscapes = merge(chen, {data = {size = 1}, crop = {801, 801}, steps = 44600, lr = 2e-2, head_lr = 2e-2, lambda = 6,
      ohem = true}),
})

-- French et al.'s, the same on both of their sets
local french = {optimiser = 'adam', lr = 3e-6, head_lr = 3e-5, weight_decay = 0, power = 0, model = {bn = 'frozen'}}
recipes.cutmix = merge_all(both, {
   scenes = {ema = 0.95},
   camvid = {ema = 0.97},
   pictures = {ema = 0.95},
   ccp = {ema = 0.97},
   voc = merge(french, {batch = 10, unlabelled_batch = 10}),
   cityscapes = merge(french, {batch = 4, unlabelled_batch = 4}),
})

-- 80 epochs of 9 259 pictures, 240 of 2 603
recipes.unimatch = merge_all(both, {
   voc = {scale = {0.5, 2}, steps = 92600, lr = 1e-3, head_lr = 1e-2, weight_decay = 1e-4, model = {bn = 'train'}},
   cityscapes = {
      data = {size = 1}, crop = {801, 801}, scale = {0.5, 2}, steps = 78000, lr = 5e-3, head_lr = 5e-3, weight_decay = 1e-4,
      threshold = 0, ohem = true, model = {bn = 'train'},
   },
})

--- mlmt.lua. The paper has none for Cityscapes: nearly every class is in nearly every image.
recipes.mlmt = {
   scenes = {lr = 1e-2, scale = {0.9, 1.6}},
   camvid = {
      resize = {180, 240}, batch = 4, unlabelled_batch = 8, steps = 400, lr = 1e-2, model = {backbone = 'resnet18', width = 64},
   },
   ccp = {
      data = {unlabelled = 'images'}, resize = {224, 160}, scale = {0.9, 1.6}, batch = 8, unlabelled_batch = 8, tagged_batch = 16,
      steps = 400, lr = 1e-2, eval = {scales = {1, 1.25}, mirror = true}, model = {backbone = 'resnet18', width = 64},
   },
   pictures = {
      data = {labelled = 'all'}, resize = {224, 224}, batch = 4, unlabelled_batch = 8, steps = 300, lr = 1e-2, eval_every = 100,
      model = {backbone = 'resnet18', width = 64},
   },
   voc = {
      resize = {320, 320}, batch = 16, unlabelled_batch = 80, steps = 12000, lr = 3e-2, eval_every = 1000,
      model = {backbone = 'resnet101', width = 64},
   },
   context = {
      data = {layout = 'context'}, resize = {320, 320}, batch = 16, unlabelled_batch = 80, steps = 12000, lr = 3e-2,
      eval_every = 1000, model = {backbone = 'resnet101', width = 64},
   },
}

local presets = {}

--- What the authors' published code does where it differs from the paper or from what is right, to compare published numbers.
presets.supervised = {
   default = {},
   original = {scale = {1, 1}, mirror = false, repeat_backbone = true, model = {aspp_branches = 2, stride_on = '1x1'}},
}

presets.s4gan = merge_all(presets.supervised, {original = {void_columns = 'real', gate_dropout = true}})

--- The authors' numbers for CPS on mixed pictures; on Cityscapes their code has lambda=5.
presets.cps = {default = {}, cutmix = {cutmix = true, lambda = 1}}

presets.mlmt = {default = {}, original = {distance = 'cosine'}}

presets.fuse = {default = {}, original = {fusion = 'threshold', on = 'logits'}}

return {recipes = recipes, presets = presets}
