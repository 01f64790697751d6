-- A run of a network of two layers with all that a run can do: loaders of two streams, two optimisers, an averaged network, evaluations
-- with pictures, diagnostics and histograms, checkpoints, events, and steps whose losses are not finite left out. See long.lua.
local hilo = require 'hilo'
local data, nn, optim, train = hilo.data, hilo.nn, hilo.optim, hilo.train

local o = train.options {
   name = 'long', data = data.options {labelled = '4', unlabelled = 'rest', size = 1}, eval = {labels = 'full'},
   crop = {9, 9}, batch = 1, steps = 100, lr = 1e-3,
}
local run = train.run(o)
local set = data.open(o.data)
local split = run:split(set)

local augment = data.transforms.segmentation {crop = o.crop, scale = {0.8, 1.2}, mirror = true}
local labelled = run:loader {set = set, names = split.labelled, labels = true, batch = o.batch, transform = augment, stream = 1}
local unlabelled = run:loader {set = set, names = split.unlabelled, batch = o.batch, transform = augment, stream = 2}

local function network()
   local net = nn.Sequential():add(nn.SpatialConvolution(3, 4, 3, 3, 1, 1, 1, 1)):add(nn.SpatialBatchNormalization(4)):add(nn.ReLU())
      :add(nn.SpatialConvolution(4, #set.classes, 1, 1))
   net.logits = net.forward
   return net
end

local S, T = network(), network()
local D = nn.Linear(#set.classes, 1)
local opt_S, opt_D = optim.SGD(S, {lr = o.lr, momentum = 0.9}), optim.Adam(D, {lr = o.lr})

local function step(t)
   local x, y = labelled:tensors()
   local u = unlabelled:tensors()
   local ce = hilo.cross_entropy(S(x), y)
   local fooled = hilo.mean(D(S(u):mean(4):mean(3):view(1, -1)))
   opt_S:zeroGrad()
   opt_D:zeroGrad();
   (ce + fooled * 1e-3):backward()
   opt_S:step()
   opt_D:step()
   optim.ema(T, S, optim.ema_rate(t, 0.99))
   -- as if a loss had gone wrong now and then
   return {ce = t % 997 == 0 and 0 / 0 or ce, parts = {fooled = fooled}}
end

run:train {
   steps = o.steps, step = step, score = 'mean_iou', nets = {S = S, T = T, D = D}, optims = {S = opt_S, D = opt_D},
   schedule = function(t) opt_S:scaleLR(optim.poly(1, t - 1, o.steps, 0.9)) end,
   diagnose = function() return {S = {norm = hilo.no_grad(function() return S:get(1).weight:norm() end)}}, 'norms' end,
   evaluate = function() return train.evaluate.segmentation(S, set, split.val, o, run.workers) end,
}
