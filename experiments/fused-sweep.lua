-- A sweep with stages: s4GAN and MLMT are trained once for each seed, then every tau fuses the two.
--
--    lua/bin/hilo sweep experiments/fused-sweep.lua                               on the built-in set, see `make scenes`
--    lua/bin/hilo sweep experiments/fused-sweep.lua gan.recipe=camvid mlmt.recipe=camvid gan.data.root=<camvid-voc> ...
--
-- Expect a table of tau, best first, and the path of the report.
local root = 'data/scenes'

return {
   script = 'experiments/fuse.lua', name = 'fused-sweep',
   options = {segmentation = {'{gan}'}, mlmt = '{mlmt}', pictures = 4}, -- '{gan}' is the name of the run that the stage made
   axes = {tau = {0.05, 0.1, 0.2, 0.4}},
   seed = '1..2',
   needs = {
      supervised = {script = 'experiments/supervised.lua', options = {steps = 200, eval_every = 0, data = {root = root}}},
      gan = {script = 'experiments/s4gan.lua', options = {steps = 200, eval_every = 0, data = {root = root}}},
      -- no weights of ImageNet here: the classifier starts from the supervised network
      mlmt = {
         script = 'experiments/mlmt.lua',
         options = {steps = 100, eval_every = 0, data = {root = root}, model = {weights = '{supervised.path}/last.safetensors'}},
      },
   },
   metric = 'mean_iou', jobs = 2,
}
