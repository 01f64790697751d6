-- The whole method on the built-in data: supervised, s4GAN and MLMT on an eighth of the labels, then fusion. Under five minutes
-- on two cores.
--
--    make demo
--
-- Prints the mean IoU of each method, whichever wins, and where the pictures are.
local root = arg[0]:match('^(.*)experiments/[^/]*$') or ''
local hilo = require 'hilo'
local data, train = hilo.data, hilo.train

local o = train.options {
   name = 'demo',             -- its runs lie in <runs>/<name>/<method>
   root = 'data/scenes',      -- made if it is missing
   labelled = '1/8',
   steps = 700, mlmt_steps = 300,
}

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

local function script(name, ...)
   return root .. 'lua/bin/hilo', ('%sexperiments/%s.lua'):format(root, name), ('runs=%s/%s'):format(o.runs, o.name),
      'threads=' .. o.threads, 'workers=' .. o.workers, 'seed=' .. o.seed, ...
end

local function experiment(name, ...)
   execute(('---- %s'):format(name), script(name, 'name=' .. name, 'overwrite=true', 'recipe=scenes',
      'data.root=' .. o.root, 'data.labelled=' .. o.labelled, 'log_every=50', 'eval_every=0', ...))
end

local began = os.time()
if not data.folder.is_folder(o.root .. '/JPEGImages') then
   execute('---- the built-in data set', root .. 'lua/bin/hilo', root .. 'data/scenes.lua', 'out=' .. o.root)
end
experiment('supervised', 'steps=' .. o.steps)
experiment('s4gan', 'steps=' .. o.steps)
-- no weights of ImageNet here: the classifier starts from the supervised network
experiment('mlmt', 'steps=' .. o.mlmt_steps, ('model.weights=%s/%s/supervised/last.safetensors'):format(o.runs, o.name))
execute('---- mean IoU on the validation images, percent', script('fuse', 'segmentation=supervised,s4gan', 'pictures=24'))
print(('\n%s in all'):format(train.Progress.duration(os.time() - began)))
