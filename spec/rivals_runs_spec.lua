-- The scripts of the methods that s4GAN is compared with, as users run them: stopped and continued, and what they leave used.
local hilo = require 'hilo'
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local rivals = {
   advsemiseg = 'd_channels=2',
   mean_teacher = '',
   cutmix = 'threshold=0.4',
   cps = '',
   cps_mixed = 'preset=cutmix ohem=true ohem_least=100',
   unimatch = 'threshold=0.4 box_chance=0.9 ohem=true ohem_least=100',
}
local names = {'advsemiseg', 'mean_teacher', 'cutmix', 'cps', 'cps_mixed', 'unimatch'}

local made, stopper
setup(function()
   made = tiny_runs.make {mlmt = true, set = {n = 10, val = 2, unlabelled = 3}}
   stopper = tiny_runs.stopper(made.runs)
end)
teardown(function() made.remove() end)

-- The exit code of the script of a rival and what it printed.
local function run(rival, name, rest, stopped)
   local script = ('%sexperiments/%s.lua'):format(core.root, (rival:gsub('_mixed', '')))
   return tiny_runs.shell(table.concat({'env OMP_WAIT_POLICY=passive luajit', core.root .. 'lua/bin/hilo', stopped and stopper or '',
      script, 'name=' .. name, 'runs=' .. made.runs, 'data.root=' .. made.set, 'data.labelled=3', 'model.width=4 crop=32 batch=2',
      'unlabelled_batch=2 threads=1 workers=1 tracking=false eval_every=0 steps=4 checkpoint_every=2 log_every=1', rivals[rival],
      rest or ''}, ' '))
end

local function file(name, which) return ('%s/%s/%s'):format(made.runs, name, which) end
local function json(name, which) return hilo.train.json.load(file(name, which)) end

-- The options that a script has before it starts its run.
local function options_of(script, ...)
   local start, given, o = hilo.train.run, arg, nil
   hilo.train.run = function(resolved)
      o = resolved
      error('enough', 0)
   end
   _G.arg = {[0] = script, ...} -- luacheck: ignore
   local _, message = pcall(dofile, ('%sexperiments/%s.lua'):format(core.root, script))
   hilo.train.run, _G.arg = start, given -- luacheck: ignore
   assert.equal('enough', message)
   return o
end

local function losses(name)
   local list = {}
   for _, entry in ipairs(hilo.train.Log.read(file(name, 'log.jsonl'))) do
      entry.seconds = nil
      list[#list + 1] = entry
   end
   return list
end

it('each takes all recipes, which hold what its authors report', function()
   local published = {
      advsemiseg = {lr = 2.5e-4, head_lr = 2.5e-3, batch = 10, steps = 20000, lambda_adv = 0.01, lambda_adv_u = 0.001,
         lambda_semi = 0.1, threshold = 0.2, semi_start = 0.25, d_lr = 1e-4},
      mean_teacher = {lr = 1e-2, batch = 8, weight = 100, ema = 0.99, weight_decay = 1e-4},
      cutmix = {optimiser = 'adam', head_lr = 3e-5, batch = 10, steps = 40000, threshold = 0.97, weight = 1, ema = 0.99},
      cps = {lr = 1e-2, batch = 8, lambda = 1.5, cutmix = false},
      unimatch = {lr = 1e-3, head_lr = 1e-2, batch = 8, threshold = 0.95, drop = 0.5, weight_decay = 1e-4},
   }
   for rival, numbers in pairs(published) do
      for recipe in pairs(hilo.train.recipes[rival]) do
         local o = options_of(rival, 'recipe=' .. recipe)
         assert.equal(hilo.train.recipes.s4gan[recipe].model and hilo.train.recipes.s4gan[recipe].model.backbone or 'resnet18',
            o.model.backbone)
         for key, value in pairs(recipe == 'voc' and numbers or {}) do assert.equal(value, o[key], rival .. ' ' .. key) end
      end
   end
   local on_cityscapes = options_of('cutmix', 'recipe=cityscapes')
   assert.same({'adam', 3e-6, 3e-5, 4, {257, 513}, true}, {on_cityscapes.optimiser, on_cityscapes.lr, on_cityscapes.head_lr,
      on_cityscapes.batch, on_cityscapes.crop, on_cityscapes.mirror})
   local hung = options_of('advsemiseg', 'recipe=cityscapes')
   assert.equal(5000, hung.semi_start * hung.steps)
   local mixed = options_of('cps', 'recipe=voc', 'preset=cutmix')
   assert.same({true, 1}, {mixed.cutmix, mixed.lambda})
   assert.equal(0, options_of('unimatch', 'recipe=cityscapes').threshold)
   for rival, least in pairs {unimatch = 100000, cps = 50000} do
      local o = options_of(rival, 'recipe=cityscapes')
      assert.same({true, 0.7, least}, {o.ohem, o.ohem_threshold, o.ohem_least})
      assert.is_false(options_of(rival, 'recipe=voc').ohem)
   end
end)

for _, rival in ipairs(names) do
   it(rival .. ' trains, and continued from a stop it ends the same, to the last bit', function()
      local code, text = run(rival, rival)
      assert.equal(0, code, text)
      code, text = run(rival, rival .. '-again', '', true)
      assert.equal(9, code, text)
      code, text = run(rival, rival .. '-again', 'resume=true')
      assert.equal(0, code, text)
      assert.matches('continuing .* from step 2', text)
      assert.is_true(tiny.read(file(rival, 'last.safetensors')) == tiny.read(file(rival .. '-again', 'last.safetensors')))
      assert.same(losses(rival), losses(rival .. '-again'))
      assert.same(json(rival, 'scores.json'), json(rival .. '-again', 'scores.json'))
   end)
end

for device, some in pairs {emu = {'unimatch'}, cuda = names} do
   if core.device(device) then
      for _, rival in ipairs(some) do
         it(('%s ends on %s as it does with its steps recorded'):format(rival, device), function()
            local plain, recorded = rival .. '-plain', rival .. '-recorded'
            for name, options in pairs {[plain] = 'device=' .. device, [recorded] = 'graph=true device=' .. device} do
               local code, text = run(rival, name, options)
               assert.equal(0, code, text)
            end
            assert.is_true(tiny.read(file(plain, 'last.safetensors')) == tiny.read(file(recorded, 'last.safetensors')))
            assert.same(losses(plain), losses(recorded))
         end)
      end
   end
end

it('each loss of the unlabelled pictures is more than 0 in some step', function()
   local unlabelled = {advsemiseg = {'adv_u', 'semi', 'trusted'}, mean_teacher = {'consistency'}, cutmix = {'consistency', 'sure'},
      cps = {'cps'}, cps_mixed = {'cps'}, unimatch = {'s1', 's2', 'fp', 'sure'}}
   for _, rival in ipairs(names) do
      for _, loss in ipairs(unlabelled[rival]) do
         local most = 0
         for _, entry in ipairs(losses(rival)) do most = math.max(most, entry[loss] or 0) end
         assert.is_true(most > 0, rival .. ' ' .. loss)
      end
   end
end)

it('all can be fused with MLMT, and the network that is found is the one that was evaluated', function()
   local code, text = tiny_runs.shell(('env OMP_WAIT_POLICY=passive luajit %slua/bin/hilo %sexperiments/fuse.lua runs=%s name=fused '
      .. 'segmentation=%s mlmt=multi threads=1 pictures=0'):format(core.root, core.root, made.runs, table.concat(names, ',')))
   assert.equal(0, code, text)
   assert.matches('unimatch %+ multi +%d+%.%d\n', text)
   local results = json('fused', 'scores.json').results
   for i, rival in ipairs(names) do
      assert.equal(rival, results[i].method)
      assert.near(json(rival, 'scores.json').mean_iou, results[i].mean_iou, 1e-9)
   end
end)

it('all label new pictures and can be evaluated', function()
   local out = made.runs .. '/out'
   for _, rival in ipairs(names) do
      local status, text = tiny_runs.command('predict', {rival, made.set .. '/JPEGImages/img_01.png', 'runs=' .. made.runs,
         'out=' .. out .. '/' .. rival, 'mlmt=multi'})
      assert.equal(0, status, text)
      local report = out .. '/' .. rival .. '.json'
      status, text = tiny_runs.command('evaluate', {rival, 'runs=' .. made.runs, 'json=' .. report})
      assert.equal(0, status, text)
      assert.near(json(rival, 'scores.json').mean_iou, hilo.train.json.load(report).mean_iou, 1e-9)
   end
end)

it('the two networks of CPS and the teacher are not the other', function()
   local function nets(name)
      local tensors = hilo.io.safetensors.load(file(name, 'last.safetensors'))
      return function(net) return assert(tensors[('nets/%s/head.0.weight'):format(net)], net) end
   end
   for rival, other in pairs {mean_teacher = 'student', cutmix = 'student', cps = 'S2'} do
      local net = nets(rival)
      assert.is_false(hilo.equal(net 'S', net(other)))
   end
end)
