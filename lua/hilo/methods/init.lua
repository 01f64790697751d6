--- hilo.methods: the losses and updates of semi-supervised segmentation, each a small file that a script calls.

---@class hilo.methods
local methods = {}

for _, name in ipairs {'calibration', 'class_loss', 'class_prior', 'class_targets', 'confidence', 'consistency', 'cross_pseudo',
   'cutmix', 'diagnostics', 'discriminator', 'feature_matching', 'feature_perturbation', 'fixed', 'fusion', 'guidance',
   'map_consistency', 'masked_mean', 'mean_teacher', 'ohem', 'original', 'pixel_bce', 'pseudo_labels', 'presence', 'published',
   'self_training'} do
   methods[name] = require('hilo.methods.' .. name)
end

return methods
