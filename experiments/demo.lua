-- The whole method on the built-in data: supervised, s4GAN and MLMT with the label maps of 25 pictures, then fusion. Under five minutes
-- on two cores.
--
--    make demo
--    lua/bin/hilo experiments/demo.lua seeds=1..3     other labels and other first weights each time; mean and deviation
--    lua/bin/hilo experiments/demo.lua device=cuda    what any experiment can be told goes to all
--
-- Prints the mean IoU of each method, whichever wins, and where the pictures are.
local root = arg[0]:match('^(.*)experiments/[^/]*$') or ''
local hilo = require 'hilo'
local axes = require 'hilo.sweep.axes'
local numbers = require 'hilo.sweep.numbers'
local process = require 'hilo.io.process'
local data, train = hilo.data, hilo.train

local o = train.options {
   name = 'demo',             -- its runs lie in <runs>/<name>/<method>, or <runs>/<name>/<method>-s<seed> with several seeds
   root = 'data/scenes',      -- made if it is missing
   seeds = '',                -- 1..3, or 1,4; '': the one of seed=
   labelled = '25',           -- of 800 pictures
   steps = 1500,              -- of the segmentation networks
   batch = 4,                 -- pictures a step
   crop = {65, 65},           -- height x width of what a step sees of a picture
   lambda_fm = 0.3, d_lr = 4e-4, -- in so few steps D has to learn faster, and to say more, than in the paper's 40 000
   mlmt_steps = 300,          -- of the classifier
}
local seeds = axes.seeds(o.seeds == '' and tostring(o.seed) or o.seeds)

local function execute(title, words, output)
   print('\n---- ' .. title)
   io.flush()
   for i, word in ipairs(words) do words[i] = process.quoted(word) end
   local status = os.execute(table.concat(words, ' ') .. (output and ' >' .. process.quoted(output) or ''))
   if status ~= 0 and status ~= true then
      io.stderr:write(('demo: %s failed\n'):format(title))
      os.exit(1)
   end
end

-- Trains, evaluates and fuses with one seed; returns the results of fusion by method.
local function compare(seed)
   local suffix = #seeds > 1 and '-s' .. seed or ''

   local function run(title, script, name, ...)
      local words = {root .. 'lua/bin/hilo', ('%sexperiments/%s.lua'):format(root, script), ('runs=%s/%s'):format(o.runs, o.name),
         'name=' .. name .. suffix, 'seed=' .. seed, 'overwrite=true', ...}
      for key, value in pairs(train.handed_on(o)) do words[#words + 1] = ('%s=%s'):format(key, tostring(value)) end
      -- pages of curves, which would hide the rest
      execute(title .. suffix, words, script == 'tau' and ('%s/%s/%s%s.txt'):format(o.runs, o.name, name, suffix))
   end
   local function experiment(script, ...)
      run(script, script, script, 'recipe=scenes', 'data.root=' .. o.root, 'data.labelled=' .. o.labelled, 'log_every=50',
         'eval_every=0', ...)
   end
   local function segmentation(script, ...)
      experiment(script, 'steps=' .. o.steps, 'batch=' .. o.batch, 'crop=' .. table.concat(o.crop, ','), ...)
   end
   local function fused(title, name, ...)
      run(title, 'fuse', name, ...)
      return train.json.load(('%s/%s/%s%s/scores.json'):format(o.runs, o.name, name, suffix)).results
   end

   segmentation 'supervised'
   segmentation('s4gan', 'unlabelled_batch=' .. o.batch, 'lambda_fm=' .. o.lambda_fm, 'd_lr=' .. o.d_lr)
   -- no weights of ImageNet here: the classifier starts from the segmentation network
   experiment('mlmt', 'steps=' .. o.mlmt_steps, ('model.weights=%s/%s/s4gan%s/last.safetensors'):format(o.runs, o.name, suffix))
   local s4gan = 'segmentation=s4gan' .. suffix
   local by_tau = fused("the paper's fusion", 'fused', 'segmentation=supervised' .. suffix .. ',s4gan' .. suffix, 'mlmt=mlmt' .. suffix)
   -- soft: by what the classifier and the network itself say of the picture, with the exponent that other pictures choose
   run('which classes a picture shows', 'presence', 'presence', s4gan, 'mlmt=mlmt' .. suffix)
   run('the exponent of soft fusion', 'tau', 'exponent', s4gan, 'mlmt=presence' .. suffix)
   local soft = fused('mean IoU on the validation images, percent', 'fused-soft', s4gan, 'mlmt=presence' .. suffix,
      ('chosen=exponent%s:soft'):format(suffix), 'pictures=24')
   return {by_tau[1], by_tau[2], by_tau[3], soft[#soft]}
end

local began = os.time()
if not data.folder.is_folder(o.root .. '/JPEGImages') then
   execute('the built-in data set', {root .. 'lua/bin/hilo', root .. 'data/scenes.lua', 'out=' .. o.root})
end
local scores = {} -- [method][i]: the mean IoU with the i-th seed
for i, seed in ipairs(seeds) do
   for method, result in ipairs(compare(seed)) do
      scores[method] = scores[method] or {}
      scores[method][i] = result.mean_iou
   end
end

local many = #seeds > 1
print(('\n%-32s%s%s'):format('seed', ('%7d'):rep(#seeds):format(unpack(seeds)), many and '   mean' or ''))
for method, name in ipairs {'supervised', 's4GAN', 's4GAN + MLMT, tau 0.2', 's4GAN + MLMT and presence, soft'} do
   local all = scores[method]
   print(('%-32s%s%s'):format(name, ('%7.1f'):rep(#seeds):format(unpack(all)),
      many and ('   %.1f ± %.1f'):format(numbers.mean(all), numbers.spread(all)) or ''))
end
print(('\n%s in all'):format(train.Progress.duration(os.time() - began)))
