--- hilo.methods: the losses and updates of semi-supervised segmentation, each a small file that a script calls.
local methods = {}

for _, name in ipairs {'calibration', 'class_prior', 'class_targets', 'confidence', 'consistency', 'discriminator', 'feature_matching',
   'fixed', 'fusion', 'mean_teacher', 'original', 'self_training', 'tag_loss'} do
   methods[name] = require('hilo.methods.' .. name)
end

return methods
