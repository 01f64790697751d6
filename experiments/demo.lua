-- The whole method on the built-in data: supervised, s4GAN and MLMT on an eighth of the labels, then fusion. Under five minutes
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
local data, train = hilo.data, hilo.train

local o = train.options {
   name = 'demo',             -- its runs lie in <runs>/<name>/<method>, or <runs>/<name>/<method>-s<seed> with several seeds
   root = 'data/scenes',      -- made if it is missing
   seeds = '',                -- 1..3, or 1,4; '': the one of seed=
   labelled = '1/8',
   steps = 700, mlmt_steps = 300,
}
local seeds = axes.seeds(o.seeds == '' and tostring(o.seed) or o.seeds)

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

local function execute(title, ...)
   print('\n' .. title)
   io.flush()
   local words = {}
   for i = 1, select('#', ...) do words[i] = quoted((select(i, ...))) end
   local status = os.execute(table.concat(words, ' '))
   if status ~= 0 and status ~= true then
      io.stderr:write(('demo: %s failed\n'):format(title))
      os.exit(1)
   end
end

local function script(name, seed, ...)
   local words = {root .. 'lua/bin/hilo', ('%sexperiments/%s.lua'):format(root, name), ('runs=%s/%s'):format(o.runs, o.name),
      'seed=' .. seed, ...}
   for key, value in pairs(train.handed_on(o)) do words[#words + 1] = ('%s=%s'):format(key, tostring(value)) end
   return unpack(words)
end

-- Trains, evaluates and fuses with one seed; returns what each method scores.
local function compare(seed)
   local suffix = #seeds > 1 and '-s' .. seed or ''
   local function experiment(name, ...)
      execute(('---- %s%s'):format(name, suffix), script(name, seed, 'name=' .. name .. suffix, 'overwrite=true', 'recipe=scenes',
         'data.root=' .. o.root, 'data.labelled=' .. o.labelled, 'log_every=50', 'eval_every=0', ...))
   end
   experiment('supervised', 'steps=' .. o.steps)
   experiment('s4gan', 'steps=' .. o.steps)
   -- no weights of ImageNet here: the classifier starts from the supervised network
   experiment('mlmt', 'steps=' .. o.mlmt_steps, ('model.weights=%s/%s/supervised%s/last.safetensors'):format(o.runs, o.name, suffix))
   execute('---- mean IoU on the validation images, percent', script('fuse', seed, 'name=fused' .. suffix,
      ('segmentation=supervised%s,s4gan%s'):format(suffix, suffix), 'mlmt=mlmt' .. suffix, 'pictures=24'))
   return train.json.load(('%s/%s/fused%s/scores.json'):format(o.runs, o.name, suffix)).results
end

local began = os.time()
if not data.folder.is_folder(o.root .. '/JPEGImages') then
   execute('---- the built-in data set', root .. 'lua/bin/hilo', root .. 'data/scenes.lua', 'out=' .. o.root)
end
local scores = {} -- [method][i]: the mean IoU with the i-th seed
for i, seed in ipairs(seeds) do
   for method, result in ipairs(compare(seed)) do
      scores[method] = scores[method] or {}
      scores[method][i] = result.mean_iou
   end
end

if #seeds > 1 then
   print(('\n%-16s%s   mean'):format('seed', ('%7d'):rep(#seeds):format(unpack(seeds))))
   for method, name in ipairs {'supervised', 's4GAN', 's4GAN + MLMT'} do
      local all = scores[method]
      print(('%-16s%s   %.1f ± %.1f'):format(name, ('%7.1f'):rep(#seeds):format(unpack(all)), numbers.mean(all), numbers.spread(all)))
   end
end
print(('\n%s in all'):format(train.Progress.duration(os.time() - began)))
