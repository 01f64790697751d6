--- train/segmentation_options.lua: the options that all trainings of a segmentation network share. A script names those whose default
--- it changes beside its own; `script.lua help` lists all with what they mean.
local data_options = require 'hilo.data.options'
local group = require 'hilo.options.group'
local model_options = require 'hilo.train.model_options'

local shared = {
   {'recipe', 'scenes', 'numbers for a data set: scenes, pictures, camvid, ccp, voc, context, cityscapes'},
   {'data', data_options {labelled = '1/8', unlabelled = 'rest', size = 1}},
   {'eval', group('eval', {{'labels', 'full', "compare at the label files' resolution, or input: at the size the network sees"}})},
   {'model', model_options.segmentation {backbone = 'resnet18', width = 24}},
   {'precision', 'float32', 'or bf16: networks compute in bfloat16; what they learn stays float32'},
   {'crop', {97, 97}, 'height x width of what a step sees of a picture, padded where it is smaller'},
   {'scale', {0.75, 1.5}, 'range of factors that pictures are drawn larger or smaller by'},
   {'mirror', true, 'true: pictures are mirrored, one in two'},
   {'batch', 8, 'labelled pictures a step'},
   {'steps', 500, 'steps of the training'},
   {'optimiser', 'sgd', 'or adam, which has no momentum to set'},
   {'lr', 5e-2, 'learning rate of the backbone, which falls as (1 - step / steps)^power'},
   {'head_lr', 2e-3, 'learning rate of the head, which falls alike'},
   {'momentum', 0.9, 'of SGD'},
   {'weight_decay', 5e-4, 'of all parameters'},
   {'power', 0.9, 'of the fall of learning rates; 0: they stay'},
   {'warmup', 0, 'steps in which the learning rate grows'},
}

local of_some = {{'unlabelled_batch', 8, 'pictures without label maps a step'}}

local known = {}
for _, list in ipairs {shared, of_some} do
   for _, option in ipairs(list) do known[option[1]] = true end
end

--- The options of a script that trains a segmentation network, for train.options.
---
---     local defaults = hilo.train.segmentation_options {name = 'mine', unlabelled_batch = 4, lambda = 0.5}
---     local o = hilo.train.options(defaults, {recipe = hilo.train.recipes.supervised}, {'lr=1e-3'})
---     assert(o.lr == 1e-3 and o.batch == 8 and o.lambda == 0.5 and o.data.unlabelled == 'rest')
---@param given table<string, any> the script's own options, and those of the shared ones whose default it changes; it has
--- unlabelled_batch only where it names that
---@return table defaults
return function(given)
   local changed, own = {}, {}
   for key, value in pairs(given) do (known[key] and changed or own)[key] = value end
   local defaults = group('segmentation_options', shared, changed, of_some)
   for key, value in pairs(own) do defaults[key] = value end
   return defaults
end
