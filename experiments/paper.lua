-- The paper's tables, a row or all of them: every network that a row needs is trained once for each seed, evaluated, fused, and the
-- mean and spread stand beside what the paper reports. The same command continues what was begun; another row joins the same sweep.
--
--    lua/bin/hilo experiments/paper.lua table=ccp row=supervised,s4gan,s4gan_mlmt root=<ccp-voc> weights=<resnet18-imagenet-fp16.pth>
--    lua/bin/hilo experiments/paper.lua table=voc row=all labelled=1/8 seeds=1..3 root=<VOC2012> weights=<resnet101.pth> launcher=slurm
--
-- `table=` names the set: voc, context, cityscapes, camvid, ccp, scenes. `row=help` lists the rows. What any experiment can be told
-- (device, threads, eval_every, memory_limit, ...) goes to all that are started.
local core = require 'hilo.core'
local hilo = require 'hilo'
local methods, train = hilo.methods, hilo.train

local o = train.options {
   name = '',                -- of the sweep; '': paper-<table>-<labelled>, and -bf16
   table = 'scenes',         -- which: voc, context, cityscapes, camvid, ccp, scenes
   row = {'all'},            -- names of rows, or all
   labelled = '1/8',         -- a fraction, a number, or a list; {seed} in it stands for the seed: train_1_8_s{seed}
   seeds = '1..3',           -- or a list of them: 1,4
   root = '',                -- the folder of the set; '': the recipe's
   backbone = '', weights = '', -- of the segmentation networks; '': the recipe's
   mlmt_backbone = '', mlmt_weights = '', -- the classifier's; '': the same
   tags = 'image_tags.tsv',  -- below root: for the rows with image-level tags
   steps = 0,                -- of every training; 0: the recipe's
   mlmt_steps = 0,           -- of MLMT's; 0: as the others
   lambda_fm = 0, d_lr = 0,  -- of s4GAN alone: the weight of feature matching, the discriminator's rate; 0: the recipe's
   precision = 'float32',    -- of every training: or bf16
   tau = 0.2,                -- of fusion by the paper's threshold
   jobs = 1, launcher = 'local', -- how many runs at once, and where: local or slurm
   retry_failed = false,     -- true: begin anew what failed
}
train.choice('table', o.table, {'voc', 'context', 'cityscapes', 'camvid', 'ccp', 'scenes'})
for _, key in ipairs {'lambda_fm', 'd_lr'} do core.check(o[key] >= 0, '%s must be 0 or more, got %s', key, o[key]) end
core.check(o.seed == 1, 'seed: a table is made for several, as in seeds=%d..%d', o.seed, o.seed + 2)
core.check(not o.overwrite, 'overwrite: the same command goes on with its sweep; to start afresh give another name=')

-- device, threads and the like are for all that is started
local function with_common(options)
   for key, value in pairs(train.handed_on(o)) do options[key] = value end
   return options
end

-- '{s4gan}' stands for the run that the stage of that name makes.
local function alone(stage) return {segmentation = {'{' .. stage .. '}'}, mlmt = ''} end
local function fused(stage, more)
   local options = {segmentation = {'{' .. stage .. '}'}, mlmt = '{mlmt}', tau = o.tau}
   for key, value in pairs(more or {}) do options[key] = value end
   return options
end

-- With what tau.lua chooses, each validation picture by the others: the exponent of soft fusion, or tau.
local function chosen(stage, way, mlmt) return fused(stage, {mlmt = mlmt or '{mlmt}', chosen = '{choice}:' .. way}) end

-- The same by what a network sees in the whole picture, alone or joined with the classifier.
local function own(stage) return chosen(stage, 'soft', '{presence}') end
local function joined(stage) return chosen(stage, 'soft', '{joined}') end

-- name, what it is, and what fuse.lua is told
local rows = {
   {'supervised', 'supervised', alone 'supervised'},
   {'fm', '+ feature matching', alone 'fm'},
   {'st', '+ self-training', alone 'st'},
   {'s4gan', 's4GAN', alone 's4gan'},
   {'supervised_mlmt', 'supervised + MLMT', fused 'supervised'},
   {'supervised_soft', 'supervised + MLMT, soft', chosen('supervised', 'soft')},
   {'supervised_own', 'supervised, soft by its own presence', own 'supervised'},
   {'supervised_joined', 'supervised + MLMT and presence, soft', joined 'supervised'},
   {'supervised_tags_soft', 'supervised + MLMT with tags, soft', chosen('supervised', 'soft', '{tagged}')},
   {'supervised_truth', 'supervised + true classes', fused('supervised', {mlmt = '', scores = 'truth'})},
   {'s4gan_mlmt', 's4GAN + MLMT', fused 's4gan'},
   {'s4gan_tau', 's4GAN + MLMT, tau chosen', chosen('s4gan', 'tau')},
   {'s4gan_soft', 's4GAN + MLMT, soft', chosen('s4gan', 'soft')},
   {'s4gan_own', 's4GAN, soft by its own presence', own 's4gan'},
   {'s4gan_joined', 's4GAN + MLMT and presence, soft', joined 's4gan'},
   {'s4gan_tags', 's4GAN + MLMT with tags', fused('s4gan', {mlmt = '{tagged}'})},
   {'s4gan_tags_soft', 's4GAN + MLMT with tags, soft', chosen('s4gan', 'soft', '{tagged}')},
   {'s4gan_truth', 's4GAN + true classes', fused('s4gan', {mlmt = '', scores = 'truth'})},
}
for _, rival in ipairs {'advsemiseg', 'mean_teacher', 'cutmix', 'cps', 'unimatch'} do
   rows[#rows + 1] = {rival, rival, alone(rival)}
   rows[#rows + 1] = {rival .. '_mlmt', rival .. ' + MLMT', fused(rival)}
   rows[#rows + 1] = {rival .. '_soft', rival .. ' + MLMT, soft', chosen(rival, 'soft')}
   rows[#rows + 1] = {rival .. '_tags_soft', rival .. ' + MLMT with tags, soft', chosen(rival, 'soft', '{tagged}')}
   rows[#rows + 1] = {rival .. '_own', rival .. ', soft by its own presence', own(rival)}
end
for _, guide in ipairs {{'guided', 'guided by MLMT', '{mlmt}'}, {'guided_presence', 'guided by presence'},
   {'guided_tags', 'guided by tags', '{tagged}'}, {'guided_tags_s4gan', 's4GAN, then guided by tags', '{tagged}'},
   {'guided_tags_cutmix', 'CutMix-Seg, then guided by tags', '{tagged}'}} do
   local name, what, classifier = unpack(guide)
   rows[#rows + 1] = {name, what, alone(name)}
   if classifier then
      rows[#rows + 1] = {name .. '_mlmt', what .. ' + MLMT', fused(name, {mlmt = classifier})}
      rows[#rows + 1] = {name .. '_soft', what .. ' + MLMT, soft', chosen(name, 'soft', classifier)}
   end
   rows[#rows + 1] = {name .. '_own', what .. ', soft by its own presence', own(name)}
end
rows[#rows + 1] = {'all_labels', 'supervised, all labels', alone 'all_labels'}

local by_name, names = {}, {}
for i, row in ipairs(rows) do by_name[row[1]], names[i] = row, row[1] end
if o.row[1] == 'help' then
   for _, row in ipairs(rows) do print(('   %-26s %s'):format(row[1], row[2])) end
   return
end
for _, name in ipairs(o.row) do train.choice('row', name, {'all', unpack(names)}) end

-- All rows that this table can have: tags need their file, and the paper has no MLMT for Cityscapes, where nearly every class is in
-- nearly every picture.
local tags = o.root .. '/' .. o.tags
local function possible(row)
   if row[1]:find 'tags' then return hilo.data.folder.is_file(tags) end
   return o.table ~= 'cityscapes' or row[3].mlmt == '' and not row[1]:find 'guided'
end

local asked = o.row
if o.row[1] == 'all' then
   asked = {}
   for _, row in ipairs(rows) do if possible(row) then asked[#asked + 1] = row[1] end end
end

-- What every training of this table is told.
local function training(more, of_classifier)
   return function(_, seed)
      local weights = of_classifier and o.mlmt_weights ~= '' and o.mlmt_weights or o.weights
      local backbone = of_classifier and o.mlmt_backbone ~= '' and o.mlmt_backbone or o.backbone
      local labelled = o.labelled:gsub('{seed}', tostring(seed))
      local options = {recipe = o.table, data = {labelled = labelled}, model = {weights = weights}}
      if backbone ~= '' then options.model.backbone = backbone end
      if o.root ~= '' then options.data.root = o.root end
      local steps = of_classifier and o.mlmt_steps > 0 and o.mlmt_steps or o.steps
      if steps > 0 then options.steps = steps end
      if o.precision ~= 'float32' then options.precision = o.precision end
      for key, value in pairs(more or {}) do
         local group = type(value) == 'table'
         for k, v in pairs(group and value or {}) do options[key][k] = v end
         if not group then options[key] = value end
      end
      return with_common(options)
   end
end

local function stage(script, ...) return {script = ('experiments/%s.lua'):format(script), options = training(...)} end

-- s4GAN, or one of its two losses alone.
local function s4gan(more)
   for _, key in ipairs {'lambda_fm', 'd_lr'} do
      if o[key] > 0 and not more[key] then more[key] = o[key] end
   end
   return stage('s4gan', more)
end

-- Guided self-training goes on where another training ends, for half as long.
local function guided(more, start)
   more.start, more.steps = start or '{supervised}', o.steps > 0 and math.ceil(o.steps / 2) or nil
   return stage('guided', more)
end

local needs = {
   supervised = stage 'supervised',
   fm = s4gan {lambda_st = 0},
   st = s4gan {lambda_fm = 0},
   s4gan = s4gan {},
   all_labels = stage('supervised', {data = {labelled = 'all'}}),
   mlmt = stage('mlmt', {scored = 'all'}, true),
   tagged = stage('mlmt', {data = {tags = tags}}, true),
   guided = guided {mlmt = '{mlmt}'},
   guided_presence = guided {mlmt = '{presence_of_all}'},
   guided_tags = guided {data = {tags = tags}},
   guided_tags_s4gan = guided({data = {tags = tags}}, '{s4gan}'),
   guided_tags_cutmix = guided({data = {tags = tags}}, '{cutmix}'),
}
for _, rival in ipairs {'advsemiseg', 'mean_teacher', 'cutmix', 'cps', 'unimatch'} do needs[rival] = stage(rival) end
-- what a network sees by itself: that of the row, on the validation pictures, or the supervised one on all
local function presence(more)
   return {script = 'experiments/presence.lua', options = function(values)
      local options = {segmentation = by_name[values.row][3].segmentation[1]}
      for key, value in pairs(more or {}) do options[key] = value end
      return with_common(options)
   end}
end
needs.presence, needs.joined = presence(), presence {mlmt = '{mlmt}'}
needs.presence_of_all = presence {segmentation = '{supervised}', scored = 'all'}
-- one for each row that is fused by what it chooses
needs.choice = {script = 'experiments/tau.lua', options = function(values)
   local row = by_name[values.row][3]
   return with_common {segmentation = row.segmentation[1], mlmt = row.mlmt}
end}

local name = o.name ~= '' and o.name or ('paper-%s-%s%s'):format(o.table, (o.labelled:gsub('[^%w]+', '_')),
   o.precision == 'float32' and '' or '-' .. o.precision)
local found, stopped = hilo.sweep {
   script = 'experiments/fuse.lua', name = name, runs = o.runs, jobs = o.jobs, launcher = o.launcher, retry_failed = o.retry_failed,
   axes = {row = asked}, seed = o.seeds, needs = needs,
   options = function(values) return with_common(by_name[values.row][3]) end,
}

local width = 34
for _, trial in ipairs(found.trials) do width = math.max(width, #by_name[trial.values.row][2]) end
local line = '%-' .. width .. 's %-16s %-8s %s'
print('\n' .. line:format('mean IoU, ' .. o.table .. ', ' .. o.labelled, 'hilo', 'runs', 'the paper'))
for _, row in ipairs(rows) do
   for _, trial in ipairs(found.trials) do
      if trial.values.row == row[1] then
         local figure = methods.published(o.table, row[1], o.labelled)
         print(line:format(row[2], trial.value and ('%.1f'):format(trial.value)
            .. (trial.spread and (' ± %.1f'):format(trial.spread) or '') or trial.state, trial.n,
            figure and ('%.1f%s'):format(figure.value, figure.sure and '' or ' (one source)') or ''))
      end
   end
end

-- how long the networks took to train
local took, counts, stages = {}, {}, {}
for _, run in ipairs(found.stages) do
   if run.seconds and run.state == 'complete' then
      if not took[run.stage] then stages[#stages + 1] = run.stage end
      took[run.stage], counts[run.stage] = (took[run.stage] or 0) + run.seconds, (counts[run.stage] or 0) + 1
   end
end
for _, stage_name in ipairs(stages) do
   print(('   %-20s %s a run'):format(stage_name, train.Progress.duration(took[stage_name] / counts[stage_name])))
end

if stopped then
   io.stdout:flush()
   io.stderr:write(('stopped (%s); the same command goes on\n'):format(stopped))
   os.exit(130, true)
end

local failed = {}
for _, trial in ipairs(found.trials) do
   if trial.state == 'failed' then failed[#failed + 1] = ('\n   %s: %s'):format(trial.values.row, trial.error) end
end
core.check(#failed == 0, 'paper: %d of %d rows failed; what has trained is kept, and the same command tries these again with the '
   .. 'option that is wrong mended, or with retry_failed=true:%s', #failed, #found.trials, table.concat(failed))
